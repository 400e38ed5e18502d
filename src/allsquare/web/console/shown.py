"""Codes and states as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import Invoice
from allsquare.billing.selectors import OpenSum
from allsquare.billing.states import shown_state
from allsquare.core import clock, words
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import PaymentMethod
from allsquare.web.ui.markup import address

METHODS: Final[dict[str, Promise]] = {
    MethodKind.CARD: _("Card"),
    MethodKind.BANK_DEBIT: _("Bank debit"),
    MethodKind.BANK_TRANSFER: _("Bank transfer"),
    MethodKind.PAYPAL: _("PayPal"),
    MethodKind.CASH: _("Cash"),
    MethodKind.CHEQUE: _("Cheque"),
}

#: What tasks are about beside payments, and its page.
_TASK_PAGES: Final = {
    "dispute": "console:dispute",
    "payout": "console:payout",
    "customer": "console:customer_methods",
}

#: What one sells by; codes of UN/ECE Recommendation 20.
UNITS: Final[dict[str, Promise]] = {
    "C62": _("pcs"),
    "HUR": _("h"),
    "DAY": _("days"),
    "WEE": _("weeks"),
    "MON": _("months"),
    "ANN": _("years"),
    "LS": _("lump sum"),
    "SET": _("sets"),
    "KGM": _("kg"),
    "GRM": _("g"),
    "LTR": _("l"),
    "MTR": _("m"),
    "KMT": _("km"),
    "MTK": _("m²"),
    "MTQ": _("m³"),
}

ENTRY_KINDS: Final[dict[str, Promise]] = {
    "invoice.issued": _("Invoice issued"),
    "invoice.voided": _("Invoice voided"),
    "invoice.written_off": _("Invoice written off"),
    "invoice.write_off_reversed": _("Write-off taken back"),
    "credit_note.issued": _("Credit note issued"),
    "credit.freed": _("Credit note: paid, now credit"),
    "payment.settled": _("Payment received"),
    "refund.settled": _("Refund"),
    "refund.failed": _("Refund failed"),
    "dispute.opened": _("Dispute opened"),
    "dispute.fee": _("Fee of a dispute changed"),
    "dispute.won": _("Dispute won"),
    "dispute.lost": _("Dispute lost"),
    "credit.used": _("Credit used"),
    "payout.paid": _("Payout"),
    "payout.failed": _("Payout taken back"),
    "payout.found": _("Payout: whose it is"),
    "payout.arrived": _("Payout at the bank"),
    "payout.arrival_undone": _("Payout not at the bank after all"),
    "movement.recorded": _("Movement at a provider"),
    "movement.reversed": _("Movement taken back"),
}

ACCOUNT_KINDS: Final[dict[str, Promise]] = {
    "asset": _("Asset"),
    "liability": _("Liability"),
    "equity": _("Equity"),
    "income": _("Income"),
    "expense": _("Expense"),
}

#: What events are about.
SUBJECTS: Final[dict[str, Promise]] = {
    "account": _("Account"),
    "attention": _("Task"),
    "batch": _("Act on many rows"),
    "credit_note": _("Credit note"),
    "customer": _("Customer"),
    "dispute": _("Dispute"),
    "exchange_rate": _("Exchange rate"),
    "customer_group": _("Customer group"),
    "gateway_account": _("Payment provider"),
    "gateway_outage": _("Outage of a payment provider"),
    "gateway_trial": _("Payment provider in test mode"),
    "inbox_event": _("Webhook"),
    "invoice": _("Invoice"),
    "item": _("Item"),
    "job": _("Job"),
    "journal_entry": _("Journal entry"),
    "mail": _("Mail"),
    "membership": _("Member"),
    "number_series": _("Numbering"),
    "organization": _("Organization"),
    "payment": _("Payment"),
    "payment_route": _("Rule for who takes payments"),
    "payout": _("Payout"),
    "period": _("Period"),
    "person": _("Person"),
    "provider_movement": _("Movement at a provider"),
    "refund": _("Refund"),
    "saved_view": _("View"),
    "tax_rate": _("Tax rate"),
}

#: By the name of the task.
JOBS: Final[dict[str, Promise]] = {
    "billing.render_pdf": _("PDF of an invoice"),
    "billing.render_credit_note": _("PDF of a credit note"),
    "connect.write_export": _("Export"),
    "connect.do_batch": _("Act on many rows"),
    "payments.forget_method": _("Telling a provider to forget a payment method"),
}

#: Why an attempt to charge by itself ended as it did.
REASONS: Final[dict[str, Promise]] = {
    "not_open": _("paid another way, or asks for no money any more"),
    "given_back": _("money was given back before: ask for it by hand, if it is still owed"),
    "ended": _("the customer ended automatic payment"),
    "stopped": _("somebody stopped it for this invoice"),
    "transfer_announced": _("the payer announced a bank transfer: it waits some days for that"),
    "period_closed": _("the books of that day are closed"),
    "rate_missing": _("an exchange rate is missing: enter it, and it goes on"),
    "provider_down": _("the payment provider is down: it waits until that answers again"),
    "no_method": _("no saved payment method that the customer chose could be charged"),
    "authentication_required": _("the bank wants the payer to confirm it"),
    "insufficient_funds": _("not enough money"),
    "expired_card": _("the card has expired"),
    "account_closed": _("the bank account is closed"),
    "debit_refused": _("the bank refused the debit"),
    "stolen_card": _("the bank says that the card was stolen"),
    "do_not_honor": _("the bank gave no reason"),
}

#: Why a payer's bank took money back, by the words of the providers.
DISPUTE_REASONS: Final[dict[str, Promise]] = {
    "fraudulent": _("The payer says that it was not them."),
    "unauthorised": _("The payer says that it was not them."),
    "unrecognized": _("The payer does not know what it was for."),
    "duplicate": _("The payer says that they paid twice."),
    "duplicate_transaction": _("The payer says that they paid twice."),
    "payment_by_other_means": _("The payer says that they paid another way."),
    "product_not_received": _("The payer says that nothing came."),
    "merchandise_or_service_not_received": _("The payer says that nothing came."),
    "product_unacceptable": _("The payer says that it was not what was promised."),
    "merchandise_or_service_not_as_described": _("The payer says that it was not what was promised."),
    "subscription_canceled": _("The payer says that they had ended the subscription."),
    "canceled_recurring_billing": _("The payer says that they had ended the subscription."),
    "credit_not_processed": _("The payer says that money was to come back and did not."),
    "incorrect_amount": _("The payer says that the amount was wrong."),
    "debit_not_authorized": _("The payer says that they did not allow the debit."),
    "customer_initiated": _("The payer had their bank take the debit back."),
    "insufficient_funds": _("There was not enough money in the account."),
    "incorrect_account_details": _("The account's details were wrong."),
    "bank_cannot_process": _("The payer's bank could not carry it out."),
    "general": _("The bank gave no reason."),
    "other": _("The bank gave no reason."),
}

#: What a line of a payout is.
PAYOUT_LINES: Final[dict[str, Promise]] = {
    "charge": _("Payment"),
    "refund": _("Refund"),
    "dispute": _("Dispute"),
    "payout": _("Payout that came back"),
    "fee": _("The provider's own fee"),
    "others": _("Of others"),
    "other": _("Other"),
}

SOURCES: Final[dict[str, Promise]] = {
    "invoice": _("the invoice"),
    "write_off": _("a write-off of the invoice"),
    "credit_note": _("a credit note of the invoice"),
    "freed": _("what a credit note set free"),
    "credit_use": _("a use of the credit"),
    "payment": _("the payment"),
    "refund": _("a refund of the payment"),
    "dispute": _("a dispute of the payment"),
    "dispute_fee": _("the fee of a dispute"),
    "payout": _("a payout of the provider"),
    "payout_others": _("what of a payout is of others"),
    "provider_movement": _("a movement at the provider"),
}


def dispute_reason(text: str) -> str:
    """In the reader's language where the provider's word is known, else as the provider says it."""
    known = DISPUTE_REASONS.get(text.lower().replace(" ", "_"))
    return str(known) if known else words.shown(text)


def card_brand(code: str) -> str:
    return code.replace("_", " ").title()


def saved_method(method: PaymentMethod) -> str:
    """*Visa ending 4242*."""
    brand = card_brand(method.brand) or str(METHODS.get(method.kind, method.kind))
    if not method.last_four:
        return brand
    return gettext("%(brand)s ending %(last_four)s") % {"brand": brand, "last_four": method.last_four}


def invoice_state(organization: Organization, invoice: Invoice) -> str:
    """Overdue is shown over the others when the due date has passed and something is still owed."""
    return shown_state(invoice.state, due_on=invoice.due_on, today=clock.today(organization))


def customer_state(customer: Customer, sums: Sequence[OpenSum]) -> str:
    """What there is to do about them: money that is late comes first, and putting them away over everything."""
    if customer.archived_at:
        return "archived"
    if any(row.overdue_minor for row in sums):
        return "overdue"
    return "owes" if any(row.open_minor for row in sums) else "square"


def about_task(subject_type: str, subject_id: UUID | str, payment: UUID | None) -> str:
    """The page of what a task is about, else of the payment behind it; empty where there is none."""
    if subject_type == "gateway_outage":
        return reverse("console:payment_route_list")
    # Some are about one thing there, so no id leads on.
    if subject_type in ("gateway_trial", "gateway_account"):
        return reverse("console:gateway_list")
    page = _TASK_PAGES.get(subject_type)
    if page:
        return address(page, subject_id)
    return address("console:payment", payment) if payment else ""
