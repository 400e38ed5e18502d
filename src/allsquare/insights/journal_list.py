"""The journal as a list that can be searched: which takes knowing of the documents that entries tell of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import currency
from allsquare.core.listing import ListSpec
from allsquare.core.listing.search import Search, matching
from allsquare.core.money import InvalidAmount, Money
from allsquare.identity.models import Organization
from allsquare.insights.finding import Found, by_id, documents, named
from allsquare.ledger import lists
from allsquare.ledger.models import Account, JournalEntry, JournalLine
from allsquare.ledger.words import ENTRY_WORDS, RARE

#: Kinds that no document stands behind, so that their amounts stand in their lines alone.
_TYPED: Final = ("manual", "reversal", "movement.recorded", "movement.reversed")


def search_journal(organization: Organization, search: Search) -> Q:
    """Entries of the invoices and credit notes with that number or total, of the customers with those words, of
    payments of that amount; entries with those words in their memo; entries by hand, and of movements at providers, of
    that amount; and one entry by its id."""
    one = by_id(search.text)
    if one is not None:
        return one
    found = documents(organization, search.text, accounts=Account.objects.filter(organization=organization))
    few = named(*_sources(organization, search, found))
    return Q(id__among=few) if few is not None else _walked(organization, search, found)


def _sources(organization: Organization, search: Search, found: Found) -> list[QuerySet[Any]]:
    """Ids of entries, each by an index."""
    entries = JournalEntry.objects.filter(organization=organization)
    lines = JournalLine.objects.filter(organization=organization)
    sources = [
        lines.filter(document_id__in=found.invoices).values_list("entry_id", flat=True),
        lines.filter(document_id__in=found.priced).values_list("entry_id", flat=True),
        entries.filter(source_id__in=found.credit_notes).values_list("id", flat=True),
        entries.filter(source_id__in=found.payments).values_list("id", flat=True),
        # By each account, as the index of customers stands.
        lines.filter(account_id__in=found.others["accounts"], customer_id__in=found.customers).values_list(
            "entry_id", flat=True
        ),
        entries.filter(RARE, matching(ENTRY_WORDS, search.text)).values_list("id", flat=True),
    ]
    typed = _typed(organization, search.text)
    return sources if typed is None else [*sources, entries.filter(typed).values_list("id", flat=True)]


def _walked(organization: Organization, search: Search, found: Found) -> Q:
    """The same, asked of each entry on the way. Of its lines not by ``EXISTS``: that the database may answer by reading
    every line that there is, first."""
    lines = JournalLine.objects.filter(organization=organization, entry_id=OuterRef("id"))
    told = lines.filter(
        Q(document_id__in=found.invoices)
        | Q(document_id__in=found.priced)
        | Q(customer_id__in=found.customers)
    )
    condition = (
        Q(source_id__in=found.credit_notes)
        | Q(source_id__in=found.payments)
        | Q(IsNull(Subquery(told.values("id")[:1]), False))
        | (RARE & matching(ENTRY_WORDS, search.text))
    )
    typed = _typed(organization, search.text)
    return condition if typed is None else condition | typed


def _typed(organization: Organization, text: str) -> Q | None:
    """Entries by hand, and of movements at providers, with a line of the amount that ``text`` reads like, in base
    currency or in its own."""
    unit = currency(organization.base_currency)
    try:
        minor = abs(Money.parse(text.replace(",", "."), unit.code).minor)
    except InvalidAmount:
        return None
    lines = JournalLine.objects.filter(organization=organization, entry_id=OuterRef("id"))
    same = Q(base_minor__in=[minor, -minor]) | Q(amount_minor__in=[minor, -minor])
    return Q(Exists(lines.filter(same)), organization=organization, kind__in=_TYPED)


JOURNAL: Final[ListSpec] = replace(
    lists.JOURNAL,
    search=search_journal,
    search_label=_("Document, customer, memo or amount"),
)
