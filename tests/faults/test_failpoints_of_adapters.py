"""Fault 3 for every real provider's adapter: the process dies at every step between intent and commit.

As ``test_failpoints`` does with the sandbox, against the servers that speak the providers' formats. What moves money
differs: Stripe charges a saved card in one request; GoCardless collects under a mandate, and banks answer days later;
PayPal's payer approves an order, which is then captured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.sealer import seal
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.models import (
    GatewayAccount,
    InboxEvent,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Refund,
)
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.sweep import sweep
from tests import factories
from tests.contracts.benches import (
    Bench,
    GoCardlessBench,
    PayPalBench,
    StripeBench,
    gocardless_gateway,
    paypal_gateway,
    stripe_gateway,
)
from tests.fakes import gocardless_server, paypal_server, stripe_server
from tests.fakes.gocardless_server import FakeGoCardless
from tests.fakes.paypal_server import FakePayPal
from tests.fakes.stripe_server import FakeStripe
from tests.faults.shop import TOTAL, Shop
from tests.faults.test_failpoints import Mortal, passed_by
from tests.payments.makers import a_key, issued_invoice
from tests.square import assert_all_square
from tests.webhook_catcher import Caught, WebhookCatcher

pytestmark = pytest.mark.faults

#: Where news says all that must be booked, whole batches are digested: not so with any of these.
OF_BATCHES = frozenset({"inbox.taken", "inbox.drained"})


@dataclass(frozen=True, slots=True)
class Rail:
    """A shop with one of the providers. It has what ``Mortal`` and this file need of a ``Shop``."""

    account: GatewayAccount
    hands: Bench
    card: UUID | str
    customer: Any

    @property
    def organization(self) -> Any:
        return self.account.organization

    def invoice(self) -> Any:
        return issued_invoice(self.organization, self.customer)

    def pay(self, invoice: Any, *, key: str, saved: bool = True) -> Payment:
        return start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=Money(TOTAL, currency("EUR")),
            method=self.hands.method,
            gateway_account_id=self.account.id,
            key=key,
            actor=SYSTEM,
            return_url="http://shop.example/back",
            saved_method_id=UUID(str(self.card)) if self.card and saved else None,
        )

    def refund(self, payment: Payment, *, key: str) -> Refund:
        return refund(
            organization=self.organization,
            payment_id=payment.id,
            amount=Money(TOTAL, currency("EUR")),
            reason="returned",
            key=key,
            actor=SYSTEM,
        )

    def sweep(self) -> None:
        """As if every plan were due."""
        self.time_passes()
        sweep(organization=self.organization)

    def time_passes(self) -> None:
        due = clock.now(None) - timedelta(seconds=1)
        for model in (Payment, Refund):
            model.objects.filter(organization=self.organization, next_check_at__isnull=False).update(
                next_check_at=due
            )

    def finish(self, payment: Payment) -> Payment:
        """The payer does their part, the banks theirs, and nobody tells us."""
        payment.refresh_from_db()
        attempt = PaymentAttempt.objects.get(organization=self.organization, payment=payment)
        waiting = Outcome(
            Subject.CHARGE, Status.PENDING, payment.gateway, key=attempt.id, reference=payment.reference or ""
        )
        if payment.state == "needs_action":
            self.hands.payer_pays(
                Outcome(
                    Subject.CHARGE,
                    Status.ACTION_REQUIRED,
                    payment.gateway,
                    key=attempt.id,
                    reference=payment.reference or "",
                )
            )
        elif payment.state == "pending":
            self.hands.banks_answer(waiting)
        self.sweep()
        payment.refresh_from_db()
        return payment

    def paid(self) -> Payment:
        return self.finish(self.pay(self.invoice(), key=a_key()))

    def given(self, made: Refund) -> Refund:
        made.refresh_from_db()
        if made.state == "pending":
            self.hands.banks_answer(
                Outcome(Subject.REFUND, Status.PENDING, self.account.gateway, reference=made.reference or "")
            )
            self.sweep()
            made.refresh_from_db()
        return made

    def charged(self, attempt: UUID) -> list[int]:
        """Minor units of each charge that the provider took for ``attempt``."""
        fake = self.hands.fake  # type: ignore[attr-defined]  # each of these has one
        if isinstance(fake, FakeStripe):
            intents = [each for each in fake.objects.values() if each["object"] == "payment_intent"]
            return [
                each["amount_received"]
                for each in intents
                if each["metadata"]["attempt"] == str(attempt) and each["status"] == "succeeded"
            ]
        if isinstance(fake, FakeGoCardless):
            made = fake.shelves["payments"].values()
            return [each["amount"] for each in made if each["metadata"].get("attempt") == str(attempt)]
        label = f"a{attempt.hex}"
        paypal = cast(FakePayPal, fake)
        return [
            int(each["amount"]["value"].replace(".", ""))
            for each in paypal.captures.values()
            if label in each["custom_id"]
        ]

    def assert_paid_once(self, payment: Payment, point: str) -> None:
        assert payment.invoice is not None
        payment.invoice.refresh_from_db()
        assert (payment.state, payment.invoice.state) == ("succeeded", "paid"), point
        (attempt,) = PaymentAttempt.objects.filter(organization=self.organization, payment=payment)
        assert self.charged(attempt.id) == [TOTAL], point


def _opened(hands: Bench, gateway: str, settings: dict[str, str], token: str) -> Rail:
    organization = factories.make_organization()
    customer = factories.make_customer(organization)
    account = add_gateway_account(
        organization=organization, gateway=gateway, label=gateway, settings=settings, actor=SYSTEM
    )
    card: UUID | str = ""
    if token:
        kept = PaymentMethod.objects.create(
            organization=organization,
            customer=customer,
            gateway_account=account,
            kind=hands.method,
            token=token,
            created_at=clock.now(None),
        )
        card = kept.id
    return Rail(account, hands, card, customer)


def _stripe() -> Iterator[Rail]:
    for fake in stripe_server.running():
        fake.objects["pm_1"] = {"id": "pm_1", "object": "payment_method", "created": 0}
        settings = {
            "api_key": stripe_server.KEY,
            "webhook_secret": stripe_server.SECRET,
            "base_url": fake.url,
        }
        yield _opened(StripeBench(fake, stripe_gateway(fake.url)), "stripe", settings, "cus_1/pm_1")


def _gocardless() -> Iterator[Rail]:
    for fake in gocardless_server.running():
        settings = {
            "access_token": gocardless_server.TOKEN,
            "webhook_secret": gocardless_server.SECRET,
            "base_url": fake.url,
        }
        hands = GoCardlessBench(fake, gocardless_gateway(fake.url))
        account = fake._make(
            "customer_bank_accounts", account_number_ending="11", bank_name="DEUTSCHE BANK AG"
        )
        links = {"customer_bank_account": account["id"]}
        mandate = fake._make("mandates", status="active", scheme="sepa_core", links=links)
        yield _opened(hands, "gocardless", settings, mandate["id"])


def _paypal() -> Iterator[Rail]:
    for fake in paypal_server.running():
        settings = {
            "client_id": paypal_server.CLIENT,
            "client_secret": paypal_server.SECRET,
            "webhook_id": paypal_server.WEBHOOK,
            "base_url": fake.url,
        }
        yield _opened(PayPalBench(fake, paypal_gateway(fake.url)), "paypal", settings, "")


@pytest.fixture(params=[_stripe, _gocardless, _paypal], ids=["stripe", "gocardless", "paypal"])
def rail(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Rail]:
    yield from request.param()


@pytest.fixture
def mortal(rail: Rail, forks: Any) -> Mortal:
    return Mortal(forks, cast(Shop, rail))


@pytest.fixture
def report(
    rail: Rail, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[list[str]]:
    """The failpoints that were died at. In the end the proofs are asked, and the figure is said."""
    kills: list[str] = []
    yield kills
    seal()
    assert_all_square()
    if not request.session.testsfailed:
        figure = f"{len(kills)} kills, after each everything is there once"
        print(f"\n{request.node.name}: {figure}")  # noqa: T201 - the figure is what a reader of -s wants
        record_property("figure", figure)


def test_paying(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """Killed anywhere; the sweep and the payer, who presses again, come to one charge that is booked once."""
    for point in passed_by("pay"):
        invoice, key = rail.invoice(), a_key()
        mortal.dies("pay", point, invoice=str(invoice.id), key=key, method=rail.hands.method)
        if len(report) % 2:  # whoever comes first
            rail.sweep()
        payment = rail.pay(invoice, key=key)
        rail.sweep()
        rail.assert_paid_once(rail.finish(payment), point)
        report.append(point)


def test_giving_back(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    for point in passed_by("refund"):
        payment, key = rail.paid(), a_key()
        before = rail.hands.refunds_made()
        mortal.dies("refund", point, payment=str(payment.id), key=key)
        if len(report) % 2:
            rail.sweep()
        made = rail.given(rail.refund(payment, key=key))
        rail.sweep()
        made = rail.given(made)
        assert made.state == "succeeded", point
        assert rail.hands.refunds_made() == before + 1, point
        report.append(point)


def test_hearing_of_it(rail: Rail, mortal: Mortal, catcher: WebhookCatcher, report: list[str]) -> None:
    """No answer came, so the provider delivers again."""
    rail.hands.send_news_to(catcher.url)
    for point in passed_by("webhook"):
        if point in OF_BATCHES:
            continue
        payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
        attempt = PaymentAttempt.objects.get(organization=rail.organization, payment=payment)
        page = Outcome(
            Subject.CHARGE,
            Status.ACTION_REQUIRED,
            payment.gateway,
            key=attempt.id,
            reference=payment.reference or "",
        )
        heard = len(catcher.caught)
        rail.hands.payer_pays(page)
        news = catcher.wait(heard + rail.hands.traits.deliveries)[-1]
        mortal.dies("webhook", point, headers=news.headers, body=news.body.decode())
        assert _deliver(rail, news) is (point == "inbox.written"), point
        _drain(rail)
        payment.refresh_from_db()
        rail.assert_paid_once(payment, point)
        report.append(point)


@pytest.mark.parametrize("before", ["charge.answered", "charge.intent_committed"])
def test_asking_what_became_of_a_payment(rail: Rail, mortal: Mortal, report: list[str], before: str) -> None:
    """A second death, of the one who cleans up after the first."""
    points = [point for point in passed_by("sweep a payment that was charged") if point.startswith("sweep.")]
    for point in points:
        invoice, key = rail.invoice(), a_key()
        mortal.dies("pay", before, invoice=str(invoice.id), key=key, method=rail.hands.method)
        rail.time_passes()
        mortal.dies("sweep", point)
        rail.sweep()
        payment = Payment.objects.get(organization=rail.organization, key=key)
        rail.assert_paid_once(rail.finish(payment), point)
        report.append(f"{before}, {point}")


def _deliver(rail: Rail, news: Caught) -> bool:
    return receive(
        organization=rail.organization, gateway_account=rail.account, headers=news.headers, body=news.body
    )


def _drain(rail: Rail) -> None:
    InboxEvent.objects.filter(organization=rail.organization).update(next_try_at=clock.now(None))
    while drain(organization=rail.organization, gateway_account=rail.account):
        continue
