"""What the conformance suite does not ask of Stripe's adapter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.core.errors import FieldErrors
from allsquare.gateways.stripe import StripeGateway, checkup
from allsquare.payments.gateway import (
    ChargeRequest,
    Converted,
    DisputeStage,
    GatewayEvent,
    MethodKind,
    Outcome,
    RefundRequest,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import HistoryUnavailable, NewsUnavailable
from tests.contracts.benches import money, stripe_gateway
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def gateway(fake: FakeStripe) -> StripeGateway:
    return stripe_gateway(fake.url)


def asked(minor: int = 1000, code: str = "EUR", *, key: UUID | None = None) -> ChargeRequest:
    return ChargeRequest(
        key=key or uuid4(),
        amount=money(minor, code),
        method=MethodKind.CARD,
        description="Invoice 2026-0042",
        return_url="https://shop.example/back",
        customer_email="ada@example.org",
        language="de-AT",
        metadata={"payment": "p1"},
    )


def paid(fake: FakeStripe, gateway: StripeGateway, minor: int = 1000) -> Outcome:
    first = gateway.start(asked(minor))
    fake.pay(first.reference)
    return gateway.look_up(key=first.key or uuid4(), reference=first.reference, subject=Subject.CHARGE)


def event(fake: FakeStripe, gateway: StripeGateway, kind: str, reference: str) -> GatewayEvent:
    told = fake.tell(kind, {"id": reference})
    return GatewayEvent(str(told["id"]), kind, reference, told)


def test_a_charge_is_called_by_its_intent_once_there_is_one(fake: FakeStripe, gateway: StripeGateway) -> None:
    done = paid(fake, gateway)
    assert done.reference.startswith("pi_")
    assert done.fee == money(15)
    assert gateway.look_up(key=done.key or uuid4(), reference=done.reference, subject=Subject.CHARGE) == done
    assert gateway.look_up(key=done.key or uuid4(), reference="", subject=Subject.CHARGE) == done


@pytest.mark.parametrize("new_key", [uuid4, uuid7])
def test_our_key_is_found_over_many_pages(fake: FakeStripe, gateway: StripeGateway, new_key: object) -> None:
    fake.page_size = 2
    keys = [UUID(str(new_key())) for _ in range(5)]  # type: ignore[operator]  # one of two makers
    pages = [gateway.start(asked(key=key)) for key in keys]

    found = [gateway.look_up(key=key, reference="", subject=Subject.CHARGE) for key in keys]
    assert found == pages
    assert (
        gateway.look_up(key=UUID(str(uuid7())), reference="", subject=Subject.CHARGE).status
        is Status.NOT_SENT
    )


def test_a_debit_is_under_way_for_days_and_may_bounce(fake: FakeStripe, gateway: StripeGateway) -> None:
    ends = []
    for end in (fake.clear, fake.bounce):
        page = gateway.start(replace(asked(), method=MethodKind.BANK_DEBIT))
        intent = fake.authorize_debit(page.reference)
        waiting = gateway.look_up(key=page.key or uuid4(), reference=page.reference, subject=Subject.CHARGE)
        assert (waiting.status, waiting.reference) == (Status.PENDING, intent)
        end(intent)
        (heard,) = gateway.follow(event(fake, gateway, "payment_intent.succeeded", intent))
        ends.append((heard.status, heard.code, heard.key == page.key))
    assert ends == [(Status.SUCCEEDED, "", True), (Status.DECLINED, "insufficient_funds", True)]


def test_a_card_declined_on_the_page_leaves_the_page_open(fake: FakeStripe, gateway: StripeGateway) -> None:
    """Saying *declined* would let the payer open a second page, and pay both."""
    page = gateway.start(asked())
    intent = fake.decline_on_page(page.reference)
    (heard,) = gateway.follow(event(fake, gateway, "payment_intent.payment_failed", intent))
    assert (heard.status, heard.redirect) == (Status.ACTION_REQUIRED, page.redirect)


def test_a_page_left_open_over_night_is_canceled(fake: FakeStripe, gateway: StripeGateway) -> None:
    page = gateway.start(asked())
    fake.expire(page.reference)
    ended = gateway.look_up(key=page.key or uuid4(), reference=page.reference, subject=Subject.CHARGE)
    assert (ended.status, ended.code) == (Status.DECLINED, "canceled")


def test_a_saved_card_without_money_is_declined_with_its_code(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    fake.objects["pm_empty"] = {"id": "pm_empty", "object": "payment_method", "created": 0, "empty": True}
    declined = gateway.start(replace(asked(), saved_method="cus_1/pm_empty"))
    assert (declined.status, declined.code) == (Status.DECLINED, "insufficient_funds")
    assert declined.message == "Your card has insufficient funds."
    gone = gateway.start(replace(asked(), saved_method="cus_1/pm_gone"))
    assert (gone.status, gone.code) == (Status.DECLINED, "resource_missing")


def test_a_saved_card_whose_bank_asks_its_payer_can_be_closed(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    """It has no page of Stripe's. Left open it could be confirmed beside the payment that was begun in its place."""
    fake.objects["pm_1"] = {"id": "pm_1", "object": "payment_method", "created": 0}
    made = gateway.start(replace(asked(), saved_method="cus_1/pm_1"))
    url = "https://hooks.stripe.com/3d_secure"
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": url}}
    fake.objects[made.reference].update(status="requires_action", next_action=action)
    key = made.key or uuid4()
    waits = gateway.look_up(key=key, reference=made.reference, subject=Subject.CHARGE)
    assert (waits.status, waits.redirect) == (Status.ACTION_REQUIRED, url)
    for _ in range(2):
        left = gateway.close(key=key, reference=made.reference)
        assert (left.status, left.code) == (Status.DECLINED, "canceled")
    assert fake.objects[made.reference]["status"] == "canceled"


