"""The event log as a list, with all that happened around one customer: which takes knowing of their documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from allsquare.core import lists
from allsquare.core.formatting import format_quantity
from allsquare.core.listing import ListSpec, OtherRow, RowFilter
from allsquare.customers.selectors import get_customer
from allsquare.insights.customer_events import DOCUMENTS, has_older_documents, subjects_around_customer


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


EVENTS: Final[ListSpec] = replace(
    lists.EVENTS,
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
