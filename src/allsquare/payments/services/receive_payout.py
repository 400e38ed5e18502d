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
from allsquare.payments.settlement.arrivals import in_transit, locked_payout
from allsquare.payments.states import PayoutState


@retrying
def receive_payout(
    *,
    organization: Organization,
    payout_id: UUID,
    received: Money,
    on: date,
    actor: Actor,
    kept: bool = False,
) -> bool:
    """``received`` of the payout stands on the bank statement on the day ``on``; what is missing of it the bank kept as
    its fee, which must be said (``kept``): a slip of the pen is no fee. ``False`` when just that is noted already.
    Raises ``PayoutUnknown``, ``InvalidPayment``, :class:`PayoutNotThere`, ``PeriodClosed``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    payout = locked_payout(organization, payout_id)
    sent, sent_base = in_transit(organization, payout)
    _check(payout, sent, received, on, clock.today(organization))
    if received != sent and not kept:
        raise InvalidPayment(
            _("That is less than was sent. Say that the bank kept the rest, or correct the amount."),
            field="kept",
        )
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
    _book(organization, arrival, sent, sent_base)
    facts: dict[str, object] = {
        "amount_minor": received.minor,
        "currency": sent.currency.code,
        "kept_minor": sent.minor - received.minor,
        "on": on.isoformat(),
    }
    record(
        organization_id=organization.id,
        news=[News("payout.arrived", "payout", payout.id, facts)],
        actor=actor,
        at=at,
    )
    return True


def _check(payout: Payout, sent: Money, received: Money, on: date, today: date) -> None:
    if payout.state != PayoutState.PAID or not sent.minor:
        raise PayoutNotThere(_("This payout came back, or was of nothing: it cannot be on the bank account."))
    if received.currency != sent.currency:
        raise InvalidPayment(
            _("This payout is in %(currency)s.") % {"currency": sent.currency.code}, field="received"
        )
    if received.minor > sent.minor or (received.minor <= 0 < sent.minor):
        raise InvalidPayment(
            _("The bank cannot have received more than was sent, nor nothing."), field="received"
        )
    if on > today:
        raise InvalidPayment(_("That day is still to come."), field="on")


def _book(organization: Organization, arrival: PayoutArrival, sent: Money, sent_base: int) -> None:
    chart = ledger.ask_chart(organization).read()
    base, kept = organization.base_currency, sent.minor - arrival.received_minor
    code = sent.currency.code

    def worth(minor: int) -> int:
        if code == base:
            return minor
        rate = ledger.rate_on(organization, code, arrival.arrived_on)
        return to_base(minor, currency=code, base=base, rate=rate)

    entry = payout_arrived(
        arrival_id=arrival.id,
        bank=chart.account(AccountRole.BANK),
        transit=chart.account(AccountRole.PAYOUTS_IN_TRANSIT),
        fees=chart.account(AccountRole.GATEWAY_FEES),
        exchange=chart.account(AccountRole.EXCHANGE),
        on=arrival.arrived_on,
        currency=code,
        net=sent.minor,
        received=arrival.received_minor,
        net_base=sent_base,
        received_base=worth(arrival.received_minor),
        kept_base=worth(kept),
    )
    post(organization=organization, entries=[entry], at=arrival.created_at)
