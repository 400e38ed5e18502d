"""What each role may do: one table, asked by services in their first line.

A customer who came by link, a gateway and the system itself have fixed rights of their own kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role


class Permission(StrEnum):
    VIEW_SALES = "view_sales"  # customers, items, invoices, payments
    EDIT_CUSTOMERS = "edit_customers"
    WRITE_NOTES = "write_notes"  # about customers
    EDIT_ITEMS = "edit_items"
    EDIT_INVOICES = "edit_invoices"
    ISSUE_INVOICES = "issue_invoices"
    VOID_INVOICES = "void_invoices"
    ISSUE_CREDIT_NOTES = "issue_credit_notes"
    WRITE_OFF = "write_off"  # what will not come any more
    PAY = "pay"  # start a payment
    MANAGE_METHODS = "manage_methods"  # saved payment methods, and agreements to charge them
    RECORD_PAYMENTS = "record_payments"
    REFUND = "refund"
    VIEW_BOOKS = "view_books"
    POST_JOURNAL = "post_journal"
    CLOSE_PERIODS = "close_periods"
    SETTLE = "settle"  # take in what gateways say
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_PEOPLE = "manage_people"
    SEND_MAIL = "send_mail"

    @property
    def label(self) -> str:
        """As it stands inside a sentence."""
        return str(LABELS[self])


LABELS: Final[Mapping[Permission, Promise]] = {
    Permission.VIEW_SALES: _lazy("see customers, items, invoices and payments"),
    Permission.EDIT_CUSTOMERS: _lazy("edit customers"),
    Permission.WRITE_NOTES: _lazy("write notes about customers"),
    Permission.EDIT_ITEMS: _lazy("edit items"),
    Permission.EDIT_INVOICES: _lazy("edit invoices"),
    Permission.ISSUE_INVOICES: _lazy("issue invoices"),
    Permission.VOID_INVOICES: _lazy("void invoices"),
    Permission.ISSUE_CREDIT_NOTES: _lazy("issue credit notes"),
    Permission.WRITE_OFF: _lazy("write invoices off"),
    Permission.PAY: _lazy("start payments"),
    Permission.MANAGE_METHODS: _lazy("change saved payment methods"),
    Permission.RECORD_PAYMENTS: _lazy("record payments"),
    Permission.REFUND: _lazy("refund"),
    Permission.VIEW_BOOKS: _lazy("see the books"),
    Permission.POST_JOURNAL: _lazy("post journal entries"),
    Permission.CLOSE_PERIODS: _lazy("close periods"),
    Permission.SETTLE: _lazy("take in what providers say"),
    Permission.MANAGE_SETTINGS: _lazy("change settings"),
    Permission.MANAGE_PEOPLE: _lazy("manage people"),
    Permission.SEND_MAIL: _lazy("send mail"),
}

P = Permission
_SALES = {P.VIEW_SALES, P.EDIT_CUSTOMERS, P.WRITE_NOTES, P.EDIT_ITEMS, P.EDIT_INVOICES}
_CLERK = _SALES | {P.ISSUE_INVOICES, P.RECORD_PAYMENTS, P.SEND_MAIL, P.PAY, P.MANAGE_METHODS}
_ACCOUNTANT = _CLERK | {
    *(P.VOID_INVOICES, P.ISSUE_CREDIT_NOTES, P.WRITE_OFF, P.REFUND),
    *(P.VIEW_BOOKS, P.POST_JOURNAL, P.CLOSE_PERIODS),
}
_ALL = frozenset(Permission) - {P.SETTLE}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: _ALL,
    Role.ADMINISTRATOR: _ALL,
    Role.ACCOUNTANT: frozenset(_ACCOUNTANT),
    Role.BILLING_CLERK: frozenset(_CLERK),
    Role.SALES: frozenset(_SALES),
    Role.SUPPORT: frozenset({P.VIEW_SALES, P.WRITE_NOTES, P.SEND_MAIL}),
    Role.VIEWER: frozenset({P.VIEW_SALES}),
}

KIND_PERMISSIONS: dict[ActorKind, frozenset[Permission]] = {
    ActorKind.SYSTEM: frozenset(Permission),
    ActorKind.GATEWAY: frozenset({P.SETTLE}),
    ActorKind.CUSTOMER: frozenset({P.PAY, P.MANAGE_METHODS}),
}


def may(organization: Organization, actor: Actor, permission: Permission) -> bool:
    """Does ``actor`` have ``permission`` in ``organization``? A role elsewhere counts for nothing here."""
    if actor.kind is ActorKind.PERSON:
        return (
            actor.organization_id == organization.id
            and bool(actor.role)
            and permission in ROLE_PERMISSIONS[Role(actor.role)]
        )
    return permission in KIND_PERMISSIONS[actor.kind]


def require(organization: Organization, actor: Actor, permission: Permission) -> None:
    """The first line of a service. Raises :class:`PermissionDenied`."""
    if not may(organization, actor, permission):
        raise PermissionDenied(
            _("Your role does not allow this (%(permission)s). Ask an owner or administrator.")
            % {"permission": permission.label},
            permission=permission.value,
        )


def require_own(actor: Actor, customer_id: UUID) -> None:
    """A customer who came by link may touch what is their own, and no more. Raises :class:`PermissionDenied`."""
    if actor.kind is ActorKind.CUSTOMER and actor.id != str(customer_id):
        raise PermissionDenied(_("This belongs to somebody else."))
