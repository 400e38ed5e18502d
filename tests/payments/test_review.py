"""Payments that came are judged by what their provider noticed; a person releases or refuses what is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, transaction
from django.utils import translation

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import PermissionDenied
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments import signs
from allsquare.payments.attention import PAYMENT_REVIEW
from allsquare.payments.batch_acts import RESOLVE
from allsquare.payments.errors import AttemptRefused, NotGivenBack, TaskByItself
from allsquare.payments.gateway import Outcome, RefundRequest, Signs, Status
from allsquare.payments.models import GatewayAccount, Payment, Refund
from allsquare.payments.services.refuse_payment import refuse_payment
from allsquare.payments.services.release_payment import release_payment
from allsquare.risk.errors import AssessmentUnknown, ReviewOver
from allsquare.risk.models import RiskAssessment, RiskEntry
from allsquare.risk.putting import put
from tests import factories
from tests.payments.flows import pay, take
from tests.payments.makers import ScriptedGateway, charge, eur, issued_invoice, open_tasks, refund_outcome
from tests.payments.payers import come, found, make_older, paid, payer_of, read_news, told
from tests.square import assert_all_square


def held(organization: Organization, account: GatewayAccount, number: int = 0, **noticed: Any) -> Payment:
    """A payment that came, with what its provider noticed; the worker has read of it."""
    invoice = issued_invoice(organization, payer_of(organization, number))
    noticed = noticed or {"score": 85, "fingerprint": "card-1"}
    payment = come(invoice, account, answer=paid(invoice, signs=Signs(**noticed)))
    read_news(organization, payment)
    return payment


def test_a_provider_that_warns_makes_a_task_with_the_reason(
    organization: Organization, account: GatewayAccount
) -> None:
    payment = held(organization, account)
    (row,) = found(organization)
    assert (row.score, row.action, row.provider_score) == (40, "review", 85)
    (task,) = open_tasks(organization)
    assert (task.kind, task.subject_id) == (PAYMENT_REVIEW, payment.id)
    assert "85 of 100 points" in task.text
    assert payment.state == "succeeded"
    assert_all_square()


def test_reading_the_log_again_changes_nothing(organization: Organization, account: GatewayAccount) -> None:
    held(organization, account)
    before = [(row.score, row.reasons) for row in found(organization)]
    read_news(organization)
    assert [(row.score, row.reasons) for row in found(organization)] == before
    assert len(open_tasks(organization)) == 1
    assert len(told(organization, "attention.raised")) == 1


def test_a_payment_of_which_nothing_was_noticed_asks_nobody(
    organization: Organization, account: GatewayAccount
) -> None:
    held(organization, account, score=74, fingerprint="card-1", country="DE")
    assert not open_tasks(organization)
    assert [row.score for row in found(organization)] == [0]


def test_a_card_of_many_payers_is_looked_at(organization: Organization, account: GatewayAccount) -> None:
    for number in (1, 1, 2):
        held(organization, account, number, fingerprint="card-1")
    assert not open_tasks(organization)
    held(organization, account, 3, fingerprint="card-2")
    assert not open_tasks(organization)
    last = held(organization, account, 3, fingerprint="card-1")
    assert [task.subject_id for task in open_tasks(organization)] == [last.id]


def test_a_card_that_was_tried_five_times_within_a_day_is_looked_at(
    organization: Organization, account: GatewayAccount
) -> None:
    """Declined or paid, by the same payer or not; the day before does not count."""
    signs = Signs(fingerprint="card-1")
    for number in (1, 2, 1, 1):
        invoice = issued_invoice(organization, payer_of(organization, number))
        come(invoice, account, answer=charge(Status.DECLINED, code="do_not_honor", signs=signs))
    make_older(organization, timedelta(days=1, seconds=1))
    for number in (1, 2, 1):
        invoice = issued_invoice(organization, payer_of(organization, number))
        come(invoice, account, answer=charge(Status.DECLINED, code="do_not_honor", signs=signs))
    held(organization, account, 1, fingerprint="card-1")
    assert not open_tasks(organization)
    held(organization, account, 3, fingerprint="card-2")
    fifth = held(organization, account, 2, fingerprint="card-1")
    (task,) = open_tasks(organization)
    assert (task.kind, task.subject_id) == (PAYMENT_REVIEW, fifth.id)
    assert "This card was tried 5 times within a day." in task.text


def test_a_card_from_another_country_counts_and_asks_nobody(
    organization: Organization, account: GatewayAccount
) -> None:
    held(organization, account, country="br")
    assert [(row.score, row.action) for row in found(organization)] == [(20, "allow")]


def test_signs_of_a_webhook_are_kept_too(organization: Organization, account: GatewayAccount) -> None:
    invoice = issued_invoice(organization, payer_of(organization))
    came = paid(invoice, signs=Signs(score=90))
    payment = come(invoice, account, answer=charge("pending", reference=came.reference))  # type: ignore[arg-type]  # a test's shorthand
    attempt = payment.attempts.get(organization=organization)
    take(account, replace(came, key=attempt.id))
    read_news(organization)
    assert [row.provider_score for row in found(organization)] == [90]
    assert len(open_tasks(organization)) == 1


@pytest.mark.parametrize("score", [-1, 101, 10**9])
def test_signs_that_cannot_be_are_cut_to_what_can(
    organization: Organization, account: GatewayAccount, score: int
) -> None:
    held(organization, account, score=score, country="\x00x")
    (row,) = found(organization)
    assert (row.provider_score, row.card_country) == (min(max(score, 0), 100), "")


def test_signs_that_cannot_be_kept_cost_no_money(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where the database refuses them, nor where no mark can be made of them."""
    assert held(organization, account, 1, fingerprint="\ud800").state == "succeeded"
    monkeypatch.setattr(
        signs, "_NOTE", signs._NOTE.replace("a.organization_id =", "1 / 0 = 1 AND a.organization_id =")
    )
    assert held(organization, account, 2, score=85).state == "succeeded"
    assert [row.provider_score for row in found(organization)] == [None, None]
    assert_all_square()


