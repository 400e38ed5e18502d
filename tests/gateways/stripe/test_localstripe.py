"""Stripe's adapter against localstripe, a server that others wrote after Stripe's documentation. What of Stripe it does
not do stands in ``test_localstripe_differences``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.gateways.stripe import StripeGateway
from allsquare.payments.gateway import (
    ChargeRequest,
    GatewayEvent,
    MethodKind,
    Outcome,
    RefundRequest,
    SignatureInvalid,
    Status,
    Subject,
)
from allsquare.payments.models import GatewayAccount, Payment, PaymentMethod, Payout
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import drain
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment
from tests import factories
from tests.contracts.benches import money
from tests.localstripe_process import KEY, SECRET, Bridge, LocalStripe
from tests.payments.flows import balances
from tests.payments.makers import a_key, eur, issued_invoice
from tests.square import assert_all_square
from tests.webhook_catcher import Caught, WebhookCatcher

GOOD_IBAN, BAD_IBAN = "DE89370400440532013000", "DE62370400440532013001"
DECLINED, CONFIRMED, CONFIRMED_AND_DECLINED = "4000000000000341", "4000002500003155", "4000008400001629"


@pytest.fixture
def gateway(bridge: Bridge) -> StripeGateway:
    return StripeGateway(settings(bridge))


def settings(bridge: Bridge) -> dict[str, str]:
    return {"api_key": KEY, "webhook_secret": SECRET, "base_url": bridge.url}


def wanted(method: str, *, present: bool = False, kind: MethodKind = MethodKind.CARD) -> ChargeRequest:
    return ChargeRequest(
        key=uuid7(),
        amount=money(1000),
        method=kind,
        description="Invoice 2026-0042",
        return_url="https://shop.example/back" if present else "",
        saved_method=method,
        metadata={"payment": "p1"},
    )


def debit(method: str) -> ChargeRequest:
    return wanted(method, kind=MethodKind.BANK_DEBIT)


def asked_again(gateway: StripeGateway, outcome: Outcome, *, by_name: bool = True) -> Outcome:
    assert outcome.key is not None
    reference = outcome.reference if by_name else ""
    return gateway.look_up(key=outcome.key, reference=reference, subject=outcome.subject)


def once(ended: Callable[[], bool]) -> None:
    """Its banks take half a second."""
    limit = time.monotonic() + 30
    while not ended():
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.mark.parametrize("present", [False, True])
def test_a_kept_card_is_charged_and_found_by_name_and_by_key(
    gateway: StripeGateway, localstripe: LocalStripe, present: bool
) -> None:
    done = gateway.start(wanted(localstripe.kept_card(), present=present))
    assert (done.status, done.amount, done.fee) == (Status.SUCCEEDED, money(1000), money(0))
    assert asked_again(gateway, done) == done
    assert asked_again(gateway, done, by_name=False) == done


def test_a_declined_card_is_declined_however_it_is_asked(
    gateway: StripeGateway, localstripe: LocalStripe
) -> None:
    done = gateway.start(wanted(localstripe.kept_card(DECLINED)))
    found = asked_again(gateway, done, by_name=False)
    assert [(each.status, each.code, each.message) for each in (done, found)] == [
        (Status.DECLINED, "card_declined", "Your card was declined.")
    ] * 2
    assert found.key == done.key


@pytest.mark.parametrize(
    ("card", "succeeds", "end"),
    [
        (CONFIRMED, True, (Status.SUCCEEDED, "")),
        (CONFIRMED, False, (Status.DECLINED, "authentication_failed")),
        (CONFIRMED_AND_DECLINED, True, (Status.DECLINED, "card_declined")),
    ],
)
def test_the_payers_bank_asks_who_pays(
    gateway: StripeGateway, localstripe: LocalStripe, card: str, succeeds: bool, end: tuple[Status, str]
) -> None:
    waiting = gateway.start(wanted(localstripe.kept_card(card), present=True))
    assert waiting.status is Status.PENDING
    localstripe.authenticate(waiting.reference, succeeds=succeeds)
    ended = asked_again(gateway, waiting)
    assert (ended.status, ended.code) == end
    assert asked_again(gateway, waiting, by_name=False) == ended


def test_a_debit_is_under_way_until_it_is_on_the_account(
    gateway: StripeGateway, localstripe: LocalStripe
) -> None:
    """localstripe calls it succeeded at once, and books it later, as Stripe may: it counts once it is booked."""
    waiting = gateway.start(debit(localstripe.kept_debit(GOOD_IBAN)))
    assert waiting.status is Status.PENDING
    once(lambda: asked_again(gateway, waiting).status is not Status.PENDING)
    ended = asked_again(gateway, waiting)
    assert (ended.status, ended.amount, ended.key) == (Status.SUCCEEDED, money(1000), waiting.key)


def test_a_debit_that_a_bank_refuses(gateway: StripeGateway, localstripe: LocalStripe) -> None:
    waiting = gateway.start(debit(localstripe.kept_debit(BAD_IBAN)))
    assert waiting.status is Status.PENDING
    once(lambda: asked_again(gateway, waiting).status is not Status.PENDING)
    assert asked_again(gateway, waiting).status is Status.DECLINED


def test_money_goes_back_in_parts_and_is_found(gateway: StripeGateway, localstripe: LocalStripe) -> None:
    paid = gateway.start(wanted(localstripe.kept_card()))
    parts = [
        gateway.refund(RefundRequest(uuid7(), paid.reference, money(minor), "returned"))
        for minor in (400, 600)
    ]
    assert [(part.status, part.amount, part.charge_reference) for part in parts] == [
        (Status.SUCCEEDED, money(400), paid.reference),
        (Status.SUCCEEDED, money(600), paid.reference),
    ]
    for part in parts:
        assert asked_again(gateway, part) == part
        assert asked_again(gateway, part, by_name=False) == part


def test_nothing_goes_back_of_what_never_came(gateway: StripeGateway, localstripe: LocalStripe) -> None:
    declined = gateway.start(wanted(localstripe.kept_card(DECLINED)))
    failed = asked_again(gateway, declined, by_name=False).reference
    for charge in (failed, "pi_of_nobody"):
        told = gateway.refund(RefundRequest(uuid4(), charge, money(100)))
        assert (told.status, told.charge_reference) == (Status.DECLINED, charge)


@pytest.mark.parametrize("subject", [Subject.CHARGE, Subject.REFUND])
def test_what_it_never_heard_of(gateway: StripeGateway, subject: Subject) -> None:
    assert gateway.look_up(key=uuid7(), reference="", subject=subject).status is Status.NOT_SENT
    lost = gateway.look_up(key=uuid7(), reference="pi_of_nobody", subject=subject)
    assert lost.status is Status.UNKNOWN  # that a name is not known says nothing about the money


def test_a_method_that_is_kept_no_longer(gateway: StripeGateway, localstripe: LocalStripe) -> None:
    token = localstripe.kept_card()
    kept = gateway.look_up(key=uuid4(), reference=token, subject=Subject.METHOD)
    assert kept.method is not None
    assert (kept.status, kept.method.last_four, kept.method.expires) == (Status.SUCCEEDED, "4242", "2040-12")
    assert gateway.forget(token).status is Status.SUCCEEDED
    assert gateway.forget("cus_x/pm_of_nobody").status is Status.SUCCEEDED
    assert gateway.look_up(key=uuid4(), reference=token, subject=Subject.METHOD).status is Status.DECLINED


def test_a_key_that_it_refuses(bridge: Bridge) -> None:
    told = StripeGateway({**settings(bridge), "api_key": "rk_test_unknown"}).check()
    assert (told.works, told.field) == (False, "api_key")
    refused = StripeGateway({**settings(bridge), "api_key": "rk_test_unknown"}).start(wanted("cus_1/pm_1"))
    assert refused.status is Status.NOT_SENT


def test_its_history_has_all_that_happened(gateway: StripeGateway, localstripe: LocalStripe) -> None:
    before = clock.now(None) - timedelta(seconds=1)
    paid = gateway.start(wanted(localstripe.kept_card()))
    declined = gateway.start(wanted(localstripe.kept_card(DECLINED)))
    back = gateway.refund(RefundRequest(uuid7(), paid.reference, money(300)))
    sent = localstripe.post("/payouts", {"amount": "700", "currency": "eur", "status": "paid"})

    seen = {each.outcome.key or each.outcome.reference: each for each in gateway.since(before)}

    assert seen[paid.key or ""].outcome == paid
    assert seen[paid.key or ""].asked == money(1000)
    assert seen[paid.key or ""].labels == {"payment": "p1", "attempt": str(paid.key)}
    assert seen[declined.key or ""].outcome.status is Status.DECLINED
    assert seen[back.key or ""].outcome == back
    assert (seen[sent["id"]].outcome.status, seen[sent["id"]].outcome.amount) == (
        Status.SUCCEEDED,
        money(700),
    )
    news = {(each.kind, each.object_reference) for each in gateway.told(before, clock.now(None))}
    assert {("payment_intent.succeeded", paid.reference), ("payout.paid", sent["id"])} <= news


def told_of(catcher: WebhookCatcher, *names: str | None) -> list[Caught]:
    """The deliveries about these objects, once there is one of each. News of what was before comes a second late, and
    may come in between."""

    def about() -> dict[str, Caught]:
        return {each.event["data"]["object"]["id"]: each for each in [*catcher.caught]}

    once(lambda: set(names) <= set(about()))
    return [about()[str(name)] for name in names]


class Shop:
    """Takes payments at localstripe, and its news as they are delivered to its address."""

    def __init__(self, bridge: Bridge, localstripe: LocalStripe, catcher: WebhookCatcher) -> None:
        self.organization = factories.make_organization()
        self.customer = factories.make_customer(self.organization)
        self.account: GatewayAccount = add_gateway_account(
            organization=self.organization,
            gateway="stripe",
            label="Stripe",
            settings=settings(bridge),
            actor=SYSTEM,
        )
        self.catcher = catcher
        localstripe.tell(
            catcher.url, "payment_intent.succeeded", "payment_intent.payment_failed", "payout.paid"
        )

    def pay(self, token: str, kind: MethodKind) -> Payment:
        invoice = issued_invoice(self.organization, self.customer)
        kept = PaymentMethod.objects.create(
            organization=self.organization,
            customer=self.customer,
            gateway_account=self.account,
            kind=kind,
            token=token,
            created_at=clock.now(None),
        )
        return start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=Money(invoice.open_minor, currency(invoice.currency)),
            method=kind,
            gateway_account_id=self.account.id,
            key=a_key(),
            actor=SYSTEM,
            saved_method_id=kept.id,
        )

    def hear(self, *about: str | None) -> list[int]:
        """The news of each of these, handed on as it was delivered; the statuses that we answered."""
        answers = [
            Client().post(
                f"/hooks/stripe/{self.account.id}/",
                data=each.body,
                content_type="application/json",
                headers={"Stripe-Signature": each.headers["stripe-signature"]},
            )
            for each in told_of(self.catcher, *about)
        ]
        drain(organization=self.organization, gateway_account=self.account)
        return [each.status_code for each in answers]


@pytest.mark.django_db
def test_its_news_settle_payments_and_the_books_are_square(
    bridge: Bridge, localstripe: LocalStripe, catcher: WebhookCatcher
) -> None:
    shop = Shop(bridge, localstripe, catcher)
    good = shop.pay(localstripe.kept_debit(GOOD_IBAN), MethodKind.BANK_DEBIT)
    bad = shop.pay(localstripe.kept_debit(BAD_IBAN), MethodKind.BANK_DEBIT)
    assert (good.state, bad.state) == ("pending", "pending")

    assert shop.hear(good.reference, bad.reference) == [200, 200]

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, good.captured_minor, bad.state) == ("succeeded", 10000, "failed")
    refund(
        organization=shop.organization,
        payment_id=good.id,
        amount=eur(2500),
        reason="returned",
        key=a_key(),
        actor=SYSTEM,
    )
    sent = localstripe.post("/payouts", {"amount": "7500", "currency": "eur", "status": "paid"})
    assert shop.hear(sent["id"]) == [200]
    assert Payout.objects.get(organization=shop.organization).net_minor == 7500
    assert balances(shop.organization) == {
        "receivable": 10000 + 2500,
        "payouts_in_transit": 7500,
        "sales": -20000,
    }
    assert_all_square()


@pytest.mark.django_db
def test_a_card_by_one_click_is_settled_and_its_late_news_changes_nothing(
    bridge: Bridge, localstripe: LocalStripe, catcher: WebhookCatcher
) -> None:
    shop = Shop(bridge, localstripe, catcher)
    payment = shop.pay(localstripe.kept_card(), MethodKind.CARD)
    assert payment.state == "succeeded"
    before = balances(shop.organization)
    assert shop.hear(payment.reference) == [200]
    assert balances(shop.organization) == before == {"clearing": 10000, "sales": -10000}
    assert_all_square()


def test_its_signature_is_believed_and_no_other(
    gateway: StripeGateway, bridge: Bridge, localstripe: LocalStripe, catcher: WebhookCatcher
) -> None:
    localstripe.tell(catcher.url, "payment_intent.succeeded")
    paid = gateway.start(wanted(localstripe.kept_card()))
    (told,) = told_of(catcher, paid.reference)

    def read(by: StripeGateway, body: bytes) -> GatewayEvent:
        (event,) = by.parse_webhook(headers=told.headers, body=body, received_at=clock.now(None))
        return event

    event = read(gateway, told.body)
    assert (event.kind, event.object_reference) == ("payment_intent.succeeded", paid.reference)
    assert gateway.follow(event) == (paid,)
    with pytest.raises(SignatureInvalid):
        read(StripeGateway({**settings(bridge), "webhook_secret": "whsec_another"}), told.body)
    with pytest.raises(SignatureInvalid):
        read(gateway, told.body.replace(b"1000", b"9000"))


def test_a_stranger_with_the_same_account_makes_news_that_are_passed_over(
    gateway: StripeGateway, localstripe: LocalStripe
) -> None:
    customer, _slash, method = localstripe.kept_card().partition("/")
    theirs = localstripe.post(
        "/payment_intents",
        {
            "amount": "500",
            "currency": "eur",
            "customer": customer,
            "payment_method": method,
            "confirm": "true",
        },
    )
    news = GatewayEvent("evt_1", "payment_intent.succeeded", theirs["id"], {})
    assert gateway.follow(news) == ()
    assert theirs["id"] not in {
        each.outcome.reference for each in gateway.since(clock.now(None) - timedelta(minutes=1))
    }


def test_a_currency_of_another_kind_is_charged_in_whole_units(
    gateway: StripeGateway, localstripe: LocalStripe
) -> None:
    done = gateway.start(replace(wanted(localstripe.kept_card()), amount=money(1000, "JPY")))
    assert (done.status, done.amount) == (Status.SUCCEEDED, money(1000, "JPY"))
    assert localstripe.get(f"/payment_intents/{done.reference}")["amount"] == 1000