def test_a_revoked_key_charges_nothing_and_the_check_says_so(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    assert gateway.check().works
    fake.key_revoked = True

    assert gateway.start(asked()).status is Status.NOT_SENT
    assert gateway.look_up(key=uuid4(), reference="", subject=Subject.CHARGE).status is Status.UNKNOWN
    found = gateway.check()
    assert (found.works, found.field) == (False, "api_key")
    assert stripe_gateway("http://127.0.0.1:1").check().field == "base_url"
    fake.key_revoked = False
    assert stripe_gateway(fake.url, secret="").check().field == "webhook_secret"


def test_the_check_says_which_news_is_not_sent(fake: FakeStripe, gateway: StripeGateway) -> None:
    """Of several endpoints the one that gets the most is ours; one that was switched off is nobody's."""
    every = sorted(checkup._TELLING)
    for status, kinds in (("disabled", ["*"]), ("enabled", ["charge.succeeded"]), ("enabled", every[1:])):
        fake._make("we", "webhook_endpoint", status=status, enabled_events=kinds)
    found = gateway.check()
    assert (found.works, found.field) == (False, "webhook_secret")
    assert found.message.endswith(f"\n{every[0]}")
    fake._make("we", "webhook_endpoint", status="enabled", enabled_events=["*"])
    assert gateway.check().works


def test_the_same_key_for_something_else_is_not_believed(gateway: StripeGateway) -> None:
    first = asked()
    gateway.start(first)
    assert gateway.start(replace(first, amount=money(2000))).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("minor", "code"), [(0, "EUR"), (-1, "EUR"), (49, "EUR"), (10**9, "EUR"), (12_345, "KWD")]
)
def test_absurd_amounts_never_leave(fake: FakeStripe, gateway: StripeGateway, minor: int, code: str) -> None:
    assert gateway.start(asked(minor, code)).status is Status.NOT_SENT
    assert not fake.objects


@pytest.mark.parametrize(
    ("code", "country", "debit"),
    [("EUR", "DE", True), ("USD", "US", True), ("USD", "DE", False), ("GBP", "", True), ("CHF", "CH", False)],
)
def test_debits_are_offered_where_they_work(
    gateway: StripeGateway, code: str, country: str, debit: bool
) -> None:
    offered = gateway.offers(amount=money(1000, code), country=country)
    assert offered == ((MethodKind.CARD, MethodKind.BANK_DEBIT) if debit else (MethodKind.CARD,))


