"""Reading saved methods: always those of one customer of one organization."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.ids import token_digest
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.consent import show_where
from allsquare.payments.errors import MethodUnknown
from allsquare.payments.gateway import Capability
from allsquare.payments.models import (
    Autopay,
    Consent,
    DefaultMethod,
    MethodLink,
    Payment,
    PaymentMethod,
)
from allsquare.payments.registry import adapter_names, adapters_with
from allsquare.payments.states import OPEN, PaymentState


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved method with what is known around it. ``expiry`` is "", "soon" (this month or the next) or "over";
    ``is_still_kept`` that it was removed here, and its provider has not said yet that it ended it too; ``reader`` is
    what people call the reader in the shop from which it came, empty for what its owner entered."""

    method: PaymentMethod
    is_default: bool
    expiry: str
    consent: Consent | None = None
    is_still_kept: bool = False
    reader: str = ""

    @property
    def dialog(self) -> str:
        """The name of the dialog that asks before it is removed."""
        return f"remove-{self.method.id}"


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which method of a customer comes first: the ``method`` they chose. Where they chose none, the newest; but of
    those that were there when they ``agreed`` that their invoices are charged by themselves, where they did: whoever
    keeps a card later may have come by an invoice's link that was forwarded, and agreed to one press and no more."""

    method: UUID | None
    agreed: datetime | None

    def allows(self, row: PaymentMethod) -> bool:
        """May ``row`` be charged by itself?"""
        return self.agreed is None or row.id == self.method or row.created_at <= self.agreed

    def first(self, rows: Sequence[PaymentMethod]) -> UUID | None:
        """Of the customer's methods, newest first."""
        kept = [row.id for row in rows if row.removed_at is None]
        allowed = [row.id for row in rows if row.removed_at is None and self.allows(row)]
        return self.method if self.method in kept else next(iter(allowed), None)


def saved_methods(organization: Organization, customer_id: UUID) -> list[PaymentMethod]:
    """The customer's saved methods that can be paid with: the one that comes first, then newest first."""
    return _payable(organization, customer_id, _choice_of(organization, customer_id))


def default_method(organization: Organization, customer_id: UUID) -> PaymentMethod | None:
    """What is charged by itself, or would be if the customer agreed to it: what comes first, and has not expired."""
    choice = _choice_of(organization, customer_id)
    month = this_month(clock.today(organization))
    rows = _payable(organization, customer_id, choice)
    return next((row for row in rows if choice.allows(row) and not has_expired(row, month)), None)


def coming_first(organization: Organization, customers: Collection[UUID]) -> set[UUID]:
    """With each of the customers, what :func:`default_method` says. One query."""
    month = this_month(clock.today(organization))
    kept = PaymentMethod.objects.filter(
        organization=organization,
        customer_id__in=customers,
        removed_at__isnull=True,
        gateway_account__enabled=True,
        gateway_account__gateway__in=adapter_names(),
    )
    rows = kept.annotate(**_choice(organization, OuterRef("customer_id")))
    newest_first = rows.order_by("customer_id", "-created_at", "-id")
    by_customer = groupby(newest_first, key=attrgetter("customer_id"))
    found = [
        _choice_beside(mine[0]).first(mine)
        for _customer, some in by_customer
        if (mine := [row for row in some if not has_expired(row, month)])
    ]
    return {name for name in found if name}


def kept_methods(organization: Organization, customer_id: UUID, *, consents: bool = True) -> list[Kept]:
    """For pages about the methods: those of switched-off providers too, each with the consent to it where
    ``consents`` are wanted."""
    found = _with_reader(_kept(organization, customer_id)).annotate(**_choice(organization, customer_id))
    rows = list(found.select_related("gateway_account").order_by("-created_at", "-id")[:50])
    return _around(organization, customer_id, rows, consents=consents)


