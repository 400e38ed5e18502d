"""Invoices: draft, issue, numbering, documents, pay links."""
