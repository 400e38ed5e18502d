"""The file that is handed out: CSV or XLSX, written row by row and put into the storage ``exports``."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from django.core.files.base import File
from django.core.files.storage import storages
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from allsquare.connect.files.part import Record
from allsquare.connect.models import Export
from allsquare.connect.rows import DAY, INSTANT, NUMBER, Head, harmless

#: Rows of one sheet, of the 1,048,576 that spreadsheets have, and characters of one cell.
SHEET_ROWS: Final = 1_000_000
CELL_CHARACTERS: Final = 32_000


def write_file(export: Export, heads: Sequence[Head], records: Iterable[Record]) -> int:
    """Returns its bytes. It appears whole in the storage or not at all."""
    write = {"csv": _csv, "xlsx": _xlsx}[export.format]
    storage = storages["exports"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{export.format}"
        write(path, heads, records)
        storage.delete(export.stored_as)
        with path.open("rb") as file:
            storage.save(export.stored_as, File(file))
        return path.stat().st_size


def _csv(path: Path, heads: Sequence[Head], records: Iterable[Record]) -> None:
    """UTF-8 with the mark by which spreadsheets know it; amounts with a point, dates as ISO 8601."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([harmless(head.label) for head in heads])
        for record in records:
            writer.writerow(["" if cell is None else _plain(*cell) for cell in record])


def _plain(kind: str, text: str) -> str:
    return text if kind in (NUMBER, DAY, INSTANT) else harmless(text)


def _xlsx(path: Path, heads: Sequence[Head], records: Iterable[Record]) -> None:
    """Amounts are numbers with all their digits, dates are dates, and no text is a formula."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, heads)
    for number, record in enumerate(records):
        if number and number % SHEET_ROWS == 0:
            sheet = _sheet(book, heads)
        sheet.append([None if cell is None else _cell(sheet, *cell) for cell in record])
    book.save(path)


def _sheet(book: Workbook, heads: Sequence[Head]) -> WriteOnlyWorksheet:
    sheet: Any = book.create_sheet()
    sheet.freeze_panes = "A2"
    row = []
    for head in heads:
        cell = _text(sheet, head.label)
        cell.font = Font(bold=True)
        row.append(cell)
    sheet.append(row)
    return sheet  # type: ignore[no-any-return]  # write-only books have write-only sheets


def _cell(sheet: Any, kind: str, text: str) -> Any:
    if kind == NUMBER:
        decimals = len(text.partition(".")[2])
        cell: Any = WriteOnlyCell(sheet, value=0)
        cell._value = text  # the library itself would round to 16 digits
        cell.number_format = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        return cell
    if kind == DAY:
        day: Any = date.fromisoformat(text)
        cell = WriteOnlyCell(sheet, value=day)
        cell.number_format = "yyyy-mm-dd"
        return cell
    if kind == INSTANT:
        # Spreadsheets know no zones: the head of the column names it.
        cell = WriteOnlyCell(sheet, value=datetime.fromisoformat(text).replace(tzinfo=None))
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
        return cell
    return _text(sheet, text)


def _text(sheet: Any, text: str) -> Any:
    """As text, whatever it looks like; an apostrophe guards it on its way into another format."""
    clean = ILLEGAL_CHARACTERS_RE.sub("", harmless(text))[:CELL_CHARACTERS]
    cell = WriteOnlyCell(sheet, value=clean)
    cell.data_type = "s"
    return cell
