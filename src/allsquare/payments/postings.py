"""Pure: what a settled charge, refund, dispute or payout books. Facts in, journal entries out.

Amounts are minor units; debit is positive. Every entry is zero in its own currency and in base currency; a
difference by exchange rates is a line of zero in the payment's currency (``exchange``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.payments.amounts import Split
from allsquare.payments.gateway import MethodKind

#: Where recorded money is; a provider's money is on the clearing account of its gateway account.
RECORDED_IN: Mapping[str, AccountRole] = {
    MethodKind.CASH: AccountRole.CASH,
    MethodKind.CHEQUE: AccountRole.CHEQUES,
    MethodKind.BANK_TRANSFER: AccountRole.BANK,
}


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts that an entry may touch; ``money`` is where this payment's money is."""

    money: UUID
    receivable: UUID
    credit: UUID
    fees: UUID
    disputed: UUID
    losses: UUID
    exchange: UUID


@dataclass(frozen=True, slots=True)
class Context:
    """What all lines of one payment's entries share. ``invoice_id`` and ``customer_id`` tag the sub-ledgers."""

    date: date
    currency: str
    customer_id: UUID
    invoice_id: UUID | None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class OnInvoice:
    """``amount`` of one of the invoices that a payment pays, by itself or by its credit: paid now, or open again."""

    invoice_id: UUID
    amount: int
    base: int


@dataclass(slots=True)
class _Lines:
    """Collects the lines of one entry and closes it with the exchange difference."""

    context: Context
    lines: list[LineDraft]

    def add(
        self,
        account: UUID,
        amount: int,
        base: int,
        *,
        customer: bool = False,
        invoice: bool = False,
        document_id: UUID | None = None,
    ) -> None:
        if amount or base:
            about = self.context
            self.lines.append(
                LineDraft(
                    account=account,
                    amount_minor=amount,
                    currency=about.currency,
                    base_minor=base,
                    customer_id=about.customer_id if customer else None,
                    document_id=about.invoice_id if invoice else document_id,
                )
            )

    def give_back(self, books: Books, amount: Bases, split: Split, elsewhere: Sequence[OnInvoice]) -> None:
        """Whose the money was that goes back: invoices are open again, credit is gone, what neither covers is lost."""
        self.add(books.receivable, split.invoice, amount.invoice, customer=True, invoice=True)
        for each in elsewhere:
            self.add(books.receivable, each.amount, each.base, customer=True, document_id=each.invoice_id)
        self.add(books.credit, split.credit, amount.credit, customer=True)
        known = amount.invoice + amount.credit + sum(each.base for each in elsewhere)
        self.add(books.losses, split.rest, amount.gross - known if split.rest else 0)

    def closed(self, exchange: UUID) -> tuple[LineDraft, ...]:
        self.add(exchange, 0, -sum(line.base_minor for line in self.lines))
        return tuple(self.lines)


@dataclass(frozen=True, slots=True)
class Bases:
    """The same sums in base currency: at the day's rate, but ``invoice`` at the invoice's own."""

    gross: int
    fee: int = 0
    invoice: int = 0
    credit: int = 0


@dataclass(frozen=True, slots=True)
class Back:
    """What of a sum that was taken away is with the provider again."""

    amount: int = 0
    base: int = 0


def charge_settled(
    *,
    payment_id: UUID,
    books: Books,
    context: Context,
    gross: int,
    fee: int,
    base: Bases,
    split: Split,
    shares: Sequence[OnInvoice] = (),
) -> EntryDraft:
    """Gross–fee–net: the net is with the provider (or in the till), the fee is spent, the gross is paid. ``shares`` are
    what several invoices took of it, each at its own rate."""
    lines = _Lines(context, [])
    lines.add(books.money, gross - fee, base.gross - base.fee)
    lines.add(books.fees, fee, base.fee)
    lines.add(books.receivable, -split.invoice, -base.invoice, customer=True, invoice=True)
    for each in shares:
        lines.add(books.receivable, -each.amount, -each.base, customer=True, document_id=each.invoice_id)
    lines.add(books.credit, -split.credit, -base.credit, customer=True)
    return _entry("payment.settled", "payment", payment_id, context, lines.closed(books.exchange))


def refund_settled(
    *,
    refund_id: UUID,
    books: Books,
    context: Context,
    amount: int,
    fee: int,
    base: Bases,
    split: Split,
    elsewhere: Sequence[OnInvoice] = (),
) -> EntryDraft:
    """The gross leaves the money account. ``fee`` is negative where the provider gave a part of its fee back."""
    lines = _Lines(context, [])
    lines.give_back(books, base, split, elsewhere)
    lines.add(books.fees, fee, base.fee)
    lines.add(books.money, -amount - fee, -base.gross - base.fee)
    return _entry("refund.settled", "refund", refund_id, context, lines.closed(books.exchange))


