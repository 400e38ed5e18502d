"""A dispute is answered: the answer is kept, and then handed in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock, document_store, failpoints
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.idempotency import check_key, input_hash, same_input
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import DisputeAnswered, DisputeClosed, DisputeUnknown, EvidenceNotTaken
from allsquare.payments.evidence import LONGEST_TEXT, Checked, Given, checked_files
from allsquare.payments.models import Dispute, DisputeAnswer, EvidenceFile
from allsquare.payments.registry import taking_evidence
from allsquare.payments.services.send_answer import send_answer
from allsquare.payments.states import DisputeState

State = DisputeAnswer.State


def answer_dispute(
    *, organization: Organization, dispute_id: UUID, text: str, files: Sequence[Given], key: str, actor: Actor
) -> DisputeAnswer:
    """Hand in ``text`` and ``files``, once and for good: a provider takes one answer. Same key, same answer; one that
    may not have arrived is sent again under its id.

    Raises ``FieldErrors``, ``DisputeUnknown``, ``DisputeClosed``, ``DisputeAnswered``, ``EvidenceNotTaken``,
    ``KeyReused``, ``KeyInvalid``.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    check_key(key)
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        told = _("Say in at most %(number)s characters why the payment was right.") % {"number": LONGEST_TEXT}
        raise FieldErrors({"text": told})
    checked = checked_files(files)
    for each in checked:
        document_store.put(each.data)
    answer = retried(partial(_keep, organization, dispute_id, text, checked, key), durable=True)
    failpoints.reached("evidence.kept")
    return send_answer(organization=organization, answer_id=answer.id, actor=actor)


def _keep(
    organization: Organization, dispute_id: UUID, text: str, files: tuple[Checked, ...], key: str
) -> DisputeAnswer:
    dispute = (
        Dispute.objects.select_for_update(of=("self",), no_key=True)
        .filter(organization=organization, id=dispute_id)
        .select_related("payment__gateway_account")
        .first()
    )
    if dispute is None:
        raise DisputeUnknown(_("There is no such dispute."))
    names = [(each.name, sha256(each.data).hexdigest(), each.kind.value) for each in files]
    digest = input_hash({"dispute": dispute_id, "text": text, "files": names})
    earlier = DisputeAnswer.objects.filter(organization=organization, key=key).first()
    if earlier is not None:
        same_input(earlier.input_hash, digest)
        return earlier
    _check(organization, dispute)
    answer = DisputeAnswer.objects.create(
        organization=organization,
        dispute=dispute,
        text=text,
        key=key,
        input_hash=digest,
        created_at=clock.now(organization),
    )
    EvidenceFile.objects.bulk_create(
        EvidenceFile(
            organization=organization,
            answer=answer,
            place=place,
            kind=each.kind,
            name=each.name,
            media_type=each.media_type,
            size=len(each.data),
            sha256=names[place][1],
        )
        for place, each in enumerate(files)
    )
    return answer


def _check(organization: Organization, dispute: Dispute) -> None:
    if taking_evidence(dispute.payment.gateway_account) is None:
        raise EvidenceNotTaken(_("This provider takes no evidence from here. Answer it there."))
    if dispute.state != DisputeState.OPENED:
        raise DisputeClosed(_("This dispute is decided. Nothing was sent."))
    if dispute.evidence_by and dispute.evidence_by <= clock.now(organization):
        raise DisputeClosed(_("The time to answer this dispute is over. Nothing was sent."))
    given = DisputeAnswer.objects.filter(organization=organization, dispute=dispute)
    if given.exclude(state=State.REFUSED).exists():
        raise DisputeAnswered(_("This dispute was answered already. Nothing was sent."))
