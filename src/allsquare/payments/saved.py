"""Reading saved methods: always those of one customer of one organization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.ids import token_digest
from allsquare.identity.models import Organization
from allsquare.payments.consent import show_where
from allsquare.payments.errors import MethodUnknown
from allsquare.payments.gateway import Capability
from allsquare.payments.models import Consent, DefaultMethod, MethodLink, PaymentMethod
from allsquare.payments.registry import adapter_names, adapters_with


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved method with what is known around it. ``expiry`` is "", "soon" (this month or the next) or "over";
    ``is_still_kept`` that it was removed here, and its provider has not said yet that it ended it too."""

    method: PaymentMethod
    is_default: bool
    expiry: str
    consent: Consent | None = None
    is_still_kept: bool = False

    @property
    def dialog(self) -> str:
        """The name of the dialog that asks before it is removed."""
        return f"remove-{self.method.id}"


def saved_methods(organization: Organization, customer_id: UUID) -> list[PaymentMethod]:
    """The customer's saved methods that can be paid with: the default, then newest first."""
    found = _kept(organization, customer_id).filter(
        gateway_account__enabled=True, gateway_account__gateway__in=adapter_names()
    )
    rows = list(found.select_related("gateway_account").order_by("-created_at", "-id")[:20])
    chosen = _chosen(organization, customer_id)
    return sorted(rows, key=lambda row: row.id != chosen)


def default_method(organization: Organization, customer_id: UUID) -> PaymentMethod | None:
    """What is charged when the customer does not choose: the default, or the newest; none that has expired."""
    month = this_month(clock.today(organization))
    usable = [row for row in saved_methods(organization, customer_id) if not has_expired(row, month)]
    return usable[0] if usable else None


def kept_methods(organization: Organization, customer_id: UUID, *, consents: bool = True) -> list[Kept]:
    """For pages about the methods: those of switched-off providers too, each with the consent to it where
    ``consents`` are wanted."""
    found = _with_choice(_kept(organization, customer_id)).select_related("gateway_account")
    rows = list(found.order_by("-created_at", "-id")[:50])
    return _around(organization, customer_id, rows, consents=consents)


def removed_methods(organization: Organization, customer_id: UUID) -> list[Kept]:
    """The newest of those that were removed, with the consent that there was."""
    gone = PaymentMethod.objects.filter(
        organization=organization, customer_id=customer_id, removed_at__isnull=False
    )
    rows = list(gone.select_related("gateway_account").order_by("-removed_at", "-id")[:50])
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


def _with_choice(found: QuerySet[PaymentMethod]) -> QuerySet[PaymentMethod]:
    """``was_chosen``: as the customer's default."""
    choice = DefaultMethod.objects.filter(
        organization_id=OuterRef("organization_id"),
        method_id=OuterRef("id"),
        customer_id=OuterRef("customer_id"),
    )
    return found.annotate(was_chosen=Exists(choice))


def _chosen(organization: Organization, customer_id: UUID) -> UUID | None:
    found = DefaultMethod.objects.filter(organization=organization, customer_id=customer_id)
    return found.values_list("method_id", flat=True).first()


def _around(
    organization: Organization, customer_id: UUID, rows: Sequence[PaymentMethod], *, consents: bool = True
) -> list[Kept]:
    """One query for the consents of all; ``rows`` say themselves whether they were chosen."""
    chosen = [row.id for row in rows if getattr(row, "was_chosen", False)] or [row.id for row in rows[:1]]
    given = _consents(organization, customer_id) if consents else {}
    today = clock.today(organization)
    forgetful = adapters_with(Capability.FORGETS)
    return [
        Kept(
            method=row,
            is_default=row.id in chosen and row.removed_at is None,
            expiry=expiry_of(row, today),
            consent=given.get(row.saved_by) if row.saved_by else None,
            is_still_kept=row.removed_at is not None
            and row.forgotten_at is None
            and row.gateway_account.gateway in forgetful,
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
