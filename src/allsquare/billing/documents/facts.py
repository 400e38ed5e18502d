"""What a document says, with every amount already computed.

The layouts add nothing up: what a person reads on paper is what the one calculation (``tax.calculate``)
gave and the database holds. Texts are plain text and print literally; ``\\n`` starts a new line. An empty
text is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from allsquare.core.money import Money

LOGO_TYPES: Final = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}
"""Media types that a logo may have, and the typesetter's name for each."""


VAT_ID: Final = "VAT ID"
"""The label that each document prints in its own language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One labelled fact, such as ``Detail(VAT_ID, "DE123456789")`` or ``Detail("IBAN", "DE02 …")``."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Seller or buyer as they were when the document was issued.

    ``address`` holds the lines below the name in the order in which they are printed; ``country`` (ISO 3166
    alpha-2) chooses the regional form of Chinese, Japanese and Korean characters; ``tax_ids`` are what the
    law wants on an invoice.
    """

    name: str
    address: tuple[str, ...] = ()
    country: str = ""
    tax_ids: tuple[Detail, ...] = ()
    email: str = ""
    phone: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """The seller's logo: the file's bytes and its media type, one of :data:`LOGO_TYPES`."""

    data: bytes
    media_type: str

    def __post_init__(self) -> None:
        if self.media_type not in LOGO_TYPES:
            raise ValueError(f"a logo is one of {', '.join(LOGO_TYPES)}, not {self.media_type!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """One line: ``quantity`` of ``unit`` at ``unit_price``, less ``discount_percent``.

    ``unit`` is a code of UN/ECE Recommendation 20 (``C62`` piece, ``HUR`` hour) or any text. ``unit_price``
    is in major units of the document's currency and may have more decimals than it. ``net``, ``tax`` and
    ``total`` (net with tax) are after the line's discount.
    """

    position: int
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_percent: Decimal
    net: Money
    tax: Money
    total: Money
    details: str = ""
    discount_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTax:
    """One row of the tax breakdown. ``category`` is a code of UNCL5305 (``S``, ``Z``, ``E``, ``AE``, ``K``,
    ``G``, ``O``); ``note`` replaces the sentence that the law wants for the category (EN 16931 BT-120)."""

    category: str
    percent: Decimal
    base: Money
    tax: Money
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One part of the schedule: how much is due when."""

    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDocument:
    """An issued invoice. All amounts are in one currency.

    ``lines_total`` is the sum of the lines before ``discount`` (both net, or both with tax when
    ``prices_include_tax``); ``net + tax = total`` and ``total - paid = balance``. ``instalments`` are
    printed when there are two or more. ``language`` is a tag such as ``en`` or ``de-AT``: it chooses
    labels, dates and numbers. Raises ``ValueError`` when ``pay_url`` is no web address, since readers click
    on it. ``accent`` (``#rrggbb``, dark enough to read on white) colours what stands out; ``rehearsal`` prints
    across the head that nobody has to pay. ``transfer_code`` is the picture (SVG) of the bank transfer for
    banking apps, where they can read one.
    """

    language: str
    number: str
    issued_on: date
    seller: Party
    buyer: Party
    lines: tuple[DocumentLine, ...]
    lines_total: Money
    taxes: tuple[DocumentTax, ...]
    net: Money
    tax: Money
    total: Money
    paid: Money
    balance: Money
    due_on: date | None = None
    supplied_on: date | None = None
    reference: str = ""
    customer_number: str = ""
    prices_include_tax: bool = False
    discount: Money | None = None
    discount_percent: Decimal = Decimal(0)
    instalments: tuple[Instalment, ...] = ()
    notes: str = ""
    terms: str = ""
    legal_notes: tuple[str, ...] = ()
    bank_details: tuple[Detail, ...] = ()
    transfer_code: str = ""
    pay_url: str = ""
    logo: Logo | None = None
    accent: str = ""
    rehearsal: bool = False

    def __post_init__(self) -> None:
        if self.pay_url and not self.pay_url.startswith(("https://", "http://")):
            raise ValueError("pay_url must be a web address")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedLine:
    """What is taken back of the invoice's line ``position``; ``quantity`` is none where its price alone was lowered."""

    position: int
    description: str
    quantity: Decimal | None
    unit: str
    tax_percent: Decimal
    net: Money
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteDocument:
    """What of the invoice ``invoice_number`` is not asked for any more: ``net + tax = total``, all above zero."""

    language: str
    number: str
    issued_on: date
    invoice_number: str
    invoice_issued_on: date
    seller: Party
    buyer: Party
    lines: tuple[CreditedLine, ...]
    taxes: tuple[DocumentTax, ...]
    net: Money
    tax: Money
    total: Money
    reason: str = ""
    reference: str = ""
    logo: Logo | None = None
    accent: str = ""
    rehearsal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """What of the payment went to one invoice, and what of that invoice was still open afterwards."""

    invoice_number: str
    issued_on: date
    invoice_total: Money
    applied: Money
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptDocument:
    """A payment that was received: ``amount`` = sum of ``applied`` over the lines + ``credit``.

    ``method`` is how it was paid, for people (*Visa ending 4242*); ``reference`` is the payment's own;
    ``credit`` is what the customer keeps for later, when more was paid than was open.
    """

    language: str
    number: str
    paid_on: date
    seller: Party
    payer: Party
    amount: Money
    method: str
    lines: tuple[ReceiptLine, ...]
    reference: str = ""
    credit: Money | None = None
    notes: str = ""
    logo: Logo | None = None
    accent: str = ""
    rehearsal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One entry: ``fact`` is a name in ``statement_facts`` of the labels, ``number`` the invoice's, ``document``
    that of a credit note; ``amount`` is positive where more is owed by it."""

    on: date
    fact: str
    number: str
    amount: Money
    balance: Money
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSection:
    """One currency: ``opening`` + sum of the lines = ``closing``. ``credit`` is kept for the customer beside that."""

    opening: Money
    lines: tuple[StatementLine, ...]
    closing: Money
    credit: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDocument:
    """What a customer owed from ``start`` to ``end``, both inclusive, and why."""

    language: str
    start: date
    end: date
    seller: Party
    customer: Party
    sections: tuple[StatementSection, ...]
    logo: Logo | None = None
    accent: str = ""
    rehearsal: bool = False
