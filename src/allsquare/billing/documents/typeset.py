"""Turns the facts of a document into the bytes of a PDF/A-3b file.

One typesetter per process holds the compiler with all fonts open, which then takes some twenty or thirty
milliseconds for an invoice. The same facts give the same bytes, so a document can be kept under its content
hash: nothing here reads a clock.

Texts reach the layouts as JSON data, never as markup, so ``#let x`` or ``*bold*`` in a name prints as it is.
"""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
import typst
from django.utils.translation import gettext as _

from allsquare.billing.documents.facts import (
    LOGO_TYPES,
    CreditNoteDocument,
    InvoiceDocument,
    Logo,
    Party,
    ReceiptDocument,
    StatementDocument,
)
from allsquare.billing.documents.fonts import DocumentFonts, load_fonts
from allsquare.billing.documents.printed import (
    Printed,
    printed_credit_note,
    printed_invoice,
    printed_receipt,
    printed_statement,
)
from allsquare.core.errors import AllsquareError, InvalidInput
from allsquare.core.formatting import locale_of

_LAYOUTS: Final = Path(__file__).parent
_PDF_STANDARD: Final = "a-3b"
_ACCENT: Final = "#1d5c85"
#: Letters of the scripts that ``common.typ`` reads from the right: the blocks that have them, with more than letters.
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
#: Sharp enough to read on a screen: about 1,160 dots across.
_SCREEN_PPI: Final = 140
MAX_LOGO_BYTES: Final = 1_000_000
"""Every document carries the logo, so a large one makes each mail heavy."""


class DocumentFailed(AllsquareError):
    """The typesetter refused the document; the message says why. Nothing was made."""

    code = "document_failed"
    status = 500


class LogoUnreadable(InvalidInput):
    """The picture cannot be put into a document."""

    code = "logo_unreadable"


