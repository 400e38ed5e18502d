"""One bench per adapter: the adapter on test, and the hands of the payer and of fate at its provider.

A new adapter joins the conformance suite by a bench of its own here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.gateways.bank_transfer import BankTransferGateway
from allsquare.gateways.gocardless import GoCardlessGateway
from allsquare.gateways.offline import OfflineGateway
from allsquare.gateways.paypal import PayPalGateway
from allsquare.gateways.sandbox import SandboxGateway
from allsquare.gateways.stripe import StripeGateway
from allsquare.payments.gateway import ChargeRequest, Gateway, MethodKind, Outcome, Status, Subject
from tests.contracts.counters import SandboxCounter, StripeCounter
from tests.fakes import gocardless_server, paypal_server, stripe_element, stripe_server
from tests.fakes.gocardless_server import FakeGoCardless
from tests.fakes.paypal_server import FakePayPal
from tests.fakes.stripe_server import FakeStripe
from tests.sandbox_process import SandboxAccount


@dataclass(frozen=True, slots=True)
class Traits:
    """Where providers differ within the contract."""

    #: How old a delivery may be; ``None`` where its signature says nothing of the time.
    tolerance: timedelta | None = timedelta(seconds=300)
    #: A page that nobody was led to is found by our key. Where not, asking again under the key gives it.
    pages_by_key: bool = True
    #: The payer is sent to a page of the provider. Where not, its fields stand in a page of ours.
    leads_away: bool = True
    #: A refund is found by our key alone. Where not, asking again under the key gives it.
    refunds_by_key: bool = True
    #: Deliveries until one says that the money is there.
    deliveries: int = 1
    last_four: str = "4242"
    #: The provider keeps what was paid with, where the payer lets it.
    keeps: bool = True
    #: Its list of what happened has charges that wait for their payer.
    lists_pages: bool = True
    #: How far its list is behind.
    lag: timedelta = timedelta(0)
    #: The smallest time that it counts, and a little more.
    tick: timedelta = timedelta(milliseconds=5)
    #: How long a page of its lists must be at least.
    page: int = 10


class Bench(Protocol):
    @property
    def gateway(self) -> Gateway: ...

    @property
    def method(self) -> MethodKind: ...

    @property
    def traits(self) -> Traits: ...

    def payer_pays(self, outcome: Outcome) -> None:
        """Do what ``outcome`` asks of the payer, and what the banks do then."""

    def banks_answer(self, outcome: Outcome) -> None:
        """The banks carry out what is ``PENDING``."""

    def lose_reply(self) -> None:
        """The next request that moves money is carried out, and its answer is lost."""

    def lose_request(self) -> None:
        """The next request that moves money is lost on the way."""

    def unreachable(self) -> Gateway:
        """The same adapter, with nobody at the other end."""

    def charges_made(self) -> int:
        """How many charges the provider has."""

    def refunds_made(self) -> int:
        """How many refunds it has."""

    def with_wrong_key(self) -> Gateway:
        """The same adapter with a key that the provider does not know."""

    def revoke_key(self) -> None:
        """The key is not good any more."""

    def forbid(self, code: str) -> None:
        """The account may not charge in this currency."""

    def strange_news(self) -> bytes:
        """The body of a delivery of a kind that nobody knows."""

    def secret(self) -> str:
        """By which its news is checked."""

    def send_news_to(self, url: str) -> None:
        """From now on webhooks go there."""

    def list_by(self, size: int) -> None:
        """No page of its lists is longer from now on."""

    def account_is_moved(self, amount: Money, words: str) -> str:
        """A fee of the account there is taken, and everything is listed by now; returns its name."""

    def with_secret(self, secret: str) -> Gateway:
        """The same adapter with another webhook secret."""

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        """Headers of a delivery as the provider would sign it."""


class AtOnce:
    """Where nothing waits for a bank, and what most of them cannot be made to do."""

    def with_wrong_key(self) -> Gateway:
        raise NotImplementedError("there is no key")

    def revoke_key(self) -> None:
        pytest.skip("its keys are not revoked")

    def forbid(self, code: str) -> None:
        pytest.skip("it takes every currency")

    def strange_news(self) -> bytes:
        raise NotImplementedError("nobody sends news")

    def secret(self) -> str:
        raise NotImplementedError("there is no secret")

    def banks_answer(self, outcome: Outcome) -> None:
        raise NotImplementedError("the answer comes at once")

    def account_is_moved(self, amount: Money, words: str) -> str:
        raise NotImplementedError("it lists no movements")


@dataclass(frozen=True, slots=True)
class SandboxBench(SandboxCounter, AtOnce):
    account: SandboxAccount
    gateway: SandboxGateway
    method: MethodKind = MethodKind.CARD
    traits: Traits = Traits(page=100)

    def payer_pays(self, outcome: Outcome) -> None:
        assert outcome.status is Status.ACTION_REQUIRED
        self.account.control(f"/charges/{outcome.reference}/pay", number="4242424242424242")

    def lose_reply(self) -> None:
        self.account.misbehave("reply_lost")

    def lose_request(self) -> None:
        self.account.misbehave("request_lost")

    def unreachable(self) -> SandboxGateway:
        return SandboxGateway({**self.account.settings, "base_url": "http://127.0.0.1:1"})

    def charges_made(self) -> int:
        return len(self.account.get("/charges", limit="100")["data"])

    def refunds_made(self) -> int:
        return len(self.account.get("/refunds", limit="100")["data"])

    def with_wrong_key(self) -> SandboxGateway:
        return SandboxGateway({**self.account.settings, "api_key": "sk_sandbox_of_nobody"})

    def strange_news(self) -> bytes:
        return json.dumps(
            {"type": "moon.full", "timestamp": "2026-01-31T12:00:00+00:00", "data": {"id": "moon_1"}}
        ).encode()

    def secret(self) -> str:
        return self.account.webhook_secret

    def send_news_to(self, url: str) -> None:
        self.account.http.patch("/v1/account", json={"webhook_url": url}).raise_for_status()

    def list_by(self, size: int) -> None:
        assert size >= 100, "its pages have a hundred, as the adapter asks"

    def with_secret(self, secret: str) -> SandboxGateway:
        return SandboxGateway({**self.account.settings, "webhook_secret": secret})

    def payer_disputes(self, outcome: Outcome) -> str:
        return str(self.account.control(f"/charges/{outcome.reference}/dispute")["id"])

    def bank_decides(self, case: str) -> None:
        self.account.control(f"/disputes/{case}/lose")

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        return {
            "webhook-id": "evt_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("evt_1", at, body.decode(errors="replace")),
        }


@dataclass(frozen=True, slots=True)
class StripeBench(StripeCounter, AtOnce):
    """Against a server that speaks Stripe's published formats."""

    fake: FakeStripe
    gateway: StripeGateway
    method: MethodKind = MethodKind.CARD
    traits: Traits = Traits(tick=timedelta(seconds=1, milliseconds=10))

    def payer_pays(self, outcome: Outcome) -> None:
        assert outcome.status is Status.ACTION_REQUIRED
        self.fake.pay(outcome.reference)

    def lose_reply(self) -> None:
        self.fake.lose = "reply"

    def lose_request(self) -> None:
        self.fake.lose = "request"

    def unreachable(self) -> StripeGateway:
        return stripe_gateway("http://127.0.0.1:1")

    def charges_made(self) -> int:
        return sum(each["object"] == "checkout.session" for each in self.fake.objects.values())

    def refunds_made(self) -> int:
        return sum(each["object"] == "refund" for each in self.fake.objects.values())

    def with_wrong_key(self) -> StripeGateway:
        return StripeGateway(
            {"api_key": "sk_test_of_nobody", "webhook_secret": "whsec_x", "base_url": self.fake.url}
        )

    def revoke_key(self) -> None:
        self.fake.key_revoked = True

    def forbid(self, code: str) -> None:
        self.fake.no_currency = code.lower()

    def strange_news(self) -> bytes:
        event = {"id": "evt_1", "type": "moon.full", "created": 1, "data": {"object": {"id": "moon_1"}}}
        return json.dumps(event).encode()

    def secret(self) -> str:
        return stripe_server.SECRET

    def send_news_to(self, url: str) -> None:
        self.fake.news_url = url

    def list_by(self, size: int) -> None:
        self.fake.page_size = size

    def with_secret(self, secret: str) -> StripeGateway:
        return stripe_gateway(self.fake.url, secret=secret)

    def payer_disputes(self, outcome: Outcome) -> str:
        return str(self.fake.dispute(outcome.reference)["id"])

    def bank_decides(self, case: str) -> None:
        self.fake.objects[case]["status"] = "lost"

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        return stripe_server.signed(secret, int(at.timestamp()), body)


