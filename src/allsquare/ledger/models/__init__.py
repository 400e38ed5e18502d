"""Accounts, journal, periods and exchange rates. Imported by ``ledger`` and ``insights`` alone."""

from allsquare.ledger.models.account import Account, ExchangeRate, Period
from allsquare.ledger.models.balance import AccountDay, AccountDayMark
from allsquare.ledger.models.journal import JournalEntry, JournalLine

__all__ = ["Account", "AccountDay", "AccountDayMark", "ExchangeRate", "JournalEntry", "JournalLine", "Period"]