def test_a_deadlock_within_another_transaction_is_for_its_owner(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can try all of it again, the signs too; by itself nobody else does."""

    def deadlock(*_given: object) -> None:
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(signs, "_note", deadlock)
    invoice = issued_invoice(organization, payer_of(organization))
    noticed = replace(paid(invoice, signs=Signs(score=85)), key=uuid4())
    with pytest.raises(OperationalError), transaction.atomic():
        signs.note_signs(organization, [noticed])


def test_released_is_released_once(organization: Organization, account: GatewayAccount) -> None:
    payment = held(organization, account)
    clerk = factories.member_actor(organization, Role.BILLING_CLERK)
    for _ in range(2):
        release_payment(organization=organization, payment_id=payment.id, actor=clerk)
    assert not open_tasks(organization)
    assert [row.verdict for row in found(organization)] == ["released"]
    assert [event.kind for event in told(organization)] == ["risk.released"]
    (done,) = told(organization, "attention.resolved")
    assert (done.subject_id, done.actor_id, done.data["kind"]) == (payment.id, clerk.id, PAYMENT_REVIEW)
    with pytest.raises(ReviewOver):
        refuse_payment(organization=organization, payment_id=payment.id, block=False, actor=SYSTEM)
    read_news(organization)
    assert not open_tasks(organization)


def test_refused_gives_everything_back_once_and_turns_the_payer_away(
    organization: Organization, account: GatewayAccount
) -> None:
    payment = held(organization, account)
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(10000)))
    for _ in range(2):
        refuse_payment(organization=organization, payment_id=payment.id, block=True, actor=SYSTEM)
    (done,) = told(organization, "attention.resolved")
    assert (done.subject_id, done.data["refused"]) == (payment.id, True)
    (given_back,) = Refund.objects.filter(organization=organization)
    assert (given_back.state, given_back.amount_minor) == ("succeeded", 10000)
    entries = RiskEntry.objects.filter(organization=organization, verdict="blocked")
    assert sorted(entries.values_list("kind", "shown")) == [("card", "…"), ("mail", "payer-0@example.com")]
    again = issued_invoice(organization, payer_of(organization, 5, email="payer-0@example.com"))
    with pytest.raises(AttemptRefused):
        come(again, account, address="198.51.100.1")
    assert_all_square()


def test_who_may_not_refund_refuses_nothing(organization: Organization, account: GatewayAccount) -> None:
    payment = held(organization, account)
    clerk = factories.member_actor(organization, Role.BILLING_CLERK)
    with pytest.raises(PermissionDenied):
        refuse_payment(organization=organization, payment_id=payment.id, block=False, actor=clerk)
    assert len(open_tasks(organization)) == 1
    assert not Refund.objects.filter(organization=organization).exists()


def test_who_releases_while_the_provider_gives_back_comes_too_late(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = held(organization, account)
    late: list[str] = []

    def answer(_gateway: ScriptedGateway, request: RefundRequest) -> Outcome:
        with pytest.raises(ReviewOver):
            release_payment(organization=organization, payment_id=payment.id, actor=SYSTEM)
        late.append(found(organization)[0].verdict)
        return replace(refund_outcome(reference="re_1", amount=eur(10000)), key=request.key)

    monkeypatch.setattr(ScriptedGateway, "refund", answer)
    refuse_payment(organization=organization, payment_id=payment.id, block=True, actor=SYSTEM)
    assert late == ["refused"]
    assert RiskEntry.objects.filter(organization=organization, verdict="blocked").count() == 2
    assert not open_tasks(organization)


def test_who_was_released_meanwhile_keeps_paying(organization: Organization, account: GatewayAccount) -> None:
    """Nothing is given back, and nobody is blocked."""
    payment = held(organization, account)
    release_payment(organization=organization, payment_id=payment.id, actor=SYSTEM)
    with pytest.raises(ReviewOver):
        refuse_payment(organization=organization, payment_id=payment.id, block=True, actor=SYSTEM)
    assert not Refund.objects.filter(organization=organization).exists()
    assert not RiskEntry.objects.filter(organization=organization).exists()


def test_what_was_not_paid_yet_is_decided_by_nobody(
    organization: Organization, account: GatewayAccount
) -> None:
    invoice = issued_invoice(organization, payer_of(organization))
    came = paid(invoice, signs=Signs(score=85))
    payment = come(invoice, account, answer=charge("pending", reference=came.reference))  # type: ignore[arg-type]  # a test's shorthand
    RiskAssessment.objects.filter(organization=organization).update(action="review")
    with pytest.raises(ReviewOver):
        release_payment(organization=organization, payment_id=payment.id, actor=SYSTEM)
    with pytest.raises(ReviewOver):
        refuse_payment(organization=organization, payment_id=payment.id, block=True, actor=SYSTEM)
    assert found(organization)[0].verdict == ""
    take(account, replace(came, key=payment.attempts.get(organization=organization).id))
    read_news(organization)
    assert len(open_tasks(organization)) == 1


def test_a_refund_that_failed_is_tried_again_under_a_name_of_its_own(
    organization: Organization, account: GatewayAccount
) -> None:
    payment = held(organization, account)
    ScriptedGateway.answers.append(refund_outcome(Status.DECLINED, amount=eur(10000)))
    with pytest.raises(NotGivenBack):
        refuse_payment(organization=organization, payment_id=payment.id, block=False, actor=SYSTEM)
    (task,) = open_tasks(organization)
    assert "its money is not on its way back" in task.text
    assert found(organization)[0].verdict == "refused"
    read_news(organization)
    ScriptedGateway.answers.append(refund_outcome(reference="re_2", amount=eur(10000)))
    with translation.override("de"):  # another colleague, in their own language
        refuse_payment(organization=organization, payment_id=payment.id, block=False, actor=SYSTEM)
    refunds = Refund.objects.filter(organization=organization).order_by("id")
    assert [each.state for each in refunds] == ["failed", "succeeded"]
    assert {each.reason for each in refunds} == {"Refused after a second look"}
    assert not open_tasks(organization)
    read_news(organization)
    assert not open_tasks(organization)
    assert_all_square()


def test_a_refund_that_fails_later_opens_the_task_again_until_somebody_finds_another_way(
    organization: Organization, account: GatewayAccount
) -> None:
    payment = held(organization, account)
    ScriptedGateway.answers.append(refund_outcome(Status.PENDING, reference="re_1", amount=eur(10000)))
    refuse_payment(organization=organization, payment_id=payment.id, block=False, actor=SYSTEM)
    assert not open_tasks(organization)
    take(account, refund_outcome(Status.DECLINED, reference="re_1", amount=eur(10000)))
    read_news(organization)
    (task,) = open_tasks(organization)
    assert "its money is not on its way back" in task.text
    RESOLVE.run(organization, SYSTEM, task.id, {})
    read_news(organization)
    assert not open_tasks(organization)


def test_a_blocked_card_is_held_when_its_provider_tells(
    organization: Organization, account: GatewayAccount
) -> None:
    held(organization, account, 1, fingerprint="card-1")
    card = bytes(found(organization)[0].card_mark or b"")
    put(
        organization=organization,
        verdict="blocked",
        kind="card",
        found=card,
        shown="visa …4242",
        note="",
        actor=SYSTEM,
    )
    held(organization, account, 2, fingerprint="card-1")
    (task,) = open_tasks(organization)
    assert "The card is on the list of blocked." in task.text


def test_a_held_payment_is_no_task_to_be_ticked_off_with_others(
    organization: Organization, account: GatewayAccount
) -> None:
    held(organization, account)
    (task,) = open_tasks(organization)
    with pytest.raises(TaskByItself):
        RESOLVE.run(organization, SYSTEM, task.id, {})
    assert len(open_tasks(organization)) == 1


def test_what_was_never_judged_or_is_not_held_cannot_be_decided(
    organization: Organization, account: GatewayAccount
) -> None:
    own = pay(
        issued_invoice(organization, payer_of(organization)),
        account,
        answer=charge(reference="ch_own", amount=eur(10000), fee=eur(30)),
    )
    with pytest.raises(AssessmentUnknown):
        release_payment(organization=organization, payment_id=own.id, actor=SYSTEM)
    calm = held(organization, account, score=1)
    with pytest.raises(ReviewOver):
        release_payment(organization=organization, payment_id=calm.id, actor=SYSTEM)
