"""One invoice and one receipt with everything on them. The amounts are those that the calculation would give."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pypdf
from django.conf import settings

from allsquare.billing.documents.facts import (
    Detail,
    DocumentLine,
    DocumentTax,
    Instalment,
    InvoiceDocument,
    Logo,
    Party,
    ReceiptDocument,
    ReceiptLine,
)
from allsquare.billing.documents.typeset import Typesetter, typesetter
from allsquare.core.money import Money

LOGO_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 40">
<rect width="40" height="40" rx="8" fill="#0d9488"/><path d="M12 20l6 6 11-12" stroke="#fff" fill="none"/></svg>"""


def setter() -> Typesetter:
    return typesetter(Path(settings.FRONTEND_DIR))


def euro(amount: str) -> Money:
    return Money.parse(amount, "EUR")


def line(
    position: int,
    description: str,
    *,
    quantity: str = "1",
    unit: str = "C62",
    price: str = "1.00",
    percent: str = "19",
    net: str = "1.00",
    tax: str = "0.19",
    total: str = "1.19",
    details: str = "",
    discount: str = "0",
) -> DocumentLine:
    return DocumentLine(
        position=position,
        description=description,
        details=details,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(price),
        discount_percent=Decimal(discount),
        tax_percent=Decimal(percent),
        net=euro(net),
        tax=euro(tax),
        total=euro(total),
    )


SELLER = Party(
    name="Nordlicht Werkstatt GmbH",
    address=("Hafenstraße 12", "20457 Hamburg", "Germany"),
    country="DE",
    tax_ids=(Detail(label="VAT ID", value="DE123456789"),),
    email="hello@nordlicht.example",
    phone="+49 40 1234567",
    website="nordlicht.example",
)
BUYER = Party(
    name="Meridian Coffee Roasters Ltd",
    address=("Accounts Payable", "48 Quay Street", "Galway H91 X2Y3", "Ireland"),
    country="IE",
    tax_ids=(Detail(label="VAT ID", value="IE6388047V"),),
)
LINES = (
    line(1, "Website redesign", quantity="42.5", unit="HUR", price="95.00",
         net="4037.50", tax="767.13", total="4804.63", details="Discovery and design\nSprint 1 to 3"),
    line(2, "Hosting", quantity="12.000000", unit="MON", price="29.000000",
         net="313.20", tax="59.51", total="372.71", discount="10.0000"),
    line(3, "API calls", quantity="125000", price="0.0025", net="312.50", tax="59.38", total="371.88"),
    line(4, "Handbook", quantity="3", unit="crates", price="23.27", percent="7",
         net="69.81", tax="4.89", total="74.70"),
)  # fmt: skip
INVOICE = InvoiceDocument(
    language="en",
    number="INV-2026-00042",
    issued_on=date(2026, 11, 14),
    supplied_on=date(2026, 11, 10),
    due_on=date(2026, 12, 14),
    reference="PO-7781",
    customer_number="C-1034",
    seller=SELLER,
    buyer=BUYER,
    lines=LINES,
    lines_total=euro("4733.01"),
    discount=euro("94.66"),
    discount_percent=Decimal(2),
    taxes=(
        DocumentTax(category="S", percent=Decimal(19), base=euro("4569.94"), tax=euro("868.29")),
        DocumentTax(category="S", percent=Decimal(7), base=euro("68.41"), tax=euro("4.79")),
    ),
    net=euro("4638.35"),
    tax=euro("873.08"),
    total=euro("5511.43"),
    paid=euro("500.00"),
    balance=euro("5011.43"),
    instalments=(
        Instalment(due_on=date(2026, 11, 30), amount=euro("2000.00")),
        Instalment(due_on=date(2026, 12, 14), amount=euro("3011.43")),
    ),
    notes="Thank you for working with us.",
    terms="Payable within 30 days without deduction.",
    legal_notes=("Registered at Hamburg, HRB 12345.",),
    bank_details=(Detail(label="IBAN", value="DE02 1203 0000 0000 2020 51"),),
    pay_url="https://pay.nordlicht.example/p/4fH2kQ9xZr7Lm1Vt8Yc3Ba",
    logo=Logo(data=LOGO_SVG, media_type="image/svg+xml"),
)
RECEIPT = ReceiptDocument(
    language="en",
    number="R-2026-00099",
    paid_on=date(2026, 12, 1),
    seller=SELLER,
    payer=BUYER,
    amount=euro("5100.00"),
    method="Visa ending 4242",
    reference="PAY-77",
    lines=(
        ReceiptLine(
            invoice_number="INV-2026-00042",
            issued_on=date(2026, 11, 14),
            invoice_total=euro("5511.43"),
            applied=euro("5011.43"),
            balance=euro("0.00"),
        ),
    ),
    credit=euro("88.57"),
)


def reader(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def spoken(pdf: bytes) -> str:
    """What the file says that its composed glyphs mean, which pypdf leaves out of the text (ISO 32000, 14.9.4)."""
    contents = [page.get_contents() for page in reader(pdf).pages]
    drawing = b"".join(content.get_data() for content in contents if content is not None)
    meanings = re.findall(rb"/ActualText\s*<FEFF([0-9A-F]+)>", drawing)
    return "".join(bytes.fromhex(meaning.decode()).decode("utf-16-be") for meaning in meanings)


def words(pdf: bytes) -> str:
    """All text of the file on one line, with plain spaces."""
    return " ".join(" ".join(page.extract_text() for page in reader(pdf).pages).split())
