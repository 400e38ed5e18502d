"""Invoices and receipts as PDF: facts in, bytes out. Pure: no database, no settings, no clock."""