def refund_failed(*, refund_id: UUID, books: Books, context: Context, amount: int, base: int) -> EntryDraft:
    """Money that was given back and came home again: it is with the provider, and we owe it to the customer."""
    lines = _Lines(context, [])
    lines.add(books.money, amount, base)
    lines.add(books.credit, -amount, -base, customer=True)
    return _entry("refund.failed", "refund", refund_id, context, lines.closed(books.exchange))


def dispute_opened(
    *, dispute_id: UUID, books: Books, context: Context, amount: int, fee: int, base: Bases
) -> EntryDraft:
    """The provider takes the sum and its case fee away; whose the sum is stays open until the case ends."""
    lines = _Lines(context, [])
    lines.add(books.disputed, amount, base.gross, customer=True)
    lines.add(books.fees, fee, base.fee)
    lines.add(books.money, -amount - fee, -base.gross - base.fee)
    return _entry("dispute.opened", "dispute", dispute_id, context, lines.closed(books.exchange))


def dispute_fee_changed(
    *, change_id: UUID, books: Books, context: Context, amount: int, base: int
) -> EntryDraft:
    """The case costs ``amount`` more than it did; below zero, that came back."""
    lines = _Lines(context, [])
    lines.add(books.fees, amount, base)
    lines.add(books.money, -amount, -base)
    return _entry("dispute.fee", "dispute_fee", change_id, context, lines.closed(books.exchange))


def dispute_won(*, dispute_id: UUID, books: Books, context: Context, amount: int, base: int) -> EntryDraft:
    """The sum is back with the provider."""
    lines = _Lines(context, [])
    lines.add(books.money, amount, base)
    lines.add(books.disputed, -amount, -base, customer=True)
    return _entry("dispute.won", "dispute", dispute_id, context, lines.closed(books.exchange))


def dispute_won_after_all(
    *, dispute_id: UUID, books: Books, context: Context, amount: int, credit: int, base: Bases
) -> EntryDraft:
    """The sum of a case that was lost is back with the provider: ``credit`` of it is the customer's, and for the rest
    the loss is taken back."""
    lines = _Lines(context, [])
    lines.add(books.money, amount, base.gross)
    lines.add(books.credit, -credit, -base.credit, customer=True)
    lines.add(books.losses, credit - amount, base.credit - base.gross if credit != amount else 0)
    return _entry("dispute.won", "dispute", dispute_id, context, lines.closed(books.exchange))


def dispute_lost(
    *,
    dispute_id: UUID,
    books: Books,
    context: Context,
    amount: int,
    base: Bases,
    split: Split,
    elsewhere: Sequence[OnInvoice] = (),
    back: Back | None,
) -> EntryDraft:
    """``amount`` is the payer's: the invoice is open again, credit is gone, what neither covers is lost. What the case
    was about beyond that is ``back``; ``None`` where the case was won before, and the sum is taken once more."""
    lines = _Lines(context, [])
    lines.give_back(books, base, split, elsewhere)
    if back is None:
        lines.add(books.money, -amount, -base.gross)
    else:
        lines.add(books.money, back.amount, back.base)
        lines.add(books.disputed, -amount - back.amount, -base.gross - back.base, customer=True)
    return _entry("dispute.lost", "dispute", dispute_id, context, lines.closed(books.exchange))


def credit_used(
    *, use_id: UUID, books: Books, context: Context, amount: int, credit_base: int, invoice_base: int
) -> EntryDraft:
    """What we owed the customer pays what they owe us. ``context`` names the invoice that it pays."""
    lines = _Lines(context, [])
    lines.add(books.credit, amount, credit_base, customer=True)
    lines.add(books.receivable, -amount, -invoice_base, customer=True, invoice=True)
    return _entry("credit.used", "credit_use", use_id, context, lines.closed(books.exchange))


def credit_freed(
    *, freed_id: UUID, books: Books, context: Context, amount: int, credit_base: int, invoice_base: int
) -> EntryDraft:
    """What was paid towards an invoice that asks for less now: we owe it to the customer. ``context`` names the
    invoice."""
    lines = _Lines(context, [])
    lines.add(books.receivable, amount, invoice_base, customer=True, invoice=True)
    lines.add(books.credit, -amount, -credit_base, customer=True)
    return _entry("credit.freed", "freed", freed_id, context, lines.closed(books.exchange))


