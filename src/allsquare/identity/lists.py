"""The list of members: who belongs to the organization, in which role, and how well they sign in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet
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
from allsquare.core.listing.search import Search, words
from allsquare.identity.models import Membership, Organization
from allsquare.identity.permissions import Permission
from allsquare.identity.roles import LABELS, Role
from allsquare.identity.selectors import SECOND_FACTORS

#: Somebody who signs in with more than a password.
_GUARDED: Final = Exists(Authenticator.objects.filter(user_id=OuterRef("person_id"), type__in=SECOND_FACTORS))


def _rows(organization: Organization) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[Membership]:
    found = Membership.objects.filter(organization=organization, id__in=ids)
    return list(found.select_related("person").annotate(second_factor=_GUARDED))


def _search(_organization: Organization, search: Search) -> Q:
    """Every word somewhere in name or address: an organization's members are few enough to be looked through."""
    found = Q()
    for word in words(search.text):
        found &= Q(person__name__icontains=word) | Q(person__email__icontains=word)
    return found


MEMBERS: Final = ListSpec(
    name="members",
    label=_("Members"),
    permission=Permission.MANAGE_PEOPLE,
    rows=_rows,
    load=_load,
    search=_search,
    search_label=_("Name or e-mail address"),
    default_sort="name",
    columns=(
        Column(
            name="name",
            label=_("Name"),
            value=lambda row: str(row.item.person),
            place=Place.TITLE,
            sort="name",
            fixed=True,
        ),
        Column(name="email", label=_("E-mail address"), value=lambda row: row.item.person.email),
        Column(
            name="role",
            label=_("Role"),
            value=lambda row: row.item.get_role_display(),
            place=Place.TOP_END,
        ),
        Column(
            name="second_factor",
            label=_("Second factor"),
            value=lambda row: "set_up" if row.item.second_factor else "none",
            kind=Kind.CODE,
            place=Place.WIDE,
        ),
        Column(
            name="seen",
            label=_("Last sign-in"),
            value=lambda row: row.item.person.last_login,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            sort="seen",
        ),
        Column(
            name="joined",
            label=_("Joined"),
            value=lambda row: row.item.created_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            sort="joined",
        ),
    ),
    sorts=(
        Sort("name", _("Name"), (Key("person__name", str),)),
        Sort("joined", _("Joined"), (Key("created_at", datetime),)),
        Sort("seen", _("Last sign-in"), (Key("person__last_login", datetime),), nullable=True),
    ),
    filters=(
        ChoiceFilter(
            name="role",
            label=_("Role"),
            field="role",
            choices=tuple(Choice(role.value, LABELS[role]) for role in Role),
        ),
        ChoiceFilter(
            name="second_factor",
            label=_("Second factor"),
            field="id",
            single=True,
            choices=(
                Choice("set_up", _("set up"), lambda _organization: Q(_GUARDED)),
                Choice("none", _("none"), lambda _organization: ~Q(_GUARDED)),
            ),
        ),
        InstantFilter(name="seen", label=_("Last sign-in"), field="person__last_login"),
        ChoiceFilter(
            name="ever",
            label=_("Ever signed in"),
            field="id",
            single=True,
            choices=(
                Choice("yes", _("yes"), lambda _organization: Q(person__last_login__isnull=False)),
                Choice("no", _("no"), lambda _organization: Q(person__last_login__isnull=True)),
            ),
        ),
    ),
)
