"""Disputes: the provider takes the sum away at once, and gives it back if the case is won."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict

from django.db.models import Sum
from django.utils.translation import gettext as _

from allsquare.core.events import Data
from allsquare.ledger.selectors import entries_of
from allsquare.payments.amounts import Split, base_share, split_return
from allsquare.payments.attention import (
    ANSWER,
    DISPUTE_LOST,
    DISPUTE_OPENED,
    DISPUTE_WON_AFTER_ALL,
    NOT_TAKEN_IN,
)
from allsquare.payments.disputes import ask_no_more
from allsquare.payments.errors import OutcomeContradicts, OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import Converted, DisputeStage, Outcome
from allsquare.payments.models import (
    Allocation,
    Attention,
    CreditMovement,
    Dispute,
    DisputeFee,
)
from allsquare.payments.postings import (
    Back,
    Bases,
    OnInvoice,
    dispute_fee_changed,
    dispute_lost,
    dispute_opened,
    dispute_won,
    dispute_won_after_all,
)
from allsquare.payments.resolving import resolve
from allsquare.payments.reviewing import is_refused
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.by_hand import hear_of_dispute
from allsquare.payments.settlement.converting import add_entry, conversion, fee_in_base, way_back
from allsquare.payments.settlement.deadlines import take_deadline
from allsquare.payments.settlement.locked import LockedPayment, check_currency, lock
from allsquare.payments.settlement.standing import Returnable, returnable
from allsquare.payments.states import DisputeState, PaymentState


def settle_disputes(batch: Batch, outcomes: Sequence[Outcome]) -> list[LockedPayment]:
    """Stages may come late, repeated or out of order: the end of a case that we never saw opened opens it first. What
    was lost, all of it or a part, may be won after all, by an appeal or since a debit was tried again. What was won
    stays won, unless its provider, asked how the case is now, says that it is lost after all.

    Raises :class:`OutcomeUnmatched`, :class:`OutcomeTooEarly`, :class:`OutcomeContradicts`.
    """
    locked = lock(
        organization=batch.organization,
        account=batch.account,
        references=[outcome.charge_reference for outcome in outcomes],
    )
    known = {
        (dispute.payment_id, dispute.reference): dispute
        for dispute in Dispute.objects.filter(
            organization=batch.organization, payment_id__in=list(locked.payments)
        )
    }
    standing = returnable(batch, list(locked.payments.values()))
    for outcome in outcomes:
        payment = locked.by_reference.get(outcome.charge_reference)
        if payment is None:
            raise OutcomeUnmatched(
                _(
                    "%(provider)s reports a dispute of the charge %(charge)s, which is not ours. Where another shop "
                    "uses the same account there, it is theirs."
                )
                % {"provider": batch.account, "charge": outcome.charge_reference},
                reference=outcome.reference,
            )
        if payment.state is not PaymentState.SUCCEEDED:
            raise OutcomeTooEarly(_("A dispute came before the news that its charge succeeded."))
        check_currency(payment, outcome)
        dispute = known.get((payment.id, outcome.reference))
        if dispute is None:
            dispute = known[payment.id, outcome.reference] = _open(batch, payment, outcome)
        elif outcome.evidence_by and outcome.evidence_by != dispute.evidence_by:
            take_deadline(batch, dispute, outcome, _task_facts(dispute, payment))
        if outcome.is_answered and dispute.evidence_by:
            dispute.evidence_by = None
            dispute.save(update_fields=["evidence_by"])
            _ask_no_more(batch, dispute)
        ended = outcome.dispute_stage in (DisputeStage.WON, DisputeStage.LOST)
        if dispute.state == DisputeState.OPENED and ended:
            _close(batch, dispute, payment, outcome, standing[payment.id])
        elif ended and outcome.dispute_stage != dispute.state:
            _turn(batch, dispute, payment, outcome, standing[payment.id])
        if ended:
            hear_of_dispute(batch, dispute, payment, outcome)
        _take_fee(batch, dispute, payment, outcome)
    payments = list(locked.payments.values())
    batch.changed(payments)
    return payments


#: How far a case is: what it costs is believed of news that is as far as we know it to be.
_FAR: Final = {DisputeState.OPENED: 0, DisputeState.LOST: 1, DisputeState.WON: 2}


def _take_fee(batch: Batch, dispute: Dispute, payment: LockedPayment, outcome: Outcome) -> None:
    """Some providers give their fee back to who wins, or take another from who answers."""
    stage = DisputeState(outcome.dispute_stage or DisputeStage.OPENED)
    if outcome.fee is None or _FAR[stage] < _FAR[DisputeState(dispute.state)]:
        return
    change = outcome.fee.minor - dispute.fee_minor
    if not change:
        return
    fact = DisputeFee.objects.create(
        organization=batch.organization, dispute=dispute, amount_minor=change, created_at=batch.now
    )
    dispute.fee_minor += change
    dispute.save(update_fields=["fee_minor"])
    books = batch.books(payment)
    became = way_back(batch, outcome, payment.currency, dispute.id, time=1)
    entry = dispute_fee_changed(
        change_id=fact.id,
        books=books,
        context=batch.context(payment, batch.today),
        amount=change,
        base=batch.to_base(change, payment.currency, batch.today),
    )
    if became is not None and stage is DisputeState.WON:
        became = Converted(became.net - became.net)  # it came within the sum, which is booked as it came
    add_entry(batch, entry, became, money=books.money)
    batch.tell("dispute.fee", "dispute", dispute.id, {**_facts(dispute, payment), "amount_minor": change})


def _open(batch: Batch, payment: LockedPayment, outcome: Outcome) -> Dispute:
    if outcome.amount is None or outcome.amount.minor <= 0:
        raise OutcomeContradicts(
            _("The provider reports a dispute without an amount."), reference=outcome.reference
        )
    amount, fee = outcome.amount.minor, outcome.fee.minor if outcome.fee else 0
    became, books = conversion(outcome, payment.currency), batch.books(payment)
    base = Bases(
        gross=batch.to_base(amount, payment.currency, batch.today),
        fee=fee_in_base(batch, fee, payment.currency, batch.today, became),
    )
    dispute = Dispute.objects.create(
        organization=batch.organization,
        payment_id=payment.id,
        currency=payment.currency,
        amount_minor=amount,
        base_minor=base.gross,
        fee_minor=fee,
        reference=outcome.reference,
        reason=(outcome.message or outcome.code)[:200],
        evidence_by=None if outcome.is_answered else outcome.evidence_by,
        opened_at=batch.now,
    )
    payment.disputed_minor += amount
    payment.changed = True
    batch.look_at_more(payment)
    entry = dispute_opened(
        dispute_id=dispute.id,
        books=books,
        context=batch.context(payment, batch.today),
        amount=amount,
        fee=fee,
        base=base,
    )
    add_entry(batch, entry, became, money=books.money)
    batch.tell("dispute.opened", "dispute", dispute.id, _facts(dispute, payment))
    if outcome.dispute_stage is DisputeStage.OPENED and not outcome.is_answered:
        batch.raise_attention(DISPUTE_OPENED, "dispute", dispute.id, _task_facts(dispute, payment))
    return dispute


def _task_facts(dispute: Dispute, payment: LockedPayment) -> Data:
    facts: Data = {"amount_minor": dispute.amount_minor, "currency": payment.currency}
    numbers = [share.invoice.number for share in payment.shares]
    if payment.invoice or numbers:
        facts["invoice"] = payment.invoice.number if payment.invoice else ", ".join(numbers)
    return facts


def _close(
    batch: Batch, dispute: Dispute, payment: LockedPayment, outcome: Outcome, standing: Returnable
) -> None:
    context = batch.context(payment, batch.today)
    books = batch.books(payment)
    amount, back = dispute.amount_minor, Back()
    payment.changed = True
    if outcome.dispute_stage is DisputeStage.WON:
        dispute.state = DisputeState.WON
        payment.disputed_minor -= amount
        entry = dispute_won(
            dispute_id=dispute.id, books=books, context=context, amount=amount, base=dispute.base_minor
        )
        became = way_back(batch, outcome, payment.currency, dispute.id, time=1)
        add_entry(batch, entry, became, money=books.money)
    else:
        dispute.state = DisputeState.LOST
        back = _keep_a_part(dispute, payment, outcome)
        entry = dispute_lost(
            dispute_id=dispute.id,
            books=books,
            context=context,
            amount=dispute.amount_minor,
            back=back,
            **_borne(batch, dispute, payment, standing, base=dispute.base_minor),
        )
        became = way_back(batch, outcome, payment.currency, dispute.id, time=1) if back.amount else None
        add_entry(batch, entry, became, money=books.money)
        if not is_refused(batch.organization, payment.id):  # its money was to go back
            batch.raise_attention(DISPUTE_LOST, "dispute", dispute.id, _task_facts(dispute, payment))
    _ended(batch, dispute, payment, back=back.amount)


class _Borne(TypedDict):
    """Who bears what is lost: the invoices that it had paid, the credit, and the business."""

    base: Bases
    split: Split
    elsewhere: tuple[OnInvoice, ...]


def _borne(
    batch: Batch, dispute: Dispute, payment: LockedPayment, standing: Returnable, *, base: int
) -> _Borne:
    amount = dispute.amount_minor
    elsewhere = standing.reopen(batch, payment, amount, dispute.id)
    rest = amount - sum(each.amount for each in elsewhere)
    split = split_return(rest, credit=standing.credit, allocated=standing.allocated)
    credit_base = standing.take_credit(split.credit)
    standing.allocated -= split.invoice
    invoice_base = -batch.allocate(payment, -split.invoice, dispute.id)
    batch.credit(payment, -split.credit, -credit_base, "dispute", dispute.id)
    bases = Bases(gross=base, invoice=invoice_base, credit=credit_base)
    return {"base": bases, "split": split, "elsewhere": elsewhere}


def _lose_after_all(
    batch: Batch, dispute: Dispute, payment: LockedPayment, outcome: Outcome, standing: Returnable
) -> None:
    """The money that was back is taken once more. Which of the movements of a converted account that is cannot be told,
    so a person looks at it there."""
    if outcome.converted:
        _leave_to_a_person(batch, dispute, payment)
        return
    dispute.state = DisputeState.LOST
    payment.disputed_minor += dispute.amount_minor
    _keep_a_part(dispute, payment, outcome)
    payment.changed = True
    batch.look_at_more(payment)
    base = batch.to_base(dispute.amount_minor, payment.currency, batch.today)
    batch.entries.append(
        dispute_lost(
            dispute_id=dispute.id,
            books=batch.books(payment),
            context=batch.context(payment, batch.today),
            amount=dispute.amount_minor,
            back=None,
            **_borne(batch, dispute, payment, standing, base=base),
        )
    )
    if not is_refused(batch.organization, payment.id):
        batch.raise_attention(DISPUTE_LOST, "dispute", dispute.id, _task_facts(dispute, payment))
    _ended(batch, dispute, payment)


def _keep_a_part(dispute: Dispute, payment: LockedPayment, outcome: Outcome) -> Back:
    """A case may end with a part of its sum: the payer took what was offered. The rest is home again, and the case is
    about what it came to from now on."""
    whole, whole_base = dispute.amount_minor, dispute.base_minor
    if outcome.amount is None or not 0 < outcome.amount.minor < whole:
        return Back()
    dispute.amount_minor = outcome.amount.minor
    dispute.base_minor = base_share(base_total=whole_base, total=whole, before=0, after=dispute.amount_minor)
    payment.disputed_minor -= whole - dispute.amount_minor
    return Back(whole - dispute.amount_minor, whole_base - dispute.base_minor)


def _turn(
    batch: Batch, dispute: Dispute, payment: LockedPayment, outcome: Outcome, standing: Returnable
) -> None:
    """A case that had ended one way ends the other way."""
    wins = dispute.state == DisputeState.LOST
    believed = batch.current or dispute.by_hand
    if not wins and not believed:
        return
    if _has_turned(batch, dispute):
        if believed:
            _leave_to_a_person(batch, dispute, payment)
        return
    if wins:
        _win_after_all(batch, dispute, payment, outcome, standing)
    else:
        _lose_after_all(batch, dispute, payment, outcome, standing)


def _has_turned(batch: Batch, dispute: Dispute) -> bool:
    """Has the case ended both ways already? It has one entry of either end, so a person books what comes after."""
    entries = {booked.entry.kind for booked in entries_of(batch.organization, [dispute.id])}
    entries |= {entry.kind for entry in batch.entries if entry.source_id == dispute.id}
    return {"dispute.won", "dispute.lost"} <= entries


def _leave_to_a_person(batch: Batch, dispute: Dispute, payment: LockedPayment) -> None:
    facts: Data = {
        "provider": str(batch.account),
        "charge": dispute.reference,
        "amount_minor": dispute.amount_minor,
        "currency": payment.currency,
    }
    batch.raise_attention(NOT_TAKEN_IN, "dispute", dispute.id, facts)


def _win_after_all(
    batch: Batch, dispute: Dispute, payment: LockedPayment, outcome: Outcome, standing: Returnable
) -> None:
    """The money that was given up is here again. What it had paid is open since, and may have been paid another way:
    so it is the customer's credit, and a person says what for. What nobody had to bear then is no loss any more."""
    amount, credit = dispute.amount_minor, _borne_by_customer(batch, dispute)
    gross_base = batch.to_base(amount, payment.currency, batch.today)
    credit_base = gross_base if credit == amount else batch.to_base(credit, payment.currency, batch.today)
    dispute.state = DisputeState.WON
    lost = Attention.objects.filter(
        organization=batch.organization, kind=DISPUTE_LOST, subject_id=dispute.id, resolved_at=None
    )
    batch.raise_none([DISPUTE_LOST], dispute.id)
    batch.news.extend(resolve(lost, at=batch.now))
    payment.disputed_minor -= amount
    payment.changed = True
    standing.credit += credit
    standing.credit_base += credit_base
    batch.credit(payment, credit, credit_base, "on_account", dispute.id)
    books = batch.books(payment)
    entry = dispute_won_after_all(
        dispute_id=dispute.id,
        books=books,
        context=batch.context(payment, batch.today),
        amount=amount,
        credit=credit,
        base=Bases(gross=gross_base, credit=credit_base),
    )
    became = way_back(batch, outcome, payment.currency, dispute.id, time=1)
    add_entry(batch, entry, became, money=books.money)
    if credit:
        facts: Data = {"amount_minor": credit, "currency": payment.currency}
        batch.raise_attention(DISPUTE_WON_AFTER_ALL, "dispute", dispute.id, facts)
    _ended(batch, dispute, payment)


