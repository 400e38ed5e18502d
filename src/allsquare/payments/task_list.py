"""The list of tasks for a person: what no rule can decide, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.core.listing import (
    Choice,
    ChoiceFilter,
    Column,
    InstantFilter,
    Key,
    Kind,
    ListSpec,
    Place,
    Row,
    Sort,
)
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.models import Attention
from allsquare.payments.selectors import payments_of_tasks


def _rows(organization: Organization) -> QuerySet[Attention]:
    return Attention.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Attention]:
    return list(Attention.objects.filter(organization=organization, id__in=ids))


def _fill(organization: Organization, tasks: Sequence[Attention]) -> Mapping[UUID, UUID]:
    return payments_of_tasks(organization, tasks)


def _state(row: Row) -> str:
    return "done" if row.item.resolved_at else "open"


TASKS: Final = ListSpec(
    name="tasks",
    label=_("Tasks"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    fill=_fill,
    default_sort="-raised",
    columns=(
        Column(
            name="what",
            label=_("To be decided"),
            value=lambda row: row.item.text,
            place=Place.TITLE,
            fixed=True,
        ),
        Column(
            name="state", label=_("State"), value=_state, kind=Kind.STATE, badge="task", place=Place.TOP_END
        ),
        Column(
            name="raised",
            label=_("Since"),
            value=lambda row: row.item.created_at,
            kind=Kind.INSTANT,
            sort="raised",
        ),
        Column(
            name="resolved",
            label=_("Done on"),
            value=lambda row: row.item.resolved_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            shown=False,
        ),
    ),
    sorts=(Sort("raised", _("Since"), (Key("created_at", datetime),)),),
    filters=(
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="resolved_at",
            choices=(
                Choice("done", _("Done"), lambda _organization: Q(resolved_at__isnull=False)),
                Choice("all", _("All"), lambda _organization: Q()),
            ),
            usual=Q(resolved_at__isnull=True),
            single=True,
        ),
        InstantFilter(name="raised", label=_("Since"), field="created_at"),
    ),
)
