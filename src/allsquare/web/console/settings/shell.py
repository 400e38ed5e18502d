"""The side navigation of the settings. Every settings template extends ``console/settings/base.html``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.identity.permissions import Permission as P
from allsquare.web.console.access import Access, ConsoleRequest, staff
from allsquare.web.ui.parts import NavItem, resolve_nav


@dataclass(frozen=True, slots=True)
class Section:
    """Pages under one heading, each with the permission that opens it."""

    title: Promise | str
    pages: tuple[tuple[P, NavItem], ...]


SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        _("Business"),
        (
            (P.MANAGE_SETTINGS, NavItem(_("Organization"), "console:settings_organization", "building")),
            (P.MANAGE_SETTINGS, NavItem(_("Branding"), "console:settings_branding", "palette")),
            (P.MANAGE_SETTINGS, NavItem(_("Mail"), "console:settings_mail", "mail-cog")),
            (P.MANAGE_SETTINGS, NavItem(_("Customer groups"), "console:customer_group_list", "tags")),
            (P.MANAGE_SETTINGS, NavItem(_("Languages"), "console:settings_languages", "language")),
        ),
    ),
    Section(
        _("People"),
        (
            (P.MANAGE_PEOPLE, NavItem(_("Members"), "console:settings_people", "users-group")),
            (P.VIEW_SALES, NavItem(_("Roles"), "console:settings_roles", "list-check")),
            (P.MANAGE_PEOPLE, NavItem(_("Security"), "console:settings_security", "shield-lock")),
            (P.VIEW_SALES, NavItem(_("Events"), "console:event_list", "history")),
        ),
    ),
    Section(
        _("Money"),
        (
            (P.MANAGE_SETTINGS, NavItem(_("Payment providers"), "console:gateway_list", "plug-connected")),
            (P.MANAGE_SETTINGS, NavItem(_("Routing"), "console:payment_route_list", "route")),
            (P.MANAGE_SETTINGS, NavItem(_("Paying"), "console:settings_paying", "cash")),
            (P.MANAGE_SETTINGS, NavItem(_("Fraud"), "console:settings_fraud", "shield-half")),
            (P.MANAGE_SETTINGS, NavItem(_("Tax rates"), "console:tax_rate_list", "percentage")),
            (P.MANAGE_SETTINGS, NavItem(_("Numbering"), "console:settings_numbering", "hash")),
            (P.POST_JOURNAL, NavItem(_("Exchange rates"), "console:exchange_rates", "currency")),
            (P.VIEW_BOOKS, NavItem(_("Periods"), "console:period_list", "lock")),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class ShownSection:
    title: Promise | str
    items: list[NavItem]


def sections(access: Access, request: HttpRequest) -> list[ShownSection]:
    """What this person may open, the current page marked; empty sections are left out."""
    shown = [
        ShownSection(
            section.title,
            resolve_nav([item for permission, item in section.pages if access.may(permission)], request),
        )
        for section in SECTIONS
    ]
    return [section for section in shown if section.items]


@staff(P.MANAGE_SETTINGS)
def settings_home(request: ConsoleRequest) -> HttpResponse:
    """The first page of all that this person may open."""
    return redirect(sections(request.access, request)[0].items[0].url)
