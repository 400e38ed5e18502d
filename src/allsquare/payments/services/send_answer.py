"""The answer to a dispute is handed in, under its own id, outside any transaction."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock, document_store, failpoints
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.disputes import ask_no_more
from allsquare.payments.errors import DisputeUnknown, EvidenceNotTaken
from allsquare.payments.gateway import Status
from allsquare.payments.gateway_abilities import EvidenceFile as FileToSend
from allsquare.payments.gateway_abilities import EvidenceKind, EvidenceRequest
from allsquare.payments.models import Dispute, DisputeAnswer, EvidenceFile
from allsquare.payments.registry import taking_evidence

State = DisputeAnswer.State


def send_answer(*, organization: Organization, answer_id: UUID, actor: Actor) -> DisputeAnswer:
    """Hand in what is kept. Of one that the provider has, or refused, nothing is asked again. Raises
    ``DisputeUnknown``, ``EvidenceNotTaken``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    around = ("dispute__payment__gateway_account",)
    answer = (
        DisputeAnswer.objects.filter(organization=organization, id=answer_id).select_related(*around).first()
    )
    if answer is None:
        raise DisputeUnknown(_("There is no such answer."))
    if answer.state != State.SENDING:
        return answer
    speaker = taking_evidence(answer.dispute.payment.gateway_account)
    if speaker is None:
        raise EvidenceNotTaken(_("This provider takes no evidence from here. Answer it there."))
    rows = EvidenceFile.objects.filter(organization=organization, answer=answer).order_by("place")
    outcome = speaker.send_evidence(
        EvidenceRequest(
            key=answer.id,
            dispute_reference=answer.dispute.reference,
            text=answer.text,
            files=tuple(
                FileToSend(row.name, row.media_type, document_store.get(row.sha256), EvidenceKind(row.kind))
                for row in rows
            ),
        )
    )
    failpoints.reached("evidence.answered")
    _end(organization, answer, outcome.status, outcome.message, actor)
    answer.refresh_from_db()
    return answer


@retrying
def _end(
    organization: Organization, answer: DisputeAnswer, status: Status, message: str, actor: Actor
) -> None:
    """What the provider said; whoever hears it second changes nothing."""
    at = clock.now(organization)
    mine = DisputeAnswer.objects.filter(organization=organization, id=answer.id, state=State.SENDING)
    dispute = answer.dispute
    facts: dict[str, object] = {
        "amount_minor": dispute.amount_minor,
        "currency": dispute.currency,
        "payment": str(dispute.payment_id),
    }
    news: list[News] = []
    if status is Status.DECLINED:
        if mine.update(state=State.REFUSED, message=message):
            news = [News("dispute.answer_refused", "dispute", dispute.id, {**facts, "message": message})]
    elif status is not Status.SUCCEEDED:
        mine.update(message=message)
    elif mine.update(state=State.SENT, message="", sent_at=at):
        # From now on a deadline is one of another question.
        Dispute.objects.filter(organization=organization, id=dispute.id).update(evidence_by=None)
        news = [
            *ask_no_more(organization, dispute.id, at=at),
            News("dispute.answered", "dispute", dispute.id, facts),
        ]
    record(organization_id=organization.id, news=news, actor=actor, at=at)
