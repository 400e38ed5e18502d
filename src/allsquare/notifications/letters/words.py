"""The fixed sentences of mails. A language without words of its own gets English.

``{…}`` stand for facts: ``seller``, ``number`` (of the invoice), ``amount``, ``open``, ``day``, ``method``,
``customer`` and ``recipient``. They are put in by ``str.format``, which reads only these texts of ours as a pattern,
never a fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Every sentence of every mail in one language (``language``, ISO 639-1)."""

    language: str
    hello: str
    rehearsal: str  # whom a mail of a rehearsal would have reached
    rehearsal_mark: str
    questions: str  # answering the mail reaches the business
    button_fails: str
    keep_link: str
    pay: str

    invoice_subject: str
    invoice_subject_due: str
    invoice_text: str
    invoice_how: str
    invoice_settled: str
    amount_due: str
    invoice_total: str
    due: str

    credit_note_subject: str
    credit_note_text: str
    credit_note_reason: str
    credit_note_open: str
    credit_note_settled: str
    credit_note_kept: str
    credited: str
    credit_note_number: str

    receipt_subject: str
    receipt_subject_several: str
    receipt_subject_on_account: str
    receipt_text: str
    receipt_text_several: str
    receipt_text_on_account: str
    receipt_all_paid: str
    receipt_open: str
    several_open: str
    receipt_credit: str
    receipt_credit_several: str
    received: str

    pending_subject: str
    pending_text: str
    pending_text_several: str
    pending_text_on_account: str
    pending_expected: str
    pending_next: str
    under_way: str

    transfer_subject: str
    transfer_text: str
    transfer_text_several: str
    transfer_text_on_account: str
    transfer_part: str
    transfer_next: str
    transfer_figure: str
    transfer_reference: str
    transfer_button: str

    failed_subject: str
    failed_text: str
    failed_text_several: str
    failed_text_on_account: str
    failed_reason: str
    failed_open: str
    failed_closed: str
    not_paid: str

    refund_subject: str
    refund_text: str
    refund_slow: str
    refunded: str

    statement_subject: str
    statement_text: str
    statement_check: str
    statement_balance: str
    statement_square: str
    statement_period: str

    notice_subject: str
    notice_subject_several: str
    notice_subject_on_account: str
    notice_text: str
    notice_text_several: str
    notice_text_on_account: str
    notice_button: str
    payment_received: str

    won_subject: str
    won_text: str
    won_figure: str
    attention_subject: str
    attention_text: str
    attention_button: str
    attention_figure: str
    attention_about: str
    down_subject: str
    back_subject: str
    provider_figure: str

    number: str
    issued: str
    reference: str
    total: str
    paid: str
    still_open: str
    credit: str
    tip: str
    paid_on: str
    method: str
    receipt_number: str
    customer: str
    fee: str
    net: str
    state: str
    methods: Mapping[str, str]
    ending: str
    states: Mapping[str, str]
    reasons: Mapping[str, str]  # why a bank refused a debit, by the code that providers share


