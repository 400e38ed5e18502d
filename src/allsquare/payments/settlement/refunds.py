"""Refunds: money that went back opens what it had paid."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.events import Data
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.money import Money
from allsquare.payments.amounts import split_return
from allsquare.payments.attention import (
    CAME_OTHERWISE,
    REFUND_CAME_BACK,
    REFUND_FAILED,
    REFUND_TO_SEND,
    SECOND_REFUND,
)
from allsquare.payments.errors import OutcomeContradicts, OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import HELD, SAID_BY_PERSON, TAKEN_BACK, MethodKind, Outcome, Status
from allsquare.payments.models import Attention, Refund
from allsquare.payments.plan import next_check
from allsquare.payments.postings import Bases, refund_failed, refund_settled
from allsquare.payments.resolving import resolve
from allsquare.payments.reviewing import is_refused
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.by_hand import hear_of_refund
from allsquare.payments.settlement.converting import add_entry, conversion, fee_in_base, way_back
from allsquare.payments.settlement.locked import LockedPayment, check_currency, lock
from allsquare.payments.settlement.slips import raise_left
from allsquare.payments.settlement.standing import Returnable, returnable
from allsquare.payments.states import REFUND_TRANSITIONS, RefundState

R = RefundState

_BY_PERSON = (SAID_BY_PERSON, TAKEN_BACK)
_NEW_STATE = {
    Status.SUCCEEDED: R.SUCCEEDED,
    Status.PENDING: R.PENDING,
    Status.ACTION_REQUIRED: R.PENDING,
    Status.DECLINED: R.FAILED,
    Status.NOT_SENT: R.FAILED,
    Status.UNKNOWN: R.UNKNOWN,
}


def settle_refunds(batch: Batch, outcomes: Sequence[Outcome]) -> list[LockedPayment]:
    """Raises :class:`OutcomeUnmatched`, :class:`OutcomeTooEarly`, :class:`OutcomeContradicts`."""
    org = batch.organization
    spoken_of = Refund.objects.filter(organization=org, payment__gateway_account=batch.account).filter(
        Q(id__in=[outcome.key for outcome in outcomes if outcome.key])
        | Q(reference__in=[outcome.reference for outcome in outcomes if outcome.reference])
    )
    locked = lock(
        organization=org,
        account=batch.account,
        references=[outcome.charge_reference for outcome in outcomes],
        payment_ids=list(spoken_of.values_list("payment_id", flat=True)),
    )
    # Asked again, now that the payments are locked: nobody else can be settling, or making, these refunds any more.
    fresh = {refund.id: refund for refund in spoken_of.filter(payment_id__in=list(locked.payments))}
    by_reference = {refund.reference: refund for refund in fresh.values() if refund.reference}
    standing = returnable(batch, list(locked.payments.values()))
    for outcome in outcomes:
        refund = (fresh.get(outcome.key) if outcome.key else None) or by_reference.get(outcome.reference)
        if refund is None:
            of = locked.by_reference.get(outcome.charge_reference)
            refund = _said_of(batch, of, outcome) or _made_elsewhere(batch, outcome, of)
            by_reference[outcome.reference] = refund
        payment = locked.payments[refund.payment_id]
        check_currency(payment, outcome)
        _take(batch, refund, payment, outcome, standing[payment.id])
    payments = list(locked.payments.values())
    batch.changed(payments)
    return payments


def _said_of(batch: Batch, payment: LockedPayment | None, outcome: Outcome) -> Refund | None:
    """One without a name, of which a person said how it ended: what the provider has of that sum, under a name of which
    nothing is known here, is that one and no other."""
    if payment is None or outcome.amount is None:
        return None
    said = Refund.objects.filter(
        organization=batch.organization,
        payment_id=payment.id,
        by_hand=True,
        reference=None,
        amount_minor=outcome.amount.minor,
    )
    return said.order_by("id").first()


def _made_elsewhere(batch: Batch, outcome: Outcome, payment: LockedPayment | None) -> Refund:
    """A refund that somebody made at the provider: the books must know it too."""
    if payment is None:
        raise OutcomeUnmatched(
            _(
                "%(provider)s reports the refund %(refund)s of a charge that is not ours. Where another shop uses the "
                "same account there, it is theirs."
            )
            % {"provider": batch.account, "refund": outcome.reference},
            reference=outcome.reference,
        )
    if outcome.amount is None or outcome.amount.minor <= 0:
        raise OutcomeContradicts(
            _("The provider reports a refund without an amount."), reference=outcome.reference
        )
    if payment.captured_minor < payment.refunded_minor + payment.refunding_minor + outcome.amount.minor:
        raise OutcomeTooEarly(
            _("%(provider)s reports a refund of more than was captured so far.")
            % {"provider": batch.account},
            reference=outcome.reference,
        )
    payment.refunding_minor += outcome.amount.minor
    payment.changed = True
    return Refund.objects.create(
        organization=batch.organization,
        payment_id=payment.id,
        currency=payment.currency,
        amount_minor=outcome.amount.minor,
        reference=outcome.reference,
        key=f"{payment.gateway}:{outcome.reference}",
        reason="Made at the provider",
        created_at=batch.now,
    )


def _take(
    batch: Batch, refund: Refund, payment: LockedPayment, outcome: Outcome, standing: Returnable
) -> None:
    if outcome.amount is not None and (outcome.amount.minor, outcome.amount.currency.code) != (
        refund.amount_minor,
        refund.currency,
    ):
        raise OutcomeContradicts(
            _("The provider reports a refund of %(reported)s where %(asked)s was asked.")
            % {
                "reported": format_money(outcome.amount, spoken_language()),
                "asked": format_money(
                    Money(refund.amount_minor, currency(refund.currency)), spoken_language()
                ),
            },
            refund=str(refund.id),
        )
    if outcome.left is not None and outcome.left.minor > 0:
        raise_left(batch, payment, payment.reference or outcome.charge_reference, outcome.left)
    said = outcome.code in _BY_PERSON
    doubted = refund.by_hand and not said
    if doubted and hear_of_refund(batch, refund, payment, outcome):
        return
    if not doubted and _is_second_refund(refund, outcome):
        facts: Data = {"provider": str(batch.account), "charge": outcome.reference}
        facts |= {"amount_minor": refund.amount_minor, "currency": refund.currency}
        batch.raise_attention(SECOND_REFUND, "refund", refund.id, facts)
    if not doubted and _is_of_another(refund, outcome):
        return
    old, new = RefundState(refund.state), _NEW_STATE[outcome.status]
    is_held = outcome.code == HELD
    if is_held and old is R.SUCCEEDED:  # its bank sent it back: nothing of it is ours all the same
        refund.failure_message = outcome.message
        refund.save(update_fields=["failure_message"])
    if (old, new) not in REFUND_TRANSITIONS or (_failed_there(refund, outcome) and not (doubted or said)):
        return  # late or repeated; and what the provider itself called failed does not succeed any more
    refund.state, refund.by_hand = new, said
    refund.reference = outcome.reference or refund.reference
    refund.failure_message = outcome.message if new is R.FAILED or is_held else ""
    refund.next_check_at = next_check(new, checks=0, now=clock.now(None))
    payment.changed = True
    _move(batch, refund, payment, outcome, standing, old=old)
    refund.save()
    held: Data = {"held": True} if is_held or outcome.code == TAKEN_BACK else {}
    batch.tell(f"refund.{new}", "refund", refund.id, {**_facts(refund, payment), **held})


def _move(
    batch: Batch,
    refund: Refund,
    payment: LockedPayment,
    outcome: Outcome,
    standing: Returnable,
    *,
    old: RefundState,
) -> None:
    """What the new state of ``refund``, which was ``old`` before, means for the money."""
    if refund.state == R.SUCCEEDED:
        if old is R.FAILED:
            batch.news.extend(resolve(_told_failed(batch, refund), at=batch.now))
        _give_back(batch, refund, payment, outcome, standing, reserved=old is not R.FAILED)
    elif refund.state == R.FAILED and old is R.SUCCEEDED:
        _came_home(batch, refund, payment, outcome, standing)
    elif refund.state == R.FAILED:
        payment.refunding_minor -= refund.amount_minor
        told = outcome.code in _BY_PERSON
        if old is not R.STARTED and not told and not is_refused(batch.organization, payment.id):
            # Whoever gave it back was told that it is on its way, and looks no more.
            facts: Data = {"amount_minor": refund.amount_minor, "currency": refund.currency}
            batch.raise_attention(REFUND_FAILED, "refund", refund.id, facts)


def _told_failed(batch: Batch, refund: Refund) -> QuerySet[Attention]:
    return Attention.objects.filter(
        organization=batch.organization, kind=REFUND_FAILED, subject_id=refund.id, resolved_at=None
    )


def _is_of_another(refund: Refund, outcome: Outcome) -> bool:
    """Is it news of what the provider has under another name, while the one that our books have went through?"""
    named = bool(refund.reference and outcome.reference)
    return refund.state == R.SUCCEEDED and named and outcome.reference != refund.reference


def _is_second_refund(refund: Refund, outcome: Outcome) -> bool:
    """The same refund of ours, given under another name: must never happen, so it must never pass unseen."""
    return outcome.status is Status.SUCCEEDED and _is_of_another(refund, outcome)


def _failed_there(refund: Refund, outcome: Outcome) -> bool:
    """Is it news of what the provider itself called failed? Under another name it may have gone through."""
    return refund.state == R.FAILED and bool(refund.reference) and outcome.reference in ("", refund.reference)


def _give_back(
    batch: Batch,
    refund: Refund,
    payment: LockedPayment,
    outcome: Outcome,
    standing: Returnable,
    *,
    reserved: bool,
) -> None:
    amount = refund.amount_minor
    payment.refunding_minor -= amount if reserved else 0
    payment.refunded_minor += amount
    fee = outcome.fee.minor if outcome.fee else 0
    refund.fee_returned_minor = -fee
    refund.settled_at = batch.now
    batch.look_at_more(payment)
    elsewhere = standing.reopen(batch, payment, amount, refund.id)
    rest = amount - sum(each.amount for each in elsewhere)
    split = split_return(rest, credit=standing.credit, allocated=standing.allocated)
    gross_base = batch.to_base(amount, payment.currency, batch.today)
    credit_base = standing.take_credit(split.credit)
    invoice_base = -batch.allocate(payment, -split.invoice, refund.id)
    batch.credit(payment, -split.credit, -credit_base, "refund", refund.id)
    standing.allocated -= split.invoice
    became, books = conversion(outcome, payment.currency), batch.books(payment)
    entry = refund_settled(
        refund_id=refund.id,
        books=books,
        context=batch.context(payment, batch.today),
        amount=amount,
        fee=fee,
        base=Bases(
            gross=gross_base,
            fee=fee_in_base(batch, fee, payment.currency, batch.today, became),
            invoice=invoice_base,
            credit=credit_base,
        ),
        split=split,
        elsewhere=elsewhere,
    )
    add_entry(batch, entry, became, money=books.money)
    if batch.direct and payment.method == MethodKind.BANK_TRANSFER:
        _ask_to_send(batch, refund, payment)


def _ask_to_send(batch: Batch, refund: Refund, payment: LockedPayment) -> None:
    """Cash is handed over when it is written down; a transfer is sent by whoever has the key to the bank."""
    facts: Data = {
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "invoice": payment.invoice.number if payment.invoice else "",
    }
    batch.raise_attention(REFUND_TO_SEND, "refund", refund.id, facts)


def _came_home(
    batch: Batch, refund: Refund, payment: LockedPayment, outcome: Outcome, standing: Returnable
) -> None:
    """A refund that had succeeded failed later: the money is ours to give again, so it is the customer's credit."""
    amount = refund.amount_minor
    base = batch.to_base(amount, payment.currency, batch.today)
    payment.refunded_minor -= amount
    standing.credit += amount
    standing.credit_base += base
    batch.credit(payment, amount, base, "refund_failed", refund.id)
    books = batch.books(payment)
    entry = refund_failed(
        refund_id=refund.id,
        books=books,
        context=batch.context(payment, batch.today),
        amount=amount,
        base=base,
    )
    became = way_back(batch, outcome, payment.currency, refund.id, time=0)
    add_entry(batch, entry, became, money=books.money)
    if outcome.code not in _BY_PERSON:  # who corrects what they said sees the credit
        batch.raise_attention(REFUND_CAME_BACK, "refund", refund.id, {})
    elif (
        refund.fee_returned_minor
    ):  # it was taken back with the payment, and stays with the provider after all
        facts: Data = {"provider": str(batch.account), "charge": payment.reference or ""}
        facts |= {"amount_minor": -refund.fee_returned_minor, "currency": refund.currency}
        batch.raise_attention(CAME_OTHERWISE, "refund", refund.id, facts)


def _facts(refund: Refund, payment: LockedPayment) -> Data:
    return {
        **payment.several,
        "payment": str(payment.id),
        "invoice": str(payment.invoice.id) if payment.invoice else None,
        "customer": str(payment.customer_id),
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "reason": refund.reason,
        "message": refund.failure_message,
    }
