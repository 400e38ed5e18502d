"""What may be done with several customers, payments, refunds or payment links that were chosen (see ``acts``)."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from allsquare.core.listing import Row
from allsquare.payments.states import OPEN, REFUND_OPEN
from allsquare.web.console.lists.acts import Act
from allsquare.web.ui.states import look as state_look


def _ended(kind: str, open_states: Container[str]) -> Callable[[Any, Sequence[Row]], dict[UUID, str]]:
    """Those of which nothing more is to be asked, with the word of their badge."""

    def unfit(_organization: Any, rows: Sequence[Row]) -> dict[UUID, str]:
        over = [row for row in rows if row.item.state not in open_states]
        return {row.id: str(state_look(kind, row.item.state).label) for row in over}

    return unfit


def _not_archived(_organization: Any, rows: Sequence[Row]) -> dict[UUID, str]:
    return {row.id: _now("not archived") for row in rows if row.item.archived_at is None}


def _closed_already(_organization: Any, rows: Sequence[Row]) -> dict[UUID, str]:
    return {row.id: _now("closed already") for row in rows if row.item.closed_at is not None}


def _sells_already(_organization: Any, rows: Sequence[Row]) -> dict[UUID, str]:
    return {row.id: _now("not closed") for row in rows if row.item.closed_at is None}


RESTORE_CUSTOMERS: Final = Act(
    name="restore",
    does="customers.restore",
    label=_("Offer again"),
    icon="archive-off",
    question=ngettext_lazy("Offer %(number)s customer again?", "Offer %(number)s customers again?", "number"),
    done=ngettext_lazy(
        "%(number)s customer is offered again.", "%(number)s customers are offered again.", "number"
    ),
    warning=_("They can be chosen for new invoices again. Those that are not archived stay as they are."),
    button=_("Offer again"),
    unfit=_not_archived,
)
ASK_PAYMENTS: Final = Act(
    name="ask",
    does="payments.ask",
    label=_("Ask the provider again"),
    icon="help-circle",
    question=ngettext_lazy(
        "Ask the provider about %(number)s payment?", "Ask the provider about %(number)s payments?", "number"
    ),
    done=ngettext_lazy(
        "The provider is asked about %(number)s payment in a moment.",
        "The providers are asked about %(number)s payments in a moment.",
        "number",
    ),
    warning=_("Nothing is charged by it. What the provider answers shows in the list as soon as it comes."),
    button=_("Ask again"),
    unfit=_ended("payment", OPEN),
)
ASK_REFUNDS: Final = Act(
    name="ask",
    does="refunds.ask",
    label=_("Ask the provider again"),
    icon="help-circle",
    question=ngettext_lazy(
        "Ask the provider about %(number)s refund?", "Ask the provider about %(number)s refunds?", "number"
    ),
    done=ngettext_lazy(
        "The provider is asked about %(number)s refund in a moment.",
        "The providers are asked about %(number)s refunds in a moment.",
        "number",
    ),
    warning=_(
        "Nothing is given back twice by it. What the provider answers shows in the list as soon as it comes."
    ),
    button=_("Ask again"),
    unfit=_ended("refund", REFUND_OPEN),
)
CLOSE_LINKS: Final = Act(
    name="close",
    does="payment_links.close",
    label=_("Close"),
    icon="ban",
    question=ngettext_lazy("Close %(number)s payment link?", "Close %(number)s payment links?", "number"),
    done=ngettext_lazy(
        "%(number)s payment link is closed.", "%(number)s payment links are closed.", "number"
    ),
    warning=_(
        "Nothing more is sold by them. Payments that were begun may still come. They can be opened again."
    ),
    button=_("Close"),
    unfit=_closed_already,
)
OPEN_LINKS: Final = Act(
    name="open",
    does="payment_links.open",
    label=_("Sell again"),
    icon="refresh",
    question=ngettext_lazy(
        "Sell by %(number)s payment link again?", "Sell by %(number)s payment links again?", "number"
    ),
    done=ngettext_lazy(
        "%(number)s payment link sells again.", "%(number)s payment links sell again.", "number"
    ),
    warning=_("Whoever has the address or the poster can pay by them again."),
    button=_("Sell again"),
    unfit=_sells_already,
)
