"""An attempt that surely did not reach its provider is made anew at the next account, within the same payment.

Two accounts that both were asked for the money could both take it. So nothing moves unless all of this holds, and it is
asked in one transaction under the payment's lock: the provider's answer to the *first* call of the attempt was that it
did not arrive (``NOT_SENT``; a time-out is not that); nobody has sent it a second time since (``repeated_at``; whoever
does marks it before, see ``check_payment``); and nothing else was heard of the payment meanwhile.
"""

from __future__ import annotations

from functools import partial

from allsquare.core import clock, failpoints
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.consent import is_kept_alike
from allsquare.payments.gateway import MethodKind, Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.plan import next_check
from allsquare.payments.settlement.locked import lock
from allsquare.payments.states import PaymentState


def move_payment(
    *,
    organization: Organization,
    payment: Payment,
    attempt: PaymentAttempt,
    outcome: Outcome,
    to: GatewayAccount,
    actor: Actor,
) -> PaymentAttempt | None:
    """The attempt to be asked of ``to``, committed; ``payment`` then belongs to it. ``None``: it stays where it is, and
    nothing was written."""
    require(organization, actor, Permission.PAY)
    if outcome.status is not Status.NOT_SENT or attempt.request.get("saved_method"):
        return None
    made = retried(partial(_move, organization, payment, attempt, outcome, to, actor), durable=True)
    if made is None:
        return None
    payment.gateway_account, payment.gateway, payment.checks = to, to.gateway, 0
    failpoints.reached("charge.moved")
    return made


def _move(
    organization: Organization,
    payment: Payment,
    attempt: PaymentAttempt,
    outcome: Outcome,
    to: GatewayAccount,
    actor: Actor,
) -> PaymentAttempt | None:
    account = payment.gateway_account
    locked = lock(organization=organization, account=account, payment_ids=[payment.id]).payments[payment.id]
    if locked.state is not PaymentState.STARTED or locked.gateway_account_id != account.id:
        return None
    at = clock.now(organization)
    mine = PaymentAttempt.objects.filter(
        organization=organization, id=attempt.id, status="", repeated_at=None, gateway_account=None
    )
    left = mine.update(
        status=outcome.status,
        code=outcome.code[:60],
        message=outcome.message,
        answered_at=at,
        gateway_account=account,
    )
    if not left:
        return None
    made = PaymentAttempt.objects.create(
        organization=organization,
        payment_id=payment.id,
        number=attempt.number + 1,
        request=_request(organization, payment, attempt, to),
        started_at=at,
    )
    Payment.objects.filter(organization=organization, id=payment.id).update(
        gateway_account=to,
        gateway=to.gateway,
        # Another time than before: whoever read the old one to ask about it finds that it is not theirs.
        next_check_at=next_check(PaymentState.STARTED, checks=0, now=clock.now(None)),
        checks=0,
    )
    facts: Data = {
        "invoice": str(payment.invoice_id) if payment.invoice_id else None,
        "from": account.label,
        "to": to.label,
        "gateway": to.gateway,
        "code": outcome.code,
        "message": outcome.message,
    }
    news = News("payment.moved", "payment", payment.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    failpoints.reached("charge.move_written")
    return made


def _request(
    organization: Organization, payment: Payment, attempt: PaymentAttempt, to: GatewayAccount
) -> dict[str, object]:
    """As it was; but who agreed that one provider keeps their card agreed to nothing about another."""
    agreed = is_kept_alike(organization.name, MethodKind(payment.method), payment.gateway_account, to)
    return {**attempt.request, "save_method": bool(attempt.request["save_method"]) and agreed}
