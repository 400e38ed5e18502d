"""Calling the provider about one attempt, outside any transaction, and taking its answer through the door."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import OperationalError

from allsquare.core import failpoints
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.currencies import currency
from allsquare.core.errors import INDIGESTIBLE
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments import taking
from allsquare.payments.gateway import (
    Capability,
    ChargeRequest,
    MethodKind,
    Outcome,
    RefundRequest,
    Status,
    Subject,
)
from allsquare.payments.models import Payment, PaymentAttempt, Refund
from allsquare.payments.registry import adapter, closing, taking_transfers
from allsquare.payments.services.settle import settle
from allsquare.payments.states import OPEN

log = logging.getLogger(__name__)


def ask(
    *,
    organization: Organization,
    payment: Payment,
    attempt: PaymentAttempt,
    actor: Actor,
    joining: bool = False,
) -> None:
    """Send the attempt's request under the attempt's id; ``payment`` then has what became of it. Safe to repeat: the
    provider knows the id. ``joining``: see ``settle``."""
    outcome = call(payment, attempt)
    take_in(organization=organization, payment=payment, outcome=outcome, actor=actor, joining=joining)


def call(payment: Payment, attempt: PaymentAttempt) -> Outcome:
    """Send the attempt's request under the attempt's id, and nothing else."""
    failpoints.reached("charge.asking")
    outcome = adapter(payment.gateway_account).start(charge_request(payment, attempt))
    failpoints.reached("charge.answered")
    return outcome


def take_in(
    *, organization: Organization, payment: Payment, outcome: Outcome, actor: Actor, joining: bool = False
) -> None:
    """What the payment's account answered goes through the door, and ``payment`` shows what it came to."""
    settled = settle(
        organization=organization,
        gateway_account=payment.gateway_account,
        outcomes=[outcome],
        actor=actor,
        joining=joining,
    )
    for each in settled:
        if each.id == payment.id:
            each.show_in(payment)
    if outcome.status is Status.ACTION_REQUIRED and payment.state not in OPEN:
        # It was given up while the request was on its way: nobody waits there, and nothing may be paid there.
        closed(organization, payment)


def close_page(*, organization: Organization, payment: Payment, actor: Actor, part: bool = False) -> bool:
    """The page that waits for the payer is closed at its provider, and what became of it goes through the door. Where
    the provider cannot, or does not answer, or the money is being taken in this moment, it stays as it is, and that is
    ``False``. A transfer of which a part came is called off only with ``part``. Safe to repeat."""
    speaker = closing(payment.gateway_account)
    if speaker is None:
        return False
    attempt = PaymentAttempt.objects.filter(organization=organization, payment=payment).latest("number")
    reference = payment.reference or ""
    if not reference and Capability.LOOKUP in speaker.capabilities:  # its first answer was lost
        asked = speaker.look_up(key=attempt.id, reference="", subject=Subject.CHARGE, act=False)
        reference = asked.reference
    transfers = taking_transfers(payment.gateway_account) if part else None
    if transfers is not None:
        outcome = transfers.close(key=attempt.id, reference=reference, part=True)
    elif Capability.TAKES in speaker.capabilities and taking.close(organization, payment):
        outcome = speaker.look_up(key=attempt.id, reference=reference, subject=Subject.CHARGE, act=False)
        if outcome.status is Status.ACTION_REQUIRED:
            return False
    else:
        outcome = speaker.close(key=attempt.id, reference=reference)
    failpoints.reached("charge.page_closed")
    if outcome.status is Status.UNKNOWN:
        return False
    account = payment.gateway_account
    settle(organization=organization, gateway_account=account, outcomes=[outcome], actor=actor)
    return True


def close_pages(organization: Organization, payments: Iterable[Payment]) -> None:
    """Outside any transaction. One that cannot be closed, or whose news cannot be taken in, leaves the others be."""
    for payment in payments:
        closed(organization, payment)


def closed(organization: Organization, payment: Payment) -> bool:
    """Did its provider close the page, or say what became of it?"""
    try:
        return close_page(organization=organization, payment=payment, actor=SYSTEM)
    except OperationalError:
        raise
    except INDIGESTIBLE:
        log.exception("the page of payment %s could not be closed", payment.id)
        return False


def ask_refund(*, organization: Organization, refund: Refund, actor: Actor) -> None:
    """Send the refund's request under the refund's id. Safe to repeat."""
    payment = refund.payment
    request = RefundRequest(
        key=refund.id,
        charge_reference=payment.reference or "",
        amount=Money(refund.amount_minor, currency(refund.currency)),
        reason=refund.reason,
    )
    failpoints.reached("refund.asking")
    outcome = adapter(payment.gateway_account).refund(request)
    failpoints.reached("refund.answered")
    settle(
        organization=organization, gateway_account=payment.gateway_account, outcomes=[outcome], actor=actor
    )


def charge_request(payment: Payment, attempt: PaymentAttempt) -> ChargeRequest:
    """The request as it was first asked."""
    asked: dict[str, Any] = attempt.request
    return ChargeRequest(
        key=attempt.id,
        amount=Money(payment.amount_minor, currency(payment.currency)),
        method=MethodKind(payment.method),
        description=asked["description"],
        return_url=asked["return_url"],
        customer_email=asked["customer_email"],
        customer_name=asked["customer_name"],
        saved_method=asked["saved_method"],
        save_method=asked["save_method"],
        reader=asked.get("reader", ""),
        tips=asked.get("tips", False),
        language=asked["language"],
        received_on=date.fromisoformat(asked["received_on"]) if asked["received_on"] else None,
        note=asked["note"],
        challenge=asked.get("challenge", False),
        organization=str(payment.organization_id),
        metadata={
            "attempt": str(attempt.id),
            "invoice": str(payment.invoice_id or ("several" if asked.get("several") else "")),
            "customer": str(payment.customer_id),
        },
    )
