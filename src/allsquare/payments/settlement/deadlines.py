"""Until when a dispute is to be answered, as its provider tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allsquare.core.events import Data
from allsquare.payments.attention import ANSWER, DISPUTE_OPENED
from allsquare.payments.gateway import DisputeStage, Outcome
from allsquare.payments.models import Attention, Dispute, DisputeAnswer
from allsquare.payments.resolving import still_open
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.states import DisputeState

#: So long after our answer the provider may still be read as if it had none.
UNSEEN: Final = timedelta(hours=1)


def take_deadline(batch: Batch, dispute: Dispute, outcome: Outcome, facts: Data) -> None:
    """Of a case that was answered, and has none since, the provider may ask once more: that is a task with ``facts`` as
    it was the first time. It is believed of news of how the case is now alone, and not of what was read while our own
    answer was on its way."""
    if dispute.evidence_by is None and not _is_asked(batch, dispute):
        if not _asks_again(batch, dispute, outcome):
            return
        Attention.objects.filter(
            organization=batch.organization, subject_id=dispute.id, kind__in=ANSWER
        ).delete()
        batch.raise_attention(DISPUTE_OPENED, "dispute", dispute.id, facts)
    dispute.evidence_by = outcome.evidence_by
    dispute.save(update_fields=["evidence_by"])


def _is_asked(batch: Batch, dispute: Dispute) -> bool:
    """Does somebody's task ask for the answer already?"""
    return still_open(batch.organization, dispute.id, *ANSWER).exists()


def _asks_again(batch: Batch, dispute: Dispute, outcome: Outcome) -> bool:
    asks = outcome.dispute_stage is DisputeStage.OPENED and not outcome.is_answered
    if not (asks and batch.current and dispute.state == DisputeState.OPENED):
        return False
    answers = DisputeAnswer.objects.filter(organization=batch.organization, dispute=dispute)
    return not answers.filter(sent_at__gt=batch.now - UNSEEN).exists()
