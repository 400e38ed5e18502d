"""The event log as a list: who did what, to what, when and from where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from allsquare.core.actor import ActorKind
from allsquare.core.listing import (
    Choice,
    ChoiceFilter,
    CodeFilter,
    Column,
    InstantFilter,
    Key,
    Kind,
    ListSpec,
    OtherRow,
    Place,
    RowFilter,
    Sort,
)
from allsquare.core.models import Event, PayerAddress


def _rows(organization: Any) -> QuerySet[Event]:
    return Event.objects.filter(organization_id=organization.id)


def _load(organization: Any, ids: Sequence[UUID]) -> Sequence[Event]:
    """With the address of a payer as long as it is kept."""
    kept = PayerAddress.objects.filter(organization_id=organization.id, subject_id=OuterRef("id"))
    found = Event.objects.filter(organization_id=organization.id, id__in=ids)
    rows = list(found.annotate(kept_address=Subquery(kept.values("address")[:1])))
    for row in rows:
        row.address = row.kept_address or row.address
    return rows


def _name_of(organization: Any, person: UUID) -> str | None:
    """As the log knew the person last."""
    theirs = Event.objects.filter(
        organization_id=organization.id, actor_kind=ActorKind.PERSON, actor_id=str(person)
    )
    return theirs.order_by("-at", "-id").values_list("actor_label", flat=True).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFilter(RowFilter):
    """What one person did."""

    def condition(self, organization: Any, value: OtherRow) -> Q:
        return Q(actor_kind=ActorKind.PERSON, **{self.field: str(value.id)})


EVENTS: Final = ListSpec(
    name="events",
    label=_("Events"),
    permission="view_sales",
    rows=_rows,
    load=_load,
    default_sort="-at",
    columns=(
        Column(
            name="at",
            label=_("When"),
            value=lambda row: row.item.at,
            kind=Kind.INSTANT,
            sort="at",
        ),
        Column(name="kind", label=_("What"), value=lambda row: row.item.kind, place=Place.TITLE, fixed=True),
        Column(name="who", label=_("Who"), value=lambda row: row.item.actor_label),
        Column(name="from", label=_("From"), value=lambda row: row.item.address, place=Place.WIDE),
        Column(
            name="about",
            label=_("About"),
            value=lambda row: row.item.subject_type,
            kind=Kind.CODE,
            place=Place.WIDE,
        ),
        Column(
            name="id",
            label=_("Id"),
            value=lambda row: row.item.subject_id,
            kind=Kind.ID,
            place=Place.WIDE,
        ),
        Column(
            name="request",
            label=_("Request"),
            value=lambda row: row.item.request,
            place=Place.WIDE,
            shown=False,
        ),
    ),
    sorts=(Sort("at", _("When"), (Key("at", datetime),)),),
    filters=(
        ChoiceFilter(
            name="about",
            label=_("About"),
            field="subject_type",
            choices=(
                Choice("invoice", _("Invoices")),
                Choice("payment", _("Payments")),
                Choice("refund", _("Refunds")),
                Choice("dispute", _("Disputes")),
                Choice("payout", _("Payouts")),
                Choice("customer", _("Customers")),
                Choice("item", _("Items")),
                Choice("mail", _("Mails")),
                Choice("journal_entry", _("Journal entries")),
                Choice("membership", _("Members")),
                Choice("organization", _("Organization")),
                Choice("export", _("Exports")),
                Choice("batch", _("Acts on many rows")),
                Choice("job", _("Jobs")),
            ),
        ),
        CodeFilter(name="kind", label=_("What"), field="kind"),
        ChoiceFilter(
            name="by",
            label=_("By"),
            field="actor_kind",
            choices=(
                Choice(ActorKind.PERSON, _("People")),
                Choice(ActorKind.CUSTOMER, _("Customers")),
                Choice(ActorKind.GATEWAY, _("Providers")),
                Choice(ActorKind.SYSTEM, _("Allsquare itself")),
            ),
        ),
        InstantFilter(name="at", label=_("When"), field="at"),
        PersonFilter(name="person", label=_("Who"), field="actor_id", find=_name_of),
        RowFilter(
            name="subject",
            label=_("One thing"),
            field="subject_id",
            find=lambda _organization, name: str(name)[-8:],
        ),
    ),
)
