"""Which text helps on which page. A text covers every page below its address that has none of its own."""

from __future__ import annotations

from typing import Final

#: Beginning of the address (without the leading slash; ``*`` is the id of any one thing) and the name of the text in
#: ``docs/help/<language>/``.
TOPICS: Final[dict[str, str]] = {
    "": "home",
    "first-steps/": "home",
    "rehearsal/": "rehearsal",
    "help/": "home",
    "search/": "search",
    "invoices/": "invoices",
    "invoices/new/": "invoice-editor",
    "invoices/*/edit/": "invoice-editor",
    "invoices/*/credit-note/": "credit-notes",
    "invoices/*/record-payment/": "payments",
    "credit-notes/": "credit-notes",
    "customers/": "customers",
    "customers/*/methods/": "automatic-payments",
    "contacts/": "customers",
    "notes/": "customers",
    "items/": "items",
    "payments/": "payments",
    "payments/*/refund/": "refunds",
    "payments/automatic/": "automatic-payments",
    "payments/disputes/": "disputes",
    "payments/payouts/": "payouts",
    "refunds/": "refunds",
    "payment-links/": "payment-links",
    "books/": "books",
    "books/check/": "books-check",
    "books/money/": "where-is-my-money",
    "books/movements/": "movements",
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
    parts = path.strip("/").split("/")
    fitting = [start for start in TOPICS if start and _begins(parts, start)]
    return TOPICS[max(fitting, key=lambda start: (start.count("/"), "*" not in start), default="")]


def _begins(parts: list[str], start: str) -> bool:
    wanted = start.strip("/").split("/")
    return len(wanted) <= len(parts) and all(
        each in ("*", part) for each, part in zip(wanted, parts, strict=False)
    )
