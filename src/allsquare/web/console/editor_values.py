"""The invoice editor's raw values: of a draft, of a new one, and what its buttons do to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allsquare.billing.models import Invoice, InvoiceLine
from allsquare.catalog.models import Item
from allsquare.web.console.forms.fields import Choices, figure_text
from allsquare.web.console.forms.invoice import MOST_ROWS, Offered, typed_rows, with_rows
from allsquare.web.console.forms.money import new_key

#: A row that nobody touched: the first choices of its lists, and a quantity of one.
EMPTY_ROW: Final[Mapping[str, str]] = {"quantity": "1", "unit": "C62", "tax_category": "S"}
#: Empty rows of a new draft, and how many *Add lines* brings where no script adds them one by one.
EMPTY_ROWS: Final = 3

Values = Mapping[str, str]


def of_new(*, customer: str, payment_days: int) -> dict[str, str]:
    """A new draft."""
    values = {"customer": customer, "payment_days": str(payment_days), "key": new_key()}
    return with_rows(values, [EMPTY_ROW] * EMPTY_ROWS)


def of_draft(invoice: Invoice, taxes: Choices, *, seen: str) -> dict[str, str]:
    """A draft as it is kept. Lines and items should be prefetched. ``taxes`` are those that are offered."""
    values = {
        "customer": str(invoice.customer_id),
        "currency": invoice.currency,
        "payment_days": str(invoice.payment_days),
        "supplied_on": invoice.supplied_on.isoformat() if invoice.supplied_on else "",
        "reference": invoice.reference,
        "discount_percent": figure_text(invoice.discount_percent) if invoice.discount_percent else "",
        "notes": invoice.notes,
        "terms": invoice.terms,
        "seen": seen,
        "key": new_key(),
    }
    if invoice.prices_include_tax:
        values["prices_include_tax"] = "on"
    codes = {code for code, _label in taxes}
    return with_rows(values, [_row(line, codes) for line in invoice.lines.all()])


def _row(line: InvoiceLine, codes: set[str]) -> dict[str, str]:
    at_rate = f"{line.tax_category}:{figure_text(line.tax_percent)}"
    return {
        "item": str(line.item_id or ""),
        "description": line.description,
        "quantity": figure_text(line.quantity),
        "unit": line.unit,
        "unit_price": figure_text(line.unit_price, places=2),
        "discount_percent": figure_text(line.discount_percent) if line.discount_percent else "",
        "tax_category": at_rate if at_rate in codes else line.tax_category,
    }


def row_count(values: Values) -> int:
    return len(list(typed_rows(values)))


def rows_changed(values: Values, offered: Offered) -> dict[str, str] | None:
    """What a button of the rows asked for: more rows, one row less or moved, a row filled from its item, or only to
    see what was typed before (``show``). ``None`` when no such button was pressed, but one that saves."""
    rows = list(typed_rows(values))
    if "more" in values:
        more = min(EMPTY_ROWS, MOST_ROWS - len(rows))
        return with_rows(values, [*rows, *([EMPTY_ROW] * more)])
    if "show" in values:
        return dict(values)
    for act in ("remove", "up", "down", "fill"):
        if act in values:
            return with_rows(values, _act(act, values[act], rows, offered, _currency(values, offered)))
    return None


def _currency(values: Values, offered: Offered) -> str:
    return values.get("currency") or offered.currency_of(values.get("customer", ""))


def _act(
    act: str, place: str, rows: list[dict[str, str]], offered: Offered, currency: str
) -> list[dict[str, str]]:
    """A place that is no longer there changes nothing."""
    if not place.isdecimal() or int(place) >= len(rows):
        return rows
    number = int(place)
    if act == "remove":
        return [*rows[:number], *rows[number + 1 :]] or [dict(EMPTY_ROW)]
    if act in ("up", "down"):
        return _moved(rows, number, number - 1 if act == "up" else number + 1)
    chosen = rows[number].get("item", "")
    item = next((item for item in offered.items if str(item.id) == chosen), None)
    filled = rows[number] | (_from_item(item, currency) if item else {})
    return [*rows[:number], filled, *rows[number + 1 :]]


def _moved(rows: list[dict[str, str]], number: int, to: int) -> list[dict[str, str]]:
    if not 0 <= to < len(rows):
        return rows
    rest = [*rows[:number], *rows[number + 1 :]]
    return [*rest[:to], rows[number], *rest[to:]]


def _from_item(item: Item, currency: str) -> dict[str, str]:
    """An item priced in another currency has no price here: nobody guesses one."""
    return {
        "description": item.description or item.name,
        "unit": item.unit,
        "unit_price": figure_text(item.unit_price, places=2) if item.currency == currency else "",
        "tax_category": item.tax_category,
    }
