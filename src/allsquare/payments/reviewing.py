"""A payment that the rules held, and a person's word about it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.payments.attention import PAYMENT_REVIEW
from allsquare.payments.models import Attention, Payment, Refund
from allsquare.payments.states import PaymentState, RefundState
from allsquare.risk.errors import AssessmentUnknown, ReviewOver
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import Action

V = RiskAssessment.Verdict


def waiting(organization: Organization, payment: Payment, *, lock: bool = False) -> RiskAssessment:
    found = RiskAssessment.objects.filter(organization=organization, payment_id=payment.id)
    row = (found.select_for_update(no_key=True) if lock else found).first()
    if row is None:
        raise AssessmentUnknown(_("This payment was not judged by the rules."))
    return row


def check_waiting(row: RiskAssessment, verdict: RiskAssessment.Verdict) -> None:
    if row.verdict == verdict:
        return
    if row.verdict or row.action != Action.REVIEW:
        raise ReviewOver(_("This payment does not wait for a decision. Somebody may have been faster."))


def decide(
    organization: Organization, payment: Payment, verdict: RiskAssessment.Verdict, actor: Actor
) -> RiskAssessment:
    """The word of whoever is first. Released, its task is done; refused, it is when the money is on its way back. What
    was not paid yet is judged once more when it is, so nobody decides of it before."""
    if payment.state != PaymentState.SUCCEEDED:
        raise ReviewOver(_("This payment did not come yet: there is nothing to decide."))
    row = waiting(organization, payment, lock=True)
    check_waiting(row, verdict)
    if row.verdict == verdict:
        return row
    at = clock.now(organization)
    row.verdict, row.decided_at = verdict.value, at
    row.save(update_fields=["verdict", "decided_at"])
    if verdict == V.REFUSED:
        _say_refused(organization, payment)
    else:
        task_done(organization, payment)
    facts: dict[str, object] = {
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "invoice": payment.invoice.number if payment.invoice else None,
        "number": row.score,
    }
    news = News(f"risk.{verdict}", "payment", payment.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return row


def left_of(payment: Payment) -> int:
    """What could still be given back, in minor units."""
    gone = payment.refunded_minor + payment.refunding_minor + payment.disputed_minor
    return max(payment.captured_minor - gone, 0) if payment.state == PaymentState.SUCCEEDED else 0


def refusal_key(organization: Organization, payment: Payment) -> str:
    """Names the refund of a refused payment: the same for all who ask at once, and a new one after each that failed."""
    first = f"refused-{payment.id}"
    failed = Refund.objects.filter(
        organization=organization, payment=payment, key__startswith=first, state=RefundState.FAILED
    ).count()
    return f"{first}-{failed}" if failed else first


def task_done(organization: Organization, payment: Payment) -> None:
    _tasks(organization, payment, resolved_at=None).update(resolved_at=clock.now(organization))


def not_given_back(organization: Organization, payment: Payment, *, since: datetime | None = None) -> None:
    """A person must see to it that a refused payment goes back. ``since``: when its refund failed; a task that was done
    after that is not opened again, since somebody found another way."""
    at = clock.now(organization)
    task = _tasks(organization, payment).select_for_update(no_key=True).first()
    if task is not None and (task.resolved_at is None or (since is not None and since <= task.resolved_at)):
        return
    facts: dict[str, object] = {
        "amount_minor": payment.captured_minor,
        "currency": payment.currency,
        "invoice": payment.invoice.number if payment.invoice else None,
        "refused": True,
    }
    if task is None:
        Attention.objects.create(
            organization=organization,
            kind=PAYMENT_REVIEW,
            subject_type="payment",
            subject_id=payment.id,
            data=facts,
            created_at=at,
        )
    else:
        task.resolved_at, task.data = None, facts
        task.save(update_fields=["resolved_at", "data"])
    news = News("attention.raised", "payment", payment.id, {"kind": PAYMENT_REVIEW, **facts})
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=at)


def _say_refused(organization: Organization, payment: Payment) -> None:
    """The task stays until the money is on its way, and says so."""
    for task in _tasks(organization, payment, resolved_at=None):
        task.data = {**task.data, "refused": True}
        task.save(update_fields=["data"])


def _tasks(organization: Organization, payment: Payment, **more: object) -> QuerySet[Attention]:
    return Attention.objects.filter(
        organization=organization, kind=PAYMENT_REVIEW, subject_id=payment.id, **more
    )
