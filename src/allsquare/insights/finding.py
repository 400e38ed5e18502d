"""Documents and customers that words find, for lists of what happened to them.

The journal and the log name what they tell of by its id. So the words are looked up among the documents first, each by
its own index, and then the rows that name them. That costs settlements no index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet, Value

from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.search import totals_like
from allsquare.billing.words import CREDIT_NOTE_WORDS, INVOICE_WORDS
from allsquare.core.listing.search import FEW, matching
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment

#: For ``field__in``: written out while they are few, else the query itself.
Ids = list[UUID] | QuerySet[Any]

#: Rows that are found are named one by one up to here. Of more, a page is soon found by walking the list in its order.
MANY: Final = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    """``invoices`` and ``credit_notes`` have the number or reference; ``priced`` invoices have the total and
    ``payments`` the amount that was typed; ``customers`` have the words. ``others`` are what was asked for besides."""

    invoices: Ids
    credit_notes: Ids
    customers: Ids
    priced: Ids
    payments: Ids
    others: Mapping[str, Ids]


def documents(organization: Organization, text: str, **others: QuerySet[Any]) -> Found:
    """All of it, and the rows of ``others``, by one statement."""
    invoices = Invoice.objects.filter(organization=organization)
    notes = CreditNote.objects.filter(organization=organization)
    customers = Customer.objects.filter(organization=organization)
    payments = Payment.objects.filter(organization=organization)
    priced, paid = totals_like(organization, text), totals_like(organization, text, "amount_minor")
    found = _few_of_each(
        {
            "invoices": invoices.filter(matching(INVOICE_WORDS, text)),
            "credit_notes": notes.filter(matching(CREDIT_NOTE_WORDS, text)),
            "customers": customers.filter(matching(CUSTOMER_WORDS, text)),
            "priced": invoices.filter(priced) if priced else invoices.none(),
            "payments": payments.filter(paid) if paid else payments.none(),
            **others,
        }
    )
    own = {name: found.pop(name) for name in ("invoices", "credit_notes", "customers", "priced", "payments")}
    return Found(**own, others=found)


def _few_of_each(sources: Mapping[str, QuerySet[Any]]) -> dict[str, Ids]:
    ids: dict[str, list[UUID]] = {name: [] for name in sources}
    first, *more = (
        rows.order_by().annotate(source_=Value(name)).values_list("source_", "id")[: FEW + 1]
        for name, rows in sources.items()
    )
    for name, found in first.union(*more, all=True):
        ids[name].append(found)
    return {
        name: ids[name] if len(ids[name]) <= FEW else rows.order_by().values("id")
        for name, rows in sources.items()
    }


def named(*sources: QuerySet[Any]) -> str | None:
    """The ids that the sources give, as an array for ``core.lookups.Among``; ``None`` where they are too many."""
    first, *others = (source.order_by() for source in sources)
    ids = list(first.union(*others, all=True)[: MANY + 1] if others else first[: MANY + 1])
    return None if len(ids) > MANY else f"{{{','.join(str(each) for each in set(ids))}}}"


def by_id(text: str) -> Q | None:
    """What a person copied from a page."""
    try:
        return Q(id=UUID(text))
    except ValueError:
        return None