class Typesetter:
    """Makes documents with the fonts below ``frontend`` (``node_modules``). May be shared between threads.

    Raises :class:`~allsquare.billing.documents.fonts.FontsMissing`.
    """

    def __init__(self, frontend: Path) -> None:
        self._fonts = load_fonts(frontend)
        self._compiler = typst.Compiler(root=_LAYOUTS, font_paths=self._fonts.book, ignore_system_fonts=True)
        # The compiler keeps the inputs of the latest call, so two threads must not use it at once.
        self._lock = threading.Lock()

    def invoice(self, document: InvoiceDocument) -> bytes:
        """The invoice as PDF/A-3b on A4. Raises :class:`DocumentFailed`."""
        return self._compile("invoice.typ", self._invoice_inputs(document))

    def first_page(self, document: InvoiceDocument) -> bytes:
        """The invoice's first page as a PNG picture, for screens that show no PDF. Raises :class:`DocumentFailed`."""
        with self._lock:
            try:
                pages = self._compiler.compile(
                    input=_LAYOUTS / "invoice.typ",
                    format="png",
                    ppi=_SCREEN_PPI,
                    sys_inputs=self._invoice_inputs(document),
                )
            except typst.TypstError as error:
                raise DocumentFailed(f"The picture could not be made: {error.message}") from error
        first = pages[0] if isinstance(pages, list) else pages
        if not isinstance(first, bytes):
            raise DocumentFailed(_("The typesetter answered without a picture."))
        return first

    def _invoice_inputs(self, document: InvoiceDocument) -> dict[str, str]:
        pay = {"url": document.pay_url, "qr": _qr_code(document.pay_url)} if document.pay_url else None
        return self._inputs(printed_invoice(document), document, document.buyer, pay=pay)

    def credit_note(self, document: CreditNoteDocument) -> bytes:
        """The credit note as PDF/A-3b on A4. Raises :class:`DocumentFailed`."""
        inputs = self._inputs(printed_credit_note(document), document, document.buyer)
        return self._compile("credit_note.typ", inputs)

    def receipt(self, document: ReceiptDocument) -> bytes:
        """The receipt as PDF/A-3b on A4. Raises :class:`DocumentFailed`."""
        return self._compile("receipt.typ", self._inputs(printed_receipt(document), document, document.payer))

    def statement(self, document: StatementDocument) -> bytes:
        """The statement of account as PDF/A-3b on A4. Raises :class:`DocumentFailed`."""
        inputs = self._inputs(printed_statement(document), document, document.customer)
        return self._compile("statement.typ", inputs)

    def check_logo(self, logo: Logo) -> None:
        """Refuse a logo that documents could not carry, before it is kept. Raises :class:`LogoUnreadable`."""
        if len(logo.data) > MAX_LOGO_BYTES:
            raise LogoUnreadable(
                _("The logo is larger than 1 MB. Save it smaller and try again."), field="logo"
            )
        inputs = {
            "fonts": json.dumps(self._fonts.families(japanese=False)),
            "picture": json.dumps(list(logo.data)),
            "format": LOGO_TYPES[logo.media_type],
            "shown": _logo_picture(logo),
        }
        try:
            self._compile("logo.typ", inputs, timestamp=0)
        except DocumentFailed as error:
            raise LogoUnreadable(
                _(
                    "The logo cannot be read. Use a PNG, JPEG or SVG picture; in an SVG, turn text into "
                    "paths."
                ),
                field="logo",
            ) from error

    def _inputs(
        self,
        printed: Printed,
        document: InvoiceDocument | CreditNoteDocument | ReceiptDocument | StatementDocument,
        customer: Party,
        **unprinted: object,
    ) -> dict[str, str]:
        texts = _printable(printed, self._fonts)
        japanese = document.language.startswith("ja") or "JP" in {document.seller.country, customer.country}
        data = {
            **texts,
            **unprinted,
            "fonts": self._fonts.families(japanese=japanese),
            "logo": _logo_picture(document.logo) if document.logo else None,
            "accent": document.accent or _ACCENT,
        }
        written = json.dumps(data, ensure_ascii=False)
        both_ways = _RIGHT_TO_LEFT.search(written) or locale_of(document.language).text_direction == "rtl"
        return {"data": written, "both-ways": "yes" if both_ways else ""}

    def _compile(self, layout: str, inputs: dict[str, str], timestamp: int | None = None) -> bytes:
        """``timestamp`` (Unix seconds) dates a document that does not date itself; PDF/A wants a date."""
        with self._lock:
            try:
                pdf = self._compiler.compile(
                    input=_LAYOUTS / layout,
                    format="pdf",
                    sys_inputs=inputs,
                    pdf_standards=_PDF_STANDARD,
                    timestamp=timestamp,
                )
            except typst.TypstError as error:
                raise DocumentFailed(
                    _("The PDF could not be made: %(problem)s") % {"problem": error.message}
                ) from error
        if not isinstance(pdf, bytes):
            raise DocumentFailed(_("The typesetter answered without a PDF."))
        return pdf


@cache
def typesetter(frontend: Path) -> Typesetter:
    """The typesetter of this process for the fonts below ``frontend``, made at the first call."""
    return Typesetter(frontend)


def _printable(printed: Any, fonts: DocumentFonts) -> Any:
    """The same data with every text in it made printable."""
    match printed:
        case str():
            return fonts.printable(printed)
        case list():
            return [_printable(part, fonts) for part in printed]
        case dict():
            return {name: _printable(part, fonts) for name, part in printed.items()}
        case _:
            return printed


def _logo_picture(logo: Logo) -> str:
    """The logo as an SVG picture. A photo is wrapped into one, since data for layouts is text (JSON)."""
    if logo.media_type == "image/svg+xml":
        return logo.data.decode(errors="replace")
    source = f"data:{logo.media_type};base64,{base64.b64encode(logo.data).decode()}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 62 16" width="62mm" height="16mm">'
        f'<image href="{source}" width="62" height="16" preserveAspectRatio="xMinYMid meet"/></svg>'
    )


def _qr_code(address: str) -> str:
    """The address as an SVG picture; medium error correction survives a fold or a stamp.

    The mask is given: scanners read all eight, an address that ends in a random token has no pattern that one of
    them would have to break, and weighing them is the dearest part of a document after the typesetting itself.
    """
    picture = io.BytesIO()
    segno.make_qr(address, error="m", mask=0).save(picture, kind="svg", border=0, xmldecl=False)
    return picture.getvalue().decode()
