"""Roles: the permission table, as people read it."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.identity.permissions import ROLE_PERMISSIONS
from allsquare.identity.permissions import Permission as P
from allsquare.identity.roles import Role
from allsquare.web.console.access import ConsoleRequest, staff

#: Every permission that a role can have, in words and in the order of the house.
SENTENCES: Final[dict[P, Promise]] = {
    P.VIEW_SALES: _("See customers, items, invoices, payments and balances of customers"),
    P.EDIT_CUSTOMERS: _("Enter and change customers"),
    P.MANAGE_METHODS: _("Change saved payment methods, and agreements to charge them"),
    P.WRITE_NOTES: _("Write notes about customers"),
    P.EDIT_ITEMS: _("Enter and change items"),
    P.EDIT_INVOICES: _("Write drafts of invoices"),
    P.ISSUE_INVOICES: _("Issue invoices"),
    P.VOID_INVOICES: _("Void invoices"),
    P.ISSUE_CREDIT_NOTES: _("Issue credit notes"),
    P.WRITE_OFF: _("Write off what of invoices will not come any more"),
    P.SEND_MAIL: _("Send mails again"),
    P.PAY: _("Start payments"),
    P.RECORD_PAYMENTS: _("Record payments that came by hand"),
    P.REFUND: _("Refund payments"),
    P.VIEW_BOOKS: _("See the books: journal, trial balance, profit and loss"),
    P.POST_JOURNAL: _("Write journal entries"),
    P.CLOSE_PERIODS: _("Close periods"),
    P.MANAGE_SETTINGS: _("Change settings"),
    P.MANAGE_PEOPLE: _("Invite people and change roles"),
}


@staff(P.VIEW_SALES)
def roles(request: ConsoleRequest) -> HttpResponse:
    """For every member: what may I, and whom do I ask?"""
    rows = [
        (sentence, [permission in ROLE_PERMISSIONS[role] for role in Role])
        for permission, sentence in SENTENCES.items()
    ]
    context = {
        "roles": [role.label for role in Role],
        "rows": rows,
        "mine": Role(request.access.actor.role).label,
    }
    return render(request, "console/settings/roles.html", context)