@dataclass(frozen=True, slots=True)
class StripeTransferBench(StripeBench):
    """Its payers send the money from their banks."""

    method: MethodKind = MethodKind.BANK_TRANSFER
    traits: Traits = Traits(tick=timedelta(seconds=1, milliseconds=10), deliveries=3, keeps=False)

    def payer_pays(self, outcome: Outcome) -> None:
        self.fake.transfers.send(outcome.reference, self.fake.transfers.missing(outcome.reference))

    def lose_reply(self) -> None:
        self.fake.lose_money = "reply"

    def lose_request(self) -> None:
        self.fake.lose_money = "request"

    def charges_made(self) -> int:
        return sum(each["object"] == "payment_intent" for each in self.fake.objects.values())

    def unreachable(self) -> StripeGateway:
        return stripe_gateway("http://127.0.0.1:1", **TRANSFERS_AT_STRIPE)

    def with_wrong_key(self) -> StripeGateway:
        nobody = {"api_key": "sk_test_of_nobody", "webhook_secret": "whsec_x", "base_url": self.fake.url}
        return StripeGateway({**nobody, **TRANSFERS_AT_STRIPE})

    def with_secret(self, secret: str) -> StripeGateway:
        return stripe_gateway(self.fake.url, secret=secret, **TRANSFERS_AT_STRIPE)


