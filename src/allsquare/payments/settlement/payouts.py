"""Payouts: what the provider sent to our bank leaves its clearing account and is in transit until the bank line."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from allsquare.core.events import Data
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.selectors import balance_in
from allsquare.payments.amounts import Held
from allsquare.payments.attention import PAYOUT_FAILED
from allsquare.payments.errors import OutcomeContradicts
from allsquare.payments.gateway import Outcome, Status
from allsquare.payments.models import Payment, Payout, PayoutItem
from allsquare.payments.postings import Bases, payout_paid
from allsquare.payments.settlement.batch import Batch


def settle_payouts(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """Each payout once, with the payments it contains where they are ours. One that a bank sent back after it was
    booked becomes a task for a person, who sees what the bank statement says. Raises :class:`OutcomeContradicts`."""
    held: dict[str, Held] = {}
    for outcome in outcomes:
        if outcome.status is Status.UNKNOWN:
            raise OutcomeContradicts(
                _("The provider's news of a payout cannot be read."), reference=outcome.reference
            )
        if outcome.status is Status.SUCCEEDED:
            _take(batch, outcome, held)
        elif outcome.status is Status.DECLINED:
            _came_back(batch, outcome)


def _take(batch: Batch, outcome: Outcome, held: dict[str, Held]) -> None:
    if outcome.amount is None:
        raise OutcomeContradicts(
            _("The provider reports a payout without an amount."), reference=outcome.reference
        )
    currency, net = outcome.amount.currency.code, outcome.amount.minor
    fee = outcome.fee.minor if outcome.fee else 0
    payout, is_new = Payout.objects.get_or_create(
        organization=batch.organization,
        gateway_account=batch.account,
        reference=outcome.reference,
        defaults={
            "currency": currency,
            "net_minor": net,
            "fee_minor": fee,
            "expected_on": outcome.expected_on,
            "created_at": batch.now,
        },
    )
    if not is_new:
        return
    _keep_items(batch, payout, outcome)
    if net or fee:
        _book(batch, payout, held)
    batch.tell(
        "payout.paid",
        "payout",
        payout.id,
        {
            "amount_minor": net,
            "fee_minor": fee,
            "currency": currency,
            "reference": outcome.reference,
            "items": len(outcome.payout_items),
            "gateway": batch.account.gateway,
        },
    )


def _came_back(batch: Batch, outcome: Outcome) -> None:
    """Nothing to do for one that was never booked."""
    payout = Payout.objects.filter(
        organization=batch.organization, gateway_account=batch.account, reference=outcome.reference
    ).first()
    if payout is not None:
        facts: Data = {
            "provider": batch.account.label,
            "amount_minor": payout.net_minor,
            "currency": payout.currency,
        }
        batch.raise_attention(PAYOUT_FAILED, "payout", payout.id, facts)


def _book(batch: Batch, payout: Payout, held: dict[str, Held]) -> None:
    """``held`` is what stands on the clearing account by currency, kept over the payouts of one batch."""
    currency, net, fee = payout.currency, payout.net_minor, payout.fee_minor
    clearing = batch.clearing(batch.account.id)
    base = Bases(
        gross=batch.to_base(net, currency, batch.today), fee=batch.to_base(fee, currency, batch.today)
    )
    held_base = base.gross + base.fee
    if currency != batch.organization.base_currency:
        if currency not in held:
            held[currency] = Held(*balance_in(batch.organization, clearing, currency))
        held_base = held[currency].take(net + fee, at_rate=held_base)
    batch.entries.append(
        payout_paid(
            payout_id=payout.id,
            clearing=clearing,
            transit=batch.transit,
            fees=batch.chart.account(AccountRole.GATEWAY_FEES),
            exchange=batch.chart.account(AccountRole.EXCHANGE),
            on=batch.today,
            currency=currency,
            net=net,
            fee=fee,
            base=base,
            held_base=held_base,
        )
    )


def _keep_items(batch: Batch, payout: Payout, outcome: Outcome) -> None:
    """What the payout contains, with the payments that are ours."""
    ours = dict(
        Payment.objects.filter(
            organization=batch.organization,
            gateway_account=batch.account,
            reference__in=[item.reference for item in outcome.payout_items],
        ).values_list("reference", "id")
    )
    PayoutItem.objects.bulk_create(
        [
            PayoutItem(
                organization=batch.organization,
                payout=payout,
                payment_id=ours.get(item.reference),
                reference=item.reference,
                net_minor=item.net_minor,
            )
            for item in outcome.payout_items
        ]
    )
