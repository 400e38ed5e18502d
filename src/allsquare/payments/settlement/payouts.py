"""Payouts: what the provider sent to our bank leaves its clearing account and is in transit until the bank line."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from allsquare.ledger.chart import AccountRole
from allsquare.ledger.selectors import balance_in
from allsquare.payments.amounts import Held
from allsquare.payments.errors import OutcomeContradicts
from allsquare.payments.gateway import Outcome, Status
from allsquare.payments.models import Payment, Payout, PayoutItem
from allsquare.payments.postings import payout_paid
from allsquare.payments.settlement.batch import Batch


def settle_payouts(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """Each payout once, with the payments it contains where they are ours. Raises :class:`OutcomeContradicts`."""
    held: dict[str, Held] = {}
    for outcome in outcomes:
        if outcome.status is Status.UNKNOWN:
            raise OutcomeContradicts(
                _("The provider's news of a payout cannot be read."), reference=outcome.reference
            )
        if outcome.status is Status.SUCCEEDED:
            _take(batch, outcome, held)


def _take(batch: Batch, outcome: Outcome, held: dict[str, Held]) -> None:
    if outcome.amount is None:
        raise OutcomeContradicts(
            _("The provider reports a payout without an amount."), reference=outcome.reference
        )
    currency, net = outcome.amount.currency.code, outcome.amount.minor
    payout, is_new = Payout.objects.get_or_create(
        organization=batch.organization,
        gateway_account=batch.account,
        reference=outcome.reference,
        defaults={
            "currency": currency,
            "net_minor": net,
            "expected_on": outcome.expected_on,
            "created_at": batch.now,
        },
    )
    if not is_new:
        return
    _keep_items(batch, payout, outcome)
    if net:
        _book(batch, payout, held)
    batch.tell(
        "payout.paid",
        "payout",
        payout.id,
        {
            "amount_minor": net,
            "currency": currency,
            "reference": outcome.reference,
            "items": len(outcome.payout_items),
            "gateway": batch.account.gateway,
        },
    )


def _book(batch: Batch, payout: Payout, held: dict[str, Held]) -> None:
    """``held`` is what stands on the clearing account by currency, kept over the payouts of one batch."""
    currency, net = payout.currency, payout.net_minor
    clearing = batch.clearing(batch.account.id)
    base = batch.to_base(net, currency, batch.today)
    held_base = base
    if currency != batch.organization.base_currency:
        if currency not in held:
            held[currency] = Held(*balance_in(batch.organization, clearing, currency))
        held_base = held[currency].take(net, at_rate=base)
    batch.entries.append(
        payout_paid(
            payout_id=payout.id,
            clearing=clearing,
            transit=batch.transit,
            exchange=batch.chart.account(AccountRole.EXCHANGE),
            on=batch.today,
            currency=currency,
            net=net,
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
