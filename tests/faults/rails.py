"""A shop at each of the providers, for faults that must be survived at every one of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.gateways.sandbox import SandboxGateway
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.models import (
    GatewayAccount,
    GatewayTrouble,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Refund,
)
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.sweep import sweep
from tests import factories
from tests.contracts.benches import (
    ELEMENT,
    TRANSFERS_AT_STRIPE,
    Bench,
    GoCardlessBench,
    PayPalBench,
    SandboxBench,
    StripeBench,
    StripeElementBench,
    StripeTransferBench,
    gocardless_gateway,
    paypal_gateway,
    stripe_gateway,
)
from tests.fakes import gocardless_server, paypal_server, stripe_server
from tests.fakes.gocardless_server import FakeGoCardless
from tests.fakes.paypal_server import FakePayPal
from tests.fakes.stripe_server import FakeStripe
from tests.faults.shop import TOTAL
from tests.payments.makers import a_key, issued_invoice
from tests.sandbox_process import SandboxAccount

#: Nobody listens there.
NOBODY: Final = "http://127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class Rail:
    """A shop with one of the providers. It has what ``Mortal`` needs of a ``Shop``."""

    account: GatewayAccount
    hands: Bench
    card: UUID | str
    customer: Any
    beside: Bench | None = None  # by which its payers pay, where they take another way

    @property
    def another_way(self) -> Rail:
        return replace(self, hands=self.beside) if self.beside else self

    @property
    def organization(self) -> Any:
        return self.account.organization

    def invoice(self) -> Any:
        return issued_invoice(self.organization, self.customer)

    @property
    def saved(self) -> UUID | None:
        return UUID(str(self.card)) if self.card else None

    def pay(self, invoice: Any, *, key: str, saved: bool = True, spares: Sequence[UUID] = ()) -> Payment:
        return start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=Money(TOTAL, currency("EUR")),
            method=self.hands.method,
            gateway_account_id=self.account.id,
            key=key,
            actor=SYSTEM,
            return_url="http://shop.example/back",
            saved_method_id=self.saved if saved else None,
            spare_account_ids=spares,
        )

    def away(self) -> Away:
        """The same shop with an account at a provider of the same kind that nobody can connect to."""
        settings = json.loads(self.account.settings)
        account = add_gateway_account(
            organization=self.organization,
            gateway=self.account.gateway,
            label="Away",
            settings={**settings, "base_url": NOBODY},
            actor=SYSTEM,
        )
        return Away(account, self.hands, "", self.customer)

    def agrees(self, payment: Payment) -> None:
        """The payer does their part on the page of a provider that waits for us; nobody tells us."""
        reference = payment.reference or ""
        if isinstance(self.hands, PayPalBench):
            self.hands.fake.approve(reference.removeprefix("order-"))
        else:
            cast(GoCardlessBench, self.hands).fake.give_mandate(reference)

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

    def key_of(self, payment: Payment) -> UUID:
        attempts = PaymentAttempt.objects.filter(organization=self.organization, payment=payment)
        return attempts.latest("number").id

    def asked(self, payment: Payment, status: Status = Status.ACTION_REQUIRED) -> Outcome:
        """What the provider answered to it."""
        reference = payment.reference or ""
        key = self.key_of(payment)
        return Outcome(Subject.CHARGE, status, payment.gateway, key=key, reference=reference)

    def only_due(self, asked: Payment | Refund) -> None:
        """Of all that is planned, the sweep asks about this one alone now."""
        now = clock.now(None)
        for model in (Payment, Refund):
            planned = model.objects.filter(organization=self.organization, next_check_at__isnull=False)
            planned.update(next_check_at=now + timedelta(hours=1))
        mine = type(asked).objects.filter(organization=self.organization, id=asked.id)
        mine.update(next_check_at=now - timedelta(seconds=1))

    def finish(self, payment: Payment) -> Payment:
        """The payer does their part, the banks theirs, and nobody tells us."""
        return self.finish_all([payment])[0]

    def finish_all(self, payments: Sequence[Payment]) -> Sequence[Payment]:
        """As above, and one sweep finds all of it."""
        for payment in payments:
            payment.refresh_from_db()
            if payment.state == "needs_action":
                self.hands.payer_pays(self.asked(payment))
            elif payment.state == "pending":
                self.hands.banks_answer(self.asked(payment, Status.PENDING))
        self.sweep()
        for payment in payments:
            payment.refresh_from_db()
        return payments

    def paid(self) -> Payment:
        return self.finish(self.pay(self.invoice(), key=a_key()))

    def charge_of(self, payment: Payment) -> str:
        """The name of its charge at the provider, which a page has not before its payer came."""
        found = self.hands.gateway.look_up(
            key=self.key_of(payment), reference=payment.reference or "", subject=Subject.CHARGE
        )
        return found.reference

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
        if isinstance(self.hands, SandboxBench):
            made = self.hands.account.get("/charges", limit="100", attempt=str(attempt))["data"]
            return [each["amount"] for each in made if each["status"] == "succeeded"]
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

    def invoice_is_paid_once(self, payment: Payment, point: str) -> None:
        assert payment.invoice is not None
        payment.invoice.refresh_from_db()
        assert (payment.state, payment.invoice.state) == ("succeeded", "paid"), point
        assert payment.invoice.paid_minor == TOTAL, point

    def assert_paid_once(self, payment: Payment, point: str) -> None:
        self.invoice_is_paid_once(payment, point)
        (attempt,) = PaymentAttempt.objects.filter(organization=self.organization, payment=payment)
        assert self.charged(attempt.id) == [TOTAL], point


class Away(Rail):
    """An account at a provider that is away."""

    __slots__ = ()

    def is_up(self) -> None:
        """As far as anybody knows: so it is asked."""
        GatewayTrouble.objects.filter(organization=self.organization).delete()
        mine = GatewayAccount.objects.filter(organization=self.organization, id=self.account.id)
        mine.update(down_since=None, probe_at=None)

    def is_there(self) -> None:
        """From now on it answers, by the server of its kind that is there."""
        fake = self.hands.account.base_url if isinstance(self.hands, SandboxBench) else self.hands.fake.url  # type: ignore[attr-defined]  # each of these has one
        self.account.settings = json.dumps({**json.loads(self.account.settings), "base_url": fake})
        self.account.save(update_fields=["settings"])


def opened(hands: Bench, gateway: str, settings: dict[str, str], token: str) -> Rail:
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


def stripe_rail() -> Iterator[Rail]:
    for fake in stripe_server.running():
        fake.objects["pm_1"] = {"id": "pm_1", "object": "payment_method", "created": 0}
        settings = {
            "api_key": stripe_server.KEY,
            "webhook_secret": stripe_server.SECRET,
            "base_url": fake.url,
        }
        yield opened(StripeBench(fake, stripe_gateway(fake.url)), "stripe", settings, "cus_1/pm_1")


def stripe_transfer_rail() -> Iterator[Rail]:
    """Stripe, to which payers send the money by themselves."""
    for fake in stripe_server.running():
        settings = {
            "api_key": stripe_server.KEY,
            "webhook_secret": stripe_server.SECRET,
            "base_url": fake.url,
            **TRANSFERS_AT_STRIPE,
        }
        hands = StripeTransferBench(fake, stripe_gateway(fake.url, **TRANSFERS_AT_STRIPE))
        rail = opened(hands, "stripe", settings, "")
        yield replace(rail, beside=StripeBench(fake, hands.gateway))


def stripe_element_rail() -> Iterator[Rail]:
    """Nothing is kept: each payer enters their card within our page."""
    for fake in stripe_server.running():
        settings = {
            "api_key": stripe_server.KEY,
            "webhook_secret": stripe_server.SECRET,
            "base_url": fake.url,
            **ELEMENT,
        }
        hands = StripeElementBench(fake, stripe_gateway(fake.url, **ELEMENT))
        yield opened(hands, "stripe", settings, "")


def gocardless_rail() -> Iterator[Rail]:
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
        yield opened(hands, "gocardless", settings, mandate["id"])


def paypal_rail() -> Iterator[Rail]:
    for fake in paypal_server.running():
        settings = {
            "client_id": paypal_server.CLIENT,
            "client_secret": paypal_server.SECRET,
            "webhook_id": paypal_server.WEBHOOK,
            "base_url": fake.url,
        }
        yield opened(PayPalBench(fake, paypal_gateway(fake.url)), "paypal", settings, "")


#: Of every real provider's adapter.
RAILS: Final[Mapping[str, Callable[[], Iterator[Rail]]]] = {
    "stripe": stripe_rail,
    "stripe_element": stripe_element_rail,
    "stripe_transfer": stripe_transfer_rail,
    "gocardless": gocardless_rail,
    "paypal": paypal_rail,
}


def sandbox_rail(merchant: SandboxAccount, *, kept: bool = False) -> Rail:
    """Of the sandbox, whose process is the caller's; with a card that is ``kept``."""
    token = ""
    if kept:
        first = merchant.paid(TOTAL, save_method=True)
        token = first["payment_method"]["token"]
        # It was charged before this shop opened, so it is in nobody's books here.
        merchant.refund(first["id"], TOTAL).raise_for_status()
    hands = SandboxBench(merchant, SandboxGateway(merchant.settings))
    return opened(hands, "sandbox", merchant.settings, token)
