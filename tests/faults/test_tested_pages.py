"""Fault 33 at a provider on whose own page a payer may try card after card: each decline counts, the page is closed,
and whoever pays elsewhere pays. Against a server that speaks Stripe's formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM, customer_actor
from allsquare.gateways.stripe import signature
from allsquare.identity.models import Organization
from allsquare.payments.errors import AttemptRefused
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.drain import drain
from allsquare.payments.services.keep_news import keep_news
from allsquare.payments.services.start import start_payment
from allsquare.risk.rules import USUAL, Effect, Rules, Setting
from allsquare.risk.services.change_rules import change_rules
from tests import factories
from tests.fakes import stripe_server
from tests.fakes.stripe_server import KEY, SECRET, FakeStripe
from tests.payments.makers import a_key, eur, issued_invoice
from tests.payments.payers import found, payer_of, told
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db

THIEF = "203.0.113.7"


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.make_organization()


@pytest.fixture
def account(organization: Organization, fake: FakeStripe) -> GatewayAccount:
    settings = {"api_key": KEY, "webhook_secret": SECRET, "base_url": fake.url}
    return add_gateway_account(
        organization=organization, gateway="stripe", label="Cards", settings=settings, actor=SYSTEM
    )


def page_for(invoice: Invoice, account: GatewayAccount, address: str) -> Payment:
    return start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(invoice.open_minor),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=a_key(),
        actor=customer_actor(invoice.customer_id, "Payer", address=address),
        return_url="http://shop.example/back",
    )


def session_of(fake: FakeStripe, payment: Payment) -> str:
    """The page of a payment, whatever it is called by now."""
    sessions = [each for each in fake.objects.values() if each["object"] == "checkout.session"]
    name = payment.reference
    return next(str(each["id"]) for each in sessions if name in (each["id"], each["payment_intent"]))


def asked(payment: Payment, _fake: FakeStripe) -> None:
    """Somebody looks at the page, or the sweep does."""
    check_payment(organization=payment.organization, payment=payment)


def heard(payment: Payment, fake: FakeStripe) -> None:
    """The provider tells by itself."""
    event = [each for each in fake.objects.values() if each["object"] == "event"][-1]
    shop, account = payment.organization, payment.gateway_account
    keep_news(organization=shop, gateway_account=account, events=[signature.event(event)])
    assert drain(organization=shop, gateway_account=account) == 1


def tried_out(
    fake: FakeStripe, payment: Payment, cards: int, hear: Callable[[Payment, FakeStripe], None] = asked
) -> int:
    """So many stolen cards, one after the other, while the page is open; how many were declined there."""
    page = session_of(fake, payment)
    for number in range(cards):
        if fake.objects[page]["status"] != "open":
            return number
        fake.decline_on_page(page, f"stolen-{number}")
        hear(payment, fake)
        payment.refresh_from_db()
    return cards


@pytest.mark.parametrize("hear", [asked, heard])
def test_a_page_is_closed_by_the_fifth_card_and_the_next_one_asks_the_bank(
    organization: Organization,
    account: GatewayAccount,
    fake: FakeStripe,
    hear: Callable[[Payment, FakeStripe], None],
) -> None:
    invoice = issued_invoice(organization, payer_of(organization))
    payment = page_for(invoice, account, THIEF)
    assert tried_out(fake, payment, 100, hear) == 5
    assert payment.state == "canceled"
    (row,) = found(organization)
    assert (row.declines, row.card_mark is not None) == (5, True)
    (event,) = told(organization, "risk.page_closed")
    assert [each["rule"] for each in event.data["reasons"]] == ["declined_payer"]
    again = page_for(invoice, account, "198.51.100.1")
    assert found(organization)[-1].action == "challenge"
    fake.pay(session_of(fake, again))
    check_payment(organization=organization, payment=again)
    again.refresh_from_db()
    assert again.state == "succeeded"
    assert_all_square()


def test_cards_tried_from_one_address_on_ever_new_pages_end_after_thirty(
    organization: Organization, account: GatewayAccount, fake: FakeStripe
) -> None:
    declined = stopped = 0
    for number in range(30):
        invoice = issued_invoice(organization, payer_of(organization, number))
        try:
            declined += tried_out(fake, page_for(invoice, account, THIEF), 100)
        except AttemptRefused:
            stopped += 1
    assert (declined, stopped) == (30, 24)
    other = page_for(issued_invoice(organization, payer_of(organization, 99)), account, "198.51.100.9")
    fake.pay(session_of(fake, other))
    check_payment(organization=organization, payment=other)
    other.refresh_from_db()
    assert other.state == "succeeded"


def test_pages_that_are_open_at_once_close_with_their_next_decline(
    organization: Organization, account: GatewayAccount, fake: FakeStripe
) -> None:
    pages = [
        page_for(issued_invoice(organization, payer_of(organization, number)), account, THIEF)
        for number in range(10)
    ]
    assert [tried_out(fake, page, 100) for page in pages] == [5, 5, 5, 5, 5, 5, 1, 1, 1, 1]


def test_two_declines_close_nobodys_page(
    organization: Organization, account: GatewayAccount, fake: FakeStripe
) -> None:
    payment = page_for(issued_invoice(organization, payer_of(organization)), account, THIEF)
    assert tried_out(fake, payment, 2) == 2
    fake.pay(session_of(fake, payment))
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert (payment.state, found(organization)[0].declines) == ("succeeded", 2)
    assert_all_square()


def test_control_without_the_rules_the_page_stays_open(
    organization: Organization, account: GatewayAccount, fake: FakeStripe
) -> None:
    off = {rule: Setting(setting.limit, Effect.OFF) for rule, setting in USUAL.items()}
    change_rules(organization=organization, rules=Rules(off), keep_days=90, actor=SYSTEM)
    payment = page_for(issued_invoice(organization, payer_of(organization)), account, THIEF)
    assert tried_out(fake, payment, 50) == 50
    assert payment.state == "needs_action"
