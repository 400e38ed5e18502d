"""A colleague says what became of a refund whose provider does not: it went, or it did not."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import Data
from allsquare.core.idempotency import Answer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments import by_hand
from allsquare.payments.errors import HasEnded, RefundTooHigh
from allsquare.payments.gateway import SAID_BY_PERSON, Outcome, Status, Subject
from allsquare.payments.left_open import refund_left_since
from allsquare.payments.models import Refund
from allsquare.payments.selectors import get_refund
from allsquare.payments.services.hear import hear
from allsquare.payments.services.settle import settle
from allsquare.payments.settlement.locked import lock
from allsquare.payments.states import REFUND_OPEN, RefundState

R = RefundState


def end_refund_by_hand(
    *, organization: Organization, refund_id: UUID, went: bool, reason: str, key: str, actor: Actor
) -> Refund:
    """What a colleague saw at the provider, and why they know. It goes through the door like the provider's own word,
    which is asked for once more first, outside any transaction, and counts where it comes, then or later. While it did
    not, what was said can be corrected.

    The same ``key`` again changes nothing. Raises ``RefundUnknown``, ``NotLeftOpen``, ``ProviderAnswers``,
    ``HasEnded``, ``RefundTooHigh``, ``InvalidPayment``.
    """
    require(organization, actor, Permission.REFUND)
    reason = by_hand.checked_reason(reason)
    refund = get_refund(organization, refund_id)
    by_hand.enter(
        organization=organization,
        operation="refund.end_by_hand",
        key=key,
        given={"refund": refund_id, "went": went, "reason": reason},
        before=partial(_ask, organization, refund, went),
        work=partial(_end, organization, refund_id, went, reason, actor),
    )
    refund.refresh_from_db()
    return refund


def _corrects(refund: Refund, went: bool) -> bool:
    return by_hand.is_said_of_refund(refund) and went is (refund.state == R.FAILED)


def _ask(organization: Organization, refund: Refund, went: bool) -> None:
    account, corrects = refund.payment.gateway_account, _corrects(refund, went)
    if not corrects:
        by_hand.check_left_open(refund_left_since(refund), now=clock.now(organization))
    # That it was never heard of is an answer as well: the sweep asks for it anew.
    answer = by_hand.or_silence(
        lambda: hear(
            organization=organization,
            account=account,
            key=refund.id,
            reference=refund.reference or "",
            subject=Subject.REFUND,
        )
    )
    before = refund.state, refund.by_hand
    refund.refresh_from_db()
    if refund.state not in REFUND_OPEN and (refund.state, refund.by_hand) != before:
        ended = _("it went") if refund.state == R.SUCCEEDED else _("it did not go")
        raise by_hand.says_otherwise(account, ended)
    if answer is not None and not corrects:
        raise by_hand.goes_on_there(account)


def _end(organization: Organization, refund_id: UUID, went: bool, reason: str, actor: Actor) -> Answer:
    refund = get_refund(organization, refund_id)
    payment, account = refund.payment, refund.payment.gateway_account
    # Whoever was faster, a colleague or the provider, is waited for: then it has ended.
    now = lock(organization=organization, account=account, payment_ids=[payment.id]).payments[payment.id]
    refund.refresh_from_db()
    if refund.state not in REFUND_OPEN and not _corrects(refund, went):
        raise HasEnded(_("It has ended meanwhile. Look at what it says now."))
    if refund.state == R.FAILED and now.left_minor < refund.amount_minor:
        raise RefundTooHigh(_("Its sum was given back by another refund, or is disputed."))
    told = Outcome(
        Subject.REFUND,
        Status.SUCCEEDED if went else Status.DECLINED,
        payment.gateway,
        key=refund.id,
        reference=refund.reference or "",
        code=SAID_BY_PERSON,
        message=by_hand.ENTERED,
        charge_reference=payment.reference or "",
    )
    settle(organization=organization, gateway_account=account, outcomes=[told], actor=actor)
    facts: Data = {
        "payment": str(payment.id),
        "customer": str(payment.customer_id),
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "reason": reason,
    }
    said = "went_by_hand" if went else "not_gone_by_hand"
    by_hand.tell(organization, ("refund", refund_id), said, facts, actor)
    return {"refund": str(refund_id)}
