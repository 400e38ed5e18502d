"""One bench per adapter: the adapter on test, and the hands of the payer and of fate at its provider.

A new adapter joins the conformance suite by a bench of its own here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from standardwebhooks import Webhook

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.gateways.bank_transfer import BankTransferGateway
from allsquare.gateways.offline import OfflineGateway
from allsquare.gateways.sandbox import SandboxGateway
from allsquare.gateways.stripe import StripeGateway
from allsquare.payments.gateway import ChargeRequest, Gateway, MethodKind, Outcome, Status
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.sandbox_process import SandboxAccount


class Bench(Protocol):
    @property
    def gateway(self) -> Gateway: ...

    @property
    def method(self) -> MethodKind: ...

    def payer_pays(self, outcome: Outcome) -> None:
        """Do what ``outcome`` asks of the payer."""

    def lose_reply(self) -> None:
        """The next request that moves money is carried out, and its answer is lost."""

    def lose_request(self) -> None:
        """The next request that moves money is lost on the way."""

    def unreachable(self) -> Gateway:
        """The same adapter, with nobody at the other end."""

    def charges_made(self) -> int:
        """How many charges the provider has."""

    def send_news_to(self, url: str) -> None:
        """From now on webhooks go there."""

    def with_secret(self, secret: str) -> Gateway:
        """The same adapter with another webhook secret."""

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        """Headers of a delivery as the provider would sign it."""


@dataclass(frozen=True, slots=True)
class SandboxBench:
    account: SandboxAccount
    gateway: SandboxGateway
    method: MethodKind = MethodKind.CARD

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

    def send_news_to(self, url: str) -> None:
        self.account.http.patch("/v1/account", json={"webhook_url": url}).raise_for_status()

    def with_secret(self, secret: str) -> SandboxGateway:
        return SandboxGateway({**self.account.settings, "webhook_secret": secret})

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        return {
            "webhook-id": "evt_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("evt_1", at, body.decode(errors="replace")),
        }


@dataclass(frozen=True, slots=True)
class StripeBench:
    """Against a server that speaks Stripe's published formats."""

    fake: FakeStripe
    gateway: StripeGateway
    method: MethodKind = MethodKind.CARD

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

    def send_news_to(self, url: str) -> None:
        self.fake.news_url = url

    def with_secret(self, secret: str) -> StripeGateway:
        return stripe_gateway(self.fake.url, secret=secret)

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        return stripe_server.signed(secret, int(at.timestamp()), body)


def stripe_gateway(url: str, *, secret: str = stripe_server.SECRET) -> StripeGateway:
    return StripeGateway({"api_key": stripe_server.KEY, "webhook_secret": secret, "base_url": url})


class NobodyThere:
    """What cannot happen where nobody is asked."""

    def lose_reply(self) -> None:
        raise NotImplementedError("nobody is asked, so no answer can be lost")

    def lose_request(self) -> None:
        raise NotImplementedError("nobody is asked, so no request can be lost")

    def unreachable(self) -> Gateway:
        raise NotImplementedError("there is nobody to reach")

    def charges_made(self) -> int:
        raise NotImplementedError("nobody counts but us")

    def send_news_to(self, url: str) -> None:
        raise NotImplementedError("nobody sends news")

    def with_secret(self, secret: str) -> Gateway:
        raise NotImplementedError("there is no secret")

    def signed(self, secret: str, at: datetime, body: bytes) -> dict[str, str]:
        raise NotImplementedError("nobody signs")


@dataclass(frozen=True, slots=True)
class TransferBench(NobodyThere):
    """Payers send the money by themselves, and nobody but a person can say that it came."""

    gateway: BankTransferGateway
    method: MethodKind = MethodKind.BANK_TRANSFER

    def payer_pays(self, outcome: Outcome) -> None:
        assert outcome.status is Status.PENDING


@dataclass(frozen=True, slots=True)
class OfflineBench(NobodyThere):
    gateway: OfflineGateway
    method: MethodKind = MethodKind.BANK_TRANSFER

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
