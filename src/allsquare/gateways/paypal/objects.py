"""Pure: PayPal's objects as outcomes. Nothing here asks for anything.

A charge is called by its order until it is captured, then by its capture, which refunds, disputes and reports name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

from allsquare.core.money import Money
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.paypal import labels
from allsquare.gateways.paypal.amounts import from_paypal
from allsquare.payments.gateway import (
    Converted,
    DisputeStage,
    MethodKind,
    Outcome,
    SavedMethod,
    Status,
    Subject,
)

NAME: Final = "paypal"

REVERSAL: Final = "reversal-"
"""Before what we call money by that a bank took back without a case: PayPal has no name for it."""
_CAPTURED: Final = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
_REFUND_STATUS: Final = {
    "COMPLETED": Status.SUCCEEDED,
    "PENDING": Status.PENDING,
    "CANCELLED": Status.DECLINED,
    "FAILED": Status.DECLINED,
}
#: PayPal's words for what our pages have a sentence for (``web.portal.reasons``).
CODES: Final[Mapping[str, str]] = {
    "INSTRUMENT_DECLINED": "do_not_honor",
    "TRANSACTION_REFUSED": "do_not_honor",
    "PAYER_CANNOT_PAY": "do_not_honor",
    "PAYER_ACCOUNT_RESTRICTED": "do_not_honor",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": "account_closed",
    "CURRENCY_NOT_SUPPORTED": "amount_unsupported",
    "CURRENCY_NOT_SUPPORTED_FOR_RECEIVER": "amount_unsupported",
    "AMOUNT_NOT_PATCHABLE": "amount_unsupported",
    "CANNOT_BE_ZERO_OR_NEGATIVE": "amount_unsupported",
    "DECIMAL_PRECISION": "amount_unsupported",
    "MAX_VALUE_EXCEEDED": "amount_unsupported",
    "INVALID_CURRENCY_CODE": "amount_unsupported",
}
_BUYER_WON: Final = frozenset({"RESOLVED_BUYER_FAVOUR", "ACCEPTED", "RESOLVED_WITH_PAYOUT"})
_FEES: Final = frozenset({"DISPUTE_FEE", "CHARGEBACK_FEE", "DISPUTE_SETTLEMENT_FEE"})


def unit_of(order: Mapping[str, Any]) -> Mapping[str, Any]:
    """An order of ours asks for one sum."""
    unit: Mapping[str, Any] = order["purchase_units"][0]
    return unit


def label_of_order(order: Mapping[str, Any]) -> object:
    return (order.get("purchase_units") or [{}])[0].get("custom_id")


def attempt_of(order: Mapping[str, Any]) -> UUID | None:
    return labels.attempt_of(label_of_order(order))


def capture_in(order: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What was captured of it; the last, since one that was declined may be followed by another."""
    captures = (unit_of(order).get("payments") or {}).get("captures") or []
    return captures[-1] if captures else None


def page(order: Mapping[str, Any]) -> Outcome:
    """An order that waits for its payer."""
    links = {link["rel"]: link["href"] for link in order.get("links") or []}
    return Outcome(
        Subject.CHARGE,
        Status.ACTION_REQUIRED,
        NAME,
        reference=str(order["id"]),
        key=attempt_of(order),
        redirect=str(links.get("payer-action") or links.get("approve") or ""),
        happened_at=instant(order.get("create_time")),
    )


def left(order: Mapping[str, Any]) -> Outcome:
    return Outcome(
        Subject.CHARGE,
        Status.DECLINED,
        NAME,
        reference=str(order["id"]),
        key=attempt_of(order),
        code="canceled",
        message=_noop("The page of the provider was left without paying. Nothing was charged."),
        happened_at=instant(order.get("create_time")),
    )