TRANSFERS_AT_STRIPE = {"transfer_currencies": "EUR, GBP, JPY, MXN, USD", "transfer_country": "DE"}


class StripeElementBench(StripeBench):
    """The same account, whose payers enter their card within our page."""

    def payer_pays(self, outcome: Outcome) -> None:
        assert outcome.status is Status.ACTION_REQUIRED
        self.fake.element.pay(outcome.reference)

    def unreachable(self) -> StripeGateway:
        return stripe_gateway("http://127.0.0.1:1", **ELEMENT)

    def charges_made(self) -> int:
        return sum(each["object"] == "payment_intent" for each in self.fake.objects.values())

    def with_secret(self, secret: str) -> StripeGateway:
        return stripe_gateway(self.fake.url, secret=secret, **ELEMENT)


ELEMENT: Final = {"entry": "embedded", "publishable_key": stripe_element.PUBLISHABLE}


def stripe_gateway(url: str, *, secret: str = stripe_server.SECRET, **more: str) -> StripeGateway:
    return StripeGateway({"api_key": stripe_server.KEY, "webhook_secret": secret, "base_url": url, **more})


@dataclass(frozen=True, slots=True)
class GoCardlessBench:
    """Against a server that speaks GoCardless's published formats. Its payers give a mandate, and banks take days."""

    fake: FakeGoCardless
    gateway: GoCardlessGateway
    method: MethodKind = MethodKind.BANK_DEBIT
    traits: Traits = Traits(tolerance=None, pages_by_key=False, deliveries=3, last_four="11")

    def payer_pays(self, outcome: Outcome) -> None:
        assert outcome.status is Status.ACTION_REQUIRED
        assert outcome.key is not None
        self.fake.give_mandate(outcome.reference)
        asked = self.gateway.look_up(
            key=outcome.key, reference=outcome.reference, subject=Subject.CHARGE
        )  # the payer comes back to our page
        assert (asked.status, asked.key) == (Status.PENDING, outcome.key)
        self.fake.confirm(asked.reference)

    def banks_answer(self, outcome: Outcome) -> None:
        if outcome.subject is Subject.REFUND:
            self.fake.pay_refund(outcome.reference)
        else:
            self.fake.confirm(outcome.reference)

    def lose_reply(self) -> None:
        self.fake.lose = "reply"

    def lose_request(self) -> None:
        self.fake.lose = "request"

    def unreachable(self) -> GoCardlessGateway:
        return gocardless_gateway("http://127.0.0.1:1")

    def charges_made(self) -> int:
        return len(self.fake.shelves["billing_requests"])

    def refunds_made(self) -> int:
        return len(self.fake.shelves["refunds"])

    def with_wrong_key(self) -> GoCardlessGateway:
        return GoCardlessGateway(
            {"access_token": "sandbox_nobody", "webhook_secret": "x", "base_url": self.fake.url}
        )

    def revoke_key(self) -> None:
        self.fake.token_trouble = "access_token_revoked"

    def forbid(self, code: str) -> None:
        self.fake.no_scheme = {"USD": "ach"}[code]

    def strange_news(self) -> bytes:
        event = {
            "id": "EV1",
            "created_at": "2026-01-31T12:00:00.000Z",
            "resource_type": "moons",
            "action": "full",
            "links": {"moon": "MO1"},
        }
        return json.dumps({"events": [event]}).encode()

    def secret(self) -> str:
        return gocardless_server.SECRET

    def send_news_to(self, url: str) -> None:
        self.fake.news_url = url

    def list_by(self, size: int) -> None:
        self.fake.page_size = size

    def account_is_moved(self, amount: Money, words: str) -> str:
        raise NotImplementedError("it lists no movements")

    def with_secret(self, secret: str) -> GoCardlessGateway:
        return gocardless_gateway(self.fake.url, secret=secret)

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        return gocardless_server.signed(secret, body)


