"""Which news customers are to be told about their saved payment methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.customers.selectors import Post, recipients
from allsquare.identity.models import Organization
from allsquare.notifications.drafts import draft
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.payments.autopay import charged_by_themselves

_GONE: Final = "payment_method.gone"
_KINDS: Final = {
    "method_link.asked": MailKind.METHOD_LINK,
    "open_link.asked": MailKind.OPEN_LINK,
    "payment_method.expiring": MailKind.METHOD_EXPIRING,
    _GONE: MailKind.METHOD_GONE,
    "autopay.announced": MailKind.AUTOPAY_PLANNED,
    "autopay.failed": MailKind.AUTOPAY_FAILED,
}


def mails_to_savers(organization: Organization, news: Sequence[Event]) -> list[Mail]:
    """In the order of ``news``; nothing is written. Each mail is about its event, so a repeat makes no second one. To
    the contacts who get receipts, else to the customer's own address, else to nobody."""
    telling = [event for event in news if event.kind in _KINDS]
    if not telling:
        return []
    about = {event.id: UUID(str(event.data["customer"])) for event in telling}
    charged = charged_by_themselves(organization, about.values())
    # One that ended matters to whoever counts on being charged; others see it gone when they pay next.
    telling = [event for event in telling if event.kind != _GONE or about[event.id] in charged]
    found = Customer.objects.filter(organization=organization, id__in=set(about.values()))
    customers = {row.id: row for row in found}
    contacts = recipients(organization, customers, Post.RECEIPTS)
    return [
        draft(
            organization,
            _KINDS[event.kind],
            subject=("event", event.id),
            recipient=address,
            language=str(event.data.get("language") or "") or language,
            invoice_id=event.subject_id if event.subject_type == "invoice" else None,
            customer_id=customer.id,
        )
        for event in telling
        if (customer := customers.get(about[event.id])) is not None
        for address, language in (
            [(each.email, each.language or customer.language) for each in contacts.get(customer.id, [])]
            or [(customer.email, customer.language)][: bool(customer.email)]
        )
    ]
