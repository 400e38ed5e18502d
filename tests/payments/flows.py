"""Payments on their way, for tests of what happens to them next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Sum

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger import selectors as ledger
from allsquare.ledger.models import JournalLine
from allsquare.payments.gateway import MethodKind, Outcome, Status
from allsquare.payments.models import CreditMovement, Dispute, GatewayAccount, Payment, Payout, Refund
from allsquare.payments.services.settle import settle
from allsquare.payments.services.start import start_payment
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice


def take(account: GatewayAccount, *outcomes: Outcome, current: bool = False) -> None:
    """Through the door, in one batch; ``current`` where the provider was asked how things are now."""
    settle(
        organization=account.organization,
        gateway_account=account,
        outcomes=outcomes,
        actor=SYSTEM,
        current=current,
    )


def pay(
    invoice: Invoice,
    account: GatewayAccount,
    *,
    amount: Money | None = None,
    answer: Outcome | None = None,
    key: str = "",
    method: MethodKind = MethodKind.CARD,
    received_on: date | None = None,
) -> Payment:
    """Ask for all of an invoice, or ``amount``; ``answer`` is what the scripted provider says to it."""
    if answer is not None:
        ScriptedGateway.answers.append(answer)
    return start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=Money(invoice.open_minor, currency(invoice.currency)) if amount is None else amount,
        method=method,
        gateway_account_id=account.id,
        key=key or a_key(),
        actor=SYSTEM,
        received_on=received_on,
    )


def lines_of(payment: Payment) -> dict[str, int]:
    """What the one entry of its settlement books, by the role of the account."""
    (entry,) = ledger.entries_of(payment.organization, [payment.id])
    return {line.account.role: line.base_minor for line in entry.lines}


def started(
    organization: Organization, customer: Customer, account: GatewayAccount, *, total: str = "100.00"
) -> Payment:
    """A payment whose payer is at the provider's page."""
    invoice = issued_invoice(organization, customer, total=total)
    waiting = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    return pay(invoice, account, answer=waiting)


def paid(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    *,
    total: str = "100.00",
    captured: int | None = None,
    fee: int = 0,
) -> Payment:
    """A payment that succeeded; ``captured`` differs from the total where that is to be tried."""
    payment = started(organization, customer, account, total=total)
    take(
        account,
        charge(reference=payment.reference, amount=eur(captured or payment.amount_minor), fee=eur(fee)),
    )
    payment.refresh_from_db()
    return payment


def balances(organization: Organization, currency: str = "") -> dict[str, int]:
    """What stands on each account that is not zero, by its use: in base currency, or in ``currency``."""
    lines = JournalLine.objects.filter(organization=organization)
    if currency:
        lines = lines.filter(currency=currency)
    what = "amount_minor" if currency else "base_minor"
    rows = lines.values_list("account__role").annotate(total=Sum(what))
    return {role: int(total) for role, total in rows if total}


def final_state(organization: Organization) -> dict[str, object]:
    """Everything that the order of news must not change, without ids and times."""

    def values(rows: object, *names: str) -> Sequence[object]:
        return sorted(rows.filter(organization=organization).values_list(*names))  # type: ignore[attr-defined]  # a manager

    return {
        "books": balances(organization),
        "payments": values(
            Payment.objects,
            "state",
            "captured_minor",
            "fee_minor",
            "refunded_minor",
            "refunding_minor",
            "disputed_minor",
        ),
        "invoices": values(Invoice.objects, "state", "paid_minor", "total_minor"),
        "refunds": values(Refund.objects, "state", "amount_minor", "fee_returned_minor"),
        "disputes": values(Dispute.objects, "state", "amount_minor", "fee_minor"),
        "payouts": values(Payout.objects, "net_minor", "state"),
        "credit": values(CreditMovement.objects, "amount_minor", "reason"),
    }
