"""The left navigation, the create menu, and what else the console's layout shows around every page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from allsquare.core import clock
from allsquare.identity.permissions import Permission as P
from allsquare.web.console.access import Access, access_of
from allsquare.web.console.help.topics import topic_of
from allsquare.web.console.shortcuts import heard
from allsquare.web.ui.parts import NavItem, resolve_nav

Entry = tuple[P, NavItem]

NAVIGATION: Final[tuple[Entry, ...]] = (
    (P.VIEW_SALES, NavItem(_("Home"), "console:home", "home")),
    (
        P.VIEW_SALES,
        NavItem(
            _("Invoices"),
            "console:invoice_list",
            "file-invoice",
            children=(NavItem(_("Credit notes"), "console:credit_note_list"),),
        ),
    ),
    (P.VIEW_SALES, NavItem(_("Customers"), "console:customer_list", "users")),
    (P.VIEW_SALES, NavItem(_("Items"), "console:item_list", "package")),
    (
        P.VIEW_SALES,
        NavItem(
            _("Payments"),
            "console:payment_list",
            "credit-card",
            children=(
                NavItem(_("Refunds"), "console:refund_list"),
                NavItem(_("Disputes"), "console:dispute_list"),
                NavItem(_("Payment links"), "console:payment_link_list"),
                NavItem(_("Automatic payments"), "console:automatic_payments"),
                NavItem(_("Payouts"), "console:payout_list"),
            ),
        ),
    ),
    (
        P.VIEW_BOOKS,
        NavItem(
            _("Books"),
            "console:books",
            "book-2",
            children=(
                NavItem(_("Journal"), "console:journal"),
                NavItem(_("Trial balance"), "console:trial_balance"),
                NavItem(_("Where is my money"), "console:money"),
                NavItem(_("Movements"), "console:movement_list"),
                NavItem(_("Periods"), "console:period_list"),
                NavItem(_("Exchange rates"), "console:exchange_rates"),
                NavItem(_("Check of the books"), "console:books_check"),
            ),
        ),
    ),
    (P.VIEW_SALES, NavItem(_("Mails"), "console:mail_list", "mail")),
    (
        P.VIEW_SALES,
        NavItem(
            _("Webhooks"),
            "console:inbox_list",
            "inbox",
            children=(NavItem(_("Providers"), "console:provider_list"),),
        ),
    ),
    (
        P.VIEW_SALES,
        NavItem(
            _("Events"),
            "console:event_list",
            "history",
            children=(
                NavItem(_("Tasks"), "console:task_list"),
                NavItem(_("Jobs"), "console:job_list"),
            ),
        ),
    ),
    (P.MANAGE_SETTINGS, NavItem(_("Settings"), "console:settings", "settings")),
)

CREATE: Final[tuple[Entry, ...]] = (
    (P.EDIT_INVOICES, NavItem(_("Invoice"), "console:invoice_new", "file-invoice")),
    (P.EDIT_CUSTOMERS, NavItem(_("Customer"), "console:customer_new", "user-plus")),
    (P.EDIT_ITEMS, NavItem(_("Item"), "console:item_new", "package")),
    (P.EDIT_ITEMS, NavItem(_("Payment link"), "console:payment_link_new", "qrcode")),
)

PERSON: Final = (
    NavItem(_("Your account"), "account_profile", "user-cog"),
    NavItem(_("Another organization"), "account_new_organization", "building-plus"),
)


def console_context(request: HttpRequest) -> dict[str, Any]:
    """``can`` maps every permission's name to whether this person has it, so that pages offer only what works."""
    access = access_of(request)
    if access is None:
        return {}
    return {
        "organization": access.organization,
        "nav_items": resolve_nav(_allowed(access, NAVIGATION), request),
        "create_items": resolve_nav(_allowed(access, CREATE), request),
        "other_organizations": access.others,
        "person_items": resolve_nav(PERSON, request),
        "search_url": reverse("console:search"),
        "help_url": f"{reverse('console:help')}?topic={topic_of(request.path)}",
        "shortcuts": heard(),
        "rehearsal_now": clock.now(access.organization) if access.organization.rehearsal else None,
        "live_url": reverse("console:live"),
        "can": {permission.value: access.may(permission) for permission in P},
    }


def _allowed(access: Access, entries: Iterable[Entry]) -> list[NavItem]:
    return [item for permission, item in entries if access.may(permission)]
