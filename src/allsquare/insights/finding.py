"""Documents and customers that words find, for lists of what happened to them.

The journal and the log name what they tell of by its id. So the words are looked up among the documents first, each by
its own index, and then the rows that name them. That costs settlements no index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.search import totals_like
from allsquare.billing.words import CREDIT_NOTE_WORDS, INVOICE_WORDS
from allsquare.core.listing.search import Search, few_or_all
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment

Ids = list[UUID] | QuerySet[Any]

#: Rows that are found are named one by one up to here. Of more, a page is soon found by walking the list in its order.
MANY: Final = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    """For ``field__in``. ``payments`` are those whose amount reads like what was typed."""

    invoices: Ids
    credit_notes: Ids
    customers: Ids
    payments: Ids


def documents(organization: Organization, search: Search) -> Found:
    """By number, reference and total; by the customer's words; by amount."""
    notes = CreditNote.objects.filter(organization=organization)
    return Found(
        invoices=_invoices(organization, search),
        credit_notes=search.related(notes, CREDIT_NOTE_WORDS),
        customers=search.related(Customer.objects.filter(organization=organization), CUSTOMER_WORDS),
        payments=_payments(organization, search),
    )


def _invoices(organization: Organization, search: Search) -> Ids:
    rows = Invoice.objects.filter(organization=organization)
    like = totals_like(organization, search.text)
    if not like:
        return search.related(rows, INVOICE_WORDS)
    return few_or_all(rows.filter(like | search.own(rows, INVOICE_WORDS)))


def _payments(organization: Organization, search: Search) -> Ids:
    like = totals_like(organization, search.text, "amount_minor")
    return few_or_all(Payment.objects.filter(like, organization=organization)) if like else []


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