def payout_paid(
    *,
    payout_id: UUID,
    clearing: UUID,
    transit: UUID,
    others: UUID,
    fees: UUID,
    exchange: UUID,
    on: date,
    currency: str,
    net: int,
    fee: int,
    of_others: int,
    base: Bases,
    others_base: int,
    held_base: int,
) -> EntryDraft:
    """The provider sent the net to our bank; the bank line will take it from *in transit*.

    ``fee`` is what it took from us with the payout and told of nowhere else; ``of_others`` of the net is not ours, and
    is owed to them. In transit the net is worth ``base``, the day's rate, and so is what we owe; from clearing the rest
    takes ``held_base``, with which it stood there, so that an empty clearing account is empty in base currency too.
    """
    worth = base.gross + base.fee - others_base
    lines = [
        LineDraft(account=transit, amount_minor=net, currency=currency, base_minor=base.gross),
        LineDraft(account=fees, amount_minor=fee, currency=currency, base_minor=base.fee),
        LineDraft(account=others, amount_minor=-of_others, currency=currency, base_minor=-others_base),
        LineDraft(
            account=clearing,
            amount_minor=of_others - net - fee,
            currency=currency,
            base_minor=-held_base,
        ),
        LineDraft(account=exchange, amount_minor=0, currency=currency, base_minor=held_base - worth),
    ]
    return EntryDraft(
        kind="payout.paid", source_type="payout", source_id=payout_id, date=on, lines=_that_count(lines)
    )


def payout_found(
    *,
    found_id: UUID,
    clearing: UUID,
    others: UUID,
    fees: UUID,
    exchange: UUID,
    on: date,
    currency: str,
    net: int,
    fee: int,
    base: Bases,
    held_base: int,
) -> EntryDraft:
    """``net`` of a payout that was thought to be of others is ours, and so is ``fee``, which was taken off it; below
    zero, the other way round. It leaves what we owe with ``base``, with which it came there, and clearing as above."""
    lines = [
        LineDraft(account=others, amount_minor=net, currency=currency, base_minor=base.gross),
        LineDraft(account=fees, amount_minor=fee, currency=currency, base_minor=base.fee),
        LineDraft(account=clearing, amount_minor=-net - fee, currency=currency, base_minor=-held_base),
        LineDraft(
            account=exchange,
            amount_minor=0,
            currency=currency,
            base_minor=held_base - base.gross - base.fee,
        ),
    ]
    return EntryDraft(
        kind="payout.found",
        source_type="payout_others",
        source_id=found_id,
        date=on,
        lines=_that_count(lines),
    )


def payout_arrived(
    *,
    arrival_id: UUID,
    bank: UUID,
    transit: UUID,
    fees: UUID,
    exchange: UUID,
    on: date,
    currency: str,
    net: int,
    received: int,
    net_base: int,
    received_base: int,
    kept_base: int,
) -> EntryDraft:
    """A payout stands on the bank statement: ``received`` of its ``net``, the bank kept the rest.

    It leaves transit with ``net_base``, with which it came there; at the bank it is worth the rate of its day.
    """
    lines = [
        LineDraft(account=bank, amount_minor=received, currency=currency, base_minor=received_base),
        LineDraft(account=fees, amount_minor=net - received, currency=currency, base_minor=kept_base),
        LineDraft(account=transit, amount_minor=-net, currency=currency, base_minor=-net_base),
        LineDraft(
            account=exchange,
            amount_minor=0,
            currency=currency,
            base_minor=net_base - received_base - kept_base,
        ),
    ]
    return EntryDraft(
        kind="payout.arrived",
        source_type="payout_arrival",
        source_id=arrival_id,
        date=on,
        lines=_that_count(lines),
    )


def converted(entry: EntryDraft, *, money: UUID, exchange: UUID, into: LineDraft) -> EntryDraft:
    """The provider turned what ``entry`` moves on the account ``money`` into another currency, which is the line
    ``into``. Exchange gives the one and takes the other: what it is left with in base currency is gained or lost."""
    lines = [replace(line, account=exchange) if line.account == money else line for line in entry.lines]
    given = replace(into, account=exchange, amount_minor=-into.amount_minor, base_minor=-into.base_minor)
    return replace(entry, lines=_that_count((*lines, into, given)))


def _that_count(lines: Sequence[LineDraft]) -> tuple[LineDraft, ...]:
    return tuple(line for line in lines if line.amount_minor or line.base_minor)


def _entry(
    kind: str, source_type: str, source_id: UUID, context: Context, lines: tuple[LineDraft, ...]
) -> EntryDraft:
    return EntryDraft(
        kind=kind,
        source_type=source_type,
        source_id=source_id,
        date=context.date,
        lines=lines,
        memo=context.memo,
    )
