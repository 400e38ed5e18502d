"""A payment that the rules held, and a person's word about it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.payments.attention import BY_HAND, HELD_ELSEWHERE, PAYMENT_REVIEW
from allsquare.payments.models import Attention, Dispute, Payment, Refund
from allsquare.payments.resolving import open_anew, resolve
from allsquare.payments.states import REFUND_OPEN, DisputeState, PaymentState
from allsquare.risk.errors import AssessmentUnknown, ReviewOver
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import Action

V = RiskAssessment.Verdict


def decide(
    organization: Organization, payment: Payment, verdict: RiskAssessment.Verdict, actor: Actor
) -> RiskAssessment:
    """The word of whoever is first. Released, its task is done; refused, it is when the money is on its way back. What
    was not paid yet is judged once more when it is, so nobody decides of it before."""
    if payment.state != PaymentState.SUCCEEDED:
        raise ReviewOver(_("This payment did not come yet: there is nothing to decide."))
    found = RiskAssessment.objects.filter(organization=organization, payment_id=payment.id)
    row = found.select_for_update(no_key=True).first()
    if row is None:
        raise AssessmentUnknown(_("This payment was not judged by the rules."))
    if row.verdict == verdict:
        return row
    if row.verdict or row.action != Action.REVIEW:
        raise ReviewOver(_("This payment does not wait for a decision. Somebody may have been faster."))
    at = clock.now(organization)
    row.verdict, row.decided_at = verdict.value, at
    row.save(update_fields=["verdict", "decided_at"])
    if verdict == V.REFUSED:
        _say_refused(organization, payment)
    else:
        _close(organization, payment, actor)
    facts: dict[str, object] = {
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "invoice": payment.invoice.number if payment.invoice else None,
        "number": row.score,
    }
    news = News(f"risk.{verdict}", "payment", payment.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return row


def refusal_key(organization: Organization, payment: Payment) -> str:
    """Names the next refund of a refused payment: the same for all who ask at once, and another than any before. One
    that is on its way is in none of what is left, so it is no answer to whoever asks for that."""
    made = _of_refusal(organization, payment).count()
    return f"{_prefix(payment)}-{made}" if made else _prefix(payment)


def is_refused(organization: Organization, payment_id: UUID) -> bool:
    """Then its own task says what becomes of its money."""
    found = RiskAssessment.objects.filter(organization=organization, payment_id=payment_id)
    return found.filter(verdict=V.REFUSED).exists()


def task_done(organization: Organization, payment: Payment, actor: Actor) -> None:
    """The task of a refused payment is done when nothing is left of it; while another refund or a dispute holds some of
    it, it waits for the end of that, and says so. Locks the payment: a refund that fails now is told after this."""
    payment = _locked(organization, payment)
    if payment.left_minor:
        return
    if not _is_held_elsewhere(organization, payment):
        _close(organization, payment, actor)
        return
    for task in _tasks(organization, payment, resolved_at=None).select_for_update(no_key=True):
        task.data = {**_refused_facts(payment), HELD_ELSEWHERE: True}
        task.save(update_fields=["data"])


def not_given_back(organization: Organization, payment: Payment, *, since: datetime | None = None) -> None:
    """A person must see to it that what is left of a refused payment goes back. ``since``: when a refund failed, or a
    dispute gave its sum free; a task that a person marked as done after that does not come up again, since they
    found another way."""
    payment = _locked(organization, payment)
    if not payment.left_minor:
        return
    at = clock.now(organization)
    task = _tasks(organization, payment).select_for_update(no_key=True).first()
    if task is not None and _is_told(task, since):
        return
    news = open_anew(organization, PAYMENT_REVIEW, ("payment", payment.id), _refused_facts(payment), at=at)
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=at)


def _is_told(task: Attention, since: datetime | None) -> bool:
    """Does the task say already that money is left, or did a person mark it as done knowing that?"""
    if task.resolved_at is None:
        return bool(task.data.get("refused")) and not task.data.get(HELD_ELSEWHERE)
    return bool(task.data.get(BY_HAND)) and since is not None and since <= task.resolved_at


def _refused_facts(payment: Payment) -> dict[str, object]:
    return {
        "amount_minor": payment.captured_minor,
        "currency": payment.currency,
        "invoice": payment.invoice.number if payment.invoice else None,
        "refused": True,
    }


def _locked(organization: Organization, payment: Payment) -> Payment:
    """As it is now; whoever settles it waits."""
    found = Payment.objects.filter(organization=organization, id=payment.id).select_related("invoice")
    return found.select_for_update(no_key=True, of=("self",)).get()


def _prefix(payment: Payment) -> str:
    return f"refused-{payment.id}"


def _of_refusal(organization: Organization, payment: Payment) -> QuerySet[Refund]:
    return Refund.objects.filter(organization=organization, payment=payment, key__startswith=_prefix(payment))


def _is_held_elsewhere(organization: Organization, payment: Payment) -> bool:
    """Is a refund on its way that is not of the refusal, or a dispute open? Either may leave the money here."""
    others = Refund.objects.filter(organization=organization, payment=payment, state__in=REFUND_OPEN)
    if others.exclude(key__startswith=_prefix(payment)).exists():
        return True
    disputes = Dispute.objects.filter(organization=organization, payment=payment, state=DisputeState.OPENED)
    return disputes.exists()


def _close(organization: Organization, payment: Payment, actor: Actor) -> None:
    at = clock.now(organization)
    news = resolve(_tasks(organization, payment, resolved_at=None), at=at)
    record(organization_id=organization.id, news=news, actor=actor, at=at)


def _say_refused(organization: Organization, payment: Payment) -> None:
    """The task stays until the money is on its way, and says so."""
    for task in _tasks(organization, payment, resolved_at=None):
        task.data = {**task.data, "refused": True}
        task.save(update_fields=["data"])


def _tasks(organization: Organization, payment: Payment, **more: object) -> QuerySet[Attention]:
    return Attention.objects.filter(
        organization=organization, kind=PAYMENT_REVIEW, subject_id=payment.id, **more
    )