def test_the_fee_of_a_dispute_is_what_all_its_movements_come_to(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    """Stripe may give it back with the sum to who wins, and take another from who answers."""
    case = fake.dispute(paid(fake, gateway).reference)
    for fee, total in ((1500, 3500), (-3500, 0)):
        case["balance_transactions"].append(fake._movement("adjustment", "dp", 0, "eur", fee=fee))
        (heard,) = gateway.follow(event(fake, gateway, "charge.dispute.funds_reinstated", case["id"]))
        assert heard.fee == money(total)


def test_a_dispute_is_told_at_each_stage_with_its_fee(fake: FakeStripe, gateway: StripeGateway) -> None:
    charge = paid(fake, gateway)
    case = fake.dispute(charge.reference)
    for status, stage in (
        ("needs_response", "opened"),
        ("under_review", "opened"),
        ("won", "won"),
        ("lost", "lost"),
    ):
        case["status"] = status
        (heard,) = gateway.follow(event(fake, gateway, "charge.dispute.updated", case["id"]))
        assert heard.dispute_stage is DisputeStage(stage)
        assert heard.evidence_by is not None
        assert heard.evidence_by.timestamp() == case["evidence_details"]["due_by"]
        assert heard.is_answered is (status == "under_review")
        assert (heard.amount, heard.fee, heard.charge_reference) == (
            money(1000),
            money(2000),
            charge.reference,
        )
    case["status"] = "warning_needs_response"
    assert gateway.follow(event(fake, gateway, "charge.dispute.created", case["id"])) == ()


@pytest.mark.parametrize("rate", [0, "x", "", [], None])
def test_a_rate_that_makes_no_sense_is_an_answer_that_cannot_be_read(
    fake: FakeStripe, gateway: StripeGateway, rate: object
) -> None:
    fake.settles_in = "usd"
    charge = paid(fake, gateway)
    for each in fake.objects.values():
        if each["object"] == "balance_transaction":
            each["exchange_rate"] = rate
    seen = gateway.look_up(key=uuid4(), reference=charge.reference, subject=Subject.CHARGE)
    assert (seen.status, seen.code) == (Status.UNKNOWN, "malformed_answer")
    with pytest.raises(HistoryUnavailable):
        list(gateway.since(clock.now(None) - timedelta(hours=1)))


def test_a_payout_says_what_it_contains(fake: FakeStripe, gateway: StripeGateway) -> None:
    fake.page_size = 2
    first, second = paid(fake, gateway, 1000), paid(fake, gateway, 2000)
    request = RefundRequest(key=uuid4(), charge_reference=first.reference, amount=money(400))
    back = gateway.refund(request)
    payout = fake.pay_out()

    (heard,) = gateway.follow(event(fake, gateway, "payout.paid", payout["id"]))

    assert heard.amount == money(1000 - 15 + 2000 - 30 - 400)
    items = {item.reference: item.net_minor for item in heard.payout_items}
    assert items == {first.reference: 985, second.reference: 1970, back.reference: -400}


def test_a_payout_counts_once_it_is_known_what_is_in_it(fake: FakeStripe, gateway: StripeGateway) -> None:
    paid(fake, gateway)
    payout = fake.pay_out()
    payout["reconciliation_status"] = "in_progress"
    (heard,) = gateway.follow(event(fake, gateway, "payout.paid", payout["id"]))
    assert heard.status is Status.PENDING
    payout["reconciliation_status"] = "completed"
    (heard,) = gateway.follow(event(fake, gateway, "payout.reconciliation_completed", payout["id"]))
    assert heard.status is Status.SUCCEEDED


def test_a_payout_says_what_it_cost_and_what_was_taken_beside_payments(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    charge = paid(fake, gateway, 1000)
    screening = fake.charge_fee(40)
    payout = fake.pay_out(fee=10)

    (heard,) = gateway.follow(event(fake, gateway, "payout.paid", payout["id"]))

    assert (heard.amount, heard.fee) == (money(1000 - 15 - 40 - 10), money(40 + 10))
    items = {item.reference: item.net_minor for item in heard.payout_items}
    assert items == {charge.reference: 985, screening["id"]: -40, payout["balance_transaction"]: -10}


def test_a_payout_that_somebody_asked_for_is_booked_with_its_fee_though_nobody_knows_what_is_in_it(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    paid(fake, gateway, 1000)
    payout = fake.pay_out(fee=10, automatic=False)
    (heard,) = gateway.follow(event(fake, gateway, "payout.paid", payout["id"]))
    assert (heard.status, heard.amount, heard.fee) == (Status.SUCCEEDED, money(975), money(10))
    assert heard.payout_items == ()


def test_a_payout_is_what_it_is_now_whatever_the_news(fake: FakeStripe, gateway: StripeGateway) -> None:
    paid(fake, gateway)
    payout = fake.pay_out()
    said = []
    for status in ("in_transit", "paid", "failed"):
        payout["status"] = status
        (heard,) = gateway.follow(event(fake, gateway, "payout.paid", payout["id"]))
        said.append(heard.status)
    assert said == [Status.PENDING, Status.SUCCEEDED, Status.DECLINED]
    fake.fail_payout(payout["id"])
    (heard,) = gateway.follow(event(fake, gateway, "payout.failed", payout["id"]))
    assert (heard.status, heard.code) == (Status.DECLINED, "account_closed")


def test_history_has_disputes_and_payouts_and_each_charge_once(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    fake.page_size = 2
    first, second = paid(fake, gateway, 1000), paid(fake, gateway, 2000)
    left = gateway.start(asked(3000))
    fake.expire(left.reference)
    case = fake.dispute(second.reference)
    payout = fake.pay_out()
    fake.fail_payout(payout["id"])
    seen = [each.outcome for each in gateway.since(clock.now(None) - timedelta(hours=1))]
    assert [(each.reference, each.status) for each in seen] == [
        (first.reference, Status.SUCCEEDED),
        (second.reference, Status.SUCCEEDED),
        (left.reference, Status.DECLINED),
        (case["id"], Status.SUCCEEDED),
        (payout["id"], Status.DECLINED),
    ]


def test_history_before_stripes_own_events_looks_a_month_further_back(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    """An older charge that changed made news that Stripe does not keep any more."""
    page = gateway.start(asked())
    moment = clock.now(None) - timedelta(days=40)
    fake.objects[page.reference]["created"] = int((moment - timedelta(days=20)).timestamp())
    assert [each.outcome.reference for each in gateway.since(moment)] == [page.reference]
    later = clock.now(None) - timedelta(days=10)
    assert not list(gateway.since(later))


def test_a_refund_in_part_may_be_smaller_than_any_charge(fake: FakeStripe, gateway: StripeGateway) -> None:
    charge = paid(fake, gateway)
    request = RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(1))
    assert gateway.refund(request).status is Status.SUCCEEDED


def test_what_others_made_with_the_same_account_is_passed_over(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    charge = paid(fake, gateway)
    fake.objects[charge.reference]["metadata"] = {}
    case = fake.dispute(charge.reference)
    for kind, name in (
        ("payment_intent.succeeded", charge.reference),
        ("charge.dispute.created", case["id"]),
    ):
        assert gateway.follow(event(fake, gateway, kind, name)) == ()


@pytest.mark.parametrize("kind", ["customer.created", "invoice.paid", "payout.created", "something.new"])
def test_kinds_that_mean_nothing_to_us_ask_for_nothing(fake: FakeStripe, kind: str) -> None:
    nobody = stripe_gateway("http://127.0.0.1:1")
    assert nobody.follow(event(fake, nobody, kind, "x_1")) == ()


def test_news_that_cannot_be_asked_about_is_asked_about_later(fake: FakeStripe) -> None:
    nobody = stripe_gateway("http://127.0.0.1:1")
    with pytest.raises(NewsUnavailable):
        nobody.follow(event(fake, nobody, "payment_intent.succeeded", "pi_1"))


def test_money_turned_into_the_accounts_own_currency_books_the_fee_in_that_of_the_charge(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    fake.settles_in = "usd"
    done = paid(fake, gateway)
    assert done.fee == money(15)
    assert done.converted == (Converted(money(1970, "USD"), money(30, "USD")),)


def test_what_became_of_refunds_and_disputes_in_the_accounts_own_currency(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    fake.settles_in = "usd"
    charge = paid(fake, gateway)
    back = gateway.refund(RefundRequest(uuid4(), charge.reference, money(400)))
    assert back.converted == (Converted(money(-800, "USD"), money(0, "USD")),)
    made = fake.objects[back.reference]
    made["status"], made["failure_reason"] = "failed", "expired_or_canceled_card"
    made["failure_balance_transaction"] = fake._movement("refund_failure", made["id"], 400, "eur")["id"]
    (home,) = gateway.follow(event(fake, gateway, "refund.failed", back.reference))
    assert (home.status, home.converted) == (
        Status.DECLINED,
        (Converted(money(800, "USD"), money(0, "USD")),),
    )
    case = fake.dispute(charge.reference)
    taken = Converted(money(-6000, "USD"), money(4000, "USD"))
    (told,) = gateway.follow(event(fake, gateway, "charge.dispute.created", case["id"]))
    assert told.converted == (taken,)
    case["status"] = "won"  # and the money comes a moment later
    (told,) = gateway.follow(event(fake, gateway, "charge.dispute.closed", case["id"]))
    assert (told.dispute_stage, told.converted) == (DisputeStage.OPENED, (taken,))
    case["balance_transactions"].append(fake._movement("adjustment", "dp", 1000, "eur"))
    (told,) = gateway.follow(event(fake, gateway, "charge.dispute.funds_reinstated", case["id"]))
    assert told.dispute_stage is DisputeStage.WON
    assert told.converted == (taken, Converted(money(2000, "USD"), money(0, "USD")))


def test_what_stays_in_its_currency_is_not_converted(fake: FakeStripe, gateway: StripeGateway) -> None:
    charge = paid(fake, gateway)
    back = gateway.refund(RefundRequest(uuid4(), charge.reference, money(400)))
    (told,) = gateway.follow(
        event(fake, gateway, "charge.dispute.created", fake.dispute(charge.reference)["id"])
    )
    assert charge.converted == back.converted == told.converted == ()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"api_key": ""}, "api_key"),
        ({"api_key": "pk_test_1"}, "api_key"),
        ({"base_url": "ftp://x"}, "base_url"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_their_field(changed: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        StripeGateway({"api_key": "sk_test_1", "webhook_secret": "whsec_1", **changed})
    assert list(refused.value.errors) == [field]


def test_a_page_is_closed_before_it_is_paid_and_not_after(fake: FakeStripe, gateway: StripeGateway) -> None:
    left = gateway.start(asked())
    for _ in range(2):
        closed = gateway.close(key=left.key or uuid4(), reference=left.reference)
        assert (closed.status, closed.code, closed.key) == (Status.DECLINED, "canceled", left.key)
    done = paid(fake, gateway)
    assert gateway.close(key=done.key or uuid4(), reference=done.reference).status is Status.SUCCEEDED
    assert gateway.close(key=uuid4(), reference="cs_none").status is Status.UNKNOWN


def test_the_page_of_a_declined_card_is_closed_too(fake: FakeStripe, gateway: StripeGateway) -> None:
    left = gateway.start(asked())
    intent = fake.decline_on_page(left.reference)
    closed = gateway.close(key=left.key or uuid4(), reference=intent)
    assert (closed.status, closed.code) == (Status.DECLINED, "canceled")
    assert fake.objects[left.reference]["status"] == "expired"


def test_news_of_what_has_no_name_is_news(fake: FakeStripe, gateway: StripeGateway) -> None:
    nameless = [event["id"] for event in fake.tell_nameless()]
    paid(fake, gateway)
    now = clock.now(None)

    told = list(gateway.told(now - timedelta(hours=1), now + timedelta(minutes=1)))

    of_nothing = [event for event in told if event.object_reference == ""]
    assert sorted(event.external_id for event in of_nothing) == sorted(nameless)
    assert len(told) > len(nameless)
    assert [gateway.follow(event) for event in of_nothing] == [(), ()]
    assert [seen.outcome.subject for seen in gateway.since(now - timedelta(hours=1))] == [Subject.CHARGE]


def test_a_delivery_about_what_has_no_name_is_kept(fake: FakeStripe, gateway: StripeGateway) -> None:
    """Refused, it would be sent again for days, and the address be switched off."""
    now = clock.now(None)
    for event in fake.tell_nameless():
        body = json.dumps(event).encode()
        headers = stripe_server.signed(stripe_server.SECRET, int(now.timestamp()), body)
        (told,) = gateway.parse_webhook(headers=headers, body=body, received_at=now)
        assert (told.external_id, told.object_reference) == (event["id"], "")
