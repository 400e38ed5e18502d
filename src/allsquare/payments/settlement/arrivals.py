"""Taking back that a payout stands on our bank statement: it was noted by mistake, or the bank sent it back."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transactions import serialize
from allsquare.identity.models import Organization
from allsquare.ledger import selectors as ledger
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.services.reverse import reverse
from allsquare.payments.errors import PayoutUnknown
from allsquare.payments.models import Payout, PayoutArrival


def locked_payout(organization: Organization, payout_id: UUID) -> Payout:
    """Not while news of it is settled. Raises :class:`PayoutUnknown`."""
    found = Payout.objects.filter(organization=organization, id=payout_id).first()
    if found is None:
        raise PayoutUnknown(_("There is no such payout."))
    serialize(f"payouts {found.gateway_account_id}")
    return Payout.objects.select_for_update(no_key=True).get(organization=organization, id=payout_id)


def booked_of(organization: Organization, payout: Payout) -> list[tuple[UUID, str]]:
    """What stands in the books of its being paid out, as sources and kinds: its entry, and those of what turned out to
    be ours later, or not to be."""
    sources = [payout.id, *payout.corrections.values_list("id", flat=True)]
    kinds = {"payout.paid", "payout.found"}
    entries = [booked.entry for booked in ledger.entries_of(organization, sources)]
    return [(entry.source_id, entry.kind) for entry in entries if entry.kind in kinds]


def in_transit(organization: Organization, payout: Payout) -> tuple[Money, int]:
    """What of it came into transit, which is what the bank should show: in another currency than the payout's where the
    provider converted it on its way. Beside it, its worth in base currency there."""
    chart = ledger.ask_chart(organization).read()
    transit = chart.account(AccountRole.PAYOUTS_IN_TRANSIT)
    lines = [
        line
        for booked in ledger.entries_of(organization, [payout.id])
        if booked.entry.kind == "payout.paid"
        for line in booked.lines
        if line.account_id == transit
    ]
    code = lines[0].currency if lines else payout.currency
    minor, base = sum(line.amount_minor for line in lines), sum(line.base_minor for line in lines)
    return Money(minor, currency(code)), base


def undo_arrival(
    organization: Organization, payout: Payout, *, on: date, at: datetime
) -> PayoutArrival | None:
    """The one that stands, or ``None``. Its booking is taken back by its opposite: the sum is in transit again."""
    arrival = PayoutArrival.objects.filter(
        organization=organization, payout=payout, undone_at__isnull=True
    ).first()
    if arrival is None:
        return None
    reverse(
        organization=organization,
        entries=[(arrival.id, "payout.arrived")],
        kind="payout.arrival_undone",
        on=on,
        at=at,
    )
    arrival.undone_at = at
    arrival.save(update_fields=["undone_at"])
    payout.arrived_on = None
    payout.save(update_fields=["arrived_on"])
    return arrival
