"""The books' reader of the event log: sums by day are brought up to date behind the postings."""

from __future__ import annotations

from typing import Final

from allsquare.ledger import marks
from allsquare.ledger.services.roll_up import roll_up

read: Final = marks.reader("account_day_mark", roll_up)
