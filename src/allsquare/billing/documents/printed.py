"""From facts to the texts that are printed: words and formats only, nothing is added up here.

The result is plain data (JSON) for the layouts. Every text in it prints literally.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from allsquare.billing.documents.facts import (
    VAT_ID,
    CreditedLine,
    CreditNoteDocument,
    Detail,
    DocumentLine,
    DocumentTax,
    InvoiceDocument,
    Party,
    ReceiptDocument,
    StatementDocument,
    StatementSection,
)
from allsquare.billing.documents.labels import Labels, labels_for
from allsquare.core.currencies import Currency
from allsquare.core.formatting import format_date, format_money, format_percent, format_quantity
from allsquare.core.money import Money
from allsquare.core.transfers import creditor_reference, spaced

Printed = dict[str, Any]
"""Texts under the names that the layouts use, nested in lists and dicts."""

_STANDARD_RATE = "S"


def printed_invoice(document: InvoiceDocument) -> Printed:
    """What ``invoice.typ`` prints. Raises :class:`~allsquare.core.formatting.UnknownLanguage`."""
    labels, language = labels_for(document.language), document.language

    def money(amount: Money) -> str:
        return format_money(amount, language)

    def day(when: date | None) -> str:
        return format_date(when, language) if when else ""

    return {
        **_about(labels, labels.invoice, document.number, document.issued_on, document),
        "to": {"label": labels.billed_to, **_party(document.buyer, labels)},
        "facts": _pairs(
            (labels.number, document.number),
            (labels.issued, day(document.issued_on)),
            (labels.supplied, day(document.supplied_on)),
            (labels.due, day(document.due_on)),
            (labels.reference, document.reference),
            (labels.customer_number, document.customer_number),
        ),
        "headline": {
            "label": labels.amount_due if document.balance else labels.paid_in_full,
            "amount": money(document.balance or document.total),
            "when": f"{labels.due_by} {day(document.due_on)}" if document.due_on and document.balance else "",
        },
        "head": _line_head(labels, document),
        "lines": [_line(line, document, labels) for line in document.lines],
        "totals": _totals(document, labels),
        "tax_head": [labels.rate, labels.taxable, labels.tax],
        "taxes": [_tax(tax, language) for tax in document.taxes],
        "tax_notes": _tax_notes(
            document.taxes,
            labels,
            before=[labels.prices_include_tax] if document.prices_include_tax else [],
            after=document.legal_notes,
        ),
        "instalments": [
            [f"{labels.instalment} {place}", day(part.due_on), money(part.amount)]
            for place, part in enumerate(document.instalments, 1)
            if len(document.instalments) > 1
        ],
        "instalments_head": [labels.instalments, labels.due, labels.amount],
        "bank": _pairs(*_details(document.bank_details), (labels.transfer_reference, _remittance(document)))
        if document.bank_details
        else [],
        "scan": document.transfer_code,
        "texts": _pairs((labels.notes, document.notes), (labels.terms, document.terms)),
    }


def printed_credit_note(document: CreditNoteDocument) -> Printed:
    """What ``credit_note.typ`` prints. Raises :class:`~allsquare.core.formatting.UnknownLanguage`."""
    labels, language = labels_for(document.language), document.language
    issued_on = format_date(document.issued_on, language)
    return {
        **_about(labels, labels.credit_note, document.number, document.issued_on, document),
        "to": {"label": labels.credited_to, **_party(document.buyer, labels)},
        "facts": _pairs(
            (labels.credit_note_number, document.number),
            (labels.credit_note_issued, issued_on),
            (labels.credited_invoice, document.invoice_number),
            (labels.credited_invoice_of, format_date(document.invoice_issued_on, language)),
            (labels.reference, document.reference),
        ),
        "headline": {
            "label": labels.amount_credited,
            "amount": format_money(document.total, language),
            "when": "",
        },
        "head": [
            *(labels.position, labels.description, labels.quantity),
            *(labels.tax, labels.net, labels.gross),
        ],
        "lines": [_credited_line(line, language, labels) for line in document.lines],
        "totals": [
            [label, format_money(amount, language)]
            for label, amount in (
                (labels.total_net, document.net),
                (labels.total_tax, document.tax),
                (labels.amount_credited, document.total),
            )
        ],
        "tax_head": [labels.rate, labels.taxable, labels.tax],
        "taxes": [_tax(tax, language) for tax in document.taxes],
        "tax_notes": _tax_notes(document.taxes, labels),
        "texts": _pairs((labels.credit_reason, document.reason)),
    }


def _credited_line(line: CreditedLine, language: str, labels: Labels) -> list[str]:
    unit = labels.units.get(line.unit, line.unit)
    return [
        str(line.position),
        line.description,
        "" if line.quantity is None else f"{format_quantity(line.quantity, language)} {unit}".strip(),
        format_percent(line.tax_percent, language),
        format_money(line.net, language),
        format_money(line.total, language),
    ]


def _remittance(document: InvoiceDocument) -> str:
    """What the payer writes on a transfer."""
    return spaced(creditor_reference(document.number)) or document.number


def printed_receipt(document: ReceiptDocument) -> Printed:
    """What ``receipt.typ`` prints. Raises :class:`~allsquare.core.formatting.UnknownLanguage`."""
    labels, language = labels_for(document.language), document.language
    paid_on = format_date(document.paid_on, language)
    return {
        **_about(labels, labels.receipt, document.number, document.paid_on, document),
        "to": {"label": labels.received_from, **_party(document.payer, labels)},
        "facts": _pairs(
            (labels.receipt_number, document.number),
            (labels.paid_on, paid_on),
            (labels.method, document.method),
            (labels.payment_reference, document.reference),
        ),
        "headline": {
            "label": labels.amount_received,
            "amount": format_money(document.amount, language),
            "when": paid_on,
        },
        "head": [labels.applied_to, labels.issued, labels.invoice_total, labels.applied, labels.open_after],
        "lines": [
            [
                f"{labels.invoice} {line.invoice_number}",
                format_date(line.issued_on, language),
                *(
                    format_money(amount, language)
                    for amount in (line.invoice_total, line.applied, line.balance)
                ),
            ]
            for line in document.lines
        ],
        "totals": [
            *([[labels.kept_as_credit, format_money(document.credit, language)]] if document.credit else []),
            [labels.amount_received, format_money(document.amount, language)],
        ],
        "texts": _pairs((labels.notes, document.notes)),
    }


def printed_statement(document: StatementDocument) -> Printed:
    """What ``statement.typ`` prints. Raises :class:`~allsquare.core.formatting.UnknownLanguage`."""
    labels, language = labels_for(document.language), document.language
    start, end = format_date(document.start, language), format_date(document.end, language)
    period = f"{start} – {end}"
    owed = [format_money(section.closing, language) for section in document.sections if section.closing]
    return {
        **_about(labels, labels.statement, period, document.end, document),
        "to": {"label": labels.statement_of, **_party(document.customer, labels)},
        "facts": _pairs((labels.statement_period, period)),
        "headline": {
            "label": f"{labels.statement_closing} {end}",
            "amount": " · ".join(owed) or labels.statement_nothing,
            "when": "",
        },
        "head": [
            labels.statement_day,
            labels.statement_what,
            labels.statement_more,
            labels.statement_less,
            labels.statement_balance,
        ],
        "sections": [_statement_section(section, document, labels) for section in document.sections],
        "texts": [],
    }


def _statement_section(section: StatementSection, document: StatementDocument, labels: Labels) -> Printed:
    """What is billed and what is paid stand in columns of their own, without a sign."""
    language = document.language

    def money(amount: Money) -> str:
        return format_money(amount, language)

    credit = [[labels.statement_credit, money(section.credit)]] if section.credit else []
    return {
        "opening": [format_date(document.start, language), labels.statement_opening, money(section.opening)],
        "lines": [
            [
                format_date(line.on, language),
                labels.statement_facts[line.fact].format(number=line.number, document=line.document),
                money(line.amount) if line.amount.minor > 0 else "",
                money(-line.amount) if line.amount.minor < 0 else "",
                money(line.balance),
            ]
            for line in section.lines
        ],
        "totals": [
            *credit,
            [f"{labels.statement_closing} {format_date(document.end, language)}", money(section.closing)],
        ],
    }


def _about(
    labels: Labels,
    kind: str,
    number: str,
    day: date,
    document: InvoiceDocument | CreditNoteDocument | ReceiptDocument | StatementDocument,
) -> Printed:
    """The parts that every document has: what it is, from whom, in which language and of which day."""
    return {
        "language": labels.language,
        "kind": kind,
        "title": f"{kind} {number}",
        "date": [day.year, day.month, day.day],
        "seller": _party(document.seller, labels),
        "rehearsal": labels.rehearsal if document.rehearsal else "",
        "page": labels.page,
        "of": labels.of,
        "pay_online": labels.pay_online,
        "pay_online_hint": labels.pay_online_hint,
        "pay_by_transfer": labels.pay_by_transfer,
        "qr_alt": labels.qr_alt,
        "scan": "",
        "scan_alt": labels.scan_alt,
        "scan_hint": labels.scan_hint,
        "logo_alt": labels.logo_alt,
    }


def _party(party: Party, labels: Labels) -> Printed:
    return {
        "name": party.name,
        "address": [line for line in party.address if line],
        "tax_ids": _pairs(
            *((labels.vat_id if label == VAT_ID else label, text) for label, text in _details(party.tax_ids))
        ),
        "contacts": [contact for contact in (party.email, party.phone, party.website) if contact],
    }


def _line_head(labels: Labels, document: InvoiceDocument) -> Printed:
    """Names of the columns; an empty one is left out of the table."""
    return {
        "position": labels.position,
        "description": labels.description,
        "quantity": labels.quantity,
        "unit_price": labels.unit_price,
        "discount": labels.discount if any(line.discount_percent for line in document.lines) else "",
        "tax": labels.tax,
        "amount": labels.gross if document.prices_include_tax else labels.net,
    }


def _line(line: DocumentLine, document: InvoiceDocument, labels: Labels) -> Printed:
    language = document.language
    unit = labels.units.get(line.unit, line.unit)
    return {
        "position": str(line.position),
        "description": line.description,
        "details": line.details,
        "quantity": f"{format_quantity(line.quantity, language)} {unit}".strip(),
        "unit_price": _unit_price(line.unit_price, document.total.currency, language),
        "discount": format_percent(-line.discount_percent, language) if line.discount_percent else "",
        "tax": format_percent(line.tax_percent, language),
        "amount": format_money(line.total if document.prices_include_tax else line.net, language),
    }


def _unit_price(price: Decimal, currency: Currency, language: str) -> str:
    """As money where the currency has decimals enough, else with all its decimals: ``0.0025 EUR``."""
    minor = price.scaleb(currency.exponent)
    if minor == minor.to_integral_value():
        return format_money(Money(int(minor), currency), language)
    return f"{format_quantity(price, language)}\N{NO-BREAK SPACE}{currency.code}"


def _totals(document: InvoiceDocument, labels: Labels) -> list[list[str]]:
    """Label and amount, from the sum of the lines down to the total (always there) and what is still open."""
    language = document.language
    rows: list[tuple[str, Money]] = []
    if document.discount:
        percent = format_percent(document.discount_percent, language) if document.discount_percent else ""
        rows += [
            (labels.lines_total, document.lines_total),
            (f"{labels.discount} {percent}".strip(), -document.discount),
        ]
    rows += [
        (labels.total_net, document.net),
        (labels.total_tax, document.tax),
        (labels.total, document.total),
    ]
    if document.paid:
        rows += [(labels.paid, -document.paid), (labels.balance, document.balance)]
    return [[label, format_money(amount, language)] for label, amount in rows]


def _tax(tax: DocumentTax, language: str) -> list[str]:
    """Rate, taxable amount and tax; a rate other than the standard one carries its category."""
    rate = format_percent(tax.percent, language)
    category = "" if tax.category == _STANDARD_RATE else f" ({tax.category})"
    return [rate + category, format_money(tax.base, language), format_money(tax.tax, language)]


def _tax_notes(
    taxes: Sequence[DocumentTax], labels: Labels, *, before: Sequence[str] = (), after: Sequence[str] = ()
) -> list[str]:
    """Each sentence once, in the order of the tax rows."""
    notes = [tax.note or labels.tax_notes.get(tax.category, "") for tax in taxes]
    return list(dict.fromkeys(note for note in (*before, *notes, *after) if note))


def _details(details: Iterable[Detail]) -> list[tuple[str, str]]:
    return [(detail.label, detail.value) for detail in details]


def _pairs(*pairs: tuple[str, str]) -> list[list[str]]:
    """Label and text of each pair that has a text."""
    return [[label, text] for label, text in pairs if text]