def _borne_by_customer(batch: Batch, dispute: Dispute) -> int:
    """What a lost case took from invoices and from credit; the rest was a loss."""
    taken = sum(each.amount_minor for each in batch.allocations if each.source_id == dispute.id)
    taken += sum(each.amount_minor for each in batch.credits if each.source_id == dispute.id)
    allocated = Allocation.objects.filter(organization=batch.organization, source_id=dispute.id)
    credited = CreditMovement.objects.filter(organization=batch.organization, source_id=dispute.id)
    for facts in (allocated, credited):
        taken += facts.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return -taken


def _ask_no_more(batch: Batch, dispute: Dispute) -> None:
    """What asked for an answer is done, also where it came together with what ended it."""
    batch.raise_none(ANSWER, dispute.id)
    batch.news.extend(ask_no_more(batch.organization, dispute.id, at=batch.now))


def _ended(batch: Batch, dispute: Dispute, payment: LockedPayment, *, back: int = 0) -> None:
    """``back`` of what the case was about is here again, though it is lost."""
    dispute.closed_at = batch.now
    dispute.save()
    _ask_no_more(batch, dispute)
    facts = _facts(dispute, payment)
    batch.tell(
        f"dispute.{dispute.state}", "dispute", dispute.id, {**facts, "back_minor": back} if back else facts
    )


def _facts(dispute: Dispute, payment: LockedPayment) -> Data:
    return {
        **payment.several,
        "payment": str(payment.id),
        "invoice": str(payment.invoice.id) if payment.invoice else None,
        "customer": str(payment.customer_id),
        "amount_minor": dispute.amount_minor,
        "fee_minor": dispute.fee_minor,
        "currency": dispute.currency,
        "reason": dispute.reason,
    }
