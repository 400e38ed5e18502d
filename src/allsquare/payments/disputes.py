"""Reading disputes: what a payer's bank wants to know, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.events import News
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.attention import ANSWER
from allsquare.payments.errors import DisputeUnknown
from allsquare.payments.models import Dispute, DisputeAnswer, DisputeFee, EvidenceFile
from allsquare.payments.registry import taking_evidence
from allsquare.payments.resolving import resolve, still_open
from allsquare.payments.states import DisputeState


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute as it stands now. ``days_left`` counts the calendar days of the business; ``None`` where nobody waits
    for an answer, or no deadline is known."""

    dispute: Dispute
    days_left: int | None
    is_late: bool
    answers: Sequence[DisputeAnswer] = ()
    fees: Sequence[DisputeFee] = ()

    @property
    def sources(self) -> list[UUID]:
        """Ids whose journal entries are about it."""
        return [self.dispute.id, *(fee.id for fee in self.fees)]

    @property
    def fee_back(self) -> Money | None:
        """What the provider gave back of its fee."""
        back = -sum(fee.amount_minor for fee in self.fees if fee.amount_minor < 0)
        return Money(back, currency(self.dispute.currency)) if back else None

    @property
    def is_open(self) -> bool:
        """Does the bank still listen?"""
        return self.dispute.state == DisputeState.OPENED and not self.is_late

    @property
    def answer(self) -> DisputeAnswer | None:
        """The one that was sent, or is on its way."""
        return next((each for each in self.answers if each.state != DisputeAnswer.State.REFUSED), None)


def get_case(organization: Organization, dispute_id: UUID) -> Case:
    """With payment, customer, invoice, provider, answers and fees: four queries. Raises :class:`DisputeUnknown`."""
    around = ("payment__customer", "payment__invoice", "payment__gateway_account")
    found = Dispute.objects.filter(organization=organization, id=dispute_id).select_related(*around).first()
    if found is None:
        raise DisputeUnknown(_("There is no such dispute."))
    given = DisputeAnswer.objects.filter(organization=organization, dispute=found)
    answers = list(given.prefetch_related("files").order_by("-id"))
    fees = list(DisputeFee.objects.filter(organization=organization, dispute=found).order_by("id"))
    if found.state != DisputeState.OPENED or found.evidence_by is None:
        return Case(found, None, False, answers, fees)
    last_day = clock.local(organization, found.evidence_by).date()
    days = (last_day - clock.today(organization)).days
    return Case(found, max(days, 0), found.evidence_by <= clock.now(organization), answers, fees)


def get_file(organization: Organization, dispute_id: UUID, file_id: UUID) -> EvidenceFile:
    """A file of an answer to this dispute. Raises :class:`DisputeUnknown`, for those of other disputes too."""
    found = EvidenceFile.objects.filter(
        organization=organization,
        answer__dispute_id=dispute_id,
        answer__organization=organization,
        id=file_id,
    ).first()
    if found is None:
        raise DisputeUnknown(_("There is no such file."))
    return found


def is_answered_here(case: Case) -> bool:
    """Does the provider take the answer from us?"""
    return taking_evidence(case.dispute.payment.gateway_account) is not None


def to_answer(organization: Organization, *, until: datetime) -> QuerySet[Dispute]:
    """Open disputes whose deadline is still to come and not after ``until``. Of one that was answered there is none,
    unless the provider asked once more since."""
    return Dispute.objects.filter(
        organization=organization,
        state=DisputeState.OPENED,
        evidence_by__gt=clock.now(organization),
        evidence_by__lte=until,
    )


def ask_no_more(
    organization: Organization, dispute_id: UUID, *, at: datetime, but_for: str = ""
) -> list[News]:
    """Nobody need answer any more, or not for this reason (``but_for`` is a kind of task that stays). Inside the
    caller's transaction, who records what is returned."""
    return resolve(still_open(organization, dispute_id, *ANSWER).exclude(kind=but_for), at=at)
