"""Reading payments and what belongs to them. The organization comes first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.selectors import ask_invoice
from allsquare.core import bulk, rows
from allsquare.core.listing.search import Search
from allsquare.identity.models import Organization
from allsquare.payments import under_way
from allsquare.payments.conversions import Became, conversions_beside, read_beside, taken_back
from allsquare.payments.errors import GatewayUnknown, PaymentUnknown, RefundUnknown
from allsquare.payments.gateway import Capability
from allsquare.payments.gateway_settings import secrets_of
from allsquare.payments.models import (
    Allocation,
    Attention,
    CreditMovement,
    Dispute,
    GatewayAccount,
    InboxEvent,
    Payment,
    PaymentAttempt,
    PaymentShare,
    PayoutItem,
    Refund,
)
from allsquare.payments.registry import (
    adapter_class,
    adapters_with,
    capabilities_of,
)
from allsquare.payments.search import search_payments
from allsquare.payments.shares import is_for, payments_for, shares_of, with_shares
from allsquare.payments.states import OPEN, PaymentState
from allsquare.risk.models import RiskAssessment
from allsquare.risk.selectors import assessment_beside


def get_payment(organization: Organization, payment_id: UUID) -> Payment:
    """Raises :class:`PaymentUnknown`."""
    found = (
        Payment.objects.filter(organization=organization, id=payment_id)
        .select_related("customer", "invoice", "gateway_account")
        .first()
    )
    if found is None:
        raise PaymentUnknown(_("There is no such payment."))
    return found


def get_refund(organization: Organization, refund_id: UUID) -> Refund:
    """With its payment. Raises :class:`RefundUnknown`."""
    around = ("payment__gateway_account", "payment__customer")
    found = Refund.objects.filter(organization=organization, id=refund_id).select_related(*around).first()
    if found is None:
        raise RefundUnknown(_("There is no such refund."))
    return found


def payment_by_key(organization: Organization, key: str) -> Payment | None:
    """The payment that was begun under ``key``."""
    return Payment.objects.filter(organization=organization, key=key).first()


def list_payments(
    organization: Organization,
    *,
    search: str = "",
    state: str = "",
    customer_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Payment]:
    """Newest first; ``before`` is the last id of the page above (keyset).

    ``search`` finds what the list of payments finds.
    """
    found = Payment.objects.filter(organization=organization).select_related("customer", "invoice")
    if state:
        found = found.filter(state=state)
    if customer_id:
        found = found.filter(customer_id=customer_id)
    if search:
        found = found.filter(search_payments(organization, Search(search)))
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])


def recording_account(organization: Organization) -> GatewayAccount | None:
    """The account under which money that came by hand is recorded."""
    return _recording_account(_ask_enabled(organization))


def invoice_to_record(organization: Organization, invoice_id: UUID) -> tuple[Invoice, GatewayAccount | None]:
    """The invoice that money came for, and :func:`recording_account`, in one round trip. Raises ``InvoiceUnknown``."""
    with bulk.pipelined():
        invoice, accounts = ask_invoice(organization, invoice_id), _ask_enabled(organization)
    return invoice.read(), _recording_account(accounts)


def _ask_enabled(organization: Organization) -> rows.Asked[GatewayAccount]:
    return rows.ask(GatewayAccount, organization.id, "enabled ORDER BY created_at, id")


def _recording_account(accounts: rows.Asked[GatewayAccount]) -> GatewayAccount | None:
    return next((a for a in accounts.all() if Capability.RECORDED in capabilities_of(a.gateway)), None)


def get_gateway_account(account_id: UUID) -> GatewayAccount | None:
    """By its id alone: a provider's webhook knows nothing else, and proves itself by its signature. A disabled
    account takes no new payments, but what became of the old ones must be heard."""
    found = rows.with_one(GatewayAccount, "organization", "m.id = %b", [account_id], leave_out=("logo",))
    return next(iter(found), None)


def gateway_accounts(organization: Organization) -> list[GatewayAccount]:
    """All accounts, oldest first."""
    return list(GatewayAccount.objects.filter(organization=organization).order_by("created_at", "id"))


def own_gateway_account(organization: Organization, account_id: UUID) -> GatewayAccount:
    """Raises :class:`GatewayUnknown`."""
    found = GatewayAccount.objects.filter(organization=organization, id=account_id).first()
    if found is None:
        raise GatewayUnknown(_("There is no such payment provider."))
    return found


def practice_account(organization: Organization) -> GatewayAccount | None:
    """The account with which a rehearsal takes money: the oldest at a provider that moves none."""
    return next(
        (
            account
            for account in gateway_accounts(organization)
            if Capability.PRACTICE in capabilities_of(account.gateway)
        ),
        None,
    )


def open_settings(organization: Organization, account: GatewayAccount) -> dict[str, str]:
    """The settings of an account that are no secrets, for its form."""
    secret = secrets_of(adapter_class(account.gateway))
    given = account_settings(organization, account)
    return {name: value for name, value in given.items() if name not in secret}


def payments_of_invoice(organization: Organization, invoice: Invoice) -> list[Payment]:
    """Newest first; those for several invoices too, with what of them is for this one (``towards_minor``)."""
    found = Payment.objects.filter(is_for(organization, [invoice.id]), organization=organization)
    newest = found.select_related("gateway_account").order_by("-id")[:100]
    return with_shares(organization, [invoice.id], list(newest))


def payments_under_way(organization: Organization, invoice_ids: Iterable[UUID]) -> list[Payment]:
    """Those of these invoices whose answer is still to come (see ``payments.under_way``)."""
    # At a reader somebody is about to pay, though the payment needs action.
    found = Payment.objects.filter(organization=organization, state__in=OPEN).order_by("id")
    return [
        payment
        for payment in payments_for(organization, invoice_ids, found)
        if under_way.is_under_way(payment)
    ]


def waiting_transfers(organization: Organization, invoice_id: UUID) -> list[Payment]:
    """Transfers of an invoice that payers announced and that have not come, newest first; those for several invoices
    too."""
    found = Payment.objects.filter(
        is_for(organization, [invoice_id]),
        organization=organization,
        state=PaymentState.PENDING,
        gateway__in=adapters_with(Capability.AWAITED),
    )
    waiting = list(found.select_related("gateway_account").order_by("-id")[:20])
    return with_shares(organization, [invoice_id], waiting)


def customer_credit(organization: Organization, customer_id: UUID) -> list[tuple[str, int]]:
    """What the business owes the customer, as (currency, minor units), without zeros."""
    rows = (
        CreditMovement.objects.filter(organization=organization, customer_id=customer_id)
        .values_list("currency")
        .annotate(total=Sum("amount_minor"))
        .order_by("currency")
    )
    return [(currency, total) for currency, total in rows if total]


def credit_movements(
    organization: Organization, customer_id: UUID, *, limit: int = 10
) -> list[CreditMovement]:
    """Where the customer's credit came from and went to, newest first, with the payments behind it."""
    found = CreditMovement.objects.filter(organization=organization, customer_id=customer_id)
    return list(found.select_related("payment__invoice").order_by("-id")[:limit])


