"""Money that came by hand or by bank, written down: as the transfer that is waited for, or as a payment of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.core import bulk, clock
from allsquare.core.actor import Actor
from allsquare.core.binary import encoded_array
from allsquare.core.idempotency import Answer, check_key, once
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.announced import still_owed
from allsquare.payments.arrivals import check_amount, check_arrival
from allsquare.payments.gateway import Capability, MethodKind, Outcome, Status, Subject
from allsquare.payments.models import Payment, PaymentAttempt
from allsquare.payments.needless import close_needless, needless_pages
from allsquare.payments.registry import adapters_with
from allsquare.payments.selectors import get_payment, waiting_transfers
from allsquare.payments.services.settle import settle
from allsquare.payments.services.start import start_payment

#: The name under which a transfer that came is kept with its key.
_OPERATION: Final = "record_transfer"


class _NothingWaits(Exception):
    """No transfer of the invoice is waited for."""


def record_money(
    *,
    organization: Organization,
    invoice_id: UUID,
    amount: Money,
    method: MethodKind,
    gateway_account_id: UUID,
    key: str,
    actor: Actor,
    received_on: date | None = None,
    note: str = "",
) -> Payment:
    """A bank transfer that a payer announced is that transfer: two payments for one sum would pay the invoice twice.
    Everything else is recorded under ``gateway_account_id``, as :func:`start_payment` does, whose errors it raises.

    The same ``key`` again gives the same payment, whichever of the two it was.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    check_key(key)
    if method is MethodKind.BANK_TRANSFER and _may_be_awaited(organization, invoice_id, key):
        try:
            came = retried(partial(_arrived, organization, invoice_id, amount, received_on, note, key, actor))
        except _NothingWaits:
            pass
        else:
            close_needless(organization, needless_pages(organization, invoice_id))
            return came
    return start_payment(
        organization=organization,
        invoice_id=invoice_id,
        amount=amount,
        method=method,
        gateway_account_id=gateway_account_id,
        key=key,
        actor=actor,
        received_on=received_on,
        note=note,
    )


def _may_be_awaited(organization: Organization, invoice_id: UUID, key: str) -> bool:
    """Does a transfer of the invoice wait, or was one recorded under this key before? Not, when the key is that of a
    payment of its own. Asked without a lock, so that money for which nothing waits is no work."""
    ((recorded, answered, awaited),) = bulk.run(
        """SELECT EXISTS (SELECT FROM payment WHERE organization_id = %(org)b AND key = %(key)t),
                  EXISTS (SELECT FROM idempotency_record
                      WHERE organization_id = %(org)b AND operation = %(operation)t AND key = %(key)t),
                  EXISTS (SELECT FROM payment WHERE organization_id = %(org)b
                      AND (invoice_id = %(invoice)b OR id = ANY(ARRAY(SELECT payment_id FROM payment_share
                          WHERE organization_id = %(org)b AND invoice_id = %(invoice)b)))
                      AND state = 'pending' AND gateway = ANY(%(awaited)b::text[]))""",
        {
            "org": organization.id,
            "key": key,
            "operation": _OPERATION,
            "invoice": invoice_id,
            "awaited": encoded_array("text", sorted(adapters_with(Capability.AWAITED))),
        },
    )
    return not recorded and (answered or awaited)


def _meant(organization: Organization, waiting: Sequence[Payment], amount: Money) -> Payment | None:
    """The transfer of just that sum, or of what it should bring by now; else the newest that is for this invoice alone.
    One that is for other invoices as well comes as one sum: other money is for this one alone."""
    fitting = [each for each in waiting if each.currency == amount.currency.code]
    exact = (each for each in fitting if each.amount_minor == amount.minor)
    asked = (each for each in fitting if still_owed(organization, each) == amount.minor)
    alone = (each for each in fitting if each.share is None)
    return next(exact, None) or next(asked, None) or next(alone, None)


def _arrived(
    organization: Organization,
    invoice_id: UUID,
    amount: Money,
    received_on: date | None,
    note: str,
    key: str,
    actor: Actor,
) -> Payment:
    """A transfer that is waited for is settled, in one transaction with the answer under ``key``."""

    def work() -> Answer:
        # The invoice is the queue in which two clerks stand.
        list(Invoice.objects.select_for_update(no_key=True).filter(organization=organization, id=invoice_id))
        waiting = _meant(organization, waiting_transfers(organization, invoice_id), amount)
        if waiting is None:
            raise _NothingWaits
        check_amount(amount)
        check_arrival(organization, amount, received_on)
        if note:
            Payment.objects.filter(organization=organization, id=waiting.id).update(note=note[:200])
        attempt = PaymentAttempt.objects.filter(organization=organization, payment=waiting).latest("number")
        came = Outcome(
            subject=Subject.CHARGE,
            status=Status.SUCCEEDED,
            gateway=waiting.gateway,
            reference=waiting.reference or "",
            key=attempt.id,
            amount=amount,
            fee=Money.zero(amount.currency),
            received_on=received_on,
        )
        settle(
            organization=organization, gateway_account=waiting.gateway_account, outcomes=[came], actor=actor
        )
        return {"payment": str(waiting.id)}

    answer, _ = once(
        organization_id=organization.id,
        operation=_OPERATION,
        key=key,
        given={"invoice": invoice_id, "amount": amount.plain, "on": received_on, "note": note},
        at=clock.now(organization),
        work=work,
    )
    return get_payment(organization, UUID(str(answer["payment"])))
