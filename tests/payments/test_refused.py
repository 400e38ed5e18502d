"""A payment that was refused is followed until all of its money went back, whoever gives it back or holds it."""

from __future__ import annotations

from uuid import UUID

import pytest

from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.payments import reviewing, risk_reader
from allsquare.payments.attention import PAYMENT_REVIEW
from allsquare.payments.batch_acts import RESOLVE
from allsquare.payments.errors import NotGivenBack
from allsquare.payments.gateway import DisputeStage, RefundRequest, Signs, Status
from allsquare.payments.models import Attention, GatewayAccount, Payment, Refund
from allsquare.payments.services.refund import refund
from allsquare.payments.services.refuse_payment import refuse_payment
from tests.payments.flows import take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    dispute_outcome,
    eur,
    issued_invoice,
    open_tasks,
    refund_outcome,
)
from tests.payments.payers import come, paid, payer_of, read_news, told
from tests.square import assert_all_square


@pytest.fixture
def payment(organization: Organization, account: GatewayAccount) -> Payment:
    """It came, and its provider warned of it."""
    invoice = issued_invoice(organization, payer_of(organization))
    made = come(invoice, account, answer=paid(invoice, signs=Signs(score=85)))
    read_news(organization, made)
    return made


def refuse(payment: Payment) -> None:
    refuse_payment(organization=payment.organization, payment_id=payment.id, block=False, actor=SYSTEM)


def clerk_refunds(payment: Payment, minor: int, reference: str = "re_clerk") -> None:
    ScriptedGateway.answers.append(refund_outcome(Status.PENDING, reference=reference, amount=eur(minor)))
    refund(
        organization=payment.organization,
        payment_id=payment.id,
        amount=eur(minor),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )


def provider_says(account: GatewayAccount, status: Status, reference: str, minor: int) -> None:
    take(account, refund_outcome(status, reference=reference, amount=eur(minor)))
    read_news(account.organization)


def dispute(payment: Payment, stage: DisputeStage, minor: int = 10000) -> None:
    case = dispute_outcome(
        stage,
        reference="dp_1",
        charge_reference=str(payment.reference),
        amount=eur(minor),
    )
    take(payment.gateway_account, case)
    read_news(payment.organization)


def review_of(payment: Payment) -> Attention:
    return Attention.objects.get(
        organization=payment.organization, kind="payment_review", subject_id=payment.id
    )


def raised(payment: Payment) -> int:
    return sum(event.subject_id == payment.id for event in told(payment.organization, "attention.raised"))


def test_what_a_clerk_gives_back_holds_the_task_until_it_is_back(
    account: GatewayAccount, payment: Payment
) -> None:
    clerk_refunds(payment, 10000)
    refuse(payment)
    read_news(account.organization)
    task = review_of(payment)
    assert task.resolved_at is None
    assert "Another refund or a dispute holds its money" in task.text
    provider_says(account, Status.SUCCEEDED, "re_clerk", 10000)
    assert not open_tasks(account.organization)
    assert_all_square()


def test_what_a_clerk_gave_back_in_part_and_fails_is_told_and_given_back(
    account: GatewayAccount, payment: Payment
) -> None:
    clerk_refunds(payment, 4000)
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(6000)))
    refuse(payment)
    assert "holds its money" in review_of(payment).text
    before = raised(payment)
    provider_says(account, Status.DECLINED, "re_clerk", 4000)
    assert "its money is not on its way back" in review_of(payment).text
    assert raised(payment) == before + 1
    ScriptedGateway.answers.append(refund_outcome(reference="re_2", amount=eur(4000)))
    refuse(payment)
    assert not open_tasks(account.organization)
    made = Refund.objects.filter(organization=account.organization, key__startswith="refused-")
    assert sorted(made.values_list("amount_minor", flat=True)) == [4000, 6000]
    assert len(set(made.values_list("key", flat=True))) == 2
    read_news(account.organization)
    assert not open_tasks(account.organization)
    assert_all_square()


@pytest.mark.parametrize("stage", [DisputeStage.WON, DisputeStage.LOST])
def test_an_open_dispute_holds_the_task_until_it_is_decided(
    account: GatewayAccount, payment: Payment, stage: DisputeStage
) -> None:
    dispute(payment, DisputeStage.OPENED)
    refuse(payment)
    assert "holds its money" in review_of(payment).text
    assert not Refund.objects.filter(organization=account.organization).exists()
    dispute(payment, stage)
    task = review_of(payment)
    if stage is DisputeStage.LOST:
        assert task.resolved_at is not None
    else:
        assert "its money is not on its way back" in task.text
        ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(10000)))
        refuse(payment)
    assert not open_tasks(account.organization)
    assert_all_square()


