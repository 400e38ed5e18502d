"""A colleague says how a dispute ended whose provider does not: it is won, or lost."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import Data
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.idempotency import Answer
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments import by_hand
from allsquare.payments.disputes import get_case
from allsquare.payments.errors import HasEnded, InvalidPayment
from allsquare.payments.gateway import SAID_BY_PERSON, DisputeStage, Outcome, Status, Subject
from allsquare.payments.left_open import dispute_left_since
from allsquare.payments.models import Dispute
from allsquare.payments.services.hear import hear
from allsquare.payments.services.settle import settle
from allsquare.payments.settlement.locked import lock
from allsquare.payments.states import DisputeState

D = DisputeState


def end_dispute_by_hand(
    *, organization: Organization, dispute_id: UUID, lost: Money | None, reason: str, key: str, actor: Actor
) -> Dispute:
    """What a colleague saw at the provider: all or a part of it is ``lost``, or (``None``) it is won, and why they
    know. It goes through the door like the provider's own word, which is asked for once more first, outside any
    transaction, and counts where it comes, then or later. While it did not, what was said can be corrected once.

    The same ``key`` again changes nothing. Raises ``DisputeUnknown``, ``NotLeftOpen``, ``ProviderAnswers``,
    ``HasEnded``, ``InvalidPayment``.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    reason = by_hand.checked_reason(reason)
    dispute = get_case(organization, dispute_id).dispute
    by_hand.enter(
        organization=organization,
        operation="dispute.end_by_hand",
        key=key,
        given={"dispute": dispute_id, "lost": lost and lost.plain, "reason": reason},
        before=partial(_ask, organization, dispute, lost),
        work=partial(_end, organization, dispute_id, lost, reason, actor),
    )
    dispute.refresh_from_db()
    return dispute


def _check(dispute: Dispute, lost: Money) -> None:
    if lost.currency.code != dispute.currency or not 0 < lost.minor <= dispute.amount_minor:
        most = format_money(Money(dispute.amount_minor, lost.currency), spoken_language())
        raise InvalidPayment(
            _("Enter what was lost: more than nothing, and at most the disputed %(most)s.") % {"most": most},
            field="amount",
        )


def _corrects(dispute: Dispute, lost: Money | None) -> bool:
    return by_hand.is_said_of_dispute(dispute) and dispute.state == (D.LOST if lost is None else D.WON)


def _ask(organization: Organization, dispute: Dispute, lost: Money | None) -> None:
    account, corrects = dispute.payment.gateway_account, _corrects(dispute, lost)
    if not corrects:
        by_hand.check_left_open(dispute_left_since(dispute), now=clock.now(organization))
    if lost is not None:
        _check(dispute, lost)
    answer = by_hand.or_silence(
        lambda: hear(
            organization=organization,
            account=account,
            key=dispute.id,
            reference=dispute.reference,
            subject=Subject.DISPUTE,
        )
    )
    before = dispute.state, dispute.by_hand
    dispute.refresh_from_db()
    if dispute.state != D.OPENED and (dispute.state, dispute.by_hand) != before:
        ended = _("it is won") if dispute.state == D.WON else _("it is lost")
        raise by_hand.says_otherwise(account, ended)
    if answer is not None and not corrects:
        raise by_hand.goes_on_there(account)


def _end(
    organization: Organization, dispute_id: UUID, lost: Money | None, reason: str, actor: Actor
) -> Answer:
    dispute = get_case(organization, dispute_id).dispute
    payment, account = dispute.payment, dispute.payment.gateway_account
    # Whoever was faster, a colleague or the provider, is waited for: then it has ended.
    lock(organization=organization, account=account, payment_ids=[payment.id]).payments  # noqa: B018  # it is locked
    dispute.refresh_from_db()
    if dispute.state != D.OPENED and not _corrects(dispute, lost):
        raise HasEnded(_("It has ended meanwhile. Look at what it says now."))
    told = Outcome(
        Subject.DISPUTE,
        Status.SUCCEEDED,
        payment.gateway,
        reference=dispute.reference,
        amount=lost,
        code=SAID_BY_PERSON,
        charge_reference=payment.reference or "",
        dispute_stage=DisputeStage.WON if lost is None else DisputeStage.LOST,
    )
    settle(organization=organization, gateway_account=account, outcomes=[told], actor=actor)
    dispute.refresh_from_db()
    if dispute.state != told.dispute_stage:
        raise HasEnded(_("It ended both ways already. Record what is missing as a movement."))
    facts: Data = {
        "payment": str(payment.id),
        "customer": str(payment.customer_id),
        "amount_minor": dispute.amount_minor,
        "currency": dispute.currency,
        "reason": reason,
    }
    said = "won_by_hand" if lost is None else "lost_by_hand"
    by_hand.tell(organization, ("dispute", dispute_id), said, facts, actor)
    return {"dispute": str(dispute_id)}
