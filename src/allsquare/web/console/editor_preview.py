"""What the rows of the invoice editor come to as they stand, by the one calculation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from allsquare.billing.lines import LineInput, PricedLines, price
from allsquare.core import clock
from allsquare.core.errors import Conflict, InvalidInput
from allsquare.identity.models import Organization
from allsquare.tax.selectors import list_rates
from allsquare.web.console.forms.invoice import InvoiceEditor


@dataclass(frozen=True, slots=True)
class Preview:
    """What the rows come to so far. ``amounts`` are minor units by the row's place on the page; ``left_out`` rows
    could not be read; ``problem`` says why nothing could be calculated."""

    currency: str
    priced: PricedLines | None
    amounts: Mapping[int, int]
    left_out: int
    problem: str = ""


def preview(organization: Organization, editor: InvoiceEditor) -> Preview:
    """Over the rows that can be read. Needs a ``checked`` editor."""
    editor.is_valid()
    head = editor.head.cleaned_data
    filled = editor.filled()
    readable = [(place, _described(row.line())) for place, row in filled if _priceable(row.errors)]
    empty = Preview(editor.currency, None, {}, len(filled) - len(readable))
    if not readable:
        return empty
    try:
        priced = price(
            organization=organization,
            lines=[line for _place, line in readable],
            rates=list_rates(organization),
            currency_code=editor.currency,
            prices_include_tax=head.get("prices_include_tax", False),
            discount_percent=head.get("discount_percent") or Decimal(0),
            on=head.get("supplied_on") or clock.today(organization),
        )
    except (InvalidInput, Conflict) as error:
        return replace(empty, problem=error.message)
    places = [place for place, _line in readable]
    amounts = {place: line.amount_minor for place, line in zip(places, priced.totals.lines, strict=True)}
    return replace(empty, priced=priced, amounts=amounts)


def _priceable(errors: Mapping[str, object]) -> bool:
    """A line without words can be priced, one without figures cannot."""
    return not set(errors) - {"description"}


def _described(line: LineInput) -> LineInput:
    return line if line.description else replace(line, description="–")
