"""What the books refuse."""

from __future__ import annotations

from allsquare.core.errors import AllsquareError, Conflict, InvalidInput, NotFound


class BooksBegun(Conflict):
    """What the first booking fixes cannot be chosen anew."""

    code = "books_begun"


class Unbalanced(InvalidInput):
    """An entry's lines do not sum to zero, or there are fewer than two."""

    code = "unbalanced_entry"


class PeriodClosed(Conflict):
    """The booking date lies in a closed period."""

    code = "period_closed"


class PeriodOverlaps(Conflict):
    """A part of the period is closed already."""

    code = "period_overlaps"


class ControlAccount(InvalidInput):
    """The account is kept by documents; a booking by hand would part it from them."""

    code = "control_account"


class AlreadyPosted(Conflict):
    """The same fact was booked before."""

    code = "already_posted"


class AccountMissing(AllsquareError):
    """The chart of accounts has no account for this use."""

    code = "account_missing"
    status = 500


class AccountUnknown(NotFound):
    """No such account in this organization."""

    code = "account_not_found"


class PeriodUnknown(NotFound):
    """No such period in this organization."""

    code = "period_not_found"


class EntryUnknown(NotFound):
    """No such journal entry in this organization."""

    code = "entry_not_found"


class RateMissing(InvalidInput):
    """No exchange rate is known for a currency on a date."""

    code = "exchange_rate_missing"
