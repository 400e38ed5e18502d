"""The list of webhooks that providers sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.core.listing import (
    Choice,
    ChoiceFilter,
    CodeFilter,
    Column,
    InstantFilter,
    Key,
    Kind,
    ListSpec,
    Place,
    Sort,
)
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.models import InboxEvent
from allsquare.payments.selectors import payments_named
from allsquare.payments.states import InboxState

S = InboxState


def _rows(organization: Organization) -> QuerySet[InboxEvent]:
    return InboxEvent.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[InboxEvent]:
    found = InboxEvent.objects.filter(organization=organization, id__in=ids)
    return list(found.select_related("gateway_account").defer("payload", "gateway_account__settings"))


def _fill(organization: Organization, deliveries: Sequence[InboxEvent]) -> Mapping[UUID, UUID]:
    """The payment that each is about, where one is known."""
    named = payments_named(organization, [row.object_reference for row in deliveries])
    return {row.id: named[row.object_reference] for row in deliveries if row.object_reference in named}


INBOX: Final = ListSpec(
    name="inbox",
    label=_("Webhooks"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    fill=_fill,
    default_sort="-received",
    columns=(
        Column(name="kind", label=_("Event"), value=lambda row: row.item.kind, place=Place.TITLE, fixed=True),
        Column(
            name="state",
            label=_("State"),
            value=lambda row: row.item.state,
            kind=Kind.STATE,
            badge="webhook",
            place=Place.TOP_END,
        ),
        Column(
            name="tries",
            label=_("Tries"),
            value=lambda row: row.item.tries,
            kind=Kind.NUMBER,
            place=Place.WIDE,
        ),
        Column(
            name="from",
            label=_("From"),
            value=lambda row: row.item.gateway_account.label,
            place=Place.WIDE,
        ),
        Column(name="about", label=_("About"), value=lambda row: row.item.object_reference),
        Column(
            name="received",
            label=_("Received"),
            value=lambda row: row.item.received_at,
            kind=Kind.INSTANT,
            sort="received",
        ),
        Column(name="error", label=_("Error"), value=lambda row: row.item.error, place=Place.MINOR),
    ),
    sorts=(Sort("received", _("Received"), (Key("received_at", datetime),)),),
    filters=(
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="state",
            choices=(
                Choice(S.PARKED, _("Parked")),
                Choice(S.RECEIVED, _("Waiting")),
                Choice(S.DONE, _("Done")),
            ),
        ),
        CodeFilter(name="kind", label=_("Event"), field="kind"),
        InstantFilter(name="received", label=_("Received"), field="received_at"),
    ),
)
