"""Charges: from what a provider says of an attempt to a paid invoice with its journal entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.states import InvoiceState
from allsquare.core import bulk
from allsquare.core.checks import cleaned
from allsquare.core.events import Data
from allsquare.core.ids import new_id
from allsquare.payments.amounts import Split, split_capture, split_shares
from allsquare.payments.attention import (
    MONEY_FOR_CREDITED_INVOICE,
    MONEY_FOR_VOID_INVOICE,
    MONEY_FOR_WRITTEN_OFF_INVOICE,
    PAID_TWICE,
    SECOND_CHARGE,
)
from allsquare.payments.errors import OutcomeContradicts, OutcomeUnmatched
from allsquare.payments.gateway import SAID_BY_PERSON, Outcome, SavedMethod, Status
from allsquare.payments.models import PaymentMethod
from allsquare.payments.plan import next_check
from allsquare.payments.postings import Bases, OnInvoice, charge_settled
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.by_hand import hear_of_payment, hear_that_it_did_not_come, is_said
from allsquare.payments.settlement.converting import add_entry, conversion, fee_in_base
from allsquare.payments.settlement.locked import Locked, LockedInvoice, LockedPayment, check_currency, lock
from allsquare.payments.settlement.slips import take_beside
from allsquare.payments.states import TRANSITIONS, TRIED_AGAIN, PaymentState

S = PaymentState

#: Outcomes that are decided on before the database is given what they came to. So it writes these while the next are
#: decided on: both at once, not in turn. The first are few, since until then it has nothing to do.
_FIRST, _STRIDE = 25, 100
#: What a stride writes is more than a socket holds, so after so many decisions some more of it is handed over.
_PUSH = 20

_NEW_STATE = {
    Status.SUCCEEDED: S.SUCCEEDED,
    Status.PENDING: S.PENDING,
    Status.ACTION_REQUIRED: S.NEEDS_ACTION,
    Status.DECLINED: S.DECLINED,
    Status.NOT_SENT: S.FAILED,
    Status.UNKNOWN: S.UNKNOWN,
}

#: Money for an invoice that waits for none: why it is credit, and the task for a person.
_SURPLUS = {
    InvoiceState.VOID: ("void_invoice", MONEY_FOR_VOID_INVOICE),
    InvoiceState.CREDITED: ("overpayment", MONEY_FOR_CREDITED_INVOICE),
    InvoiceState.WRITTEN_OFF: ("written_off", MONEY_FOR_WRITTEN_OFF_INVOICE),
}
_ONCE_MORE = {InvoiceState.PAID: ("overpayment", PAID_TWICE)}


def settle_charges(batch: Batch, outcomes: Sequence[Outcome]) -> list[LockedPayment]:
    """Lock, decide in the order given, and collect what is to be written. Returns the payments spoken of.

    Raises :class:`OutcomeUnmatched` when an outcome leads to no payment, :class:`OutcomeContradicts` when its
    currency is another one.
    """
    locked = lock(
        organization=batch.organization,
        account=batch.account,
        keys=[outcome.key for outcome in outcomes if outcome.key],
        references=[outcome.reference for outcome in outcomes],
    )
    for part in _strides(outcomes):
        if batch.payments or batch.also:
            batch.write()
            bulk.ask_guards()
            bulk.flush()
        _settle_some(batch, locked, part)
    return list(locked.payments.values())


def _strides(outcomes: Sequence[Outcome]) -> Iterator[Sequence[Outcome]]:
    """Not two parts where one will do."""
    first = _FIRST if len(outcomes) > _STRIDE else _STRIDE
    yield outcomes[:first]
    for start in range(first, len(outcomes), _STRIDE):
        yield outcomes[start : start + _STRIDE]


def _settle_some(batch: Batch, locked: Locked, outcomes: Sequence[Outcome]) -> None:
    spoken_of: list[tuple[LockedPayment, Outcome]] = []
    for place, outcome in enumerate(outcomes):
        if place % _PUSH == 0:
            bulk.flush()
        payment = locked.find(key=outcome.key, reference=outcome.reference)
        if payment is None:
            raise OutcomeUnmatched(
                _(
                    "%(provider)s reports the charge %(charge)s, which is not ours. Where another shop uses the same "
                    "account there, it is theirs."
                )
                % {"provider": batch.account, "charge": outcome.reference or outcome.key},
                reference=outcome.reference,
            )
        _take(batch, payment, outcome)
        take_beside(batch, payment, outcome)
        spoken_of.append((payment, outcome))
    batch.changed({payment.id: payment for payment, _outcome in spoken_of}.values())
    batch.also.append(partial(_write_attempts, batch, outcomes))
    _keep_methods(batch, spoken_of)


def _take(batch: Batch, payment: LockedPayment, outcome: Outcome) -> None:
    """One outcome for one payment. Late and repeated news finds no transition and changes nothing."""
    check_currency(payment, outcome)
    if is_said(payment):
        hear_of_payment(batch, payment, outcome)
        return
    if _is_second_charge(payment, outcome):
        facts: Data = {"provider": str(batch.account), "charge": outcome.reference}
        batch.raise_attention(SECOND_CHARGE, "payment", payment.id, facts)
        return
    state = _new_state(payment, outcome)
    step = (payment.state, state)
    if step not in TRANSITIONS and not (step == TRIED_AGAIN and batch.current):
        hear_that_it_did_not_come(batch, payment, outcome)
        return
    payment.state = state
    payment.changed = True
    payment.reference = outcome.reference or payment.reference
    payment.redirect = outcome.redirect if state is S.NEEDS_ACTION else ""
    payment.expected_on = outcome.expected_on
    payment.failure_code, payment.failure_message = outcome.code, outcome.message
    if outcome.method:
        payment.method_brand, payment.method_last_four = outcome.method.brand, outcome.method.last_four
    payment.next_check_at = next_check(state, checks=0, now=batch.machine_now)
    if state is S.SUCCEEDED:
        _capture(batch, payment, outcome)
    else:
        batch.tell(f"payment.{state}", "payment", payment.id, _facts(payment, allocated=0, credit=0))


def _is_second_charge(payment: LockedPayment, outcome: Outcome) -> bool:
    """The same attempt, charged under another name: must never happen, so it must never pass unseen (I2)."""
    return (
        outcome.status is Status.SUCCEEDED
        and payment.state is S.SUCCEEDED
        and bool(outcome.reference)
        and outcome.reference != payment.reference
    )


def _new_state(payment: LockedPayment, outcome: Outcome) -> PaymentState:
    if outcome.status is Status.DECLINED:
        if outcome.code == "canceled":
            return S.CANCELED
        # A debit that bounced, or what nobody heard of any more: no card that was declined.
        if payment.state is S.PENDING or outcome.code == SAID_BY_PERSON:
            return S.FAILED
    return _NEW_STATE[outcome.status]


def _capture(batch: Batch, payment: LockedPayment, outcome: Outcome) -> None:
    """Money came: allocate, book, and say so."""
    gross = payment.amount_minor if outcome.amount is None else outcome.amount.minor
    if gross <= 0:
        raise OutcomeContradicts(_("The provider reports a captured amount that is not positive."))
    fee = outcome.fee.minor if outcome.fee else 0
    on = payment.received_on = payment.received_on or outcome.received_on or batch.today
    payment.captured_minor, payment.fee_minor, payment.settled_at = gross, fee, batch.now
    invoice, shares = payment.invoice, _pay_shares(batch, payment, gross)
    tip = min(max(outcome.tip.minor, 0), gross) if outcome.tip else 0
    left = gross - tip - sum(each.amount for each in shares)
    paid = split_capture(left, open_minor=invoice.open_minor if invoice else 0)
    split = Split(invoice=paid.invoice, credit=paid.credit + tip)
    invoice_base = batch.allocate(payment, split.invoice, payment.id)
    gross_base = batch.to_base(gross, payment.currency, on)
    # Without an allocation the credit is worth exactly what came, so that no exchange line appears.
    is_counted = split.invoice or shares
    credit_base = batch.to_base(split.credit, payment.currency, on) if is_counted else gross_base
    became, books = conversion(outcome, payment.currency), batch.books(payment)
    base = Bases(
        gross=gross_base,
        fee=fee_in_base(batch, fee, payment.currency, on, became),
        invoice=invoice_base,
        credit=credit_base if split.credit else 0,
    )
    entry = charge_settled(
        payment_id=payment.id,
        books=books,
        context=batch.context(payment, on),
        gross=gross,
        fee=fee,
        base=base,
        split=split,
        shares=shares,
    )
    add_entry(batch, entry, became, money=books.money)
    facts = _facts(payment, allocated=gross - split.credit, credit=split.credit)
    batch.tell("payment.succeeded", "payment", payment.id, {**facts, "tip_minor": tip} if tip else facts)
    tip_base = base.credit if tip == split.credit else batch.to_base(tip, payment.currency, on)
    # Until its invoice is written (``selling.services.invoice_tip``) it is the customer's.
    batch.credit(payment, tip, tip_base, "tip", payment.id)
    _keep_surplus(batch, payment, paid.credit, base.credit - tip_base, whole=not is_counted)


def _pay_shares(batch: Batch, payment: LockedPayment, gross: int) -> list[OnInvoice]:
    """Each of several invoices takes what was meant for it, as far as that came and is still open."""
    taken = split_shares(gross, [(share.amount_minor, share.invoice.open_minor) for share in payment.shares])
    paid = []
    for share, part in zip(payment.shares, taken, strict=True):
        if part:
            base = batch.allocate(payment, part, payment.id, invoice=share.invoice)
            paid.append(OnInvoice(share.invoice.id, part, base))
    return paid


def _keep_surplus(batch: Batch, payment: LockedPayment, credit: int, base: int, *, whole: bool) -> None:
    """Money that no invoice takes is the customer's; where nobody expected that, a person is told. Of a paid invoice
    nobody did where ``whole`` the payment is left: it is not too much, it is once too often."""
    if credit == 0:
        return
    meant_for = _invoices(payment)
    if not meant_for:
        batch.credit(payment, credit, base, "on_account", payment.id)
        return
    why = _SURPLUS | _ONCE_MORE if whole else _SURPLUS
    closed = [invoice for invoice in meant_for if invoice.state in why]
    reasons = {why[invoice.state][0] for invoice in closed}
    reason = reasons.pop() if len(reasons) == 1 else "overpayment"
    batch.credit(payment, credit, base, reason, payment.id)
    for task in dict.fromkeys(why[invoice.state][1] for invoice in closed):
        numbers = [invoice.number for invoice in closed if why[invoice.state][1] == task]
        batch.raise_attention(task, "payment", payment.id, {"invoice": ", ".join(numbers)})


def _invoices(payment: LockedPayment) -> list[LockedInvoice]:
    """The invoice that it is for, or the several."""
    return [payment.invoice] if payment.invoice else [share.invoice for share in payment.shares]


def _facts(payment: LockedPayment, *, allocated: int, credit: int) -> Data:
    invoice = payment.invoice
    return {
        **payment.several,
        "invoice": str(invoice.id) if invoice else None,
        "invoice_number": invoice.number if invoice else None,
        "customer": str(payment.customer_id),
        "amount_minor": payment.captured_minor or payment.amount_minor,
        "currency": payment.currency,
        "fee_minor": payment.fee_minor,
        "allocated_minor": allocated,
        "credit_minor": credit,
        "gateway": payment.gateway,
        "method": payment.method,
        "code": payment.failure_code,
        "message": payment.failure_message,
    }


def _write_attempts(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """The last answer to each attempt. Later news than success does not overwrite it."""
    latest: dict[UUID, Outcome] = {}
    for outcome in outcomes:
        if outcome.key and not (outcome.key in latest and latest[outcome.key].status is Status.SUCCEEDED):
            latest[outcome.key] = outcome
    if not latest:
        return
    rows = len(latest)
    bulk.update(
        "payment_attempt",
        {
            "id": ("uuid", list(latest)),
            "organization_id": ("uuid", [batch.organization.id] * rows),
            "status": ("text", [outcome.status for outcome in latest.values()]),
            "code": ("text", [outcome.code for outcome in latest.values()]),
            "message": ("text", [outcome.message for outcome in latest.values()]),
            "answered_at": ("timestamptz", [batch.now] * rows),
        },
        match=("id", "organization_id"),
        only="t.status <> 'succeeded'",
    )


def _can_be_kept(token: str) -> bool:
    return bool(token) and cleaned(token, 120) == token


def _keep_methods(batch: Batch, pairs: Sequence[tuple[LockedPayment, Outcome]]) -> None:
    """Methods that payers let the provider keep, once; not one whose name there cannot be kept here. Most batches have
    none, and ask for nothing."""
    kept: dict[str, tuple[LockedPayment, SavedMethod]] = {}
    for payment, outcome in pairs:
        if outcome.method and payment.state is S.SUCCEEDED and _can_be_kept(outcome.method.token):
            kept.setdefault(outcome.method.token, (payment, outcome.method))
    if not kept:
        return
    known = PaymentMethod.objects.filter(
        organization=batch.organization, gateway_account=batch.account, token__in=list(kept)
    )
    for token in known.values_list("token", flat=True):
        del kept[token]
    for payment, method in kept.values():
        facts: Data = {
            "customer": str(payment.customer_id),
            "payment": str(payment.id),
            "kind": method.kind,
            "brand": method.brand,
            "last_four": method.last_four,
            "expires": method.expires,
        }
        batch.tell("payment_method.saved", "customer", payment.customer_id, facts)
    batch.also.append(partial(_write_methods, batch, list(kept.values())))


def _write_methods(batch: Batch, kept: Sequence[tuple[LockedPayment, SavedMethod]]) -> None:
    bulk.insert(
        "payment_method",
        {
            "id": ("uuid", [new_id() for _ in kept]),
            "customer_id": ("uuid", [payment.customer_id for payment, _ in kept]),
            "gateway_account_id": ("uuid", [payment.gateway_account_id for payment, _ in kept]),
            "kind": ("text", [method.kind for _, method in kept]),
            "token": ("text", [method.token for _, method in kept]),
            "brand": ("text", [method.brand for _, method in kept]),
            "last_four": ("text", [method.last_four for _, method in kept]),
            "expires": ("text", [method.expires for _, method in kept]),
            "mandate": ("text", [method.mandate for _, method in kept]),
            "saved_by": ("uuid", [payment.id for payment, _ in kept]),
        },
        same={"organization_id": ("uuid", batch.organization.id), "created_at": ("timestamptz", batch.now)},
        otherwise="ON CONFLICT DO NOTHING",
    )
