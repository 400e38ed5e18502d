"""Whatever a payment is for (several invoices, none, something bought), every real provider takes it: it is ours
by its labels, is paid once, goes back in parts, and is what the provider lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.models import Difference, Inquiry, Payment
from allsquare.payments.selectors import customer_credit
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.refund import refund
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.services.start_inquiry import start_inquiry
from allsquare.selling.buyers import Buyer
from allsquare.selling.models import Sale
from allsquare.selling.services.complete_sale import complete_sale
from allsquare.selling.services.start_sale import start_sale
from allsquare.selling.wishes import wish_of
from tests.faults.rails import RAILS, Rail
from tests.payments.makers import a_key
from tests.payments.several import together
from tests.selling.makers import make_link, vat
from tests.square import assert_all_square


@pytest.fixture(params=[*RAILS])
def rail(request: pytest.FixtureRequest, db: None) -> Iterator[Rail]:
    yield from RAILS[request.param]()


def goes_back(rail: Rail, payment: Payment, minor: int) -> None:
    made = refund(
        organization=rail.organization,
        payment_id=payment.id,
        amount=Money(minor, currency("EUR")),
        reason="returned",
        key=a_key(),
        actor=SYSTEM,
    )
    assert rail.given(made).state == "succeeded"


def is_as_the_provider_lists_it(rail: Rail) -> None:
    assert ask_history(organization=rail.organization, gateway_account=rail.account)
    now = clock.now(None)
    asked = start_inquiry(
        organization=rail.organization,
        account_id=rail.account.id,
        kind=Inquiry.Kind.COMPARE,
        begins_at=now - timedelta(days=1),
        ends_at=now,
        actor=SYSTEM,
        queued=False,
    )
    ended = run_inquiry(organization=rail.organization, inquiry_id=asked.id)
    found = Difference.objects.filter(organization=rail.organization, inquiry=ended)
    assert [(each.subject, each.kind, each.reason) for each in found] == []
    assert_all_square()


@pytest.mark.parametrize("on_account", [0, 700])
def test_several_invoices(rail: Rail, on_account: int) -> None:
    invoices = [rail.invoice() for _ in range(2)]
    asked = together(
        rail.customer,
        rail.account,
        invoices,
        on_account=on_account,
        method=rail.hands.method,
        return_url="http://shop.example/back",
    )
    payment = rail.finish(
        start_for_customer(organization=rail.organization, asked=asked, key=a_key(), actor=SYSTEM)
    )
    assert payment.state == "succeeded"
    for invoice in invoices:
        invoice.refresh_from_db()
        assert invoice.state == "paid"
    goes_back(rail, payment, 1000 + on_account)
    invoices[-1].refresh_from_db()
    assert invoices[-1].open_minor == 1000, "from the last to the first"
    is_as_the_provider_lists_it(rail)


def test_money_on_account(rail: Rail) -> None:
    asked = together(
        rail.customer,
        rail.account,
        [],
        on_account=900,
        method=rail.hands.method,
        return_url="http://shop.example/back",
    )
    payment = rail.finish(
        start_for_customer(organization=rail.organization, asked=asked, key=a_key(), actor=SYSTEM)
    )
    assert payment.state == "succeeded"
    goes_back(rail, payment, 300)
    assert customer_credit(rail.organization, rail.customer.id) == [("EUR", 600)]
    is_as_the_provider_lists_it(rail)


def test_something_that_is_bought(rail: Rail) -> None:
    vat(rail.organization)
    link = make_link(rail.organization, limit=1)
    sale, payment = start_sale(
        organization=rail.organization,
        link=link,
        wish=wish_of(link, quantity=1, price=None, tip_percent=0),
        buyer=Buyer(email="ada@münchen.example", language="en"),
        method=rail.hands.method,
        gateway_account_id=rail.account.id,
        key=a_key(),
        return_url="http://shop.example/back",
        actor=SYSTEM,
    )
    payment = rail.finish(payment)
    assert payment.state == "succeeded"
    assert complete_sale(organization=rail.organization, sale_id=sale.id, actor=SYSTEM) == Sale.State.SOLD
    assert Invoice.objects.get(organization=rail.organization).state == "paid"
    goes_back(rail, payment, 190)
    is_as_the_provider_lists_it(rail)