ENGLISH = Words(
    language="en",
    hello="Hello,",
    rehearsal="Rehearsal: this mail would have gone to {recipient}. No customer was written to, no money moves.",
    rehearsal_mark="Rehearsal",
    questions="Any questions? Answer this mail and it reaches {seller}.",
    button_fails="If the button does nothing, open this address:",
    keep_link="This link is meant for you: whoever has it can see the invoice and pay it.",
    pay="Pay {amount}",
    invoice_subject="Invoice {number} from {seller}: {amount}",
    invoice_subject_due="Invoice {number} from {seller}: {amount}, due {day}",
    invoice_text="Here is invoice {number} from {seller}. It is attached as a PDF.",
    invoice_how="You can pay it online. That takes about a minute, and you need no account.",
    invoice_settled="It is already paid. There is nothing left to do.",
    amount_due="Amount due",
    invoice_total="Invoice total",
    due="due {day}",
    credit_note_subject="Credit note {note} from {seller}: {amount} for invoice {number}",
    credit_note_text="{seller} credits {amount} of invoice {number}. The credit note is attached as a PDF.",
    credit_note_reason="The reason given: {reason}",
    credit_note_open="{open} of the invoice is still open.",
    credit_note_settled="Nothing of the invoice is left to pay.",
    credit_note_kept="You had paid {kept} of it. {seller} owes you that: as credit for later invoices, or as a refund.",
    credited="Credited to you",
    credit_note_number="Credit note",
    receipt_subject="Receipt from {seller}: {amount} for invoice {number}",
    receipt_subject_several="Receipt from {seller}: {amount} for several invoices",
    receipt_subject_on_account="Receipt from {seller}: {amount}",
    receipt_text="{seller} received your payment for invoice {number}. Thank you. The receipt is attached as a PDF.",
    receipt_text_several="{seller} received your payment for invoices {number}. Thank you. The receipt is attached as "
    "a PDF.",
    receipt_text_on_account="{seller} received your payment. Thank you. The receipt is attached as a PDF.",
    receipt_all_paid="The invoice is paid in full. There is nothing left to do.",
    receipt_open="{open} of the invoice is still open.",
    several_open="{amount} ({open} still open)",
    receipt_credit="{amount} of it was not needed for the invoice. {seller} keeps it for you as credit.",
    receipt_credit_several="{amount} of it was not needed for the invoices. {seller} keeps it for you as credit.",
    received="Payment received",
    pending_subject="Your payment of {amount} to {seller} is under way",
    pending_text="Your bank was asked to pay {amount} to {seller} for invoice {number}. This takes a few days.",
    pending_text_several="Your bank was asked to pay {amount} to {seller} for invoices {number}. This takes a few "
    "days.",
    pending_text_on_account="Your bank was asked to pay {amount} to {seller}. This takes a few days.",
    pending_expected="The money should arrive by {day}.",
    pending_next=(
        "You need do nothing more. When the money arrives you get a receipt; if your bank refuses, we tell you."
    ),
    under_way="Payment under way",
    transfer_subject="Where to send {missing} for {seller}",
    transfer_text="You chose to pay invoice {number} from {seller} by bank transfer. Send the sum to this account.",
    transfer_text_several="You chose to pay invoices {number} from {seller} by bank transfer. Send the sum to this "
    "account, by one transfer.",
    transfer_text_on_account="You chose to send money to {seller} by bank transfer. Send the sum to this account.",
    transfer_part="{came} of your transfer arrived. The rest is missing.",
    transfer_next="The account is for this payment alone. Write the reference all the same. When the money has arrived "
    "you get the receipt.",
    transfer_figure="To send",
    transfer_reference="Reference",
    transfer_button="See it at the payment provider",
    failed_subject="Your bank did not pay {amount} to {seller}",
    failed_text="Your bank did not carry out the payment of {amount} to {seller} for invoice {number}.",
    failed_text_several="Your bank did not carry out the payment of {amount} to {seller} for invoices {number}. What "
    "is open of them can be paid by the link of each.",
    failed_text_on_account="Your bank did not carry out the payment of {amount} to {seller}.",
    failed_reason="The reason given: {reason}",
    failed_open="{open} of the invoice is open. You can pay again from here, or another way, for example by card.",
    failed_closed="You need do nothing: the invoice asks for no more money.",
    not_paid="Not paid",
    refund_subject="{seller} refunded {amount}",
    refund_text="{seller} sent {amount} back to you.",
    refund_slow=(
        "It goes to the account or card that you paid from ({method}). Banks may take up to ten days to show it."
    ),
    refunded="Refunded to you",
    statement_subject="Statement of account from {seller}, {start} to {end}",
    statement_text="Here is what {seller} billed you and what you paid from {start} to {end}. It is attached as a PDF.",
    statement_check="If something is missing or wrong, please say so.",
    statement_balance="Balance on {end}",
    statement_square="Nothing is owed",
    statement_period="Period",
    notice_subject="{amount} from {customer} for invoice {number}",
    notice_subject_several="{amount} from {customer} for several invoices",
    notice_subject_on_account="{amount} from {customer}",
    notice_text="{customer} paid {amount} for invoice {number}.",
    notice_text_several="{customer} paid {amount} for invoices {number}.",
    notice_text_on_account="{customer} paid {amount}. No invoice asked for it, so it is kept as customer credit.",
    notice_button="See what this payment did",
    payment_received="Payment received",
    won_subject="Dispute won: {amount} of {customer}",
    won_text="The payer’s bank decided for you. {amount} that it had taken back are yours again, and the books say so.",
    won_figure="Yours again",
    attention_subject="Something needs you: {what}",
    attention_text="Something has come up that only a person can decide.",
    attention_button="Look at it",
    attention_figure="Needs you",
    attention_about="About",
    down_subject="{what} does not answer",
    back_subject="{what} answers again",
    provider_figure="Payment provider",
    number="Invoice",
    issued="Invoice date",
    reference="Your reference",
    total="Total",
    paid="Paid so far",
    still_open="Still open",
    credit="Kept as credit",
    tip="Of which tip",
    paid_on="Paid on",
    method="Payment method",
    receipt_number="Receipt",
    customer="Customer",
    fee="Fee of the provider",
    net="Net to you",
    state="Invoice is now",
    methods={
        "card": "card",
        "bank_debit": "bank debit",
        "bank_transfer": "bank transfer",
        "paypal": "PayPal",
        "cash": "cash",
        "cheque": "cheque",
    },
    ending="{brand} ending {last_four}",
    states={
        "draft": "draft",
        "issued": "issued",
        "sent": "sent",
        "viewed": "viewed",
        "partly_paid": "partly paid",
        "paid": "paid",
        "credited": "credited",
        "void": "void",
        "written_off": "written off",
    },
    reasons={
        "insufficient_funds": "there was not enough money in the account.",
        "account_closed": "the account is closed.",
        "debit_refused": "the bank refused the debit.",
    },
)
