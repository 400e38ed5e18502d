"""Accounts, journal and periods: double entry, append-only, held by the database itself."""
