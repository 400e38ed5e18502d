"""What the conformance suite does not ask of PayPal's adapter."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.core.errors import FieldErrors
from allsquare.gateways.paypal import PayPalGateway, hook, labels
from allsquare.gateways.paypal.reading import FORGOTTEN
from allsquare.payments.gateway import (
    DisputeStage,
    GatewayEvent,
    Outcome,
    RefundRequest,
    SignatureInvalid,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import (
    EvidenceFile,
    EvidenceKind,
    EvidenceRequest,
    HistoryUnavailable,
    NewsUnavailable,
    never,
)
from tests.contracts.benches import money, paypal_gateway
from tests.fakes import paypal_server
from tests.fakes.paypal_server import FakePayPal
from tests.gateways.paypal.hands import asked, cases_of, found, heard, order_of, paid


def test_whoever_hears_of_the_approval_first_the_money_is_taken_once(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    """The payer comes back, the webhook is digested and the sweep asks, all at once."""
    page = gateway.start(asked())
    fake.approve(order_of(page))
    told = GatewayEvent("WH-1", "CHECKOUT.ORDER.APPROVED", order_of(page), {})
    threads = [
        *(threading.Thread(target=found, args=(gateway, page)) for _ in range(5)),
        *(threading.Thread(target=gateway.follow, args=(told,)) for _ in range(5)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fake.captures) == 1
    done = found(gateway, page)
    assert (done.status, done.amount, done.fee) == (Status.SUCCEEDED, money(1000), money(15))
    assert found(gateway, done) == done


@pytest.mark.parametrize("lost", ["reply", "request"])
def test_a_capture_whose_answer_is_lost_is_made_once(
    fake: FakePayPal, gateway: PayPalGateway, lost: str
) -> None:
    page = gateway.start(asked())
    fake.approve(order_of(page))
    fake.lose = lost
    unsure = found(gateway, page)
    assert (unsure.status, unsure.reference) == (Status.UNKNOWN, page.reference)
    assert found(gateway, page).status is Status.SUCCEEDED
    assert len(fake.captures) == 1


def test_a_declined_card_sends_the_payer_back_to_choose_another(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    """Saying *declined* would let the payer open a second order, and pay both."""
    page = gateway.start(asked())
    fake.approve(order_of(page))
    fake.next_capture = "INSTRUMENT_DECLINED"
    again = found(gateway, page)
    assert (again.status, again.redirect, again.code) == (
        Status.ACTION_REQUIRED,
        page.redirect,
        "instrument_declined",
    )
    assert again.declines == 1
    fake.approve(order_of(page))
    assert found(gateway, page).status is Status.SUCCEEDED


def test_what_paypal_refuses_for_good_is_declined(fake: FakePayPal, gateway: PayPalGateway) -> None:
    page = gateway.start(asked())
    fake.approve(order_of(page))
    fake.next_capture = "TRANSACTION_REFUSED"
    ended = found(gateway, page)
    assert (ended.status, ended.code, ended.redirect) == (Status.DECLINED, "do_not_honor", "")
    assert ended.message == "PayPal refused:\nThe payment was declined."


def test_a_capture_under_review_is_under_way(fake: FakePayPal, gateway: PayPalGateway) -> None:
    page = gateway.start(asked())
    fake.approve(order_of(page))
    fake.next_capture = "PENDING"
    waiting = found(gateway, page)
    assert (waiting.status, waiting.code) == (Status.PENDING, "pending_review")
    fake.captures[waiting.reference]["status"] = "DECLINED"
    (told,) = gateway.follow(heard(fake.tell("PAYMENT.CAPTURE.DENIED", fake.captures[waiting.reference])))
    assert (told.status, told.key) == (Status.DECLINED, page.key)


def test_an_order_that_paypal_forgot_is_left_after_a_while(fake: FakePayPal, gateway: PayPalGateway) -> None:
    young = gateway.start(asked(key=UUID(str(uuid7()))))
    then = clock.now(None) - FORGOTTEN - timedelta(days=1)
    old_key = UUID(int=(int(then.timestamp() * 1000) << 80) | uuid7().int & ((1 << 80) - 1))
    old = gateway.start(asked(key=old_key))
    for page in (young, old):
        fake.forget(order_of(page))
    assert found(gateway, young).status is Status.UNKNOWN
    ended = found(gateway, old)
    assert (ended.status, ended.code, ended.key) == (Status.DECLINED, "canceled", old_key)
    assert ended.reference == old.reference


def test_an_order_is_closed_by_not_capturing_it(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fresh, approved, forgotten, charge = (
        gateway.start(asked()),
        gateway.start(asked()),
        gateway.start(asked()),
        gateway.start(asked()),
    )
    fake.approve(order_of(approved))
    fake.forget(order_of(forgotten))
    fake.approve(order_of(charge))
    found(gateway, charge)

    def ended(page: Outcome, speaker: PayPalGateway = gateway) -> Outcome:
        assert page.key is not None
        return speaker.close(key=page.key, reference=page.reference)

    for page in (fresh, approved, forgotten):
        end = ended(page)
        assert (end.status, end.code, end.key, end.reference) == (
            Status.DECLINED,
            "canceled",
            page.key,
            page.reference,
        )
    assert ended(charge).status is Status.SUCCEEDED
    assert len(fake.captures) == 1
    assert ended(fresh, paypal_gateway("http://127.0.0.1:1")).status is Status.UNKNOWN


def test_nothing_is_captured_where_it_may_not_be(fake: FakePayPal, gateway: PayPalGateway) -> None:
    page = gateway.start(asked())
    fake.approve(order_of(page))
    assert page.key is not None
    told = GatewayEvent("WH-1", "CHECKOUT.ORDER.APPROVED", order_of(page), {})
    seen = gateway.look_up(key=page.key, reference=page.reference, subject=Subject.CHARGE, may_take=never)
    (news,) = gateway.follow(told, may_take=never)
    assert (seen.status, news.status) == (Status.ACTION_REQUIRED, Status.ACTION_REQUIRED)
    assert not fake.captures


def test_a_token_that_was_withdrawn_is_replaced_and_a_good_one_is_kept(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    for _ in range(3):
        gateway.start(asked())
    assert fake.tokens == 1
    fake.token_gone = True
    assert gateway.start(asked()).status is Status.ACTION_REQUIRED
    assert fake.tokens == 2


@pytest.mark.parametrize(
    ("minor", "code", "value"),
    [
        (1234, "EUR", "12.34"),
        (500, "JPY", "500"),
        (50_000, "HUF", "500"),
        (12_300, "TWD", "123"),
        (1, "USD", "0.01"),
    ],
)
def test_amounts_are_spelled_as_paypal_counts(
    fake: FakePayPal, gateway: PayPalGateway, minor: int, code: str, value: str
) -> None:
    page = gateway.start(asked(minor, code))
    (unit,) = fake.orders[order_of(page)]["purchase_units"]
    assert unit["amount"] == {"currency_code": code, "value": value}
    fake.approve(order_of(page))
    assert found(gateway, page).amount == money(minor, code)


@pytest.mark.parametrize(
    ("minor", "code"),
    [(0, "EUR"), (-1, "EUR"), (10**10, "EUR"), (50_050, "HUF"), (101, "TWD"), (12_340, "KWD"), (100, "ISK")],
)
def test_what_paypal_would_refuse_is_not_asked_for(
    fake: FakePayPal, gateway: PayPalGateway, minor: int, code: str
) -> None:
    assert gateway.offers(amount=money(minor, code), country="") == ()
    assert gateway.start(asked(minor, code)).code == "amount_unsupported"
    assert not fake.orders


def test_a_refund_is_given_once_even_when_paypal_forgot_the_key(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    charge = paid(fake, gateway)
    request = RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(400))
    first = gateway.refund(request)
    fake.answers.clear()
    assert gateway.refund(request) == first
    assert len(fake.refunds) == 1
    seen = gateway.look_up(key=request.key, reference=first.reference, subject=Subject.REFUND)
    assert (seen.status, seen.charge_reference) == (Status.SUCCEEDED, charge.reference)


def test_who_only_asks_captures_nothing(fake: FakePayPal, gateway: PayPalGateway) -> None:
    page = gateway.start(asked())
    fake.approve(page.reference.removeprefix("order-"))
    assert page.key is not None

    seen = gateway.look_up(key=page.key, reference=page.reference, subject=Subject.CHARGE, act=False)

    assert seen.status is Status.ACTION_REQUIRED
    assert not fake.captures
    assert found(gateway, page).status is Status.SUCCEEDED


def test_news_of_what_has_no_name_is_news(fake: FakePayPal, gateway: PayPalGateway) -> None:
    (nameless,) = fake.tell_nameless()
    paid(fake, gateway)
    now = clock.now(None)

    told = list(gateway.told(now - timedelta(hours=1), now + timedelta(minutes=1)))

    assert len(told) == len(fake.news)
    (heard_of,) = [event for event in told if event.external_id == nameless["id"]]
    assert heard_of.object_reference == ""
    assert gateway.follow(heard_of) == ()


def test_nothing_captured_is_nothing_to_give_back(gateway: PayPalGateway) -> None:
    page = gateway.start(asked())
    request = RefundRequest(key=uuid4(), charge_reference=page.reference, amount=money(400))
    outcome = gateway.refund(request)
    assert outcome.status is Status.NOT_SENT
    assert "Nothing was captured yet" in outcome.message


def test_a_dispute_is_told_at_each_stage_with_its_fee(fake: FakePayPal, gateway: PayPalGateway) -> None:
    charge = paid(fake, gateway)
    case = fake.dispute(charge.reference, stage="INQUIRY", fee="20.00")
    assert gateway.follow(heard(fake.tell("CUSTOMER.DISPUTE.CREATED", case))) == ()
    case["dispute_life_cycle_stage"] = "CHARGEBACK"
    for status, outcome, stage in (
        ("UNDER_REVIEW", {}, DisputeStage.OPENED),
        ("RESOLVED", {"outcome_code": "RESOLVED_SELLER_FAVOUR"}, DisputeStage.WON),
        ("RESOLVED", {"outcome_code": "RESOLVED_BUYER_FAVOUR"}, DisputeStage.LOST),
    ):
        case |= {"status": status, "dispute_outcome": outcome}
        (told,) = gateway.follow(heard(fake.tell("CUSTOMER.DISPUTE.UPDATED", case)))
        assert (told.dispute_stage, told.amount, told.fee) == (stage, money(1000), money(2000))
        assert told.charge_reference == charge.reference


@pytest.mark.parametrize("ended", ["RESOLVED_BUYER_FAVOUR", "CANCELED_BY_BUYER", "RESOLVED_WITH_PAYOUT"])
def test_a_question_that_is_settled_before_money_moved_is_no_case(
    fake: FakePayPal, gateway: PayPalGateway, ended: str
) -> None:
    """What was given back for it is a refund."""
    charge = paid(fake, gateway)
    case = fake.dispute(charge.reference, stage="INQUIRY")
    fake.decide(case["dispute_id"], ended, "10.00")
    assert gateway.follow(heard(fake.tell("CUSTOMER.DISPUTE.RESOLVED", case))) == ()
    assert cases_of(gateway) == []
    seen = gateway.look_up(key=uuid4(), reference=case["dispute_id"], subject=Subject.DISPUTE)
    assert (seen.status, seen.code) == (Status.UNKNOWN, "no_money_moved")


@pytest.mark.parametrize(
    ("refunded", "moved", "stage", "minor"),
    [
        ("", (), DisputeStage.LOST, 1000),
        ("4.00", (), DisputeStage.LOST, 400),
        ("10.00", (), DisputeStage.LOST, 1000),
        ("0.00", (), DisputeStage.WON, 1000),
        ("", ("10.00", "-6.00"), DisputeStage.LOST, 400),
        ("10.00", ("4.00",), DisputeStage.LOST, 400),
        ("10.00", ("-6.00",), DisputeStage.LOST, 1000),
        ("12.00", (), DisputeStage.LOST, 1000),
    ],
)
def test_a_case_is_lost_by_as_much_as_the_payer_was_given(
    fake: FakePayPal,
    gateway: PayPalGateway,
    refunded: str,
    moved: tuple[str, ...],
    stage: DisputeStage,
    minor: int,
) -> None:
    """An offer may be accepted: what PayPal took from us says more than what the payer got, which PayPal may pay."""
    case = fake.dispute(paid(fake, gateway).reference, fee="20.00")
    case["fund_movements"] += [
        {
            "party": party,
            "type": "CREDIT" if value.startswith("-") else "DEBIT",
            "reason": "DISPUTE_SETTLEMENT",
            "amount": {"currency_code": "EUR", "value": value.lstrip("-")},
        }
        for party in ("SELLER", "PAYMENT_PROCESSOR")
        for value in moved
    ]
    fake.decide(case["dispute_id"], "RESOLVED_BUYER_FAVOUR", refunded)
    (told,) = gateway.follow(heard(fake.tell("CUSTOMER.DISPUTE.RESOLVED", case)))
    assert (told.dispute_stage, told.amount, told.fee) == (stage, money(minor), money(2000))


def test_a_case_says_until_when_it_is_answered_and_whether_it_was(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    case = fake.dispute(paid(fake, gateway).reference)

    def told() -> Outcome:
        (outcome,) = gateway.follow(heard(fake.tell("CUSTOMER.DISPUTE.UPDATED", case)))
        return outcome

    first = told()
    assert first.evidence_by is not None
    assert first.evidence_by.isoformat() == case["seller_response_due_date"].replace("Z", "+00:00")
    assert not first.is_answered
    case["status"] = "UNDER_REVIEW"
    assert not told().is_answered, "nobody asked us"
    case["status"] = "WAITING_FOR_BUYER_RESPONSE"
    assert told().is_answered
    case["status"], case["links"][:] = "WAITING_FOR_SELLER_RESPONSE", [{"rel": "provide_evidence"}]
    file = EvidenceFile("order.pdf", "application/pdf", b"%PDF-1.7", EvidenceKind.RECEIPT)
    request = EvidenceRequest(uuid4(), case["dispute_id"], "It was delivered.", (file,))
    assert gateway.send_evidence(replace(request, text="x" * 1990)).code == "text_too_long"
    fake.lose = "reply"
    assert gateway.send_evidence(request).status is Status.UNKNOWN
    assert gateway.send_evidence(request).status is Status.SUCCEEDED, "found, not sent again"
    (given,) = case["evidences"]
    assert given["notes"].startswith("It was delivered.")
    assert given["documents"] == [{"name": "order.pdf"}]
    assert told().is_answered


def test_what_paypal_gives_back_of_its_fee_counts(fake: FakePayPal, gateway: PayPalGateway) -> None:
    case = fake.dispute(paid(fake, gateway).reference, fee="20.00")
    (fee,) = case["fund_movements"]
    case |= {"status": "RESOLVED", "dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"}}
    for back, left in (("5.00", 1500), ("20.00", 0)):
        credit = {**fee, "type": "CREDIT", "amount": {**fee["amount"], "value": back}}
        others = {**fee, "party": "BUYER"}
        case["fund_movements"] = [fee, credit, others]
        (told,) = gateway.follow(heard(fake.tell("CUSTOMER.DISPUTE.RESOLVED", case)))
        assert told.fee == money(left)
    del case["fund_movements"]
    (told,) = gateway.follow(heard(fake.tell("CUSTOMER.DISPUTE.RESOLVED", case)))
    assert told.fee is None, "what is not said is not nothing"


def test_cases_are_read_over_many_pages(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fake.cases_page = 2
    charge = paid(fake, gateway)
    cases = [fake.dispute(charge.reference)["dispute_id"] for _ in range(5)]
    assert [each.reference for each in cases_of(gateway)] == cases
    told = gateway.follow(heard(fake.reverse(charge.reference)))
    assert [each.reference for each in told] == cases


def test_a_withdrawal_is_a_payout_of_nobody_knows_what(fake: FakePayPal, gateway: PayPalGateway) -> None:
    paid(fake, gateway)
    name = fake.withdraw("9.85")
    (payout,) = [
        each.outcome
        for each in gateway.since(clock.now(None) - timedelta(hours=1))
        if each.outcome.subject is Subject.PAYOUT
    ]
    assert (payout.reference, payout.amount, payout.payout_items) == (name, money(985), ())


def test_the_report_is_read_month_by_month(fake: FakePayPal, gateway: PayPalGateway) -> None:
    paid(fake, gateway)
    assert len(list(gateway.since(clock.now(None) - timedelta(days=100)))) == 1


def test_a_month_in_which_too_much_happened_is_read_in_smaller_parts(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    made = {paid(fake, gateway).reference for _ in range(6)}
    for number, each in enumerate(fake.report):
        then = clock.now(None) - timedelta(days=80, minutes=10 * number)
        each["transaction_initiation_date"] = then.isoformat()
    fake.most_reported = 1
    seen = [each.outcome.reference for each in gateway.since(clock.now(None) - timedelta(days=100))]
    assert (set(seen), len(seen)) == (made, 6)
    assert fake.reports < 100, "after a busy hour whole months are asked for again"
    fake.most_reported = 0  # no window is small enough
    with pytest.raises(HistoryUnavailable):
        list(gateway.since(clock.now(None) - timedelta(days=100)))


def test_a_report_that_may_not_be_read_is_no_empty_report(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fake.may_report = False
    with pytest.raises(HistoryUnavailable):
        list(gateway.since(clock.now(None)))
    checkup = gateway.check()
    assert (checkup.works, checkup.field) == (False, "client_id")
    assert "Transaction search" in checkup.message


def test_what_others_made_with_the_same_account_is_passed_over(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    charge = paid(fake, gateway)
    fake.captures[charge.reference]["custom_id"] = "order 4711"
    case = fake.dispute(charge.reference)
    for kind, about in (
        ("PAYMENT.CAPTURE.COMPLETED", fake.captures[charge.reference]),
        ("PAYMENT.CAPTURE.REVERSED", fake.captures[charge.reference]),
        ("CUSTOMER.DISPUTE.CREATED", case),
    ):
        assert gateway.follow(heard(fake.tell(kind, about))) == ()


@pytest.mark.parametrize("status", [403, 404])
def test_what_others_made_and_paypal_does_not_show_us_stops_nothing(
    fake: FakePayPal, gateway: PayPalGateway, status: int
) -> None:
    """Another integration of the same account: asked for ever, it would hide all that is ours."""
    capture, refund, case = fake.by_others(status)
    charge = paid(fake, gateway)
    order = {"id": "5O-HIDDEN", "purchase_units": [{"custom_id": "order 4711"}]}
    for kind, about in (
        ("CHECKOUT.ORDER.APPROVED", order),
        ("PAYMENT.CAPTURE.COMPLETED", capture),
        ("PAYMENT.CAPTURE.REFUNDED", refund),
        ("PAYMENT.CAPTURE.REVERSED", refund),
        ("CUSTOMER.DISPUTE.CREATED", case),
    ):
        assert gateway.follow(heard(fake.tell(kind, about))) == ()
    (seen,) = gateway.since(clock.now(None) - timedelta(hours=1))
    assert seen.outcome == charge
    fake.hidden[case["dispute_id"]] = status
    assert gateway.follow(heard(fake.tell("CUSTOMER.DISPUTE.CREATED", case))) == ()


@pytest.mark.parametrize("status", [403, 404])
def test_what_is_ours_and_not_shown_is_asked_for_again(
    fake: FakePayPal, gateway: PayPalGateway, status: int
) -> None:
    charge = paid(fake, gateway)
    captured = fake.captures[charge.reference]
    case = fake.dispute(charge.reference)
    case["disputed_transactions"][0]["custom"] = captured["custom_id"]
    fake.hidden[charge.reference] = status
    for kind, about in (("PAYMENT.CAPTURE.COMPLETED", captured), ("CUSTOMER.DISPUTE.CREATED", case)):
        with pytest.raises(NewsUnavailable):
            gateway.follow(heard(fake.tell(kind, about)))
    with pytest.raises(HistoryUnavailable):
        list(gateway.since(clock.now(None) - timedelta(hours=1)))


def test_kinds_that_mean_nothing_to_us_ask_for_nothing() -> None:
    nobody = paypal_gateway("http://127.0.0.1:1")
    assert nobody.follow(GatewayEvent("WH-1", "BILLING.PLAN.CREATED", "P-1", {})) == ()
    with pytest.raises(NewsUnavailable):
        nobody.follow(GatewayEvent("WH-1", "PAYMENT.CAPTURE.COMPLETED", "2G1", {}))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1/notifications/certs/CERT-1",
        "{url}/v1/notifications/certs/../../evil",
        "{url}/v2/checkout/orders/1",
        "{url}/v1/notifications/certs/CERT-1?x=1",
        "{url}/v1/notifications/certs/CERT-1",  # there is none
        "http://127.0.0.1:1/v1/notifications/certs/CERT-1",
        "http://[::1",
        "",
    ],
)
def test_only_paypals_own_certificates_are_fetched(
    fake: FakePayPal, gateway: PayPalGateway, address: str
) -> None:
    body = json.dumps({"id": "WH-1"}).encode()
    headers = paypal_server.signed(fake.url, paypal_server.WEBHOOK, clock.now(None), body)
    headers["paypal-cert-url"] = address.format(url=fake.url)
    with pytest.raises(SignatureInvalid):
        gateway.parse_webhook(headers=headers, body=body, received_at=clock.now(None))


def test_a_certificate_that_is_out_of_date_is_not_believed(fake: FakePayPal, gateway: PayPalGateway) -> None:
    body = json.dumps({"id": "WH-1", "event_type": "X", "resource": {"id": "1"}}).encode()
    for days, believed in ((0, True), (31, False), (-31, False)):
        then = clock.now(None) + timedelta(days=days)
        headers = paypal_server.signed(fake.url, paypal_server.WEBHOOK, then, body)
        if believed:
            assert gateway.parse_webhook(headers=headers, body=body, received_at=then)
        else:
            with pytest.raises(SignatureInvalid, match="out of date"):
                gateway.parse_webhook(headers=headers, body=body, received_at=then)


def test_the_check_says_what_is_wrong(fake: FakePayPal, gateway: PayPalGateway) -> None:
    assert gateway.check().works
    assert paypal_gateway("http://127.0.0.1:1").check().field == "base_url"
    assert paypal_gateway(fake.url, webhook_id="").check().field == "webhook_id"
    assert paypal_gateway(fake.url, webhook_id="WH9").check().field == "webhook_id"
    fake.sends = sorted(hook.TELLING - {"PAYMENT.CAPTURE.REVERSED"})
    checkup = gateway.check()
    assert (checkup.works, checkup.field) == (False, "webhook_id")
    assert checkup.message.endswith("\nPAYMENT.CAPTURE.REVERSED")
    fake.sends.append("PAYMENT.CAPTURE.REVERSED")
    assert gateway.check().works
    fake.key_revoked = True
    checkup = paypal_gateway(fake.url).check()
    assert (checkup.works, checkup.field) == (False, "client_secret")
    assert "revoked" in checkup.message


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_secret": "a b"}, "client_secret"),
        ({"environment": "test"}, "environment"),
        ({"base_url": "ftp://x"}, "base_url"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_their_field(changed: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        PayPalGateway({"client_id": "c", "client_secret": "s", **changed})
    assert list(refused.value.errors) == [field]


def test_the_environment_says_where_to_ask() -> None:
    for environment, host in (("", "api-m.paypal.com"), ("sandbox", "api-m.sandbox.paypal.com")):
        made = PayPalGateway({"client_id": "c", "client_secret": "s", "environment": environment})
        assert made._api._http.base_url.host == host


def test_of_many_that_were_refused_a_token_one_asks_for_another(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    api = gateway._api
    first = api._bearer()
    assert isinstance(first, str)
    second = api._bearer(but=first)
    assert second != first
    assert api._bearer(but=first) == api._bearer() == second
    assert fake.tokens == 2


def test_labels_of_others_are_no_labels() -> None:
    ours = {"invoice": str(uuid4()), "customer": str(uuid4()), "attempt": str(uuid4())}
    assert labels.read(labels.spelled(ours)) == ours
    several = {**ours, "invoice": "several"}
    assert labels.read(labels.spelled(several)) == several
    for text in (None, "", "order 4711", "a123", "x" + "0" * 32, "several", "aseveral", "cseveral", 7):
        assert labels.attempt_of(text) is None