def removed_methods(organization: Organization, customer_id: UUID) -> list[Kept]:
    """The newest of those that were removed, with the consent that there was."""
    gone = PaymentMethod.objects.filter(
        organization=organization, customer_id=customer_id, removed_at__isnull=False
    )
    rows = list(_with_reader(gone).select_related("gateway_account").order_by("-removed_at", "-id")[:50])
    return _around(organization, customer_id, rows)


def get_method(organization: Organization, customer_id: UUID, method_id: UUID) -> PaymentMethod:
    """Raises :class:`MethodUnknown`, for those of other customers too."""
    found = PaymentMethod.objects.filter(organization=organization, customer_id=customer_id, id=method_id)
    method = found.select_related("gateway_account").first()
    if method is None:
        raise MethodUnknown(_("There is no such saved payment method."))
    return method


def method_link(token: str, purpose: MethodLink.Purpose = MethodLink.Purpose.METHODS) -> MethodLink:
    """The link for ``purpose``, with its organization and customer, whoever's it is: who comes by a link has nothing
    else. Raises :class:`MethodUnknown` for one that is not, or no longer, good."""
    link = (
        MethodLink.objects.select_related("organization", "customer")
        .filter(token_hash=token_digest(token), purpose=purpose)
        .first()
    )
    if link is None or link.expires_at <= clock.now(None):
        raise MethodUnknown(_("This link is no longer good. Ask for a new one from your invoice."))
    return link


def link_by_id(organization: Organization, link_id: UUID) -> MethodLink | None:
    """One that is still good."""
    found = MethodLink.objects.filter(organization=organization, id=link_id, expires_at__gt=clock.now(None))
    return found.first()


class Keeping(StrEnum):
    """What becomes of a card that was to be kept when it was held to a reader."""

    NOT_ASKED = ""
    ASKED = "asked"
    KEPT = "kept"
    REMOVED = "removed"
    NOT_KEPT = "not_kept"  # the provider cannot keep this card or wallet


def keeping_at_reader(organization: Organization, payment: Payment) -> Keeping:
    """``NOT_ASKED`` for every payment that was begun elsewhere, and for one of which no card was charged."""
    if not payment.reader or payment.state not in {*OPEN, PaymentState.SUCCEEDED}:
        return Keeping.NOT_ASKED
    if consent_with(organization, payment.id) is None:
        return Keeping.NOT_ASKED
    if payment.state != PaymentState.SUCCEEDED:
        return Keeping.ASKED
    method = PaymentMethod.objects.filter(organization=organization, saved_by=payment.id).first()
    if method is None:
        return Keeping.NOT_KEPT
    return Keeping.KEPT if method.removed_at is None else Keeping.REMOVED


def consent_with(organization: Organization, payment_id: UUID) -> Consent | None:
    """What the payer agreed to when they let the method of this payment be kept."""
    given = Consent.objects.filter(organization=organization, payment_id=payment_id)
    return given.filter(kind__in=[Consent.Kind.KEEP, Consent.Kind.MANDATE]).first()


def expiry_of(method: PaymentMethod, today: date) -> str:
    """See :class:`Kept`."""
    if not method.expires:
        return ""
    if has_expired(method, this_month(today)):
        return "over"
    return "soon" if method.expires <= next_month(today) else ""


def has_expired(method: PaymentMethod, month: str) -> bool:
    """A card is good until its month is over."""
    return bool(method.expires) and method.expires < month


def expiring(organization: Organization) -> QuerySet[PaymentMethod]:
    """Those that end this month or the next, and whose customers were not told so."""
    today = clock.today(organization)
    ending = PaymentMethod.objects.filter(
        organization=organization,
        removed_at__isnull=True,
        expires__gte=this_month(today),
        expires__lte=next_month(today),
    )
    return ending.exclude(warned_of=F("expires")).order_by("id")


def not_forgotten(organization: Organization, customer_id: UUID) -> QuerySet[PaymentMethod]:
    """Those that were removed here, and that a provider which can forget them still keeps as far as we know."""
    return PaymentMethod.objects.filter(
        organization=organization,
        customer_id=customer_id,
        removed_at__isnull=False,
        forgotten_at__isnull=True,
        gateway_account__gateway__in=adapters_with(Capability.FORGETS),
    )


