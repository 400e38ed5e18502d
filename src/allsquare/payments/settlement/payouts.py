"""Payouts: what the provider sent to our bank leaves its clearing account and is in transit until the bank line, or is
back on the clearing account when the bank did not take it. What of it is of others never stood on that account: we owe
it to them until it is passed on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from allsquare.core.events import Data
from allsquare.core.transactions import serialize
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.selectors import balance_in
from allsquare.ledger.services.reverse import reverse
from allsquare.payments.amounts import Held
from allsquare.payments.attention import PAYOUT_FAILED, PAYOUT_OF_OTHERS
from allsquare.payments.errors import OutcomeContradicts
from allsquare.payments.gateway import ItemKind, Outcome, Status
from allsquare.payments.models import Attention, Payment, Payout, PayoutItem
from allsquare.payments.money_of_others import (
    NOBODY,
    OBJECTS,
    Others,
    known_names,
    of_others,
    returned_payouts,
)
from allsquare.payments.payouts_before import payouts_before_added
from allsquare.payments.postings import Bases, payout_paid
from allsquare.payments.settlement.arrivals import booked_of, undo_arrival
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.converting import add_entry, conversion
from allsquare.payments.states import PayoutState

#: The code of a payout that somebody called off before it was sent: no money moved, and nobody waits for it.
CALLED_OFF: Final = "canceled"

#: How long the news of a charge may come after that of the payout that contains it.
NEWS_MAY_TAKE: Final = timedelta(hours=12)


def settle_payouts(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """Each payout once, with the payments it contains where they are ours. One that a bank sends back is unbooked, and
    a person is told. Raises :class:`OutcomeContradicts`.

    News may come late, repeated or out of order. Of two, the one with the later time counts; a provider that gives no
    other time to the end than to the beginning means the end. What was sent before the account was added here is passed
    over: an account that was in use already has paid out what nothing here knows.
    """
    newest: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome.status is Status.UNKNOWN:
            raise OutcomeContradicts(
                _("The provider's news of a payout cannot be read."), reference=outcome.reference
            )
        if outcome.status in (Status.SUCCEEDED, Status.DECLINED):
            known = newest.get(outcome.reference)
            if known is None or _counts(outcome, known.status, _told_at(known)):
                newest[outcome.reference] = outcome
    if not newest:
        return
    serialize(f"payouts {batch.account.id}")
    last = _last(batch, list(newest))
    for name in payouts_before_added(batch.organization, batch.account, newest.values()) - last.keys():
        del newest[name]
    held: dict[str, Held] = {}
    # What came back first: it may be paid out again in this batch.
    for outcome in sorted(newest.values(), key=lambda each: each.status is not Status.DECLINED):
        _take(batch, outcome, last.get(outcome.reference), held)
    _tell_of_others(batch)


def _tell_of_others(batch: Batch) -> None:
    """The first time, once for each account. Today's payout may bring a charge whose news is still to come, so older
    ones are looked at when the next one comes."""
    organization, account = batch.organization, batch.account
    known = Attention.objects.filter(organization=organization, kind=PAYOUT_OF_OTHERS, subject_id=account.id)
    shared = Payout.objects.filter(
        organization=organization,
        gateway_account=account,
        state=PayoutState.PAID,
        created_at__lt=batch.now - NEWS_MAY_TAKE,
    ).exclude(others_minor=0)
    if shared.exists() and not known.exists():
        facts: Data = {"provider": account.label}
        batch.raise_attention(PAYOUT_OF_OTHERS, "gateway_account", account.id, facts)


def _told_at(outcome: Outcome) -> datetime | None:
    return outcome.seen_at or outcome.happened_at


def _counts(outcome: Outcome, before: Status, told_at: datetime | None) -> bool:
    """Is ``outcome`` the newer one of two, where ``before`` was told at ``told_at``?"""
    at = _told_at(outcome)
    if at is not None and told_at is not None and at != told_at:
        return at > told_at
    return outcome.status is Status.DECLINED or before is not Status.DECLINED


def _last(batch: Batch, references: list[str]) -> dict[str, Payout]:
    """Of each payout as it was sent last."""
    found = Payout.objects.filter(
        organization=batch.organization, gateway_account=batch.account, reference__in=references
    )
    return {payout.reference: payout for payout in found.order_by("sending")}


def _take(batch: Batch, outcome: Outcome, last: Payout | None, held: dict[str, Held]) -> None:
    has_failed = outcome.status is Status.DECLINED
    if last is None and has_failed and outcome.code == CALLED_OFF:
        return
    if last is None:
        payout = _keep(batch, outcome, sending=1)
        if has_failed:
            _fail(batch, payout, outcome)
        else:
            _pay(batch, payout, outcome, held)
        return
    before = Status.DECLINED if last.state == PayoutState.FAILED else Status.SUCCEEDED
    if not _counts(outcome, before, last.told_at):
        return
    last.told_at = _told_at(outcome) or last.told_at
    if outcome.status is before:
        last.save(update_fields=["told_at"])
    elif has_failed:
        arrival = undo_arrival(batch.organization, last, on=batch.today, at=batch.now)
        if arrival is not None:
            batch.tell("payout.arrival_undone", "payout", last.id, _facts(batch, last))
        reverse(
            organization=batch.organization,
            entries=booked_of(batch.organization, last),
            kind="payout.failed",
            on=batch.today,
            at=batch.now,
        )
        _fail(batch, last, outcome)
    else:
        _pay(batch, _keep(batch, outcome, sending=last.sending + 1), outcome, held)


def _keep(batch: Batch, outcome: Outcome, *, sending: int) -> Payout:
    """The row, with what the payout contains and the payments that are ours."""
    if outcome.amount is None:
        raise OutcomeContradicts(
            _("The provider reports a payout without an amount."), reference=outcome.reference
        )
    lines = _lines(batch, outcome)
    others = sum((part for _item, part in lines), NOBODY)
    payout = Payout.objects.create(
        organization=batch.organization,
        gateway_account=batch.account,
        reference=outcome.reference,
        sending=sending,
        currency=outcome.amount.currency.code,
        net_minor=outcome.amount.minor,
        fee_minor=outcome.fee.minor if outcome.fee else 0,
        others_minor=others.net,
        others_fee_minor=others.fee,
        expected_on=outcome.expected_on,
        created_at=batch.now,
        told_at=_told_at(outcome),
    )
    for row, _part in lines:
        row.payout = payout
    PayoutItem.objects.bulk_create([row for row, _part in lines])
    return payout


def _pay(batch: Batch, payout: Payout, outcome: Outcome, held: dict[str, Held]) -> None:
    if any((payout.net_minor, payout.fee_minor, payout.others_minor, payout.others_fee_minor)):
        _book(batch, payout, outcome, held)
    batch.tell("payout.paid", "payout", payout.id, _facts(batch, payout, items=len(outcome.payout_items)))


def _fail(batch: Batch, payout: Payout, outcome: Outcome) -> None:
    """What was booked of it is taken back already."""
    payout.state = PayoutState.FAILED
    payout.failed_at = batch.now
    payout.failure_code, payout.failure_message = outcome.code, outcome.message
    payout.save()
    batch.tell("payout.failed", "payout", payout.id, _facts(batch, payout, message=payout.failure_message))
    facts: Data = {
        "provider": batch.account.label,
        "amount_minor": payout.net_minor,
        "currency": payout.currency,
    }
    batch.raise_attention(PAYOUT_FAILED, "payout", payout.id, facts)


def _facts(batch: Batch, payout: Payout, **more: str | int) -> Data:
    return {
        "amount_minor": payout.net_minor,
        "fee_minor": payout.fee_minor,
        "others_minor": payout.others_minor,
        "currency": payout.currency,
        "reference": payout.reference,
        "gateway": batch.account.gateway,
        **more,
    }


def _book(batch: Batch, payout: Payout, outcome: Outcome, held: dict[str, Held]) -> None:
    """``held`` is what stands on the clearing account by currency, kept over the payouts of one batch."""
    currency, net, others = payout.currency, payout.net_minor, payout.others_minor
    fee = payout.fee_minor - payout.others_fee_minor
    clearing = batch.clearing(batch.account.id)
    base = Bases(
        gross=batch.to_base(net, currency, batch.today), fee=batch.to_base(fee, currency, batch.today)
    )
    others_base = batch.to_base(others, currency, batch.today)
    held_base = base.gross + base.fee - others_base
    if currency != batch.organization.base_currency:
        if currency not in held:
            held[currency] = Held(*balance_in(batch.organization, clearing, currency))
        held_base = held[currency].take(net + fee - others, at_rate=held_base)
    entry = payout_paid(
        payout_id=payout.id,
        clearing=clearing,
        transit=batch.transit,
        others=batch.chart.account(AccountRole.MONEY_OF_OTHERS) if others else clearing,
        fees=batch.chart.account(AccountRole.GATEWAY_FEES),
        exchange=batch.chart.account(AccountRole.EXCHANGE),
        on=batch.today,
        currency=currency,
        net=net,
        fee=fee,
        of_others=others,
        base=base,
        others_base=others_base,
        held_base=held_base,
    )
    add_entry(batch, entry, conversion(outcome, currency), money=batch.transit)


def _lines(batch: Batch, outcome: Outcome) -> list[tuple[PayoutItem, Others]]:
    """What the payout contains, each with what of it is of others."""
    organization, account = batch.organization, batch.account.id
    told = outcome.payout_items
    charges = Payment.objects.filter(
        organization=organization, gateway_account=account, reference__in=[item.reference for item in told]
    )
    payments = dict(charges.values_list("reference", "id"))
    names = {item.charge_reference or item.reference for item in told if item.kind in OBJECTS}
    ours = known_names(organization, account, names)
    returned = [item.reference for item in told if item.kind is ItemKind.PAYOUT]
    earlier = returned_payouts(organization, account, returned)
    dated = batch.account.added_at is not None
    lines = []
    for item in told:
        about = (item.charge_reference or item.reference) if item.kind in OBJECTS else ""
        whole = Others(item.net_minor, item.fee_minor)
        part = of_others(item.kind, about, item.reference, whole, ours=ours, earlier=earlier, dated=dated)
        row = PayoutItem(
            organization=organization,
            payment_id=payments.get(item.reference),
            reference=item.reference,
            net_minor=item.net_minor,
            kind=item.kind,
            about=about,
            others_minor=part.net,
            others_fee_minor=part.fee,
        )
        lines.append((row, part))
    return lines
