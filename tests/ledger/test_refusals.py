from __future__ import annotations

import psycopg
import pytest
from django.db import IntegrityError, transaction

from allsquare.ledger.refusals import refusals_explained
from tests.factories import make_organization
from tests.ledger.makers import draft, execute, posted

pytestmark = pytest.mark.django_db


def test_what_is_not_a_refusal_of_the_journal_keeps_its_own_cause() -> None:
    organization = make_organization()
    first = draft(organization)
    posted(organization, first)
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), refusals_explained():
        posted(organization, first)  # the very same id: no fact booked twice, but a fault of the programme
    assert isinstance(caught.value.__cause__, psycopg.errors.UniqueViolation)
    assert caught.value.__cause__.diag.constraint_name == "journal_entry_pkey"


def test_a_refusal_without_words_from_the_database_is_raised_as_it_is() -> None:
    bare = IntegrityError("raised by hand")
    with pytest.raises(IntegrityError) as caught, refusals_explained():
        raise bare
    assert caught.value is bare
    assert execute("SELECT 1") == [(1,)]
