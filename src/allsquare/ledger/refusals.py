"""What the journal's guards in the database refuse, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import IntegrityError

from allsquare.core.errors import AllsquareError
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


def _explained(error: IntegrityError) -> AllsquareError | None:
    """The refusal of one of our guards in words; ``None`` for any other."""
    if not isinstance(error.__cause__, psycopg.Error):
        return None
    said = error.__cause__.diag
    match said.constraint_name:
        case "journal_entry_open_period":  # the guard names the date as its detail
            return PeriodClosed(
                f"The period of {said.message_detail} is closed. Book with a date in an open period.",
                field="date",
                date=said.message_detail,
            )
        case "journal_entry_once":
            return AlreadyPosted(
                "This was booked before. Nothing was booked again.", found=said.message_detail
            )
        case "journal_line_with_entry":
            return AccountUnknown("An account of this booking is not one of this organization's.")
        case _:
            return None