def capture(data: Mapping[str, Any]) -> Outcome:
    """Money that PayPal took for us, or could not take. What was refunded since does not change it. Of its parts PayPal
    promises the amount alone: the fee is ``None`` where it does not tell it."""
    status = str(data["status"])
    outcome = Outcome(
        Subject.CHARGE,
        Status.PENDING,
        NAME,
        reference=str(data["id"]),
        key=labels.attempt_of(data.get("custom_id")),
        happened_at=instant(data.get("create_time")),
    )
    if status in _CAPTURED:
        amount, breakdown = from_paypal(data["amount"]), data.get("seller_receivable_breakdown")
        return replace(
            outcome,
            status=Status.SUCCEEDED,
            amount=amount,
            fee=_fee(breakdown, amount) if breakdown else None,
            converted=_converted(breakdown or {}, "receivable_amount"),
            method=SavedMethod(token="", kind=MethodKind.PAYPAL, brand="PayPal"),
        )
    reason = str((data.get("status_details") or {}).get("reason") or "")
    if status == "PENDING":
        return replace(outcome, code=reason.lower())
    if status in ("DECLINED", "FAILED"):
        return replace(
            outcome,
            status=Status.DECLINED,
            code=CODES.get(reason, "do_not_honor"),
            message=reason.replace("_", " "),
        )
    raise ValueError(f"a capture cannot be {status}")


def _fee(breakdown: Mapping[str, Any], amount: Money) -> Money | None:
    """In the currency of the charge. Where PayPal turns the money into another, its fee is turned back by the same
    rate. An account that pays none is told of none."""
    if not breakdown.get("paypal_fee"):
        return Money.zero(amount.currency)
    fee = from_paypal(breakdown["paypal_fee"])
    if fee.currency == amount.currency:
        return fee
    if not breakdown.get("exchange_rate"):
        return None
    rate = Decimal(str(breakdown["exchange_rate"]["value"]))
    major = (fee.decimal / rate).quantize(Decimal(1).scaleb(-amount.currency.exponent), ROUND_HALF_UP)
    return Money(int(major.scaleb(amount.currency.exponent)), amount.currency)


def _converted(breakdown: Mapping[str, Any], name: str, *, sign: int = 1) -> tuple[Converted, ...]:
    """What came to (``sign`` -1: went from) a balance in another currency, which PayPal names only then."""
    if not breakdown.get(name):
        return ()
    net, kept = from_paypal(breakdown[name]), breakdown.get("paypal_fee_in_receivable_currency")
    fee = from_paypal(kept) if kept else None
    return (Converted(Money(sign * net.minor, net.currency), fee and Money(sign * fee.minor, fee.currency)),)


def refund(data: Mapping[str, Any], charge_reference: str) -> Outcome:
    """The fee is negative where PayPal gave a part of its own back."""
    amount = from_paypal(data["amount"])
    status = _REFUND_STATUS[data["status"]]
    breakdown = data.get("seller_payable_breakdown") or {}
    back = breakdown.get("paypal_fee")
    returned = from_paypal(back) if back else Money.zero(amount.currency)
    if returned.currency != amount.currency:
        returned = Money.zero(amount.currency)
    reason = str((data.get("status_details") or {}).get("reason") or "")
    return Outcome(
        Subject.REFUND,
        status,
        NAME,
        reference=str(data["id"]),
        key=labels.attempt_of(data.get("custom_id")),
        amount=amount,
        fee=Money(-returned.minor, amount.currency),
        converted=_converted(breakdown, "net_amount_in_receivable_currency", sign=-1)
        if status is Status.SUCCEEDED
        else (),
        code=reason.lower() if status is Status.DECLINED else "",
        message=reason.replace("_", " ") if status is Status.DECLINED else "",
        charge_reference=charge_reference,
        happened_at=instant(data.get("create_time")),
    )


def charge_of_refund(data: Mapping[str, Any]) -> str:
    """A refund names its capture by a link alone."""
    up = next((link["href"] for link in data.get("links") or [] if link.get("rel") == "up"), "")
    return str(up).rstrip("/").rpartition("/")[2]


