"""Payments that invoices have to do with: those for one of them alone, and those for several. The organization comes
first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import Final, LiteralString
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from allsquare.billing.states import OPEN_STATES
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.models import Allocation, Payment, PaymentShare
from allsquare.payments.registry import adapters_with
from allsquare.payments.states import PaymentState

#: The same as :func:`is_for`, for ``core.rows``: the invoice, and the organization and the invoice of the shares.
IS_FOR: Final[LiteralString] = """(invoice_id = %b OR id = ANY(ARRAY(
    SELECT payment_id FROM payment_share WHERE organization_id = %b AND invoice_id = %b)))"""


def is_for(organization: Organization, invoice_ids: Collection[UUID]) -> Q:
    """Payments for these invoices, for one of them alone or for several."""
    shares = PaymentShare.objects.filter(organization=organization, invoice_id__in=invoice_ids)
    return Q(invoice_id__in=invoice_ids) | Q(id__among=ArraySubquery(shares.values("payment_id")))


def has_share(organization: Organization, payment: str, invoice: UUID | OuterRef) -> Exists:
    """Is the payment, by the name that the outer query gives its id, for several invoices, and this one of them?"""
    shares = PaymentShare.objects.filter(organization=organization, payment_id=OuterRef(payment))
    return Exists(shares.filter(invoice_id=invoice))


def payments_for(
    organization: Organization, invoice_ids: Iterable[UUID], found: QuerySet[Payment]
) -> list[Payment]:
    """Of ``found`` those for these invoices, in its order. A payment for several of them comes once for each; what of
    it is for the invoice is ``towards_minor``. Two queries."""
    ids = list(invoice_ids)
    return with_shares(organization, ids, list(found.filter(is_for(organization, ids))))


def with_shares(
    organization: Organization, invoice_ids: Collection[UUID], payments: list[Payment]
) -> list[Payment]:
    """``payments`` are for these invoices: those for several, once for each of them. One query where there are some."""
    several = [payment.id for payment in payments if payment.invoice_id is None]
    if not several:
        return payments
    shares = PaymentShare.objects.filter(
        organization=organization, payment_id__in=several, invoice_id__in=invoice_ids
    )
    by_payment: dict[UUID, list[PaymentShare]] = {}
    for share in shares.order_by("payment_id", "place"):
        by_payment.setdefault(share.payment_id, []).append(share)
    return [each for payment in payments for each in _each(payment, by_payment.get(payment.id, []))]


def _each(payment: Payment, shares: list[PaymentShare]) -> list[Payment]:
    if payment.invoice_id is not None:
        return [payment]
    found = []
    for share in shares:
        one = copy(payment)
        one.share = share
        found.append(one)
    return found


def shares_of(organization: Organization, payment: Payment) -> list[PaymentShare]:
    """What a payment for several invoices is for, with the invoices, in their order; nothing for another one."""
    if payment.invoice_id is not None:
        return []
    found = PaymentShare.objects.filter(organization=organization, payment=payment)
    return list(found.select_related("invoice").order_by("place"))


def numbers_of_several(organization: Organization, payments: Sequence[Payment]) -> Mapping[UUID, str]:
    """The numbers of the invoices of those that are for several. One query where there may be some."""
    ids = [payment.id for payment in payments if payment.invoice_id is None]
    if not ids:
        return {}
    found = PaymentShare.objects.filter(organization=organization, payment_id__in=ids)
    numbers: dict[UUID, list[str]] = {}
    for payment_id, number in found.order_by("payment_id", "place").values_list(
        "payment_id", "invoice__number"
    ):
        numbers.setdefault(payment_id, []).append(number or "")
    return {name: ", ".join(each) for name, each in numbers.items()}


def taken_of(organization: Organization, invoice_id: UUID, payments: Iterable[Payment]) -> dict[UUID, int]:
    """What the invoice took of each of ``payments`` when they came. One query where there are some."""
    ids = [payment.id for payment in payments]
    if not ids:
        return {}
    own = Allocation.objects.filter(
        organization=organization, invoice_id=invoice_id, payment_id__in=ids, source_id=F("payment_id")
    )
    return dict(own.values_list("payment_id", "amount_minor"))


def waiting_transfers_of(organization: Organization, customer_id: UUID) -> list[Payment]:
    """Transfers that the customer announced and that have not come, newest first."""
    found = Payment.objects.filter(
        organization=organization,
        customer_id=customer_id,
        state=PaymentState.PENDING,
        gateway__in=adapters_with(Capability.AWAITED),
    )
    return list(found.order_by("-id")[:20])


def counted_of(organization: Organization, payment: Payment) -> list[Allocation]:
    """What the payment itself paid when it came, with the invoices."""
    own = Allocation.objects.filter(organization=organization, payment=payment, source_id=payment.id)
    return list(own.select_related("invoice").order_by("id"))


def transfer_number(payment: Payment) -> str:
    """What a payer writes on a transfer for several invoices, or for none: the random end of the payment's id, as on
    its receipt."""
    return f"P{payment.id.hex[-12:].upper()}"


def is_wanted(organization: Organization, payment: Payment) -> bool:
    """Does an invoice that it is for want money? What comes on account is always wanted."""
    if payment.invoice_id is None:
        shares = PaymentShare.objects.filter(organization=organization, payment=payment)
        wanted = {state in OPEN_STATES for state in shares.values_list("invoice__state", flat=True)}
        return wanted != {False}
    owed = Payment.objects.filter(organization=organization, id=payment.id, invoice__state__in=OPEN_STATES)
    return owed.exists()
