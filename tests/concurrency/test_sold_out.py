"""A hundred people want the last seven at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from django.db.models import Sum

from allsquare.billing.models import Invoice
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.selling.errors import SoldOut
from allsquare.selling.models import PaymentLink, Sale
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.makers import ScriptedGateway, charge, eur
from tests.selling.makers import buy, make_link, vat
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

BUYERS, UNITS = 100, 7
TILLS = 25  # as many buy in the very same moment; each till has a queue


def everybody_buys(link: PaymentLink, account: GatewayAccount, buyers: int) -> list[Exception]:
    ScriptedGateway.answers.extend(
        charge(reference=f"ch_{link.id}_{number}", amount=eur(1190), fee=eur(30)) for number in range(buyers)
    )
    works = [partial(buy, link, account, email=f"buyer-{number}@example.com") for number in range(buyers)]
    tills = [partial(_queue, works[first::TILLS]) for first in range(min(TILLS, buyers))]
    answers = at_once(tills)
    assert not failures(answers)
    return [problem for till in succeeded(answers) for problem in till]


def _queue(works: Sequence[Callable[[], object]]) -> list[Exception]:
    """What went wrong, one buyer after the other."""
    problems: list[Exception] = []
    for work in works:
        try:
            work()
        except SoldOut as problem:
            problems.append(problem)
    return problems


def units(link: PaymentLink) -> int:
    sold = Sale.objects.filter(organization=link.organization, link=link, state="sold")
    return sold.aggregate(units=Sum("quantity"))["units"] or 0


def test_exactly_what_there_is_is_sold(organization: Organization, account: GatewayAccount) -> None:
    vat(organization)
    link = make_link(organization, limit=UNITS)
    refused = everybody_buys(link, account, BUYERS)
    assert {type(problem) for problem in refused} == {SoldOut}
    assert len(refused) == BUYERS - UNITS
    assert units(link) == UNITS
    assert len(ScriptedGateway.asked) == UNITS, "nobody else was asked for money"
    assert Payment.objects.filter(organization=organization, state="succeeded").count() == UNITS
    assert Invoice.objects.filter(organization=organization, state="paid").count() == UNITS
    assert_all_square()


def test_control_without_the_lock_more_is_sold_than_there_is(
    organization: Organization, account: GatewayAccount, without_row_locks: None
) -> None:
    vat(organization)
    for _ in range(10):
        link = make_link(organization, limit=2)
        everybody_buys(link, account, 16)
        if Sale.objects.filter(organization=organization, link=link).count() > 2:
            return
    pytest.fail("without its lock nothing was oversold, so the test above proves nothing")


def test_a_double_click_buys_once(organization: Organization, account: GatewayAccount) -> None:
    vat(organization)
    link = make_link(organization)
    ScriptedGateway.answers.extend(
        charge(reference=f"ch_{number}", amount=eur(1190), fee=eur(30)) for number in range(8)
    )
    answers = at_once([partial(buy, link, account, key="press")] * 8)
    assert not failures(answers)
    assert units(link) == 1
    assert len(ScriptedGateway.asked) == 1
    assert_all_square()