def gocardless_gateway(url: str, *, secret: str = gocardless_server.SECRET) -> GoCardlessGateway:
    return GoCardlessGateway(
        {"access_token": gocardless_server.TOKEN, "webhook_secret": secret, "base_url": url}
    )


@dataclass(frozen=True, slots=True)
class PayPalBench(AtOnce):
    """Against a server that speaks PayPal's published formats."""

    fake: FakePayPal
    gateway: PayPalGateway
    method: MethodKind = MethodKind.PAYPAL
    traits: Traits = Traits(
        tolerance=timedelta(days=3, hours=1),
        pages_by_key=False,
        refunds_by_key=False,
        deliveries=2,
        lists_pages=False,
        lag=timedelta(hours=4),
        tick=timedelta(seconds=1, milliseconds=10),
    )

    def payer_pays(self, outcome: Outcome) -> None:
        assert outcome.status is Status.ACTION_REQUIRED
        assert outcome.key is not None
        self.fake.approve(outcome.reference.removeprefix("order-"))
        self.gateway.look_up(
            key=outcome.key, reference=outcome.reference, subject=Subject.CHARGE
        )  # the payer comes back to our page, and the order is captured

    def lose_reply(self) -> None:
        self.fake.lose = "reply"

    def lose_request(self) -> None:
        self.fake.lose = "request"

    def unreachable(self) -> PayPalGateway:
        return paypal_gateway("http://127.0.0.1:1")

    def charges_made(self) -> int:
        return len(self.fake.orders)

    def refunds_made(self) -> int:
        return len(self.fake.refunds)

    def with_wrong_key(self) -> PayPalGateway:
        return PayPalGateway({"client_id": "nobody", "client_secret": "x", "base_url": self.fake.url})

    def revoke_key(self) -> None:
        self.fake.key_revoked = self.fake.token_gone = True

    def payer_disputes(self, outcome: Outcome) -> str:
        return str(self.fake.dispute(outcome.reference)["dispute_id"])

    def bank_decides(self, case: str) -> None:
        self.fake.decide(case, "RESOLVED_BUYER_FAVOUR")

    def forbid(self, code: str) -> None:
        self.fake.no_currency = code

    def strange_news(self) -> bytes:
        return json.dumps({"id": "WH-1", "event_type": "MOON.FULL", "resource": {"id": "MO1"}}).encode()

    def secret(self) -> str:
        return paypal_server.WEBHOOK

    def send_news_to(self, url: str) -> None:
        self.fake.news_url = url

    def list_by(self, size: int) -> None:
        self.fake.cases_page = size

    def account_is_moved(self, amount: Money, words: str) -> str:
        self.fake.lag = timedelta(0)
        return self.fake.move("T0101", str(amount.decimal), amount.currency.code, words=words)

    def with_secret(self, secret: str) -> PayPalGateway:
        return paypal_gateway(self.fake.url, webhook_id=secret)

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        return paypal_server.signed(self.fake.url, secret, at, body)