def disputed(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The transaction that a case is about, as far as it says so."""
    about: Mapping[str, Any] = next(iter(data.get("disputed_transactions") or ()), {})
    return about


def dispute(data: Mapping[str, Any]) -> Outcome | None:
    """``None`` for a question between payer and business, before which no money moved: however it ends, what the
    business gave back then is a refund, and told as one. Of a case that was lost the amount is what it came to."""
    if data.get("dispute_life_cycle_stage") == "INQUIRY":
        return None
    amount, stage = from_paypal(data["dispute_amount"]), DisputeStage.OPENED
    if data.get("status") == "RESOLVED":
        lost = _lost(data, amount)
        stage, amount = (DisputeStage.LOST, lost) if lost.minor else (DisputeStage.WON, amount)
    transaction = data["disputed_transactions"][0]
    return Outcome(
        Subject.DISPUTE,
        Status.SUCCEEDED,
        NAME,
        reference=str(data["dispute_id"]),
        amount=amount,
        fee=_dispute_fee(data, amount),
        message=str(data.get("reason") or "").replace("_", " ").lower(),
        charge_reference=str(transaction["seller_transaction_id"]),
        dispute_stage=stage,
        evidence_by=instant(data.get("seller_response_due_date")),
        is_answered=_is_answered(data),
        happened_at=instant(data.get("create_time")),
    )


def _lost(data: Mapping[str, Any], amount: Money) -> Money:
    """What a case that has ended takes from us: all of it, nothing, or as much as was offered and accepted."""
    ended = data.get("dispute_outcome") or {}
    if str(ended.get("outcome_code") or "") not in _BUYER_WON:
        return Money.zero(amount.currency)
    moved = sum(
        (-1 if each.get("type") == "CREDIT" else 1) * abs(from_paypal(each["amount"]).minor)
        for each in data.get("fund_movements") or []
        if each.get("party") == "SELLER" and each.get("reason") == "DISPUTE_SETTLEMENT"
        if from_paypal(each["amount"]).currency == amount.currency
    )
    lost = amount.minor
    refunded = from_paypal(ended["amount_refunded"]) if ended.get("amount_refunded") else amount
    if moved > 0:
        lost = moved
    elif refunded.currency == amount.currency:
        lost = refunded.minor
    return Money(min(lost, amount.minor), amount.currency)


def _is_answered(data: Mapping[str, Any]) -> bool:
    """Here or on PayPal's own pages: the payer's turn, or PayPal looks at what we handed in. What it decides without
    having asked us is no answer."""
    given = any(each.get("source") == "SUBMITTED_BY_SELLER" for each in data.get("evidences") or [])
    return data.get("status") == "WAITING_FOR_BUYER_RESPONSE" or (
        data.get("status") == "UNDER_REVIEW" and given
    )


def reversal(charge: Outcome, name: str, amount: Money, at: datetime | None) -> Outcome:
    """Of a captured sum, ``amount`` was taken back by a bank without a case. ``name`` tells it from others."""
    return Outcome(
        Subject.DISPUTE,
        Status.SUCCEEDED,
        NAME,
        reference=f"{REVERSAL}{name}",
        amount=amount,
        message=_noop("The bank took the money back."),
        charge_reference=charge.reference,
        dispute_stage=DisputeStage.LOST,
        happened_at=at or charge.happened_at,
    )


def _dispute_fee(data: Mapping[str, Any], amount: Money) -> Money | None:
    """What the case itself cost us, less what came back, as far as PayPal says it in the currency of the charge.
    ``None`` where it says nothing of what moved."""
    moved = data.get("fund_movements")
    if moved is None:
        return None
    cost = 0
    for each in moved:
        if each.get("party") == "SELLER" and each.get("reason") in _FEES:
            fee = from_paypal(each["amount"])
            if fee.currency == amount.currency:
                cost += -abs(fee.minor) if each.get("type") == "CREDIT" else abs(fee.minor)
    return Money(cost, amount.currency)


def instant(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