def facts_of(method: PaymentMethod) -> dict[str, object]:
    """What the log keeps of a saved method."""
    return {
        "customer": str(method.customer_id),
        "method": str(method.id),
        "kind": method.kind,
        "brand": method.brand,
        "last_four": method.last_four,
        "expires": method.expires,
    }


def this_month(today: date) -> str:
    return f"{today:%Y-%m}"


def next_month(today: date) -> str:
    return f"{today.year + today.month // 12}-{today.month % 12 + 1:02}"


def _kept(organization: Organization, customer_id: UUID) -> QuerySet[PaymentMethod]:
    return PaymentMethod.objects.filter(
        organization=organization, customer_id=customer_id, removed_at__isnull=True
    )


def _payable(organization: Organization, customer_id: UUID, choice: _Choice) -> list[PaymentMethod]:
    found = _kept(organization, customer_id).filter(
        gateway_account__enabled=True, gateway_account__gateway__in=adapter_names()
    )
    rows = list(found.select_related("gateway_account").order_by("-created_at", "-id")[:20])
    first = choice.first(rows)
    return sorted(rows, key=lambda row: row.id != first)


def _choice_of(organization: Organization, customer_id: UUID) -> _Choice:
    only = Customer.objects.filter(organization=organization, id=customer_id)
    found = only.values_list(*_choice(organization, customer_id).values()).first()
    return _Choice(*found) if found else _Choice(None, None)


def _choice(organization: Organization, customer_id: UUID | OuterRef) -> dict[str, Subquery]:
    """What makes a :class:`_Choice`."""
    chosen = DefaultMethod.objects.filter(organization=organization, customer_id=customer_id)
    agreed = Autopay.objects.filter(organization=organization, customer_id=customer_id, ended_at__isnull=True)
    return {
        "chosen": Subquery(chosen.values("method_id")[:1]),
        "agreed": Subquery(agreed.values("started_at")[:1]),
    }


def _choice_beside(row: PaymentMethod | None) -> _Choice:
    """What was read with it; nothing where that was not asked for."""
    return _Choice(getattr(row, "chosen", None), getattr(row, "agreed", None))


def _with_reader(found: QuerySet[PaymentMethod]) -> QuerySet[PaymentMethod]:
    """``at_reader``: see :class:`Kept`."""
    with_it = Payment.objects.filter(organization_id=OuterRef("organization_id"), id=OuterRef("saved_by"))
    return found.annotate(at_reader=Subquery(with_it.values("reader")[:1]))


def _around(
    organization: Organization, customer_id: UUID, rows: Sequence[PaymentMethod], *, consents: bool = True
) -> list[Kept]:
    """One query for the consents of all; ``rows`` that can come first say themselves what was chosen."""
    first = _choice_beside(next(iter(rows), None)).first(rows)
    given = _consents(organization, customer_id) if consents else {}
    today = clock.today(organization)
    forgetful = adapters_with(Capability.FORGETS)
    return [
        Kept(
            method=row,
            is_default=row.id == first,
            expiry=expiry_of(row, today),
            consent=given.get(row.saved_by) if row.saved_by else None,
            is_still_kept=row.removed_at is not None
            and row.forgotten_at is None
            and row.gateway_account.gateway in forgetful,
            reader=getattr(row, "at_reader", None) or "",
        )
        for row in rows
    ]


def _consents(organization: Organization, customer_id: UUID) -> Mapping[UUID | None, Consent]:
    """Those to the customer's methods, by the payment with which they were given."""
    methods = PaymentMethod.objects.filter(organization=organization, customer_id=customer_id)
    given = Consent.objects.filter(organization=organization, customer_id=customer_id)
    mine = given.filter(payment_id__in=methods.values("saved_by"))
    rows = list(mine.order_by("id"))
    show_where(organization, rows)
    return {row.payment_id: row for row in rows}