def paypal_gateway(url: str, *, webhook_id: str = paypal_server.WEBHOOK) -> PayPalGateway:
    return PayPalGateway(
        {
            "client_id": paypal_server.CLIENT,
            "client_secret": paypal_server.SECRET,
            "webhook_id": webhook_id,
            "base_url": url,
        }
    )


class NobodyThere(AtOnce):
    """What cannot happen where nobody is asked."""

    def lose_reply(self) -> None:
        raise NotImplementedError("nobody is asked, so no answer can be lost")

    def lose_request(self) -> None:
        raise NotImplementedError("nobody is asked, so no request can be lost")

    def unreachable(self) -> Gateway:
        raise NotImplementedError("there is nobody to reach")

    def charges_made(self) -> int:
        raise NotImplementedError("nobody counts but us")

    def refunds_made(self) -> int:
        raise NotImplementedError("nobody counts but us")

    def send_news_to(self, url: str) -> None:
        raise NotImplementedError("nobody sends news")

    def list_by(self, size: int) -> None:
        raise NotImplementedError("nobody lists anything")

    def with_secret(self, secret: str) -> Gateway:
        raise NotImplementedError("there is no secret")

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        raise NotImplementedError("nobody signs")


@dataclass(frozen=True, slots=True)
class TransferBench(NobodyThere):
    """Payers send the money by themselves, and nobody but a person can say that it came."""

    gateway: BankTransferGateway
    method: MethodKind = MethodKind.BANK_TRANSFER
    traits: Traits = Traits()

    def payer_pays(self, outcome: Outcome) -> None:
        assert outcome.status is Status.PENDING


@dataclass(frozen=True, slots=True)
class OfflineBench(NobodyThere):
    gateway: OfflineGateway
    method: MethodKind = MethodKind.BANK_TRANSFER
    traits: Traits = Traits()

    def payer_pays(self, outcome: Outcome) -> None:
        assert outcome.status is Status.SUCCEEDED  # the money was there before anybody wrote it down


def money(minor: int, code: str = "EUR") -> Money:
    return Money(minor, currency(code))


def charge_request(
    bench: Bench, amount: Money, *, key: UUID | None = None, save_method: bool = False
) -> ChargeRequest:
    return ChargeRequest(
        key=key or uuid4(),
        amount=amount,
        method=bench.method,
        description="Invoice 2026-0042",
        return_url="http://shop.example/back",
        customer_email="ada@example.org",
        customer_name="Ada Ünal 林",
        save_method=save_method,
    )
