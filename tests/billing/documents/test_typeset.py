from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import segno
from django.conf import settings
from hypothesis import example, given
from hypothesis import settings as search
from hypothesis import strategies as st

from allsquare.billing.documents import typeset
from allsquare.billing.documents.facts import DocumentTax, Logo
from allsquare.billing.documents.fonts import REPLACEMENT, FontsMissing
from allsquare.billing.documents.typeset import LogoUnreadable, Typesetter
from allsquare.core.money import Money
from tests.billing.documents.samples import (
    BUYER,
    INVOICE,
    LOGO_SVG,
    RECEIPT,
    euro,
    line,
    reader,
    setter,
    spoken,
    words,
)


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\xc8\x1e\x5a\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def svg(inside: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>'.encode()


def fonts_of(pdf: bytes) -> Iterator[Any]:
    for page in reader(pdf).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            yield font.get_object()["/DescendantFonts"][0].get_object()


@pytest.mark.parametrize("make", [lambda: setter().invoice(INVOICE), lambda: setter().receipt(RECEIPT)])
def test_the_file_says_that_it_is_pdf_a_3b_and_carries_its_fonts_and_colours(make: Any) -> None:
    pdf = make()
    root: Any = reader(pdf).trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode()

    assert pdf.startswith(b"%PDF-1.7")
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    embedded = [{"/FontFile2", "/FontFile3"} & set(font["/FontDescriptor"]) for font in fonts_of(pdf)]
    assert embedded
    assert all(embedded)


def test_the_file_says_what_it_is_from_whom_in_which_language_and_of_which_day() -> None:
    file = reader(setter().invoice(replace(INVOICE, language="de-AT")))
    root: Any = file.trailer["/Root"]

    assert file.metadata is not None
    assert file.metadata.title == "Rechnung INV-2026-00042"
    assert file.metadata.author == "Nordlicht Werkstatt GmbH"
    assert file.metadata.creation_date == datetime(2026, 11, 14, tzinfo=UTC)
    assert root["/Lang"] == "de"


def test_the_same_facts_give_the_same_bytes_in_any_process_and_other_facts_others() -> None:
    afresh = Typesetter(Path(settings.FRONTEND_DIR))

    assert afresh.invoice(INVOICE) == setter().invoice(INVOICE)
    assert afresh.receipt(RECEIPT) == setter().receipt(RECEIPT)
    assert setter().invoice(replace(INVOICE, notes="Thanks")) != setter().invoice(INVOICE)


def test_threads_share_a_typesetter_without_mixing_their_documents() -> None:
    invoices = [replace(INVOICE, number=f"INV-{place}") for place in range(12)]
    alone = [hashlib.sha256(setter().invoice(invoice)).digest() for invoice in invoices]

    with ThreadPoolExecutor(4) as pool:
        together = [hashlib.sha256(pdf).digest() for pdf in pool.map(setter().invoice, invoices * 2)]

    assert together == alone * 2
    assert len(set(alone)) == len(invoices)


def test_every_fact_of_an_invoice_is_printed() -> None:
    text = words(setter().invoice(INVOICE))

    for amount in (
        "€95.00 19% €4,037.50", "€29.00 -10% 19% €313.20", "0.0025 EUR 19% €312.50", "€23.27 7% €69.81",
        "42.5 h", "12 months", "125,000 pcs", "3 crates",
        "19% €4,569.94 €868.29", "7% €68.41 €4.79",
        "Subtotal €4,733.01", "Discount 2% -€94.66", "Total net €4,638.35", "Tax €873.08", "Total €5,511.43",
        "Paid -€500.00", "Balance due €5,011.43", "Amount due €5,011.43 by Dec 14, 2026",
        "Instalment 1 Nov 30, 2026 €2,000.00", "Instalment 2 Dec 14, 2026 €3,011.43",
    ):  # fmt: skip
        assert amount in text
    for fact in (
        "Invoice number INV-2026-00042", "Invoice date Nov 14, 2026", "Date of supply Nov 10, 2026",
        "Due date Dec 14, 2026", "Your reference PO-7781", "Customer number C-1034",
        "Discovery and design Sprint 1 to 3", "Meridian Coffee Roasters Ltd Accounts Payable 48 Quay Street",
        "VAT ID IE6388047V", "VAT ID DE123456789", "+49 40 1234567", "hello@nordlicht.example",
        "IBAN DE02 1203 0000 0000 2020 51", "Payment reference RF36 INV2 0260 0042", "Page 1 of 1",
        "Thank you for working with us.", "Payable within 30 days", "Registered at Hamburg, HRB 12345.",
    ):  # fmt: skip
        assert fact in text


def test_every_fact_of_a_receipt_is_printed() -> None:
    text = words(setter().receipt(RECEIPT))

    for fact in (
        "Receipt number R-2026-00099", "Payment method Visa ending 4242", "Payment reference PAY-77",
        "Amount received €5,100.00 Dec 1, 2026", "Meridian Coffee Roasters Ltd",
        "Invoice INV-2026-00042 Nov 14, 2026 €5,511.43 €5,011.43 €0.00",
        "Kept as credit for later invoices €88.57 Amount received €5,100.00",
    ):  # fmt: skip
        assert fact in text


def test_a_currency_without_decimals_and_prices_with_tax_in_german() -> None:
    def yen(amount: int) -> Money:
        return Money.parse(str(amount), "JPY")

    one = replace(line(1, "Karte", price="1200", percent="10"), net=yen(1091), tax=yen(109), total=yen(1200))
    text = words(setter().invoice(replace(
        INVOICE, language="de", prices_include_tax=True, lines=(one,), lines_total=yen(1200), discount=None,
        taxes=(DocumentTax(category="AE", percent=Decimal(0), base=yen(1091), tax=yen(109)),),
        net=yen(1091), tax=yen(109), total=yen(1200), paid=yen(0), balance=yen(1200), instalments=(),
    )))  # fmt: skip

    assert "Brutto 1 Karte 1 Stk. 1.200 ¥ 10 % 1.200 ¥" in text
    assert "Summe netto 1.091 ¥ Steuer 109 ¥ Gesamtbetrag 1.200 ¥" in text
    assert "0 % (AE)" in text
    assert "Die Preise enthalten die Steuer." in text
    assert "Steuerschuldnerschaft des Leistungsempfängers." in text
    assert "Offener Betrag" not in text


def test_300_lines_run_over_pages_with_the_head_and_the_count_on_each() -> None:
    lines = tuple(line(place, f"Delivery {place:03}") for place in range(1, 301))
    pages = [
        " ".join(page.extract_text().split())
        for page in reader(setter().invoice(replace(INVOICE, lines=lines))).pages
    ]
    whole = " ".join(pages)

    assert len(pages) > 5
    for place, page in enumerate(pages, 1):
        assert f"Page {place} of {len(pages)}" in page
        assert "Delivery" not in page or "# Description Quantity Unit price Tax Net" in page
        assert place == 1 or "Nordlicht Werkstatt GmbH Invoice INV-2026-00042" in page
    assert [f"Delivery {place:03} 1 pcs €1.00 19% €1.00" in whole for place in range(1, 301)] == [True] * 300


@pytest.mark.parametrize(
    "hostile",
    [
        "#let x = 1",
        "*bold* _slanted_ `raw` $x^2$",
        '"); #panic("x")',
        "<script>alert(1)</script>",
        "= Title // no comment /* none */",
        "\\u{41} @ref <label> [block] {code}",
        '#image("/etc/passwd") #include "facts.py"',
        "{{ 7 * 7 }} %s ${HOME}",
    ],
)
def test_markup_in_names_prints_literally(hostile: str) -> None:
    invoice = replace(
        INVOICE, buyer=replace(BUYER, name=hostile), lines=(line(1, hostile),), notes=hostile, terms=""
    )
    text = words(setter().invoice(invoice))

    assert text.count(" ".join(hostile.split())) == 3


@pytest.mark.parametrize(
    "name",
    [
        "株式会社山田商店", "北京科技有限公司", "臺灣國際有限公司", "한국전자 주식회사", "Ελλάς Α.Ε.", "ООО «Ромашка»",
        "Łódź Žižkov Ğış Ñandú", "Հայաստան", "ኢትዮጵያ", "שלום", "★ ① ₿ ₹ → ☕ 😀",
    ],
)  # fmt: skip
def test_names_of_the_world_can_be_read_back(name: str) -> None:
    buyer = replace(BUYER, name=name)
    assert f"Received from {name} Accounts" in words(setter().receipt(replace(RECEIPT, payer=buyer)))


@pytest.mark.parametrize(
    "name",
    [
        "شركة النور للتجارة", "भारत इंडस्ट्रीज़", "বাংলা লিমিটেড", "บริษัท ไทย จำกัด", "தமிழ் நிறுவனம்", "ខ្មែរ", "မြန်မာ",
        "Nguyễn Thị Ánh", "ગુજરાતી", "ਪੰਜਾਬੀ", "ಕನ್ನಡ", "മലയാളം", "తెలుగు", "සිංහල", "ລາວ", "👨‍👩‍👧 ❤️",
    ],
)  # fmt: skip
def test_scripts_whose_letters_are_joined_print_every_letter(name: str) -> None:
    pdf = setter().receipt(replace(RECEIPT, payer=replace(BUYER, name=name)))

    assert set(name) <= set(words(pdf) + spoken(pdf))
    assert REPLACEMENT not in words(pdf) + spoken(pdf)


def test_what_no_font_has_is_replaced_in_sight() -> None:
    # Private use, a hieroglyph, an unassigned code point, a bell and an override of direction.
    text = words(setter().receipt(replace(RECEIPT, notes="a\ue000b\U00013000c\u0378d\x07e\u202ef")))
    assert "a�b�c�d�e�f" in text


@search(max_examples=60, deadline=None)
@given(name=st.text(min_size=1, max_size=60), notes=st.text(st.characters(), max_size=400))
@example(name="ก\u0301\u0600e\u20e3\U0001f3fd\u200d", notes="\ud800\U0010ffff\x00\u0a4d\u093f \u1160\u11a8")
def test_no_text_stops_a_document(name: str, notes: str) -> None:
    pdf = setter().receipt(replace(RECEIPT, payer=replace(BUYER, name=name, address=(name,)), notes=notes))
    assert pdf.startswith(b"%PDF-1.7")


def test_the_pay_link_can_be_clicked_and_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[str] = []
    encode = segno.make_qr

    def watch(address: str, error: str, mask: int) -> segno.QRCode:
        encoded.append(address)
        return encode(address, error=error, mask=mask)

    monkeypatch.setattr(segno, "make_qr", watch)

    with_link = reader(setter().invoice(INVOICE)).pages[0]
    without = reader(setter().invoice(replace(INVOICE, pay_url="", bank_details=()))).pages[0]

    targets = {annotation.get_object()["/A"]["/URI"] for annotation in with_link["/Annots"]}  # type: ignore[attr-defined]  # pypdf types every entry as the base class
    assert targets == {INVOICE.pay_url}
    assert encoded == [INVOICE.pay_url]
    assert "/Annots" not in without
    assert "Pay online" not in without.extract_text()
    assert "Pay by bank transfer" not in without.extract_text()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(LOGO_SVG, "image/svg+xml"), (png(40, 40), "image/png"), (png(900, 20), "image/png")],
)
def test_a_good_logo_is_taken_and_shown(data: bytes, media_type: str) -> None:
    logo = Logo(data=data, media_type=media_type)
    setter().check_logo(logo)

    shown, left_out = (setter().invoice(replace(INVOICE, logo=which)) for which in (logo, None))
    assert len(shown) != len(left_out)
    assert "Nordlicht Werkstatt GmbH Invoice" in words(left_out)
    assert "Nordlicht Werkstatt GmbH Invoice" not in words(shown)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"", "image/png"),
        (b"not a picture", "image/jpeg"),
        (png(4, 4)[:-20], "image/png"),
        (png(4, 4), "image/jpeg"),
        (b"<svg", "image/svg+xml"),
        (b"\xff\xfe", "image/svg+xml"),
        (svg('<image href="/etc/hostname" width="9" height="9"/>'), "image/svg+xml"),
        (svg('<text y="8">\ue000</text>'), "image/svg+xml"),
        (svg("<!--" + "x" * typeset.MAX_LOGO_BYTES + "-->"), "image/svg+xml"),
    ],
)
def test_a_logo_that_would_stop_documents_is_refused(data: bytes, media_type: str) -> None:
    with pytest.raises(LogoUnreadable):
        setter().check_logo(Logo(data=data, media_type=media_type))


def test_missing_fonts_are_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="npm ci --ignore-scripts"):
        Typesetter(tmp_path)


def test_a_paid_invoice_asks_for_nothing() -> None:
    text = words(setter().invoice(replace(INVOICE, paid=INVOICE.total, balance=euro("0.00"))))

    assert "Paid in full €5,511.43" in text
    assert "Balance due €0.00" in text
    assert "Amount due" not in text
