"""Our side: what stands in the database of payments with the provider, and in the ledger."""

from __future__ import annotations

from django.db import connection

from allsquare.identity.models import Organization
from allsquare.payments.models import (
    Dispute,
    GatewayAccount,
    Payment,
    PaymentAttempt,
    Payout,
    PayoutItem,
    Refund,
)
from allsquare.payments.states import ENDED_UNPAID
from tests.faults.soak.books import Books, Name

_DISPUTE = {"opened": "open", "won": "won", "lost": "lost"}


def our_books(organization: Organization, account: GatewayAccount) -> Books:
    books: Books = {}
    payments = Payment.objects.filter(organization=organization, gateway_account=account)
    attempts = dict(
        PaymentAttempt.objects.filter(organization=organization)
        .order_by("number")
        .values_list("payment_id", "id")
    )
    for payment in payments.exclude(reference=None):
        books[Name("charge", str(payment.reference))] = {
            "state": _state(payment),
            "amount": payment.amount_minor,
            "currency": payment.currency,
            "captured": payment.captured_minor,
            "fee": payment.fee_minor,
            "refunded": payment.refunded_minor + payment.refunding_minor,
            "disputed": payment.disputed_minor,
            "attempt": str(attempts[payment.id]),
        }
    known = Refund.objects.filter(organization=organization, payment__gateway_account=account)
    for refund in known.exclude(reference=None).select_related("payment"):
        books[Name("refund", str(refund.reference))] = {
            "state": refund.state,
            "amount": refund.amount_minor,
            "currency": refund.currency,
            "charge": refund.payment.reference,
            "fee": refund.fee_returned_minor,
        }
    cases = Dispute.objects.filter(organization=organization, payment__gateway_account=account)
    for dispute in cases.select_related("payment"):
        books[Name("dispute", dispute.reference)] = {
            "state": _DISPUTE[dispute.state],
            "amount": dispute.amount_minor,
            "fee": dispute.fee_minor,
            "currency": dispute.currency,
            "charge": dispute.payment.reference,
        }
    for payout in Payout.objects.filter(organization=organization, gateway_account=account):
        items = PayoutItem.objects.filter(organization=organization, payout=payout)
        books[Name("payout", payout.reference)] = {
            "state": payout.state,
            "amount": payout.net_minor,
            "currency": payout.currency,
            "items": sorted(items.values_list("reference", "net_minor")),
        }
    return books | _balances(organization, account)


def _state(payment: Payment) -> str:
    if payment.state in ENDED_UNPAID:
        return "unpaid"
    return "succeeded" if payment.state == "succeeded" else "open"


def _balances(organization: Organization, account: GatewayAccount) -> Books:
    """What the ledger says that the provider still owes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT l.currency, sum(l.amount_minor)::bigint FROM journal_line l
                   JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
               WHERE l.organization_id = %s AND a.role = 'clearing' AND a.detail = %s GROUP BY l.currency""",
            [organization.id, str(account.id)],
        )
        return {Name("balance", code): {"amount": int(amount)} for code, amount in cursor.fetchall()}
