"""The event log as a list that can be searched, with all that happened around one customer: which takes knowing of the
documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from allsquare.catalog.models import Item
from allsquare.catalog.words import ITEM_WORDS
from allsquare.core import lists
from allsquare.core.actor import ActorKind
from allsquare.core.formatting import format_quantity
from allsquare.core.listing import ListSpec, OtherRow, RowFilter
from allsquare.core.listing.search import Search, matching, words
from allsquare.core.models import Event
from allsquare.core.models.event import COMMON_KINDS
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Organization
from allsquare.insights.customer_events import DOCUMENTS, has_older_documents, subjects_around_customer
from allsquare.insights.finding import Ids, documents, named
from allsquare.insights.log_words import log_words
from allsquare.payments.models import Payment, PaymentShare


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEventsFilter(RowFilter):
    """Of the customer and of their newest documents. One question first, so that an index is asked for each; where
    there are older documents, the chip says that they are left out."""

    def condition(self, organization: Any, value: OtherRow) -> Q:
        return Q(**{f"{self.field}__among": subjects_around_customer(organization, value.id)})

    def told(self, organization: Any, value: OtherRow) -> str:
        if not has_older_documents(organization, value.id):
            return value.name
        words = _("%(customer)s and their newest %(most)s invoices, payments and mails")
        return str(words) % {
            "customer": value.name,
            "most": format_quantity(Decimal(DOCUMENTS), get_language() or "en"),
        }


def search_events(organization: Organization, search: Search) -> Q:
    """What happened to the documents, customers and items that the words find, to the payments of those documents, and
    to one thing by its id; what people with these words in their names did; and events of a kind that is called so."""
    asked = words(search.text)
    mine = Event.objects.filter(organization_id=organization.id)
    subjects = _subjects(organization, search)
    known = log_words(organization)
    kinds = [kind for kind in known.kinds if asked and _says(kind, asked)]
    people = [person for person, name in known.people.items() if asked and _says(name, asked)]
    by_people = Q(actor_kind=ActorKind.PERSON, actor_id__in=people)
    if not set(kinds) & set(COMMON_KINDS):
        sources = [mine.filter(subject_id__in=ids) for ids in subjects]
        # A rare kind has an index; a common one has so many that a page is found by walking.
        sources += [mine.filter(~Q(kind__in=COMMON_KINDS), kind=kind) for kind in kinds]
        few = named(*(each.values_list("id", flat=True) for each in (*sources, mine.filter(by_people))))
        if few is not None:
            return Q(id__among=few)
    condition = Q(kind__in=kinds) | by_people
    for ids in subjects:
        condition |= Q(subject_id__in=ids)
    return condition


def _subjects(organization: Organization, search: Search) -> list[Ids]:
    items = Item.objects.filter(organization=organization)
    found = documents(organization, search.text, items=items.filter(matching(ITEM_WORDS, search.text)))
    paying = Payment.objects.filter(organization=organization).order_by()
    shares = PaymentShare.objects.filter(organization=organization).order_by()
    return [
        *_one(search.text),
        found.invoices,
        found.credit_notes,
        found.customers,
        found.priced,
        found.payments,
        found.others["items"],
        *(paying.filter(invoice_id__in=ids).values("id") for ids in (found.invoices, found.priced)),
        *(shares.filter(invoice_id__in=ids).values("payment_id") for ids in (found.invoices, found.priced)),
    ]


def _one(text: str) -> list[Ids]:
    try:
        return [[UUID(text)]]
    except ValueError:
        return []


def _says(text: str, asked: list[str]) -> bool:
    """Has it, for every word that is looked for, one that begins like it?"""
    own = words(text)
    return all(any(word.startswith(each) for word in own) for each in asked)


EVENTS: Final[ListSpec] = replace(
    lists.EVENTS,
    search=search_events,
    search_label=_("Document, customer, item, person or kind"),
    filters=(
        *lists.EVENTS.filters,
        CustomerEventsFilter(
            name="customer",
            label=_("Customer"),
            field="subject_id",
            find=lambda organization, name: get_customer(organization, name).name,
            picker="customer",
            hint=_(
                "Of a customer with thousands of documents: what happened to the newest 1,000 of each kind."
            ),
        ),
    ),
)
