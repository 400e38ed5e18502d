"""The list of mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    Sort,
)
from allsquare.core.listing.search import Search
from allsquare.core.words import shown
from allsquare.customers.filters import customer_filter
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.notifications.kinds import LABELS
from allsquare.notifications.models import Mail
from allsquare.notifications.words import MAIL_WORDS

S = Mail.State


def search_mails(organization: Organization, search: Search) -> Q:
    """Address and subject line."""
    return search.own(Mail.objects.filter(organization=organization), MAIL_WORDS)


def _rows(organization: Organization) -> QuerySet[Mail]:
    return Mail.objects.filter(organization=organization)


def _held(organization: Organization) -> QuerySet[Mail]:
    return _rows(organization).filter(state=S.HELD)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Mail]:
    return list(Mail.objects.filter(organization=organization, id__in=ids))


MAILS: Final = ListSpec(
    name="mails",
    label=_("Mails"),
    permission=Permission.VIEW_SALES,
    rows=_rows,
    load=_load,
    search=search_mails,
    search_label=_("Address or subject"),
    default_sort="-created",
    columns=(
        Column(
            name="subject",
            label=_("Mail"),
            value=lambda row: row.item.subject or row.item.get_kind_display(),
            place=Place.TITLE,
            fixed=True,
        ),
        Column(name="recipient", label=_("To"), value=lambda row: row.item.recipient, sort="recipient"),
        Column(
            name="copies",
            label=_("Copy to"),
            value=lambda row: ", ".join(row.item.copies),
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="state",
            label=_("State"),
            value=lambda row: row.item.state,
            kind=Kind.STATE,
            badge="mail",
            place=Place.TOP_END,
        ),
        Column(
            name="created",
            label=_("Written"),
            value=lambda row: row.item.created_at,
            kind=Kind.INSTANT,
            sort="created",
        ),
        Column(
            name="sent",
            label=_("Sent"),
            value=lambda row: row.item.sent_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="kind",
            label=_("Kind"),
            value=lambda row: row.item.kind,
            kind=Kind.CODE,
            place=Place.WIDE,
            shown=False,
        ),
        Column(
            name="error",
            label=_("Error"),
            value=lambda row: shown(row.item.error),
            place=Place.WIDE,
            shown=False,
        ),
    ),
    sorts=(
        Sort("created", _("Written"), (Key("created_at", datetime),)),
        Sort("recipient", _("To"), (Key("recipient", str),)),
    ),
    filters=(
        ChoiceFilter(
            name="state",
            label=_("State"),
            field="state",
            choices=(
                Choice(S.QUEUED, _("Queued")),
                Choice(S.SENDING, _("Sending")),
                Choice(S.SENT, _("Sent")),
                Choice(S.FAILED, _("Failed")),
                Choice(S.HELD, _("Held")),
                Choice(S.LEFT, _("Left unsent")),
            ),
        ),
        ChoiceFilter(
            name="kind",
            label=_("Kind"),
            field="kind",
            choices=tuple(Choice(kind, label) for kind, label in LABELS.items()),
        ),
        InstantFilter(name="created", label=_("Written"), field="created_at"),
        customer_filter(),
    ),
)

_COLUMNS: Final = {column.name: column for column in MAILS.columns}

#: Those that a restore held, for a person to decide. None was written, so none has a subject: each is called by whom it
#: is for. How they stand is said by the page.
HELD_MAILS: Final = replace(
    MAILS,
    name="held_mails",
    label=_("Held mails"),
    rows=_held,
    columns=(
        replace(_COLUMNS["recipient"], place=Place.TITLE, fixed=True),
        replace(_COLUMNS["subject"], place=Place.MINOR, fixed=False),
        _COLUMNS["created"],
    ),
    filters=tuple(given for given in MAILS.filters if given.name != "state"),
)
