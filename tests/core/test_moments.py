"""What is read together is of one moment, though others write meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext

import pytest
from django.db import connection, transaction

from allsquare.core.moments import one_moment
from allsquare.identity.models import Organization
from tests.factories import make_organization

pytestmark = pytest.mark.django_db(transaction=True)


def read_twice(around: AbstractContextManager[None]) -> tuple[int, int]:
    """How many organizations there are, before and after somebody else made one."""

    def meanwhile() -> None:
        try:
            make_organization()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, around:
        before = Organization.objects.count()
        pool.submit(meanwhile).result(timeout=30)
        return before, Organization.objects.count()


def test_it_stands_still() -> None:
    assert read_twice(one_moment()) == (0, 0)
    assert Organization.objects.count() == 1


def test_without_it_the_second_look_sees_more() -> None:
    assert read_twice(nullcontext()) == (0, 1)


def test_inside_a_transaction_it_reads_as_that_does() -> None:
    with transaction.atomic():
        make_organization()
        with one_moment():
            assert Organization.objects.count() == 1
        make_organization()
    assert Organization.objects.count() == 2