def test_what_is_left_of_a_case_that_is_lost_in_part_is_told(
    account: GatewayAccount, payment: Payment
) -> None:
    dispute(payment, DisputeStage.OPENED)
    refuse(payment)
    assert "holds its money" in review_of(payment).text
    dispute(payment, DisputeStage.LOST, 4000)
    task = review_of(payment)
    assert task.resolved_at is None
    assert "its money is not on its way back" in task.text
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(6000)))
    refuse(payment)
    assert not open_tasks(account.organization)
    assert_all_square()


def test_a_refund_that_failed_after_another_came_home_never_repeats_a_name(
    account: GatewayAccount, payment: Payment
) -> None:
    """Counted by those that failed, the third would have had the name of the second."""
    for number, status in enumerate([Status.DECLINED, Status.SUCCEEDED]):
        ScriptedGateway.answers.append(refund_outcome(status, reference=f"re_{number}", amount=eur(10000)))
        if status is Status.DECLINED:
            with pytest.raises(NotGivenBack):
                refuse(payment)
        else:
            refuse(payment)
    first = Refund.objects.filter(organization=account.organization).earliest("id")
    Refund.objects.filter(id=first.id).update(state="succeeded")  # as where a provider took its no back
    provider_says(account, Status.DECLINED, "re_1", 10000)
    assert "its money is not on its way back" in review_of(payment).text
    ScriptedGateway.answers.append(refund_outcome(reference="re_2", amount=eur(10000)))
    refuse(payment)
    keys = list(Refund.objects.filter(organization=account.organization).values_list("key", flat=True))
    assert len(set(keys)) == len(keys) == 3


class Killed(BaseException):
    """The process is gone."""


def test_after_a_kill_the_task_is_done_once_the_money_is_on_its_way(
    account: GatewayAccount, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_gateway: ScriptedGateway, request: RefundRequest) -> None:
        raise Killed

    monkeypatch.setattr(ScriptedGateway, "refund", dies)
    with pytest.raises(Killed):
        refuse(payment)
    made = Refund.objects.get(organization=account.organization)
    assert made.state in ("started", "unknown")
    assert review_of(payment).resolved_at is None
    read_news(account.organization)
    assert not open_tasks(account.organization)


def test_a_refund_that_fails_before_its_task_is_done_leaves_it_open(
    account: GatewayAccount, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider's no comes between its answer and the end of the request, and the reader has seen it."""
    ScriptedGateway.answers.append(refund_outcome(Status.PENDING, reference="re_1", amount=eur(10000)))

    def late(organization: Organization, of: Payment, actor: Actor) -> None:
        provider_says(account, Status.DECLINED, "re_1", 10000)
        reviewing.task_done(organization, of, actor)

    monkeypatch.setattr("allsquare.payments.services.refuse_payment.task_done", late)
    refuse(payment)
    assert "its money is not on its way back" in review_of(payment).text
    assert review_of(payment).resolved_at is None


def test_only_a_persons_own_word_keeps_a_task_done(account: GatewayAccount, payment: Payment) -> None:
    """The system may say *done* after a refund failed, of which it hears later: that is opened again."""
    ScriptedGateway.answers.append(refund_outcome(Status.PENDING, reference="re_1", amount=eur(10000)))
    refuse(payment)
    take(account, refund_outcome(Status.DECLINED, reference="re_1", amount=eur(10000)))
    failed = Event.objects.get(organization_id=account.organization_id, kind="refund.failed")
    Attention.objects.filter(id=review_of(payment).id).update(resolved_at=failed.at)
    risk_reader.read([failed])
    task = review_of(payment)
    assert task.resolved_at is None
    RESOLVE.run(account.organization, SYSTEM, task.id, {})
    read_news(account.organization)
    assert not open_tasks(account.organization)


def test_money_of_payments_that_nobody_refused_is_no_task_of_a_second_look(
    account: GatewayAccount, payment: Payment
) -> None:
    other = issued_invoice(account.organization, payer_of(account.organization, 2))
    calm: UUID = come(other, account, answer=paid(other)).id
    clerk_refunds(Payment.objects.get(organization=account.organization, id=calm), 4000)
    provider_says(account, Status.DECLINED, "re_clerk", 4000)
    looks = [task for task in open_tasks(account.organization) if task.kind == PAYMENT_REVIEW]
    assert [task.subject_id for task in looks] == [payment.id]