#: Credit that came or went by an entry of its own.
_MOVED: Final = (CreditMovement.Reason.USED, CreditMovement.Reason.CREDIT_NOTE)


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that one payment did, for the page *What this payment did*."""

    payment: Payment
    attempts: Sequence[PaymentAttempt]
    allocations: Sequence[Allocation]
    credits: Sequence[CreditMovement]
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]
    payouts: Sequence[PayoutItem]
    deliveries: Sequence[InboxEvent]
    attention: Sequence[Attention]
    assessment: RiskAssessment | None = None
    shares: Sequence[PaymentShare] = ()
    conversions: Sequence[Became] = ()

    @property
    def sources(self) -> list[UUID]:
        """Ids whose journal entries belong to the payment."""
        return [
            self.payment.id,
            *(refund.id for refund in self.refunds),
            *(case.id for case in self.disputes),
            *(fee.id for case in self.disputes for fee in case.fees.all()),
            *(row.source_id for row in self.credits if row.reason in _MOVED),
        ]


def trace(organization: Organization, payment_id: UUID) -> Trace:
    """Raises :class:`PaymentUnknown`. A fixed number of queries."""
    attempts = _attempts(organization, payment_id)
    payment = attempts[0].payment if attempts else get_payment(organization, payment_id)
    refunds, disputes = taken_back(organization, payment)
    names = [
        n for n in (payment.reference, *(r.reference for r in refunds), *(d.reference for d in disputes)) if n
    ]
    deliveries = InboxEvent.objects.filter(
        organization=organization, gateway_account=payment.gateway_account, object_reference__in=names
    )
    subjects = [payment.id, *(refund.id for refund in refunds), *(case.id for case in disputes)]
    return Trace(
        payment=payment,
        attempts=attempts,
        allocations=list(
            Allocation.objects.filter(organization=organization, payment=payment)
            .select_related("invoice")
            .order_by("id")
        ),
        credits=list(
            CreditMovement.objects.filter(organization=organization, payment=payment).order_by("id")
        ),
        refunds=refunds,
        disputes=disputes,
        payouts=list(
            PayoutItem.objects.filter(organization=organization, payment=payment)
            .select_related("payout")
            .order_by("id")
        ),
        deliveries=list(deliveries.order_by("id")[:100]),
        attention=list(
            Attention.objects.filter(organization=organization, subject_id__in=subjects).order_by("id")
        ),
        assessment=_assessment(attempts),
        shares=shares_of(organization, payment),
        conversions=list(read_beside([*attempts[:1], *refunds, *disputes])),
    )


def _assessment(attempts: Sequence[PaymentAttempt]) -> RiskAssessment | None:
    found = getattr(attempts[0], "assessment", None) if attempts else None
    return RiskAssessment.read(found) if found else None


def _attempts(organization: Organization, payment_id: UUID) -> list[PaymentAttempt]:
    """With the payment, which few have none of: one of which the provider told before we asked for it. And with what
    the rules found of it, which nobody judges without an attempt."""
    found = PaymentAttempt.objects.filter(
        organization=organization, payment__organization=organization, payment_id=payment_id
    )
    around = ("payment__customer", "payment__invoice", "payment__gateway_account", "gateway_account")
    judged = found.annotate(
        assessment=assessment_beside(organization, "payment_id"),
        conversions=conversions_beside(organization, "payment_id"),
    )
    return list(judged.select_related(*around).order_by("number"))


def open_task(organization: Organization, kind: str) -> Attention | None:
    """The latest task of this kind that nobody has done yet."""
    waiting = Attention.objects.filter(organization=organization, kind=kind, resolved_at=None)
    return waiting.order_by("-id").first()


def payments_of_tasks(organization: Organization, tasks: Iterable[Attention]) -> dict[UUID, UUID]:
    """The payment behind what each is about, where there is one: one query."""
    tasks = list(tasks)
    behind = payments_behind(organization, [task.subject_id for task in tasks])
    found = {
        task.id: task.subject_id if task.subject_type == "payment" else behind.get(task.subject_id)
        for task in tasks
    }
    return {name: payment for name, payment in found.items() if payment}


def payments_behind(organization: Organization, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The payment of each refund and dispute among ``ids``: one query."""
    wanted = list(ids)
    refunds = Refund.objects.filter(organization=organization, id__in=wanted)
    disputes = Dispute.objects.filter(organization=organization, id__in=wanted)
    return dict(
        refunds.values_list("id", "payment_id").union(disputes.values_list("id", "payment_id"), all=True)
    )


def list_deliveries(
    organization: Organization, *, state: str = "", before: UUID | None = None, limit: int = 50
) -> list[InboxEvent]:
    """Webhooks, newest first; ``before`` is the last id of the page above (keyset)."""
    found = InboxEvent.objects.filter(organization=organization).select_related("gateway_account")
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])


def payments_named(organization: Organization, references: Iterable[str]) -> dict[str, UUID]:
    """Payments by the provider's names of their charges, refunds and disputes: one query."""
    names = set(references)
    refunds = Refund.objects.filter(organization=organization, reference__in=names)
    disputes = Dispute.objects.filter(organization=organization, reference__in=names)
    charges = Payment.objects.filter(organization=organization, reference__in=names)
    found = charges.values_list("reference", "id").union(
        refunds.values_list("reference", "payment_id"),
        disputes.values_list("reference", "payment_id"),
        all=True,
    )
    return {str(name): payment_id for name, payment_id in found}


def account_settings(organization: Organization, account: GatewayAccount) -> dict[str, str]:
    """The decrypted settings of a gateway account: for its adapter, and never for a page."""
    stored = GatewayAccount.objects.get(organization=organization, id=account.id)
    settings: dict[str, str] = json.loads(stored.settings)
    return settings
