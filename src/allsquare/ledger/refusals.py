"""What the journal's guards in the database refuse, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import psycopg
from django.db import IntegrityError
from django.utils.translation import gettext as _

from allsquare.core.errors import AllsquareError
from allsquare.core.formatting import format_date, spoken_language
from allsquare.ledger.errors import AccountUnknown, AlreadyPosted, PeriodClosed


@contextmanager
def refusals_explained() -> Iterator[None]:
    """Turn what the journal's own guards refuse into the errors of this package."""
    try:
        yield
    except IntegrityError as error:
        explained = _explained(error)
        if explained is None:
            raise
        raise explained from error


def _day(detail: str | None) -> str:
    """The guard's date (ISO 8601) as the reader writes it."""
    return format_date(date.fromisoformat(detail), spoken_language()) if detail else ""


def _explained(error: IntegrityError) -> AllsquareError | None:
    """The refusal of one of our guards in words; ``None`` for any other."""
    if not isinstance(error.__cause__, psycopg.Error):
        return None
    said = error.__cause__.diag
    match said.constraint_name:
        case "journal_entry_open_period":  # the guard names the date as its detail
            return PeriodClosed(
                _("The period of %(day)s is closed. Book with a date in an open period.")
                % {"day": _day(said.message_detail)},
                field="date",
                date=said.message_detail,
            )
        case "journal_entry_once":
            return AlreadyPosted(
                _("This was booked before. Nothing was booked again."), found=said.message_detail
            )
        case "journal_line_with_entry":
            return AccountUnknown(_("An account of this booking is not one of this organization's."))
        case _:
            return None
