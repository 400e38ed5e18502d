"""Giving money back: reserved under the payment's lock, asked once under the refund's id, settled by the door."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F
from django.utils.translation import gettext as _

from allsquare.core import clock, failpoints
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.idempotency import check_key, input_hash, same_input
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.asking import ask_refund
from allsquare.payments.errors import GatewayUnavailable, InvalidPayment, PaymentUnknown, RefundTooHigh
from allsquare.payments.freed import returnable
from allsquare.payments.gateway import Capability
from allsquare.payments.models import Freed, Payment, Refund
from allsquare.payments.plan import next_check
from allsquare.payments.registry import adapter_class
from allsquare.payments.shares import shares_of
from allsquare.payments.states import PaymentState, RefundState


def refund(
    *,
    organization: Organization,
    payment_id: UUID,
    amount: Money,
    reason: str,
    key: str,
    actor: Actor,
    freed_id: UUID | None = None,
) -> Refund:
    """Give ``amount`` of a payment back by the way it came; with ``freed_id`` only of what that credit note set free
    of it and nobody used or gave back since (``key`` is then made by ``freed.refund_key``).

    Two clerks at once cannot give back more than was captured: the sum is reserved before the provider is
    called. Same key, same refund. Raises ``PaymentUnknown``, ``RefundTooHigh``, ``InvalidPayment``, ``KeyReused``,
    ``KeyInvalid``.
    """
    require(organization, actor, Permission.REFUND)
    if amount.minor <= 0:
        raise InvalidPayment(_("Enter an amount above zero."), field="amount")
    check_key(key)
    reserve = partial(_reserve, organization, payment_id, amount, reason, key, actor, freed_id)
    try:
        made, is_new = retried(reserve, durable=True)
    except IntegrityError:
        # The same key for another payment in the same moment. Now its row can be seen, and it is the answer.
        made, is_new = retried(reserve, durable=True)
    if is_new:
        failpoints.reached("refund.intent_committed")
        ask_refund(organization=organization, refund=made, actor=actor)
        made.refresh_from_db()
    return made


def _reserve(
    organization: Organization,
    payment_id: UUID,
    amount: Money,
    reason: str,
    key: str,
    actor: Actor,
    freed_id: UUID | None,
) -> tuple[Refund, bool]:
    payments = Payment.objects.filter(organization=organization, id=payment_id)
    payment = payments.select_for_update(no_key=True).first()
    if payment is None:
        raise PaymentUnknown(_("There is no such payment."))
    given = {
        "payment": payment_id,
        "amount": amount.minor,
        "currency": amount.currency.code,
        "reason": reason,
    }
    digest = input_hash(given)
    earlier = Refund.objects.filter(organization=organization, key=key).first()
    if earlier is not None:
        same_input(earlier.input_hash, digest)
        return earlier, False
    _check(payment, amount)
    if freed_id is not None:
        _check_freed(payment, freed_id, amount)
    payments.update(refunding_minor=F("refunding_minor") + amount.minor)
    at = clock.now(organization)
    made = Refund.objects.create(
        organization=organization,
        payment=payment,
        currency=payment.currency,
        amount_minor=amount.minor,
        key=key,
        input_hash=digest,
        reason=reason[:200],
        created_at=at,
        next_check_at=next_check(RefundState.STARTED, checks=0, now=clock.now(None)),
    )
    numbers = [share.invoice.number for share in shares_of(organization, payment)]
    facts: dict[str, object] = {
        **({"invoices": numbers} if numbers else {}),
        "payment": str(payment.id),
        "invoice": str(payment.invoice_id) if payment.invoice_id else None,
        "customer": str(payment.customer_id),
        "amount_minor": amount.minor,
        "currency": payment.currency,
        "reason": reason,
    }
    news = News("refund.started", "refund", made.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    failpoints.reached("refund.intent_written")
    return made, True


def _check(payment: Payment, amount: Money) -> None:
    if payment.gateway_account.unknown_since is not None:
        raise GatewayUnavailable(
            _(
                "A backup was restored, and %(account)s was not asked yet what happened since. It may have given the "
                "money back already: try again in a minute."
            )
            % {"account": payment.gateway_account}
        )
    if amount.currency.code != payment.currency:
        raise InvalidPayment(
            _("This payment was made in %(currency)s.") % {"currency": payment.currency}, field="amount"
        )
    if payment.state != PaymentState.SUCCEEDED:
        raise InvalidPayment(_("Only a payment that succeeded can be given back."), field="amount")
    able = adapter_class(payment.gateway).capabilities
    if Capability.REFUND not in able:
        raise InvalidPayment(_("This provider cannot give money back. Give it back another way."))
    if Capability.PARTIAL_REFUND not in able and amount.minor != payment.captured_minor:
        raise InvalidPayment(_("This provider gives back the whole payment or nothing."), field="amount")
    if amount.minor > payment.left_minor:
        left = format_money(Money(payment.left_minor, amount.currency), spoken_language())
        raise RefundTooHigh(
            _(
                "At most %(left)s of this payment can be given back, after other refunds and disputes. Nothing was "
                "given back."
            )
            % {"left": left},
            field="amount",
            left_minor=payment.left_minor,
        )


def _check_freed(payment: Payment, freed_id: UUID, amount: Money) -> None:
    """``payment`` is locked, so two who give the same credit back stand in a queue: what one took, the other finds
    gone, and no invoice that stays paid is opened again for it."""
    row = Freed.objects.get(organization_id=payment.organization_id, payment=payment, id=freed_id)
    row.payment = payment
    left = returnable(payment.organization, [row])[row.id]
    if amount.minor > left:
        raise RefundTooHigh(
            _("This was used or given back by somebody else meanwhile. Nothing was given back."),
            field="amount",
            left_minor=left,
        )
