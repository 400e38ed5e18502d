"""A hundred people want the last seven at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.selling.buyers import customer_of
from allsquare.selling.errors import SoldOut
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.services.keep_link import keep_link
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


def test_a_sale_and_a_change_of_the_currency_are_one_after_the_other(
    organization: Organization, account: GatewayAccount
) -> None:
    """The change comes while the sale is written but not committed: it waits, and is refused."""
    vat(organization)
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.9"), actor=SYSTEM)
    link = make_link(organization)
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(1190), fee=eur(30)))
    written, tried = threading.Event(), threading.Event()

    def entered(*args: Any) -> Customer:
        found = customer_of(*args)
        written.set()
        tried.wait(timeout=1)  # the other cannot go on, and does not say so
        return found

    def change() -> PaymentLink:
        written.wait(timeout=30)
        try:
            return keep_link(organization=organization, actor=SYSTEM, link_id=link.id, currency="USD")
        finally:
            tried.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("allsquare.selling.services.start_sale.customer_of", entered)
        works: list[Callable[[], object]] = [partial(buy, link, account), change]
        bought, changed = at_once(works)
    assert isinstance(changed, FieldErrors), changed
    assert not isinstance(bought, Exception), bought
    link.refresh_from_db()
    assert link.currency == "EUR"
    assert_all_square()


def test_the_first_sales_at_the_counter_make_one_customer(
    organization: Organization, account: GatewayAccount
) -> None:
    vat(organization)
    link = make_link(organization)
    ScriptedGateway.answers.extend(
        charge(reference=f"ch_{number}", amount=eur(1190), fee=eur(30)) for number in range(8)
    )
    assert not failures(at_once([partial(buy, link, account, email="", name="")] * 8))
    assert units(link) == 8
    assert Customer.objects.filter(organization=organization).count() == 1
