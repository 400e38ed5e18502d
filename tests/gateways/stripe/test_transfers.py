"""Bank transfers that Stripe takes: asked for once, waited for, in parts, too much, called off, given back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.core.errors import FieldErrors
from allsquare.gateways.stripe import StripeGateway
from allsquare.payments.gateway import (
    HELD,
    ChargeRequest,
    GatewayEvent,
    MethodKind,
    Outcome,
    RefundRequest,
    Status,
    Subject,
)
from tests.contracts.benches import money
from tests.fakes import stripe_server
from tests.fakes.http_server import Object
from tests.fakes.stripe_server import FakeStripe

ALL = "EUR, GBP, JPY, MXN, USD"


def gateway_at(url: str, **more: str) -> StripeGateway:
    given = {
        "api_key": stripe_server.KEY,
        "webhook_secret": stripe_server.SECRET,
        "base_url": url,
        "transfer_currencies": ALL,
        "transfer_country": "DE",
    }
    return StripeGateway({**given, **more})


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def gateway(fake: FakeStripe) -> StripeGateway:
    return gateway_at(fake.url)


def asked(minor: int = 10_000, code: str = "EUR", *, key: UUID | None = None) -> ChargeRequest:
    return ChargeRequest(
        key=key or uuid7(),
        amount=money(minor, code),
        method=MethodKind.BANK_TRANSFER,
        description="Invoice 2026-0042",
        return_url="https://shop.example/back",
        customer_email="ada@example.org",
        customer_name="Ada",
        language="de",
        metadata={"invoice": "i1"},
    )


def of_kind(fake: FakeStripe, kind: str) -> list[Object]:
    return [each for each in fake.objects.values() if each["object"] == kind]


def now(gateway: StripeGateway, outcome: Outcome) -> Outcome:
    assert outcome.key is not None
    return gateway.look_up(key=outcome.key, reference=outcome.reference, subject=Subject.CHARGE)


def as_event(made: Object) -> GatewayEvent:
    about = made["data"]["object"]
    return GatewayEvent(made["id"], made["type"], about["id"], made)


def last_event(fake: FakeStripe, kind: str) -> GatewayEvent:
    return as_event([each for each in of_kind(fake, "event") if each["type"] == kind][-1])


@pytest.mark.parametrize(
    ("code", "minor", "labels"),
    [
        ("EUR", 10_000, ("Recipient", "IBAN", "BIC")),
        ("GBP", 10_000, ("Recipient", "Sort code", "Account number")),
        ("USD", 10_000, ("Bank", "Routing number", "Account number")),
        ("MXN", 10_000, ("Bank", "Bank code", "CLABE")),
        (
            "JPY",
            10_000,
            ("Recipient", "Bank", "Bank code", "Branch", "Branch code", "Kind of account", "Account number"),
        ),
    ],
)
def test_the_payer_is_told_where_to(
    gateway: StripeGateway, fake: FakeStripe, code: str, minor: int, labels: tuple[str, ...]
) -> None:
    outcome = gateway.start(asked(minor, code))
    assert outcome.status is Status.ACTION_REQUIRED
    told = outcome.instructions
    assert told is not None
    assert told.remaining == money(minor, code)
    assert tuple(label for label, _text in told.rows) == labels
    assert told.reference
    assert told.url == outcome.redirect
    (customer,) = of_kind(fake, "customer")
    assert (customer["email"], customer["preferred_locales"]) == ("ada@example.org", {"0": "de"})


def test_only_what_the_business_wants_is_offered(fake: FakeStripe) -> None:
    transfers = gateway_at(fake.url, transfer_currencies="gbp", transfer_country="")
    nothing = gateway_at(fake.url, transfer_currencies="", transfer_country="")
    assert MethodKind.BANK_TRANSFER in transfers.offers(amount=money(1000, "GBP"), country="")
    assert MethodKind.BANK_TRANSFER not in transfers.offers(amount=money(1000, "EUR"), country="")
    assert MethodKind.BANK_TRANSFER not in nothing.offers(amount=money(1000, "EUR"), country="")
    assert nothing.start(asked()).status is Status.NOT_SENT
    assert not of_kind(fake, "customer")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"transfer_currencies": "EUR, CHF"}, "transfer_currencies"),
        ({"transfer_country": ""}, "transfer_country"),
        ({"transfer_country": "AT"}, "transfer_country"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        gateway_at("", **settings)
    assert list(refused.value.errors) == [field]


def test_a_repeat_makes_nothing_anew(gateway: StripeGateway, fake: FakeStripe) -> None:
    request = asked()
    first, second = gateway.start(request), gateway.start(request)
    assert (first.reference, first.instructions) == (second.reference, second.instructions)
    assert (len(of_kind(fake, "payment_intent")), len(of_kind(fake, "customer"))) == (1, 1)


@pytest.mark.parametrize("lost", ["request", "reply"])
def test_a_lost_customer_says_that_nothing_was_asked(
    gateway: StripeGateway, fake: FakeStripe, lost: str
) -> None:
    request = asked()
    fake.lose = lost
    assert gateway.start(request).status is Status.NOT_SENT
    assert gateway.look_up(key=request.key, reference="", subject=Subject.CHARGE).status is Status.NOT_SENT
    assert gateway.start(request).status is Status.ACTION_REQUIRED
    assert len(of_kind(fake, "customer")) == 1


@pytest.mark.parametrize(("lost", "found"), [("request", Status.NOT_SENT), ("reply", Status.ACTION_REQUIRED)])
def test_a_lost_payment_is_found_by_our_key_alone(
    gateway: StripeGateway, fake: FakeStripe, lost: str, found: Status
) -> None:
    request = asked()
    fake.lose_later = (1, lost)
    assert gateway.start(request).status is Status.UNKNOWN
    outcome = gateway.look_up(key=request.key, reference="", subject=Subject.CHARGE)
    assert outcome.status is found
    assert (outcome.instructions is None) == (found is Status.NOT_SENT)
    gateway.start(request)
    assert len(of_kind(fake, "payment_intent")) == 1


def test_parts_and_then_all_of_it(gateway: StripeGateway, fake: FakeStripe) -> None:
    first = gateway.start(asked())
    fake.transfers.send(first.reference, 4_000)
    part = now(gateway, first)
    assert (part.status, part.redirect) == (Status.PENDING, "")
    assert part.instructions is not None
    assert part.instructions.remaining == money(6_000)
    fake.transfers.send(first.reference, 6_000)
    whole = now(gateway, first)
    assert (whole.status, whole.amount, whole.fee) == (Status.SUCCEEDED, money(10_000), money(150))
    assert (whole.method, whole.left, whole.instructions) == (None, None, None)


def test_what_is_over_is_told(gateway: StripeGateway, fake: FakeStripe) -> None:
    first = gateway.start(asked())
    fake.transfers.send(first.reference, 12_500)
    outcome = now(gateway, first)
    assert (outcome.status, outcome.amount, outcome.left) == (
        Status.SUCCEEDED,
        money(10_000),
        money(2_500),
    )


def test_one_that_waits_is_closed_for_good(gateway: StripeGateway, fake: FakeStripe) -> None:
    first = gateway.start(asked())
    assert first.key is not None
    closed = gateway.close(key=first.key, reference=first.reference)
    assert (closed.status, closed.code, closed.left) == (Status.DECLINED, "canceled", None)
    assert gateway.close(key=first.key, reference=first.reference).code == "canceled"
    fake.transfers.send(first.reference, 10_000)
    late = gateway.follow(last_event(fake, "customer_cash_balance_transaction.created"))
    assert [(each.status, each.key, each.left) for each in late] == [
        (Status.DECLINED, first.key, money(10_000))
    ]


def test_one_of_which_a_part_came_is_closed_only_on_purpose(gateway: StripeGateway, fake: FakeStripe) -> None:
    first = gateway.start(asked())
    assert first.key is not None
    fake.transfers.send(first.reference, 4_000)
    assert gateway.close(key=first.key, reference=first.reference).status is Status.PENDING
    closed = gateway.close(key=first.key, reference=first.reference, part=True)
    assert (closed.status, closed.code, closed.left) == (Status.DECLINED, "canceled", money(4_000))


def test_one_that_was_paid_stays_paid(gateway: StripeGateway, fake: FakeStripe) -> None:
    first = gateway.start(asked())
    assert first.key is not None
    fake.transfers.send(first.reference, 10_000)
    assert gateway.close(key=first.key, reference=first.reference, part=True).status is Status.SUCCEEDED


@pytest.mark.parametrize("kind", ["partially_funded", "succeeded"])
def test_news_is_followed(gateway: StripeGateway, fake: FakeStripe, kind: str) -> None:
    first = gateway.start(asked())
    fake.transfers.send(first.reference, 4_000)
    fake.transfers.send(first.reference, 6_000)
    (outcome,) = gateway.follow(last_event(fake, f"payment_intent.{kind}"))
    assert (outcome.status, outcome.key) == (
        Status.SUCCEEDED,
        first.key,
    )  # as it is now, however late the news


def test_cash_of_others_is_nothing_to_us(gateway: StripeGateway, fake: FakeStripe) -> None:
    theirs = fake._make("cus", "customer", _cash={})
    fake.transfers._move(theirs, "eur", 500, "funded")
    assert gateway.follow(last_event(fake, "customer_cash_balance_transaction.created")) == ()


def test_cash_that_stripe_put_to_a_payment_is_told_by_that(gateway: StripeGateway, fake: FakeStripe) -> None:
    first = gateway.start(asked())
    fake.transfers.send(first.reference, 10_000)
    event = last_event(fake, "customer_cash_balance_transaction.created")
    assert json.dumps(event.payload).count("applied_to_payment") == 1
    assert gateway.follow(event) == ()


@pytest.mark.parametrize(
    ("left", "ends", "code", "there"),
    [
        ("", Status.SUCCEEDED, "", None),
        ("payer", Status.SUCCEEDED, HELD, 10_000),
        ("business", Status.DECLINED, "", None),
        ("somewhere", Status.PENDING, "", None),
    ],
)
def test_a_refund_waits_for_the_payers_account(
    gateway: StripeGateway, fake: FakeStripe, left: str, ends: Status, code: str, there: int | None
) -> None:
    first = gateway.start(asked())
    fake.transfers.send(first.reference, 10_000)
    fake.transfers.asks_payer = True
    request = RefundRequest(key=uuid7(), charge_reference=first.reference, amount=money(10_000))
    made = gateway.refund(request)
    assert made.status is Status.PENDING
    fake.transfers.end_refund(made.reference, left=left)
    for reference in (made.reference, ""):
        ended = gateway.look_up(key=request.key, reference=reference, subject=Subject.REFUND)
        assert (ended.status, ended.code, ended.left) == (ends, code, money(there) if there else None)
        assert (ended.amount, ended.key, ended.charge_reference) == (
            money(10_000),
            request.key,
            first.reference,
        )
    assert now(gateway, first).left == (money(there) if there else None)


def test_a_refund_that_never_left_the_business_is_with_it(gateway: StripeGateway, fake: FakeStripe) -> None:
    first = gateway.start(asked())
    fake.transfers.send(first.reference, 10_000)
    fake.transfers.asks_payer = True
    request = RefundRequest(key=uuid7(), charge_reference=first.reference, amount=money(10_000))
    made = gateway.refund(request)
    fake.objects[made.reference].update(status="failed", balance_transaction=None)
    ended = gateway.look_up(key=request.key, reference=made.reference, subject=Subject.REFUND)
    assert ended.status is Status.DECLINED


def test_history_has_it_as_a_transfer(gateway: StripeGateway, fake: FakeStripe) -> None:
    before = clock.now(None) - timedelta(minutes=1)
    first = gateway.start(asked())
    fake.transfers.send(first.reference, 12_000)
    seen = list(gateway.since(before))
    assert [(each.method, each.asked, each.labels["invoice"]) for each in seen] == [
        (MethodKind.BANK_TRANSFER, money(10_000), "i1")
    ]
    assert seen[0].outcome.left == money(2_000)


def test_a_payout_has_it_under_its_own_name(gateway: StripeGateway, fake: FakeStripe) -> None:
    first = gateway.start(asked())
    fake.transfers.send(first.reference, 12_000)
    payout = fake.pay_out()
    outcome = gateway.look_up(key=uuid7(), reference=payout["id"], subject=Subject.PAYOUT)
    assert [(each.reference, each.net_minor) for each in outcome.payout_items] == [(first.reference, 9_850)]
