"""The first page's reader of the event log: its sums by day are brought up to date behind the postings."""

from __future__ import annotations

from typing import Final

from allsquare.insights.services.roll_up import roll_up
from allsquare.ledger import marks

read: Final = marks.reader("dashboard_mark", roll_up)
