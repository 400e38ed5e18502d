"""The fixed words of documents, by language. A language without words of its own gets English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Every fixed word on an invoice, a receipt or a statement, in one language (``language``, ISO 639-1).

    ``units`` names codes of UN/ECE Recommendation 20; ``tax_notes`` are the sentences that tax law wants
    for a category of UNCL5305 (Directive 2006/112/EC, articles 138, 146, 196 and 226).
    """

    language: str
    invoice: str
    credit_note: str
    credit_note_number: str
    credit_note_issued: str
    credited_to: str
    credited_invoice: str
    credited_invoice_of: str
    amount_credited: str
    credit_reason: str
    receipt: str
    vat_id: str
    rehearsal: str
    number: str
    receipt_number: str
    issued: str
    due: str
    supplied: str
    reference: str
    customer_number: str
    billed_to: str
    received_from: str
    amount_due: str
    due_by: str
    paid_in_full: str
    amount_received: str
    paid_on: str
    method: str
    position: str
    description: str
    quantity: str
    unit_price: str
    discount: str
    tax: str
    net: str
    gross: str
    lines_total: str
    total_net: str
    total_tax: str
    total: str
    paid: str
    balance: str
    rate: str
    taxable: str
    prices_include_tax: str
    instalments: str
    instalment: str
    amount: str
    pay_online: str
    pay_online_hint: str
    pay_by_transfer: str
    payment_reference: str
    transfer_reference: str
    notes: str
    terms: str
    page: str
    of: str
    applied_to: str
    invoice_total: str
    applied: str
    open_after: str
    kept_as_credit: str
    qr_alt: str
    scan_alt: str
    scan_hint: str
    logo_alt: str
    statement: str
    statement_of: str
    statement_period: str
    statement_day: str
    statement_what: str
    statement_more: str
    statement_less: str
    statement_balance: str
    statement_opening: str
    statement_closing: str
    statement_credit: str
    statement_nothing: str
    statement_facts: Mapping[str, str]
    units: Mapping[str, str]
    tax_notes: Mapping[str, str]


ENGLISH: Final = Labels(
    language="en",
    invoice="Invoice",
    credit_note="Credit note",
    credit_note_number="Credit note number",
    credit_note_issued="Date of issue",
    credited_to="Credited to",
    credited_invoice="Credits invoice",
    credited_invoice_of="Invoice date",
    amount_credited="Amount credited",
    credit_reason="Reason",
    receipt="Receipt",
    vat_id="VAT ID",
    rehearsal="Rehearsal: this is no real document, and nobody has to pay.",
    number="Invoice number",
    receipt_number="Receipt number",
    issued="Invoice date",
    due="Due date",
    supplied="Date of supply",
    reference="Your reference",
    customer_number="Customer number",
    billed_to="Billed to",
    received_from="Received from",
    amount_due="Amount due",
    due_by="by",
    paid_in_full="Paid in full",
    amount_received="Amount received",
    paid_on="Date of payment",
    method="Payment method",
    position="#",
    description="Description",
    quantity="Quantity",
    unit_price="Unit price",
    discount="Discount",
    tax="Tax",
    net="Net",
    gross="Incl. tax",
    lines_total="Subtotal",
    total_net="Total net",
    total_tax="Tax",
    total="Total",
    paid="Paid",
    balance="Balance due",
    rate="Tax rate",
    taxable="Taxable amount",
    prices_include_tax="Prices include tax.",
    instalments="Payment schedule",
    instalment="Instalment",
    amount="Amount",
    pay_online="Pay online",
    pay_online_hint="Scan the code or open the link.",
    pay_by_transfer="Pay by bank transfer",
    payment_reference="Payment reference",
    transfer_reference="Payment reference",
    notes="Notes",
    terms="Terms",
    page="Page",
    of="of",
    applied_to="Applied to",
    invoice_total="Invoice total",
    applied="Applied",
    open_after="Still open",
    kept_as_credit="Kept as credit for later invoices",
    qr_alt="QR code of the pay link",
    scan_alt="QR code of the bank transfer, for banking apps",
    scan_hint="Scan it with your banking app: it fills in everything.",
    logo_alt="Logo",
    statement="Statement of account",
    statement_of="For",
    statement_period="Period",
    statement_day="Date",
    statement_what="Entry",
    statement_more="Billed",
    statement_less="Paid",
    statement_balance="Balance",
    statement_opening="Balance brought forward",
    statement_closing="Balance",
    statement_credit="Credit kept for you, not part of the balance",
    statement_nothing="Nothing was billed and nothing is owed.",
    statement_facts={
        "invoice": "Invoice {number}",
        "void": "Invoice {number} made void",
        "write_off": "Invoice {number} written off",
        "payment": "Payment for invoice {number}",
        "credit": "Credit used for invoice {number}",
        "refund": "Refund, invoice {number}",
        "dispute": "Payment taken back by the bank, invoice {number}",
        "credit_note": "Credit note {document} for invoice {number}",
        "freed": "Paid for invoice {number}, kept as credit",
    },
    units={
        "C62": "pcs",
        "H87": "pcs",
        "EA": "each",
        "HUR": "h",
        "MIN": "min",
        "DAY": "days",
        "WEE": "weeks",
        "MON": "months",
        "ANN": "years",
        "LS": "lump sum",
        "SET": "sets",
        "KGM": "kg",
        "GRM": "g",
        "TNE": "t",
        "MTR": "m",
        "CMT": "cm",
        "KMT": "km",
        "MTK": "m²",
        "MTQ": "m³",
        "LTR": "l",
        "KWH": "kWh",
        "P1": "%",
    },
    tax_notes={
        "AE": "Reverse charge: the recipient of the supply accounts for the tax.",
        "K": "Intra-Community supply, exempt from VAT (Directive 2006/112/EC, article 138).",
        "G": "Export of goods, exempt from VAT (Directive 2006/112/EC, article 146).",
        "E": "Exempt from tax.",
        "O": "Not subject to tax.",
    },
)

