"""A payout stands on our bank statement: what was in transit is at the bank."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.money import Money
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger import selectors as ledger
from allsquare.ledger.amounts import to_base
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.services.post import post
from allsquare.payments.errors import InvalidPayment, PayoutNotThere
from allsquare.payments.models import Payout, PayoutArrival
from allsquare.payments.postings import payout_arrived
from allsquare.payments.settlement.arrivals import locked_payout
from allsquare.payments.states import PayoutState


@retrying
def receive_payout(
    *, organization: Organization, payout_id: UUID, received: Money, on: date, actor: Actor
) -> bool:
    """``received`` of the payout stands on the bank statement on the day ``on``; what is missing of it the bank kept as
    its fee. ``False`` when just that is noted already. Raises ``PayoutUnknown``, ``InvalidPayment``,
    :class:`PayoutNotThere`, ``PeriodClosed``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    payout = locked_payout(organization, payout_id)
    _check(payout, received, on, clock.today(organization))
    stands = PayoutArrival.objects.filter(
        organization=organization, payout=payout, undone_at__isnull=True
    ).first()
    if stands is not None:
        if (stands.received_minor, stands.arrived_on) == (received.minor, on):
            return False
        raise PayoutNotThere(_("It is noted already that this payout arrived. Take that back first."))
    at = clock.now(organization)
    arrival = PayoutArrival.objects.create(
        organization=organization,
        payout=payout,
        arrived_on=on,
        received_minor=received.minor,
        created_at=at,
    )
    payout.arrived_on = on
    payout.save(update_fields=["arrived_on"])
    _book(organization, payout, arrival)
    facts: dict[str, object] = {
        "amount_minor": received.minor,
        "currency": payout.currency,
        "kept_minor": payout.net_minor - received.minor,
        "on": on.isoformat(),
    }
    record(
        organization_id=organization.id,
        news=[News("payout.arrived", "payout", payout.id, facts)],
        actor=actor,
        at=at,
    )
    return True


def _check(payout: Payout, received: Money, on: date, today: date) -> None:
    if payout.state != PayoutState.PAID or not payout.net_minor:
        raise PayoutNotThere(_("This payout came back, or was of nothing: it cannot be on the bank account."))
    if received.currency.code != payout.currency:
        raise InvalidPayment(
            _("This payout is in %(currency)s.") % {"currency": payout.currency}, field="received"
        )
    if received.minor > payout.net_minor or (received.minor <= 0 < payout.net_minor):
        raise InvalidPayment(
            _("The bank cannot have received more than was sent, nor nothing."), field="received"
        )
    if on > today:
        raise InvalidPayment(_("That day is still to come."), field="on")


def _book(organization: Organization, payout: Payout, arrival: PayoutArrival) -> None:
    chart = ledger.ask_chart(organization).read()
    transit = chart.account(AccountRole.PAYOUTS_IN_TRANSIT)
    net_base = sum(
        line.base_minor
        for booked in ledger.entries_of(organization, [payout.id])
        if booked.entry.kind == "payout.paid"
        for line in booked.lines
        if line.account_id == transit
    )
    base, kept = organization.base_currency, payout.net_minor - arrival.received_minor

    def worth(minor: int) -> int:
        if payout.currency == base:
            return minor
        rate = ledger.rate_on(organization, payout.currency, arrival.arrived_on)
        return to_base(minor, currency=payout.currency, base=base, rate=rate)

    entry = payout_arrived(
        arrival_id=arrival.id,
        bank=chart.account(AccountRole.BANK),
        transit=transit,
        fees=chart.account(AccountRole.GATEWAY_FEES),
        exchange=chart.account(AccountRole.EXCHANGE),
        on=arrival.arrived_on,
        currency=payout.currency,
        net=payout.net_minor,
        received=arrival.received_minor,
        net_base=net_base,
        received_base=worth(arrival.received_minor),
        kept_base=worth(kept),
    )
    post(organization=organization, entries=[entry], at=arrival.created_at)
