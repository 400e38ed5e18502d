"""Reading customers. The organization comes first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Q, Subquery
from django.utils.translation import gettext as _

from allsquare.core import rows
from allsquare.core.listing.search import matching
from allsquare.customers.errors import ContactUnknown, CustomerUnknown, NoteUnknown
from allsquare.customers.models import Contact, Customer, CustomerGroup, CustomerNote
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization


def get_customer(organization: Organization, customer_id: UUID) -> Customer:
    """An archived one too, with the pinned note. Raises :class:`CustomerUnknown`."""
    found = Customer.objects.filter(organization=organization, id=customer_id)
    return _there(found.select_related("pinned_note", "group").first())


@dataclass(frozen=True, slots=True)
class CustomerAsked:
    """A customer on its way: whoever has more to ask does so before reading it."""

    sent: rows.Asked[Customer]

    def read(self) -> Customer:
        """Raises :class:`CustomerUnknown`."""
        return _there(self.sent.first())


def ask_customer(organization: Organization, customer_id: UUID) -> CustomerAsked:
    """As :func:`get_customer`, by ``core.rows``; the pinned note is left out."""
    return CustomerAsked(rows.ask(Customer, organization.id, "id = %b", [customer_id]))


def _there(found: Customer | None) -> Customer:
    if found is None:
        raise CustomerUnknown(_("There is no such customer."))
    return found


def list_customers(
    organization: Organization,
    *,
    search: str = "",
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
    archived: bool = False,
) -> list[Customer]:
    """By name, those after the (name, id) of the last one seen; the archived ones only where they are asked for too.

    ``search`` finds what the list of customers finds.
    """
    found = Customer.objects.filter(organization=organization)
    if not archived:
        found = found.filter(archived_at__isnull=True)
    if search:
        found = found.filter(matching(CUSTOMER_WORDS, search))
    if after is not None:
        name, last = after
        found = found.filter(Q(name__gt=name) | Q(name=name, id__gt=last))
    return list(found.order_by("name", "id")[:limit])


def customer_groups(organization: Organization) -> list[CustomerGroup]:
    """By name; there are a few."""
    return list(CustomerGroup.objects.filter(organization=organization).order_by("name", "id"))


def group_sizes(organization: Organization) -> list[tuple[CustomerGroup, int]]:
    """By name, with how many customers are in each, archived ones left out."""
    found = Customer.objects.filter(organization=organization, group__isnull=False, archived_at__isnull=True)
    sizes = dict(found.order_by().values_list("group_id").annotate(number=Count("id")))
    return [(group, sizes.get(group.id, 0)) for group in customer_groups(organization)]


def customers_in(organization: Organization, country: str) -> int:
    """How many there are, archived ones left out."""
    found = Customer.objects.filter(organization=organization, country=country, archived_at__isnull=True)
    return found.count()


def group_beside(organization: Organization, customer_id: UUID) -> Subquery:
    """The customer's group, beside the rows of another query and not by one of its own."""
    found = Customer.objects.filter(organization=organization, id=customer_id)
    return Subquery(found.values("group_id")[:1])


def get_contact(organization: Organization, contact_id: UUID) -> Contact:
    """With its customer. Raises :class:`ContactUnknown`."""
    found = (
        Contact.objects.filter(organization=organization, id=contact_id).select_related("customer").first()
    )
    if found is None:
        raise ContactUnknown(_("There is no such contact."))
    return found


def contacts_of(organization: Organization, customer_id: UUID) -> list[Contact]:
    """By name; a customer has a few."""
    found = Contact.objects.filter(organization=organization, customer_id=customer_id)
    return list(found.order_by("name", "id")[:200])


class Post(StrEnum):
    """What contacts choose between: invoices, or what tells of money (receipts, refunds, reminders)."""

    INVOICES = "gets_invoices"
    RECEIPTS = "gets_receipts"


def recipients(
    organization: Organization, customer_ids: Iterable[UUID], post: Post
) -> dict[UUID, list[Contact]]:
    """Of each of these customers, the contacts who get such mail, each address once; who has none is left out, and
    gets it at the customer's own address. One query."""
    found = Contact.objects.filter(organization=organization, customer_id__in=set(customer_ids)).exclude(
        email=""
    )
    chosen: dict[UUID, dict[str, Contact]] = defaultdict(dict)
    for contact in found.filter(**{post.value: True}).order_by("created_at", "id"):
        chosen[contact.customer_id].setdefault(contact.email.lower(), contact)
    return {customer_id: list(by_address.values()) for customer_id, by_address in chosen.items()}


def addresses(organization: Organization, customer: Customer, post: Post) -> list[str]:
    """Where such mail to ``customer`` goes; empty: nowhere."""
    chosen = recipients(organization, [customer.id], post).get(customer.id)
    if chosen:
        return [contact.email for contact in chosen]
    return [customer.email] if customer.email else []


def get_note(organization: Organization, note_id: UUID) -> CustomerNote:
    """Raises :class:`NoteUnknown`."""
    found = CustomerNote.objects.filter(organization=organization, id=note_id).first()
    if found is None:
        raise NoteUnknown(_("There is no such note."))
    return found


def notes_of(
    organization: Organization,
    customer_id: UUID,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[CustomerNote]:
    """Newest first, those older than note ``before``; or those newer than note ``after``, the oldest first."""
    found = CustomerNote.objects.filter(organization=organization, customer_id=customer_id)
    if after:
        return list(found.filter(id__gt=after).order_by("id")[:limit])
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])
