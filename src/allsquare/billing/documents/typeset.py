"""Turns the facts of a document into the bytes of a PDF/A-3b file.

One typesetter per process holds the compiler with all fonts open; a page takes it about ten milliseconds. The same
facts give the same bytes, so a document can be kept under its content hash: nothing here reads a clock.

Texts reach the layouts as JSON data, never as markup, so ``#let x`` or ``*bold*`` in a name prints as it is.
"""

from __future__ import annotations

import io
import json
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
import typst

from allsquare.billing.documents.facts import LOGO_TYPES, InvoiceDocument, Logo, ReceiptDocument
from allsquare.billing.documents.fonts import DocumentFonts, load_fonts
from allsquare.billing.documents.printed import Printed, printed_invoice, printed_receipt
from allsquare.core.errors import AllsquareError, InvalidInput

_LAYOUTS: Final = Path(__file__).parent
_PDF_STANDARD: Final = "a-3b"


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
        self._compiler = typst.Compiler(
            root=_LAYOUTS, font_paths=self._fonts.book, ignore_system_fonts=True
        )
        # The compiler keeps the inputs of the latest call, so two threads must not use it at once.
        self._lock = threading.Lock()

    def invoice(self, document: InvoiceDocument) -> bytes:
        """The invoice as PDF/A-3b on A4. Raises :class:`DocumentFailed`."""
        countries = {document.seller.country, document.buyer.country}
        pay = {"url": document.pay_url, "qr": _qr_code(document.pay_url)} if document.pay_url else None
        return self._pdf(
            "invoice.typ", printed_invoice(document), document.language, countries, document.logo, pay=pay
        )

    def receipt(self, document: ReceiptDocument) -> bytes:
        """The receipt as PDF/A-3b on A4. Raises :class:`DocumentFailed`."""
        countries = {document.seller.country, document.payer.country}
        return self._pdf("receipt.typ", printed_receipt(document), document.language, countries, document.logo)

    def _pdf(
        self,
        layout: str,
        printed: Printed,
        language: str,
        countries: set[str],
        logo: Logo | None,
        **unprinted: object,
    ) -> bytes:
        texts = _printable(printed, self._fonts)
        japanese = language.startswith("ja") or "JP" in countries
        data = {
            **texts,
            **unprinted,
            "fonts": self._fonts.families(japanese=japanese),
            "logo": {"bytes": list(logo.data), "format": LOGO_TYPES[logo.media_type]} if logo else None,
        }
        with self._lock:
            try:
                pdf = self._compiler.compile(
                    input=_LAYOUTS / layout,
                    format="pdf",
                    sys_inputs={"data": json.dumps(data)},
                    pdf_standards=_PDF_STANDARD,
                )
            except typst.TypstError as error:
                raise DocumentFailed(f"The PDF could not be made: {error.message}") from error
        if not isinstance(pdf, bytes):
            raise DocumentFailed("The typesetter answered without a PDF.")
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


def _qr_code(address: str) -> str:
    """The address as an SVG picture; medium error correction survives a fold or a stamp."""
    picture = io.BytesIO()
    segno.make_qr(address, error="m").save(picture, kind="svg", border=0, xmldecl=False)
    return picture.getvalue().decode()
