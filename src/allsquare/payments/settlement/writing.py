"""What the database refuses of a batch, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import DatabaseError
from django.utils.translation import gettext as _

from allsquare.core import bulk
from allsquare.core.errors import Conflict
from allsquare.ledger.refusals import refusals_explained
from allsquare.payments.errors import OutcomeContradicts

#: The database's name for: what a provider calls a payment, it calls no other.
NAMED_ONCE: Final = "payment_reference_once"


@contextmanager
def written(*, committing: bool) -> Iterator[None]:
    """Around the statements of one batch, which do not wait for one another; refusals of the database in words.

    With ``committing``, nothing follows in this transaction.
    """
    try:
        with refusals_explained(), bulk.pipelined(committing=committing):
            yield
    except DatabaseError as error:
        if bulk.rows_were_missing(error):
            raise Conflict(
                _("A payment changed while it was being settled. Nothing was booked; it will be read again.")
            ) from error
        if NAMED_ONCE in str(error):
            raise OutcomeContradicts(
                _(
                    "What the provider calls this payment, another one is called. Where that was entered by hand, "
                    "correct it there, and read this again."
                )
            ) from error
        raise
