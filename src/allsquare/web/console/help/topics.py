"""Which text helps on which page. A text covers every page below its address that has none of its own."""

from __future__ import annotations

from typing import Final

#: Beginning of the address (without the leading slash) and the name of the text in ``docs/help/<language>/``.
TOPICS: Final[dict[str, str]] = {
    "": "home",
    "first-steps/": "home",
    "rehearsal/": "rehearsal",
    "help/": "home",
    "search/": "search",
    "invoices/": "invoices",
    "invoices/new/": "invoice-editor",
    "credit-notes/": "credit-notes",
    "customers/": "customers",
    "contacts/": "customers",
    "notes/": "customers",
    "items/": "items",
    "payments/": "payments",
    "refunds/": "refunds",
    "payment-links/": "payment-links",
    "books/": "books",
    "books/check/": "books-check",
    "books/journal/new/": "journal-entry",
    "books/periods/": "periods",
    "books/exchange-rates/": "exchange-rates",
    "mails/": "mails",
    "events/": "events",
    "inbox/": "webhooks",
    "inbox/providers/": "comparing",
    "inbox/inquiries/": "comparing",
    "tasks/": "tasks",
    "jobs/": "jobs",
    "batches/": "lists",
    "exports/": "lists",
    "views/": "lists",
    "settings/": "settings",
    "settings/organization/": "organization",
    "settings/branding/": "branding",
    "settings/mail/": "mail-settings",
    "settings/languages/": "languages",
    "settings/payment-providers/": "payment-providers",
    "settings/payment-routes/": "routing",
    "settings/customer-groups/": "routing",
    "settings/paying/": "paying",
    "settings/fraud/": "fraud",
    "settings/tax-rates/": "tax-rates",
    "settings/numbering/": "numbering",
    "settings/people/": "people",
    "settings/roles/": "people",
    "settings/security/": "security",
    "accounts/": "security",
}

#: In the order of the index.
NAMES: Final[tuple[str, ...]] = tuple(dict.fromkeys(TOPICS.values()))


def topic_of(path: str) -> str:
    """The text for the page at ``path``; that of the home page where none is nearer."""
    place = path.lstrip("/")
    found = max((start for start in TOPICS if start and place.startswith(start)), key=len, default="")
    return TOPICS[found]
