"""Payouts, and where the money is, as colleagues see it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.identity.roles import Role
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import Converted, ItemKind, PayoutItem, Status
from allsquare.payments.models import Payment, Payout
from tests.payments.flows import paid, pay, take
from tests.payments.makers import (
    charge,
    empty_script,
    eur,
    issued_invoice,
    payout_outcome,
    scripted_account,
    usd,
)
from tests.statements import statements_sent
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def provider(settings: Settings, world: World) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()
    world.account = scripted_account(world.organization)


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"console:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def paid_out(world: World, count: int = 1) -> Payout:
    payments = [paid(world.organization, world.customer, world.account, fee=100) for _ in range(count)]
    items = tuple(PayoutItem(str(payment.reference), 9900) for payment in payments)
    reference = f"po_{payments[0].reference}"
    take(world.account, payout_outcome(reference=reference, amount=eur(9900 * count), payout_items=items))
    return Payout.objects.get(organization=world.organization, reference=reference)


def test_a_payout_leads_to_its_payments(world: World, owner: Client) -> None:
    assert "No payouts yet" in page(owner, "payout_list")
    payout = paid_out(world)
    assert reverse("console:payout", args=[payout.id]) in page(owner, "payout_list")
    shown = page(owner, "payout", payout.id)
    for words in ("€100.00", "€1.00", "€99.00", world.customer.name, "In the books"):
        assert words in shown
    assert "In the books" not in page(world.client(Role.BILLING_CLERK), "payout", payout.id)


def test_one_that_came_back_says_so(world: World, owner: Client) -> None:
    payout = paid_out(world)
    news = payout_outcome(
        Status.DECLINED,
        reference=payout.reference,
        amount=eur(9900),
        message="The bank account has been closed.",
    )
    take(world.account, news)
    payment = Payment.objects.get(organization=world.organization, gateway_account=world.account)
    listed, shown = page(owner, "payout_list"), page(owner, "payout", payout.id)
    for text in (listed, shown):
        assert "came back" in text
        assert "The bank account has been closed." in text
    assert "In the books the sum is with the provider again" in shown
    assert "Payout taken back" in shown
    assert "came back" in page(owner, "payment", payment.id)
    assert "came back from the bank" in page(owner, "event_list")
    task = "The bank did not take a payout of €99.00 from Scripted."
    assert task in page(owner, "home")
    money = page(owner, "money")
    assert "It adds up" in money
    assert "On its way to the bank" not in money


def test_one_that_was_never_booked_says_so(world: World, owner: Client) -> None:
    take(world.account, payout_outcome(Status.DECLINED, reference="po_9", amount=eur(500)))
    payout = Payout.objects.get(organization=world.organization)
    assert "It was never booked" in page(owner, "payout", payout.id)


def test_its_page_asks_the_database_no_more_for_more(world: World, owner: Client) -> None:
    def cost(payout: Payout) -> int:
        with statements_sent() as sent:
            page(owner, "payout", payout.id)
        return sent.call_count

    few, many = paid_out(world), paid_out(world, 6)
    page(owner, "payout", few.id)
    assert cost(few) == cost(many)


def test_where_the_money_is(world: World, owner: Client) -> None:
    assert "No money came yet" in page(owner, "money")
    paid_out(world)
    paid(world.organization, world.customer, world.account, fee=100)
    shown = page(owner, "money")
    assert "It adds up" in shown
    for words in ("€200.00", "€99.00", "On its way to the bank"):
        assert words in shown
    refused = world.client(Role.BILLING_CLERK).get(reverse("console:money"))
    assert refused.status_code == 403


def test_what_an_older_payout_brought_of_others_is_said_there_and_where_the_money_is(
    world: World, owner: Client
) -> None:
    payment = paid(world.organization, world.customer, world.account)
    items = (PayoutItem(str(payment.reference), 10000), PayoutItem("ch_other", 4000))
    take(world.account, payout_outcome(reference="po_1", amount=eur(14000), payout_items=items))
    payout = Payout.objects.get(organization=world.organization)
    assert "Not all of it is known here" in page(owner, "payout", payout.id)
    money = strip_tags(page(owner, "money"))
    assert "less than nothing is still there" in money
    assert "Its older payouts brought €40.00 that belong to no payment here" in money


def payment_in(payout: Payout) -> UUID:
    """One that it contains."""
    found = payout.items.filter(payment__isnull=False).values_list("payment_id", flat=True)[0]
    assert found is not None
    return found


def test_what_the_bank_statement_says_is_noted_and_taken_back(world: World, owner: Client) -> None:
    payout = paid_out(world)
    address = reverse("console:payout_arrived", args=[payout.id])
    assert address in page(owner, "payout", payout.id)
    form = owner.get(address).text
    assert 'value="99.00"' in form
    wrong = owner.post(address, {"received": "99.01", "on": str(clock.today(world.organization))})
    assert wrong.status_code == 422
    assert 'id="id_received_error"' in wrong.text
    slip = owner.post(address, {"received": "9.90", "on": str(clock.today(world.organization))})
    assert 'id="id_kept_error"' in slip.text
    for _twice in range(2):
        sent = owner.post(
            address, {"received": "98.50", "kept": "on", "on": str(clock.today(world.organization))}
        )
        assert sent.status_code == 302
    shown = page(owner, "payout", payout.id)
    for words in ("at the bank", "The bank kept €0.50.", "Payout at the bank"):
        assert words in shown.replace("<span", "\n<span") or words in strip_tags(shown), words
    assert address not in shown
    assert "at the bank" in page(owner, "payout_list")
    of_payment = page(owner, "payment", payment_in(payout))
    assert "expected" not in strip_tags(of_payment.partition("Whole payout")[2].partition("</table>")[0])
    assert owner.post(reverse("console:payout_not_arrived", args=[payout.id])).status_code == 302
    assert address in page(owner, "payout", payout.id)
    assert "is not at the bank after all" in page(owner, "payout", payout.id)


def test_what_should_have_arrived_days_ago_is_marked(world: World, owner: Client) -> None:
    payout = paid_out(world)
    asked = "Is it there? Look at the bank statement."
    today = clock.today(world.organization)
    for days, is_late in ((4, False), (5, True)):
        Payout.objects.filter(id=payout.id).update(expected_on=today - timedelta(days=days))
        assert (asked in page(owner, "payout_list")) is is_late


def test_what_a_provider_converted_is_said_wherever_its_money_is_shown(world: World, owner: Client) -> None:
    organization = world.organization
    set_rate(
        organization=organization,
        currency="USD",
        valid_on=clock.today(organization),
        rate=Decimal("0.88"),
        actor=SYSTEM,
    )
    invoice = issued_invoice(organization, world.customer, total="100.00", currency_code="USD")
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_usd", redirect="https://pay.example/")
    payment = pay(invoice, world.account, amount=usd(10000), answer=waiting)
    became = (Converted(eur(8730), eur(270)),)
    take(world.account, charge(reference="ch_usd", amount=usd(10000), fee=usd(300), converted=became))
    assert "€87.30" in page(owner, "payment", payment.id)
    assert "after a fee of" in page(owner, "payment", payment.id)
    items = (PayoutItem("ch_usd", 8730),)
    take(world.account, payout_outcome(reference="po_eur", amount=eur(8730), payout_items=items))
    shown = page(owner, "payout", Payout.objects.get(reference="po_eur", organization=organization).id)
    for words in ("€90.00", "$100.00", "€2.70", "€87.30"):
        assert words in shown
    assert "Arrives as" not in shown
    money = page(owner, "money")
    assert "It adds up" in money
    assert "Converted" in money

    sent = payout_outcome(reference="po_later", amount=eur(500), converted=(Converted(usd(600)),))
    take(world.account, sent)
    assert "Arrives as" in page(
        owner, "payout", Payout.objects.get(reference="po_later", organization=organization).id
    )


def test_nothing_is_said_of_converting_where_nothing_is(world: World, owner: Client) -> None:
    paid_out(world)
    assert "Converted" not in page(owner, "money")


@pytest.mark.parametrize(
    ("strange", "sentence"),
    [
        (4000, "€99.00 are yours. €40.00 belong to payments that are not in your books"),
        (-4000, "€99.00 are yours. €40.00 were taken for refunds or disputes of somebody else"),
    ],
)
def test_what_is_of_others_is_said_beside_what_is_ours(
    world: World, owner: Client, strange: int, sentence: str
) -> None:
    payment = paid(world.organization, world.customer, world.account, fee=100)
    kind = ItemKind.CHARGE if strange > 0 else ItemKind.REFUND
    items = (PayoutItem(str(payment.reference), 9900), PayoutItem("strange", strange, kind))
    take(world.account, payout_outcome(reference="po_1", amount=eur(9900 + strange), payout_items=items))
    payout = Payout.objects.get(organization=world.organization, reference="po_1")
    shown = " ".join(strip_tags(page(owner, "payout", payout.id)).split())
    for words in (sentence, "Of others", "Money of others"):
        assert words in shown
    assert "Not all of it is known here" not in shown
    where = " ".join(strip_tags(page(owner, "money")).split())
    for words in ("It adds up", "Money of others", "Came with payouts", "€40.00"):
        assert words in where
    assert "less than nothing is still there" not in where
