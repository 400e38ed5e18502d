"""The list of jobs that went wrong: which, why, and whether anybody must do something about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import Invoice
from allsquare.core.listing import (
    Choice,
    ChoiceFilter,
    Column,
    InstantFilter,
    Key,
    Kind,
    ListSpec,
    Place,
    Sort,
)
from allsquare.core.models import JobTrouble
from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission

S = JobTrouble.State


def _rows(organization: Organization) -> QuerySet[JobTrouble]:
    return JobTrouble.objects.filter(organization_id=organization.id)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[JobTrouble]:
    return list(JobTrouble.objects.filter(organization_id=organization.id, id__in=ids))


def _fill(organization: Organization, troubles: Sequence[JobTrouble]) -> Mapping[UUID, Invoice]:
    """The invoice that each is about, where it is about one."""
    about = {row.id: row.args["invoice_id"] for row in troubles if row.args.get("invoice_id")}
    found = Invoice.objects.filter(organization=organization, id__in=about.values()).only("id", "number")
    invoices = {str(invoice.id): invoice for invoice in found}
    return {row: invoices[invoice] for row, invoice in about.items() if invoice in invoices}


JOBS: Final = ListSpec(
    name="jobs",
    label=_("Jobs"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    fill=_fill,
    default_sort="-at",
    columns=(
        Column(
            name="task",
            label=_("Job"),
            value=lambda row: row.item.task,
            kind=Kind.CODE,
            place=Place.TITLE,
            fixed=True,
        ),
        Column(
            name="state",
            label=_("State"),
            value=lambda row: row.item.state,
            kind=Kind.STATE,
            badge="job",
            place=Place.TOP_END,
        ),
        Column(name="about", label=_("About"), value=lambda row: row.more.number if row.more else ""),
        Column(name="error", label=_("Reason"), value=lambda row: shown(row.item.error)),
        Column(
            name="tries",
            label=_("Tries"),
            value=lambda row: row.item.tries,
            kind=Kind.NUMBER,
            place=Place.WIDE,
        ),
        Column(name="at", label=_("Last tried"), value=lambda row: row.item.at, kind=Kind.INSTANT, sort="at"),
    ),
    sorts=(Sort("at", _("Last tried"), (Key("at", datetime),)),),
    filters=(
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="state",
            choices=(
                Choice(S.FAILED, _("Failed")),
                Choice(S.TRYING, _("Tried again by itself")),
                Choice(S.AGAIN, _("Tried again by a person")),
                Choice(S.LEFT, _("Left undone")),
            ),
        ),
        InstantFilter(name="at", label=_("Last tried"), field="at"),
    ),
)
