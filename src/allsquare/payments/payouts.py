"""Reading payouts: what a provider sent to the bank, and of which payments it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.errors import PayoutUnknown
from allsquare.payments.gateway import ItemKind
from allsquare.payments.models import (
    Conversion,
    Dispute,
    Payment,
    Payout,
    PayoutArrival,
    PayoutItem,
    PayoutOthers,
    Refund,
)
from allsquare.payments.states import PayoutState
from allsquare.payments.strangers import is_strange


@dataclass(frozen=True, slots=True)
class PaidOut:
    """One line of a payout: ``gross`` of a charge of ours less its ``fee`` is ``net``; ``came`` is what the payer paid,
    where the provider converted that. What is not ours to explain has a net alone. ``kind`` is ``charge``, ``refund``,
    ``dispute``, ``payout`` (one that came back, and is paid out again with this one), ``fee`` (the provider's own
    charge), ``others`` (of others who use the same account) or ``other``."""

    item: PayoutItem
    kind: str
    payment: Payment | None = None
    gross: int = 0
    fee: int = 0
    came: Money | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """A payout with its lines and their sums, what was noted of its arrival, and what turned out to be ours later.
    ``missing`` is what the lines leave unexplained of its net: a provider that lists no lines explains nothing.
    ``arrives`` is what the bank will show, where that has another currency."""

    payout: Payout
    lines: Sequence[PaidOut]
    arrives: Money | None = None
    arrivals: Sequence[PayoutArrival] = ()
    corrections: Sequence[PayoutOthers] = ()

    @property
    def standing(self) -> PayoutArrival | None:
        return next((arrival for arrival in self.arrivals if arrival.undone_at is None), None)

    @property
    def sent(self) -> Money:
        """What the bank statement should show."""
        return self.arrives or Money(self.payout.net_minor, currency(self.payout.currency))

    @property
    def kept(self) -> int:
        """By the bank."""
        return self.sent.minor - self.standing.received_minor if self.standing else 0

    @property
    def gross(self) -> int:
        return sum(line.gross for line in self.lines if line.kind == "charge")

    @property
    def fees(self) -> int:
        return sum(line.fee for line in self.lines if line.kind == "charge")

    @property
    def taken(self) -> int:
        """By refunds, disputes and what else the provider took or gave, apart from what is of others."""
        return sum(
            line.item.net_minor - line.item.others_minor for line in self.lines if line.kind != "charge"
        )

    @property
    def others(self) -> int:
        """What of the net is of others who use the same account."""
        return self.payout.others_minor

    @property
    def has_others(self) -> bool:
        """Also where what they took and what they gave come to nothing."""
        return bool(self.others) or any(line.kind == "others" for line in self.lines)

    @property
    def own(self) -> int:
        return self.payout.net_minor - self.others

    @property
    def strange(self) -> int:
        """What came by lines of which nothing here knows, in a payout from before it was told apart what they are."""
        return sum(
            line.item.net_minor for line in self.lines if line.kind == "other" and is_strange(line.item)
        )

    @property
    def missing(self) -> int:
        return self.payout.net_minor - sum(line.item.net_minor for line in self.lines)


def list_payouts(
    organization: Organization,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Payout]:
    """Newest first, those older than ``before``; or those newer than ``after``, the nearest first."""
    found = Payout.objects.filter(organization=organization).select_related("gateway_account")
    if after is not None:
        return list(found.filter(id__gt=after).order_by("id")[:limit])
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])


def payout_contents(organization: Organization, payout_id: UUID, *, limit: int = 2000) -> Contents:
    """Raises :class:`PayoutUnknown`. Nine statements, however many lines. A charge of which the news came after
    that of the payout is found by its name, and so is what is about it."""
    payout = (
        Payout.objects.filter(organization=organization, id=payout_id)
        .select_related("gateway_account")
        .first()
    )
    if payout is None:
        raise PayoutUnknown(_("There is no such payout."))
    items = list(
        PayoutItem.objects.filter(organization=organization, payout=payout)
        .select_related("payment__customer", "payment__invoice")
        .order_by("id")[:limit]
    )
    others = [item.reference for item in items if item.payment_id is None]
    behind = ("payment__customer", "payment__invoice")
    refunds = Refund.objects.filter(
        organization=organization, payment__gateway_account=payout.gateway_account_id, reference__in=others
    ).select_related(*behind)
    disputes = Dispute.objects.filter(
        organization=organization, payment__gateway_account=payout.gateway_account_id, reference__in=others
    ).select_related(*behind)
    returned = Payout.objects.filter(
        organization=organization,
        gateway_account=payout.gateway_account_id,
        state=PayoutState.FAILED,
        reference__in=others,
    )
    about = {item.about for item in items if item.payment_id is None and item.about}
    late = Payment.objects.filter(
        organization=organization,
        gateway_account=payout.gateway_account_id,
        reference__in=about.union(others),
    ).select_related("customer", "invoice")
    charges = {row.reference: row for row in late}
    named: dict[str | None, tuple[str, Payment | None]] = {
        **{item.reference: (item.kind, charges[item.about]) for item in items if item.about in charges},
        **{reference: ("charge", row) for reference, row in charges.items()},
        **{row.reference: ("refund", row.payment) for row in refunds},
        **{row.reference: ("dispute", row.payment) for row in disputes},
        **dict.fromkeys(returned.values_list("reference", flat=True), ("payout", None)),
    }
    became = {
        row.source_id: row
        for row in Conversion.objects.filter(
            organization=organization,
            source_id__in=[
                payout.id,
                *(item.payment_id for item in items if item.payment_id),
                *(payment.id for kind, payment in named.values() if payment and kind == "charge"),
            ],
        )
    }
    own = became.get(payout.id)
    arrives = Money(own.into_minor, currency(own.into_currency)) if own else None
    arrivals = PayoutArrival.objects.filter(organization=organization, payout=payout).order_by("id")
    corrections = PayoutOthers.objects.filter(organization=organization, payout=payout).order_by("id")
    lines = [_line(payout, item, named, became) for item in items]
    return Contents(payout, lines, arrives, list(arrivals), list(corrections))


def _unnamed(item: PayoutItem) -> tuple[str, Payment | None]:
    """What no row of ours explains."""
    if item.kind == ItemKind.FEE:
        return "fee", None
    is_theirs = bool(item.others_minor or item.others_fee_minor)
    if item.kind == ItemKind.PAYOUT and item.others_minor != item.net_minor:  # a part is ours
        is_theirs = False
    return ("others" if is_theirs else "other"), None


def _line(
    payout: Payout,
    item: PayoutItem,
    named: dict[str | None, tuple[str, Payment | None]],
    became: dict[UUID, Conversion],
) -> PaidOut:
    kind, payment = ("charge", item.payment) if item.payment else named.get(item.reference, _unnamed(item))
    if kind == "charge" and payment is not None:
        gross, came = payment.captured_minor, None
        if payment.currency != payout.currency:
            row = became.get(payment.id)  # none where it came before conversions were told of
            gross = row.into_minor + row.fee_minor if row else item.net_minor
            came = Money(payment.captured_minor, currency(payment.currency))
        return PaidOut(item, "charge", payment, gross=gross, fee=gross - item.net_minor, came=came)
    return PaidOut(item, kind, payment)
