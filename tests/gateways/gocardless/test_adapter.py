"""What the conformance suite does not ask of GoCardless's adapter."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.core.errors import FieldErrors
from allsquare.gateways.gocardless import GoCardlessGateway
from allsquare.payments.gateway import (
    ChargeRequest,
    DisputeStage,
    GatewayEvent,
    ItemKind,
    MethodKind,
    Outcome,
    PayoutItem,
    RefundRequest,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import NewsUnavailable, never
from tests.contracts.benches import gocardless_gateway, money
from tests.fakes import gocardless_server
from tests.fakes.gocardless_server import FakeGoCardless
from tests.fakes.http_server import Object


@pytest.fixture
def fake() -> Iterator[FakeGoCardless]:
    yield from gocardless_server.running()


@pytest.fixture
def gateway(fake: FakeGoCardless) -> GoCardlessGateway:
    return gocardless_gateway(fake.url)


def asked(minor: int = 1000, code: str = "EUR", *, key: UUID | None = None) -> ChargeRequest:
    return ChargeRequest(
        key=key or uuid4(),
        amount=money(minor, code),
        method=MethodKind.BANK_DEBIT,
        description="Invoice 2026-0042",
        return_url="https://shop.example/back",
        customer_email="ada@example.org",
        language="de-AT",
        metadata={"invoice": "i1", "customer": "c1"},
    )


def found(gateway: GoCardlessGateway, outcome: Outcome) -> Outcome:
    assert outcome.key is not None
    return gateway.look_up(key=outcome.key, reference=outcome.reference, subject=Subject.CHARGE)


def under_way(fake: FakeGoCardless, gateway: GoCardlessGateway, minor: int = 1000) -> Outcome:
    page = gateway.start(asked(minor))
    fake.give_mandate(page.reference)
    return found(gateway, page)


def paid(fake: FakeGoCardless, gateway: GoCardlessGateway, minor: int = 1000) -> Outcome:
    waiting = under_way(fake, gateway, minor)
    fake.confirm(waiting.reference)
    return found(gateway, waiting)


def heard(event: Object) -> GatewayEvent:
    (reference,) = event["links"].values()
    return GatewayEvent(event["id"], f"{event['resource_type']}.{event['action']}", reference, event)


def test_the_page_asks_for_a_mandate_of_the_right_scheme_in_the_payers_language(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    for code, scheme in (("EUR", "sepa_core"), ("GBP", "bacs"), ("USD", "ach")):
        page = gateway.start(asked(code=code))
        assert fake.shelves["billing_requests"][page.reference]["mandate_request"]["scheme"] == scheme
        flow = list(fake.shelves["billing_request_flows"].values())[-1]
        assert (flow["language"], flow["redirect_uri"]) == ("de", "https://shop.example/back")
        assert page.redirect == flow["authorisation_url"]


def test_whoever_hears_of_the_mandate_first_the_money_is_asked_for_once(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    """The payer comes back, the webhook is digested and the sweep asks, all at once."""
    page = gateway.start(asked())
    fake.give_mandate(page.reference)
    told = heard(list(fake.shelves["events"].values())[-1])
    threads = [
        *(threading.Thread(target=found, args=(gateway, page)) for _ in range(5)),
        *(threading.Thread(target=gateway.follow, args=(told,)) for _ in range(5)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (payment,) = fake.shelves["payments"].values()
    assert (payment["amount"], payment["metadata"]["attempt"]) == (1000, str(page.key))
    assert payment["description"] == "Invoice 2026-0042"


def test_a_forgotten_key_does_not_collect_again(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    page = gateway.start(asked())
    fake.give_mandate(page.reference)
    first = found(gateway, page)
    fake.keys.clear()  # GoCardless keeps them for a month
    assert found(gateway, page) == first
    assert len(fake.shelves["payments"]) == 1


def test_who_only_asks_collects_nothing_and_takes_nothing_back(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    given, old = gateway.start(asked()), gateway.start(asked())
    fake.give_mandate(given.reference)
    request = fake.shelves["billing_requests"][old.reference]
    request["created_at"] = (clock.now(None) - timedelta(days=8)).isoformat()

    for page, reference in ((given, given.reference), (given, ""), (old, old.reference)):
        assert page.key is not None
        seen = gateway.look_up(key=page.key, reference=reference, subject=Subject.CHARGE, act=False)
        assert seen.status is Status.ACTION_REQUIRED

    assert not fake.shelves["payments"]
    assert request["status"] == "pending"
    assert found(gateway, old).code == "canceled"


@pytest.mark.parametrize("new_key", [uuid4, uuid7])
def test_our_key_is_found_over_many_pages(
    fake: FakeGoCardless, gateway: GoCardlessGateway, new_key: object
) -> None:
    fake.page_size = 2
    pages = [gateway.start(asked(key=UUID(str(new_key())))) for _ in range(5)]  # type: ignore[operator]  # of two makers
    for page in pages:
        fake.give_mandate(page.reference)
    made = [found(gateway, page) for page in pages]
    keys = [page.key or uuid4() for page in pages]
    assert [gateway.look_up(key=key, reference="", subject=Subject.CHARGE) for key in keys] == made


@pytest.mark.parametrize("lost", ["reply", "request"])
def test_a_payment_whose_answer_is_lost_is_made_once(
    fake: FakeGoCardless, gateway: GoCardlessGateway, lost: str
) -> None:
    page = gateway.start(asked())
    fake.give_mandate(page.reference)
    fake.lose = lost
    assert found(gateway, page).status is Status.UNKNOWN
    assert found(gateway, page).status is Status.PENDING
    assert len(fake.shelves["payments"]) == 1


def test_a_debit_is_under_way_for_days_and_may_fail(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    waiting = under_way(fake, gateway)
    assert (waiting.status, str(waiting.expected_on)) == (Status.PENDING, "2026-11-30")
    words = "The customer's account had insufficient funds to make this payment."
    event = fake.become(waiting.reference, "failed", cause="insufficient_funds", description=words)
    (told,) = gateway.follow(heard(event))
    assert (told.status, told.code, told.message) == (Status.DECLINED, "insufficient_funds", words)


def test_a_debit_that_will_be_tried_again_is_still_under_way(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    """Saying *failed* would let the payer pay another way, and both would be collected."""
    waiting = under_way(fake, gateway)
    event = fake.become(waiting.reference, "failed", cause="insufficient_funds", will_attempt_retry=True)
    assert [each.status for each in gateway.follow(heard(event))] == [Status.PENDING]


def test_money_that_a_bank_takes_back_days_later_is_a_lost_dispute(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    charge = paid(fake, gateway)
    fake.pay_out()
    event = fake.become(charge.reference, "failed", cause="insufficient_funds")
    fake.pay_out()  # late_failure_settled
    again, case = gateway.follow(heard(event))
    assert again == charge
    assert (case.subject, case.dispute_stage) == (Subject.DISPUTE, DisputeStage.LOST)
    assert (case.reference, case.charge_reference, case.amount) == (
        event["id"],
        charge.reference,
        money(1000),
    )
    seen = gateway.look_up(key=uuid4(), reference=case.reference, subject=Subject.DISPUTE)
    assert replace(seen, key=None) == case


def failed_late(
    fake: FakeGoCardless, gateway: GoCardlessGateway, *, again: bool = False
) -> tuple[Outcome, Object]:
    charge = paid(fake, gateway)
    return charge, fake.become(
        charge.reference, "failed", cause="insufficient_funds", will_attempt_retry=again
    )


def cases_of(gateway: GoCardlessGateway, event: Object) -> list[tuple[str, DisputeStage | None]]:
    """As they are told by whichever event is heard: the charge stays what it was."""
    charge, *cases = gateway.follow(heard(event))
    assert charge.status is Status.SUCCEEDED
    seen = [each.outcome for each in gateway.since(clock.now(None) - timedelta(hours=1))]
    assert [each for each in seen if each.subject is not Subject.PAYOUT] == [charge, *cases]
    return [(case.reference, case.dispute_stage) for case in cases]


def test_a_late_failure_that_is_tried_again_is_open_until_the_money_is_there_once_more(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    charge, failed = failed_late(fake, gateway, again=True)
    assert cases_of(gateway, failed) == [(failed["id"], DisputeStage.OPENED)]
    for status, action in (("pending_submission", "resubmission_requested"), ("submitted", "submitted")):
        fake.become(charge.reference, status, action)
        assert cases_of(gateway, failed) == [(failed["id"], DisputeStage.OPENED)]
    fake.confirm(charge.reference)
    assert cases_of(gateway, failed) == [(failed["id"], DisputeStage.WON)]
    fake.pay_out()
    assert cases_of(gateway, failed) == [(failed["id"], DisputeStage.WON)]


def test_a_retry_that_fails_too_loses_the_same_case_and_no_second_one(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    charge, failed = failed_late(fake, gateway, again=True)
    fake.become(charge.reference, "pending_submission", "resubmission_requested")
    again = fake.become(charge.reference, "failed", cause="refer_to_payer")
    assert cases_of(gateway, again) == [(failed["id"], DisputeStage.LOST)]


def test_a_retry_by_hand_wins_back_what_was_lost_and_the_money_may_go_away_again(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    charge, failed = failed_late(fake, gateway)
    assert cases_of(gateway, failed) == [(failed["id"], DisputeStage.LOST)]
    fake.become(charge.reference, "pending_submission", "resubmission_requested")
    fake.confirm(charge.reference)
    assert cases_of(gateway, failed) == [(failed["id"], DisputeStage.WON)]
    once_more = fake.become(charge.reference, "failed", cause="insufficient_funds")
    won_and_lost = [(failed["id"], DisputeStage.WON), (once_more["id"], DisputeStage.LOST)]
    assert cases_of(gateway, once_more) == won_and_lost


def test_a_retry_that_is_cancelled_loses_the_case(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    charge, failed = failed_late(fake, gateway, again=True)
    fake.become(charge.reference, "pending_submission", "resubmission_requested")
    ended = fake.become(charge.reference, "cancelled")
    assert cases_of(gateway, ended) == [(failed["id"], DisputeStage.LOST)]


def test_a_chargeback_after_one_that_was_cancelled_is_a_case_of_its_own(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    charge = paid(fake, gateway)
    first = fake.become(charge.reference, "charged_back")
    fake.become(charge.reference, "paid_out", "chargeback_cancelled")
    second = fake.become(charge.reference, "charged_back")
    fake.become(charge.reference, "charged_back", "chargeback_settled")
    told = [(first["id"], DisputeStage.WON), (second["id"], DisputeStage.LOST)]
    assert cases_of(gateway, second) == told


@pytest.mark.parametrize(
    ("ends", "stage"),
    [
        ((), DisputeStage.OPENED),
        (("chargeback_settled",), DisputeStage.LOST),
        (("chargeback_cancelled",), DisputeStage.WON),
    ],
)
def test_a_payer_who_takes_it_back(
    fake: FakeGoCardless, gateway: GoCardlessGateway, ends: tuple[str, ...], stage: DisputeStage
) -> None:
    charge = paid(fake, gateway)
    opened = fake.become(charge.reference, "charged_back", cause="authorisation_disputed")
    for action in ends:
        fake.become(charge.reference, "confirmed" if stage is DisputeStage.WON else "charged_back", action)
    again, case = gateway.follow(heard(opened))
    assert again.status is Status.SUCCEEDED
    assert (case.reference, case.dispute_stage) == (opened["id"], stage)


def test_news_in_any_order_says_the_same(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    """Confirmed, paid out, taken back, settled: whichever is digested first, the answer is how things are now."""
    charge = paid(fake, gateway)
    fake.pay_out()
    fake.become(charge.reference, "charged_back")
    fake.pay_out()
    own = [
        each for each in fake.shelves["events"].values() if each["links"].get("payment") == charge.reference
    ]
    telling = [heard(each) for each in own if each["action"] != "created"]
    assert [each.kind.partition(".")[2] for each in telling] == [
        "confirmed", "paid_out", "charged_back", "chargeback_settled",
    ]  # fmt: skip
    said = {tuple(str(gateway.follow(each)) for each in order) for order in permutations(telling, 2)}
    assert len({answer for pair in said for answer in pair}) == 1


def test_a_delivery_of_many_events_is_many_events(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    charges = [paid(fake, gateway) for _ in range(3)]
    events = list(fake.shelves["events"].values())
    body = json.dumps({"events": events}).encode()
    headers = gocardless_server.signed(gocardless_server.SECRET, body)
    read = gateway.parse_webhook(headers=headers, body=body, received_at=clock.now(None))
    assert [each.external_id for each in read] == [each["id"] for each in events]
    assert {each.object_reference for each in read} >= {charge.reference for charge in charges}


def test_a_debit_that_was_collected_before_its_page_was_closed_is_under_way(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    page = gateway.start(asked())
    fake.give_mandate(page.reference)
    assert found(gateway, page).status is Status.PENDING
    assert gateway.close(key=page.key or uuid4(), reference=page.reference).status is Status.PENDING


def test_nothing_is_collected_where_it_may_not_be(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    page = gateway.start(asked())
    fake.give_mandate(page.reference)
    assert page.key is not None
    told = GatewayEvent("EV1", "billing_requests.fulfilled", page.reference, {})
    seen = gateway.look_up(key=page.key, reference=page.reference, subject=Subject.CHARGE, may_take=never)
    (heard,) = gateway.follow(told, may_take=never)
    assert (seen.status, heard.status) == (Status.ACTION_REQUIRED, Status.ACTION_REQUIRED)
    assert not fake.shelves["payments"]


def test_a_page_left_for_a_week_is_canceled_there_too(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    page = gateway.start(asked())
    assert found(gateway, page).status is Status.ACTION_REQUIRED
    request = fake.shelves["billing_requests"][page.reference]
    request["created_at"] = gocardless_server._text(clock.now(None) - timedelta(days=8))
    ended = found(gateway, page)
    assert (ended.status, ended.code, request["status"]) == (Status.DECLINED, "canceled", "cancelled")


def test_a_page_that_is_closed_is_not_completed_and_a_mandate_given_before_ends_unused(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    closed, completed = gateway.start(asked()), gateway.start(asked())
    fake.give_mandate(completed.reference)
    ends = [
        gateway.close(key=page.key or uuid4(), reference=page.reference)
        for page in (closed, closed, completed)
    ]
    assert [(end.status, end.code) for end in ends] == [
        (Status.DECLINED, "canceled"),
        (Status.DECLINED, "canceled"),
        (Status.DECLINED, "canceled"),
    ]
    assert fake.shelves["billing_requests"][closed.reference]["status"] == "cancelled"
    (mandate,) = fake.shelves["mandates"].values()
    assert mandate["status"] == "cancelled"
    assert not fake.shelves["payments"]
    nobody = gocardless_gateway("http://127.0.0.1:1")
    assert nobody.close(key=uuid4(), reference=closed.reference).status is Status.UNKNOWN


def test_a_payout_says_what_it_contains_and_what_it_cost(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    fake.page_size = 2
    first, second = paid(fake, gateway, 1000), paid(fake, gateway, 2000)
    request = RefundRequest(key=uuid4(), charge_reference=first.reference, amount=money(400))
    back = gateway.refund(request)
    payout = fake.pay_out()

    (told,) = gateway.follow(heard(fake.tell("payouts", "paid", payout["id"])))

    assert (told.amount, told.fee) == (money(1000 + 2000 - 400 - 41), money(41))
    items = {item.reference: item.net_minor for item in told.payout_items}
    assert sum(items.values()) == 2559
    assert items == {first.reference: 980, second.reference: 1980, back.reference: -400, "rounding": -1}
    assert told.payout_items == (
        PayoutItem(first.reference, 980, ItemKind.CHARGE, first.reference, 20),
        PayoutItem(second.reference, 1980, ItemKind.CHARGE, second.reference, 20),
        PayoutItem(back.reference, -400, ItemKind.REFUND, first.reference),
        PayoutItem("rounding", -1, ItemKind.OWN),
    )


def test_refunds_that_the_bank_sends_back_have_failed(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    charge = paid(fake, gateway)
    request = RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(400))
    back = gateway.refund(request)
    ends = []
    for status in ("paid", "funds_returned"):
        fake.pay_refund(back.reference, status)
        ends.append(gateway.look_up(key=request.key, reference="", subject=Subject.REFUND).status)
    assert ends == [Status.SUCCEEDED, Status.DECLINED]


def test_what_cannot_be_given_back_is_declined_with_a_sentence(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    waiting = under_way(fake, gateway)
    request = RefundRequest(key=uuid4(), charge_reference=waiting.reference, amount=money(400))
    outcome = gateway.refund(request)
    assert (outcome.status, outcome.code) == (Status.DECLINED, "refund_payment_invalid_state")
    assert outcome.message.startswith("GoCardless refused:")


def test_a_mandate_that_is_gone_is_declined(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    page = gateway.start(asked())
    mandate = fake.give_mandate(page.reference)
    fake.shelves["mandates"][mandate]["status"] = "cancelled"
    for token in (mandate, "MD999"):
        outcome = gateway.start(replace(asked(), saved_method=token))
        assert (outcome.status, outcome.code) == (Status.DECLINED, "saved_method_unknown")
    refused = found(gateway, page)
    assert (refused.status, refused.code, refused.reference) == (
        Status.DECLINED,
        "debit_refused",
        page.reference,
    )


def test_an_amount_above_the_accounts_limit_is_declined_when_it_is_to_be_collected(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    fake.most = 500
    page = gateway.start(asked())
    fake.give_mandate(page.reference)
    outcome = found(gateway, page)
    assert (outcome.status, outcome.code) == (Status.DECLINED, "amount_unsupported")
    assert outcome.message == "GoCardless refused:\namount is above the limit of this account"


def test_a_scheme_that_the_account_may_not_use_is_not_sent(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    fake.no_scheme = "bacs"
    outcome = gateway.start(asked(code="GBP"))
    assert (outcome.status, outcome.code) == (Status.NOT_SENT, "amount_unsupported")
    assert "not enabled" in outcome.message


def test_only_a_payer_who_agreed_is_charged_without_a_page_again(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    tokens = []
    for keep in (True, False):
        page = gateway.start(replace(asked(), save_method=keep))
        fake.give_mandate(page.reference)
        waiting = found(gateway, page)
        fake.confirm(waiting.reference)
        method = found(gateway, waiting).method
        assert method is not None
        assert (method.kind, method.brand) == (MethodKind.BANK_DEBIT, "DEUTSCHE BANK AG")
        assert method.mandate == "ALLSQ-1"
        tokens.append(bool(method.token))
    assert tokens == [True, False]


def test_what_others_made_with_the_same_account_is_passed_over(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    charge = paid(fake, gateway)
    request = RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(100))
    back = gateway.refund(request)
    for shelf in ("billing_requests", "payments"):
        for made in fake.shelves[shelf].values():
            made["metadata"] = {}
    for shelf, action, name in (
        ("payments", "confirmed", charge.reference),
        ("refunds", "paid", back.reference),
    ):
        assert gateway.follow(heard(fake.tell(shelf, action, name))) == ()
    assert list(gateway.since(clock.now(None) - timedelta(hours=1))) == []


def test_a_refund_of_a_mandate_is_none_of_ours_and_stops_nothing(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    charge = paid(fake, gateway)
    event = fake.refund_mandate(next(iter(fake.shelves["mandates"])))
    assert gateway.follow(heard(event)) == ()
    (seen,) = gateway.since(clock.now(None) - timedelta(hours=1))
    assert seen.outcome == charge


@pytest.mark.parametrize(
    "kind", ["mandates.created", "payments.created", "subscriptions.created", "something.new"]
)
def test_kinds_that_mean_nothing_to_us_ask_for_nothing(kind: str) -> None:
    assert gocardless_gateway("http://127.0.0.1:1").follow(GatewayEvent("EV1", kind, "X1", {})) == ()


def test_news_that_cannot_be_asked_about_is_asked_about_later() -> None:
    with pytest.raises(NewsUnavailable):
        gocardless_gateway("http://127.0.0.1:1").follow(GatewayEvent("EV1", "payments.confirmed", "PM1", {}))


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("access_token_not_found", "does not know"),
        ("access_token_revoked", "was revoked"),
        ("access_token_not_active", "not active any more"),
        ("insufficient_permissions", "may only read"),
    ],
)
def test_the_check_says_what_is_wrong_with_the_token(
    fake: FakeGoCardless, gateway: GoCardlessGateway, trouble: str, said: str
) -> None:
    assert gateway.check().works
    fake.token_trouble = trouble
    checkup = gateway.check()
    assert (checkup.works, checkup.field) == (False, "access_token")
    assert said in checkup.message
    assert gateway.start(asked()).status is Status.NOT_SENT


def test_the_check_looks_at_address_and_webhook_secret(fake: FakeGoCardless) -> None:
    assert gocardless_gateway("http://127.0.0.1:1").check().field == "base_url"
    assert gocardless_gateway(fake.url, secret="").check().field == "webhook_secret"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"access_token": ""}, "access_token"),
        ({"access_token": "sk_live_1"}, "access_token"),
        ({"access_token": "live_1 2"}, "access_token"),
        ({"base_url": "ftp://x"}, "base_url"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_their_field(changed: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        GoCardlessGateway({"access_token": "live_1", **changed})
    assert list(refused.value.errors) == [field]


def test_the_token_says_where_to_ask() -> None:
    for token, host in (("live_1", "api.gocardless.com"), ("sandbox_1", "api-sandbox.gocardless.com")):
        assert GoCardlessGateway({"access_token": token})._api._http.base_url.host == host


def test_a_page_that_is_being_completed_is_neither_closed_nor_under_way(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    """Were it called under way, nobody would collect it after it was closed, and nobody would end it."""
    page = gateway.start(asked())
    fake.shelves["billing_requests"][page.reference]["status"] = "fulfilling"
    assert found(gateway, page).status is Status.PENDING
    assert gateway.close(key=page.key or uuid4(), reference=page.reference).status is Status.UNKNOWN
    fake.shelves["billing_requests"][page.reference]["status"] = "pending"
    fake.give_mandate(page.reference)
    ended = gateway.close(key=page.key or uuid4(), reference=page.reference)
    assert (ended.status, ended.code) == (Status.DECLINED, "canceled")
    assert not fake.shelves["payments"]