GERMAN: Final = Labels(
    language="de",
    invoice="Rechnung",
    credit_note="Rechnungskorrektur",
    credit_note_number="Korrekturnummer",
    credit_note_issued="Ausstellungsdatum",
    credited_to="Gutgeschrieben für",
    credited_invoice="Korrigiert Rechnung",
    credited_invoice_of="Rechnungsdatum",
    amount_credited="Gutgeschriebener Betrag",
    credit_reason="Grund",
    receipt="Quittung",
    vat_id="USt-IdNr.",
    rehearsal="Probe: dies ist kein echter Beleg, und niemand muss zahlen.",
    number="Rechnungsnummer",
    receipt_number="Quittungsnummer",
    issued="Rechnungsdatum",
    due="Fällig am",
    supplied="Leistungsdatum",
    reference="Ihr Zeichen",
    customer_number="Kundennummer",
    billed_to="Rechnung an",
    received_from="Erhalten von",
    amount_due="Zu zahlen",
    due_by="bis",
    paid_in_full="Vollständig bezahlt",
    amount_received="Erhaltener Betrag",
    paid_on="Zahlungsdatum",
    method="Zahlungsart",
    position="Pos.",
    description="Beschreibung",
    quantity="Menge",
    unit_price="Einzelpreis",
    discount="Rabatt",
    tax="Steuer",
    net="Netto",
    gross="Brutto",
    lines_total="Zwischensumme",
    total_net="Summe netto",
    total_tax="Steuer",
    total="Gesamtbetrag",
    paid="Bezahlt",
    balance="Offener Betrag",
    rate="Steuersatz",
    taxable="Bemessungsgrundlage",
    prices_include_tax="Die Preise enthalten die Steuer.",
    instalments="Zahlungsplan",
    instalment="Rate",
    amount="Betrag",
    pay_online="Online bezahlen",
    pay_online_hint="Code scannen oder Link öffnen.",
    pay_by_transfer="Per Überweisung bezahlen",
    payment_reference="Zahlungsreferenz",
    transfer_reference="Verwendungszweck",
    notes="Hinweise",
    terms="Bedingungen",
    page="Seite",
    of="von",
    applied_to="Verwendet für",
    invoice_total="Rechnungsbetrag",
    applied="Angerechnet",
    open_after="Noch offen",
    kept_as_credit="Als Guthaben für spätere Rechnungen behalten",
    qr_alt="QR-Code des Zahlungslinks",
    scan_alt="QR-Code der Überweisung, für Banking-Apps",
    scan_hint="Mit der Banking-App scannen: Sie füllt alles aus.",
    logo_alt="Logo",
    statement="Kontoauszug",
    statement_of="Für",
    statement_period="Zeitraum",
    statement_day="Datum",
    statement_what="Buchung",
    statement_more="Berechnet",
    statement_less="Bezahlt",
    statement_balance="Saldo",
    statement_opening="Saldovortrag",
    statement_closing="Saldo",
    statement_credit="Guthaben für Sie, im Saldo nicht enthalten",
    statement_nothing="Es wurde nichts berechnet, und es ist nichts offen.",
    statement_facts={
        "invoice": "Rechnung {number}",
        "void": "Rechnung {number} storniert",
        "write_off": "Rechnung {number} abgeschrieben",
        "payment": "Zahlung zu Rechnung {number}",
        "credit": "Guthaben für Rechnung {number} verwendet",
        "refund": "Erstattung, Rechnung {number}",
        "dispute": "Zahlung von der Bank zurückgeholt, Rechnung {number}",
        "credit_note": "Rechnungskorrektur {document} zu Rechnung {number}",
        "freed": "Für Rechnung {number} bezahlt, als Guthaben behalten",
    },
    units={
        "C62": "Stk.",
        "H87": "Stk.",
        "EA": "Stk.",
        "HUR": "Std.",
        "MIN": "Min.",
        "DAY": "Tage",
        "WEE": "Wochen",
        "MON": "Monate",
        "ANN": "Jahre",
        "LS": "pauschal",
        "SET": "Sätze",
        "KGM": "kg",
        "GRM": "g",
        "TNE": "t",
        "MTR": "m",
        "CMT": "cm",
        "KMT": "km",
        "MTK": "m²",
        "MTQ": "m³",
        "LTR": "l",
        "KWH": "kWh",
        "P1": "%",
    },
    tax_notes={
        "AE": "Steuerschuldnerschaft des Leistungsempfängers.",
        "K": "Steuerfreie innergemeinschaftliche Lieferung (Richtlinie 2006/112/EG, Artikel 138).",
        "G": "Steuerfreie Ausfuhrlieferung (Richtlinie 2006/112/EG, Artikel 146).",
        "E": "Steuerfrei.",
        "O": "Nicht steuerbar.",
    },
)

_LANGUAGES: Final = {labels.language: labels for labels in (ENGLISH, GERMAN)}


def labels_for(language: str) -> Labels:
    """The words of a language tag such as ``de``, ``de-AT`` or ``de_AT``; English for one that has none."""
    return _LANGUAGES.get(language.replace("_", "-").split("-")[0].lower(), ENGLISH)
