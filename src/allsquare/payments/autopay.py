"""Reading what is charged by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.states import OPEN_STATES
from allsquare.core.events import Data
from allsquare.identity.models import Organization
from allsquare.payments.autopay_plan import Plan
from allsquare.payments.models import (
    Allocation,
    Autopay,
    AutopayCharge,
    AutopayPlan,
    Dispute,
    Payment,
    PaymentMethod,
    PaymentShare,
    Refund,
)
from allsquare.payments.saved import default_method
from allsquare.payments.states import DisputeState, PaymentState

State = AutopayCharge.State
OPEN = (State.PLANNED, State.STARTED)


def plan_of(organization: Organization) -> Plan:
    """The organization's own plan, or the usual one."""
    row = AutopayPlan.objects.filter(organization=organization).first()
    return Plan(tuple(row.days), row.notice_days) if row else Plan()


def agreement_of(organization: Organization, customer_id: UUID) -> Autopay | None:
    """What holds now, with the consent to it."""
    found = Autopay.objects.filter(organization=organization, customer_id=customer_id, ended_at__isnull=True)
    return found.select_related("consent").first()


def charged_by_themselves(organization: Organization, customers: Iterable[UUID]) -> set[UUID]:
    """Those of ``customers`` who agreed that their invoices are."""
    found = Autopay.objects.filter(
        organization=organization, customer_id__in=set(customers), ended_at__isnull=True
    )
    return set(found.values_list("customer_id", flat=True))


def is_stopped(organization: Organization, invoice_id: UUID) -> bool:
    """Did somebody say of this invoice that it is not charged by itself any more?"""
    return AutopayCharge.objects.filter(
        organization=organization, invoice_id=invoice_id, state=State.STOPPED
    ).exists()


def given_back(organization: Organization, invoice: UUID | OuterRef) -> Q:
    """Was money of the invoice refunded, or fetched back through the payer's bank for good? It is open again, and a
    person decides whether it is asked for: the payer was promised, or wants, something else. So it is where the money
    had come from another payment's credit, which is written down as taken off the invoice."""
    payments = Payment.objects.filter(
        organization=organization, state=PaymentState.SUCCEEDED, refunded_minor__gt=0
    )
    disputes = Dispute.objects.filter(organization=organization).exclude(state=DisputeState.WON)
    shares = PaymentShare.objects.filter(organization=organization, invoice_id=invoice)
    of_shares = shares.filter(Exists(payments.filter(id=OuterRef("payment_id"))))
    of_disputes = shares.filter(Exists(disputes.filter(payment_id=OuterRef("payment_id"))))
    taken_off = Allocation.objects.filter(organization=organization, invoice_id=invoice, amount_minor__lt=0)
    by_refund = Refund.objects.filter(organization=organization, id=OuterRef("source_id"))
    by_dispute = disputes.filter(id=OuterRef("source_id"))
    return (
        Q(Exists(taken_off.filter(Exists(by_refund) | Exists(by_dispute))))
        | Q(Exists(payments.filter(invoice_id=invoice)))
        | Q(Exists(disputes.filter(payment__invoice_id=invoice)))
        | Q(Exists(of_shares))
        | Q(Exists(of_disputes))
    )


def agreement_text(asker: str) -> str:
    """What a customer agrees to, in the language of whoever reads now."""
    return _(
        "I allow %(name)s to charge each invoice to the payment method of mine that comes first, on the day when it is "
        "due and, if that fails, on some days after. I am told before each first charge, and can end this at any time."
    ) % {"name": asker}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is charged by itself of one invoice: the attempt that waits, if any, and those that were."""

    attempts: Sequence[AutopayCharge]
    method: PaymentMethod | None

    @property
    def next(self) -> AutopayCharge | None:
        return next((each for each in self.attempts if each.state == State.PLANNED), None)


def standing_of(organization: Organization, invoice: Invoice) -> Standing | None:
    """``None`` where nothing was ever planned."""
    rows = list(
        AutopayCharge.objects.filter(organization=organization, invoice=invoice)
        .select_related("method", "payment")
        .order_by("number")
    )
    if not rows:
        return None
    waits = any(each.state == State.PLANNED for each in rows)
    return Standing(rows, default_method(organization, invoice.customer_id) if waits else None)


def upcoming(
    organization: Organization, *, customer_id: UUID | None = None, limit: int = 50
) -> list[AutopayCharge]:
    """What will be charged, soonest first, with invoice and customer."""
    found = AutopayCharge.objects.filter(organization=organization, state__in=OPEN)
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    return list(found.select_related("invoice", "customer", "payment").order_by("planned_on", "id")[:limit])


def gave_up(organization: Organization, *, limit: int = 50) -> list[AutopayCharge]:
    """The newest attempts that failed and that no other follows, of invoices that are still open."""
    failed = AutopayCharge.objects.filter(
        organization=organization, state=State.FAILED, invoice__state__in=OPEN_STATES
    )
    later = AutopayCharge.objects.filter(
        organization=organization, invoice_id=OuterRef("invoice_id"), number__gt=OuterRef("number")
    )
    found = failed.exclude(Exists(later)).select_related("invoice", "customer", "method", "payment")
    return list(found.order_by("-id")[:limit])


def attempt_facts(charge: AutopayCharge, invoice: Invoice, **more: object) -> Data:
    """What the log says of an attempt."""
    return {
        "number": invoice.number or "",
        "customer": str(charge.customer_id),
        "charge": str(charge.id),
        "attempt": charge.number,
        "amount_minor": charge.amount_minor or invoice.open_minor,
        "currency": invoice.currency,
        "on": charge.planned_on.isoformat(),
        **more,
    }
