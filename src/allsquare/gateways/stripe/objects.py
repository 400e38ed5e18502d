"""Pure: Stripe's objects as outcomes. Nothing here asks for anything.

A charge is called by its payment intent, since refunds, disputes and payouts name that; until the payer has entered
something there is none, and it is called by the session of the hosted page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.stripe.amounts import converted, fee_of, from_stripe
from allsquare.payments.gateway import (
    Converted,
    DisputeStage,
    MethodKind,
    Outcome,
    SavedMethod,
    Signs,
    Status,
    Subject,
)

NAME: Final = "stripe"

_BANK_DEBITS: Final = frozenset({"sepa_debit", "us_bank_account", "bacs_debit"})
_STAGES: Final = {
    "needs_response": DisputeStage.OPENED,
    "under_review": DisputeStage.OPENED,
    "won": DisputeStage.WON,
    "lost": DisputeStage.LOST,
}
_REFUND_STATUS: Final = {
    "pending": Status.PENDING,
    "requires_action": Status.PENDING,
    "succeeded": Status.SUCCEEDED,
    "failed": Status.DECLINED,
    "canceled": Status.DECLINED,
}
#: Stripe's words for what our pages have a sentence for (``web.portal.reasons``).
_CODES: Final = {
    "authentication_required": "authentication_failed",
    "payment_intent_authentication_failure": "authentication_failed",
    "debit_not_authorized": "debit_refused",
    "bank_account_declined": "debit_refused",
    "generic_decline": "do_not_honor",
}


#: From where on Radar calls a payment elevated, and the highest.
_LEVELS: Final = {"normal": 0, "elevated": 65, "highest": 75}


def attempt_of(data: Mapping[str, Any]) -> UUID | None:
    """Our own key; ``None`` when the object was made by somebody else with the same account."""
    try:
        return UUID((data.get("metadata") or {}).get("attempt", ""))
    except ValueError:
        return None


def session(data: Mapping[str, Any]) -> Outcome:
    """The hosted page, and once the payer has entered something what became of that."""
    intent = data.get("payment_intent")
    if data["status"] == "open":
        return Outcome(
            Subject.CHARGE,
            Status.ACTION_REQUIRED,
            NAME,
            reference=data["id"],
            key=attempt_of(data),
            redirect=data["url"],
            happened_at=instant(data["created"]),
        )
    if data["status"] == "expired" or not isinstance(intent, dict):
        return Outcome(
            Subject.CHARGE,
            Status.DECLINED,
            NAME,
            reference=data["id"],
            key=attempt_of(data),
            code="canceled",
            message=_noop("The page of the provider was left without paying. Nothing was charged."),
            happened_at=instant(data["created"]),
        )
    return intent_of(intent)


def intent_of(data: Mapping[str, Any]) -> Outcome:
    """A payment intent whose payer has nothing left to do on a hosted page."""
    status, key = data["status"], attempt_of(data)
    if status == "succeeded":
        return _captured(data)
    if status == "processing" or (status == "requires_action" and not _redirect(data)):
        return Outcome(
            Subject.CHARGE,
            Status.PENDING,
            NAME,
            reference=data["id"],
            key=key,
            happened_at=instant(data["created"]),
        )
    if status == "requires_action":
        return Outcome(
            Subject.CHARGE,
            Status.ACTION_REQUIRED,
            NAME,
            reference=data["id"],
            key=key,
            redirect=_redirect(data),
            happened_at=instant(data["created"]),
        )
    code, message = failure(data.get("last_payment_error") or {})
    canceled = status == "canceled"
    return Outcome(
        Subject.CHARGE,
        Status.DECLINED,
        NAME,
        reference=data["id"],
        key=key,
        code="canceled" if canceled else code,
        message=message,
        happened_at=instant(data["created"]),
        signs=signs_of(data.get("latest_charge")),
    )


def signs_of(charge: object) -> Signs | None:
    """Of a card. The score is Radar's, which some accounts are told as a level alone."""
    if not isinstance(charge, dict):
        return None
    card = (charge.get("payment_method_details") or {}).get("card")
    outcome = charge.get("outcome") or {}
    score = outcome.get("risk_score", _LEVELS.get(str(outcome.get("risk_level"))))
    if not isinstance(card, dict) and score is None:
        return None
    seen = card if isinstance(card, dict) else {}
    return Signs(
        score=min(max(int(score), 0), 100) if score is not None else None,
        fingerprint=str(seen.get("fingerprint") or ""),
        country=str(seen.get("country") or ""),
    )


def _captured(data: Mapping[str, Any]) -> Outcome:
    """Under way until Stripe has put it on the account, since its fee is booked in the same moment."""
    charge = data["latest_charge"]
    movement = charge["balance_transaction"]
    if movement is None:
        return Outcome(Subject.CHARGE, Status.PENDING, NAME, reference=data["id"], key=attempt_of(data))
    return Outcome(
        Subject.CHARGE,
        Status.SUCCEEDED,
        NAME,
        reference=data["id"],
        key=attempt_of(data),
        amount=from_stripe(data["amount_received"], data["currency"]),
        fee=fee_of(movement, data["currency"]),
        converted=converted(movement, data["currency"]),
        method=_method(data, charge),
        happened_at=instant(charge["created"]),
        signs=signs_of(charge),
        tip=tip_of(data),
    )


def tip_of(data: Mapping[str, Any]) -> Money | None:
    """What of an intent's amount was given at a reader beyond what was asked for."""
    units = ((data.get("amount_details") or {}).get("tip") or {}).get("amount")
    return from_stripe(units, data["currency"]) if units else None


def failure(error: Mapping[str, Any]) -> tuple[str, str]:
    """Code and sentence of what a bank or Stripe refused."""
    code = str(error.get("decline_code") or error.get("code") or "")
    return _CODES.get(code, code), str(error.get("message") or "")


def refund(data: Mapping[str, Any]) -> Outcome:
    """The fee is negative where Stripe gave a part of its own back."""
    movement, code = data.get("balance_transaction"), str(data.get("failure_reason") or "")
    status = _REFUND_STATUS[data["status"]]
    booked = data.get("failure_balance_transaction") if status is Status.DECLINED else movement
    return Outcome(
        Subject.REFUND,
        status,
        NAME,
        reference=data["id"],
        key=attempt_of(data),
        amount=from_stripe(data["amount"], data["currency"]),
        fee=fee_of(movement, data["currency"])
        if isinstance(movement, dict)
        else Money.zero(currency(data["currency"].upper())),
        converted=converted(booked, data["currency"]),
        code=code,
        message=code.replace("_", " "),
        charge_reference=data["payment_intent"],
        happened_at=instant(data["created"]),
    )


def dispute(data: Mapping[str, Any]) -> Outcome | None:
    """``None`` for a question of the bank before which no money moved. The fee is what all movements of the case come
    to: Stripe may give it back with the sum, or take another from who answers."""
    stage = _STAGES.get(data["status"])
    if stage is None:
        return None
    movements = data["balance_transactions"]
    fees = [fee_of(each, data["currency"]) for each in movements]
    is_back = any(each["amount"] > 0 for each in movements)
    became = (
        *_together([each for each in movements if each["amount"] <= 0], data["currency"]),
        *_together([each for each in movements if each["amount"] > 0], data["currency"]),
    )
    if stage is DisputeStage.WON and became and not is_back:
        stage = DisputeStage.OPENED  # until the sum is there again, by which rate nobody knows
    return Outcome(
        Subject.DISPUTE,
        Status.SUCCEEDED,
        NAME,
        reference=data["id"],
        amount=from_stripe(data["amount"], data["currency"]),
        fee=sum(fees, Money.zero(currency(data["currency"].upper()))),
        converted=became,
        message=str(data["reason"]),
        charge_reference=data["payment_intent"],
        dispute_stage=stage,
        evidence_by=instant(due) if (due := (data.get("evidence_details") or {}).get("due_by")) else None,
        is_answered=_is_answered(data),
        happened_at=instant(data["created"]),
    )


def _together(movements: Sequence[Mapping[str, Any]], code: str) -> tuple[Converted, ...]:
    """What was taken, or what came back, as one; empty where nothing was converted."""
    found = [each for movement in movements for each in converted(movement, code)]
    if not found:
        return ()
    zero = Money.zero(found[0].net.currency)
    net = sum((each.net for each in found), zero)
    return (Converted(net, sum((each.fee for each in found if each.fee is not None), zero)),)


def _is_answered(data: Mapping[str, Any]) -> bool:
    """Here or on Stripe's own pages."""
    details = data.get("evidence_details") or {}
    return data["status"] == "under_review" or bool(details.get("submission_count"))


def _method(data: Mapping[str, Any], charge: Mapping[str, Any]) -> SavedMethod | None:
    """``token`` names customer and method, and is empty unless the payer let Stripe keep it. A transfer is none. Of a
    card at a reader Stripe keeps a twin, and none of what it cannot: most wallets, cards of some networks."""
    details = charge.get("payment_method_details") or {}
    if details.get("type") == "customer_balance":
        return None
    at_reader = details.get("card_present")
    name = at_reader.get("generated_card") if at_reader else data.get("payment_method")
    keeps = data.get("setup_future_usage") and data.get("customer") and name
    return kept(details, f"{data['customer']}/{name}" if keeps else "")


def kept(details: Mapping[str, Any], token: str) -> SavedMethod:
    """As a charge or the method itself spells it."""
    kind = str(details.get("type") or "")
    shown = details.get(kind) or {}
    year, month = shown.get("exp_year"), shown.get("exp_month")
    return SavedMethod(
        token=token,
        kind=MethodKind.BANK_DEBIT if kind in _BANK_DEBITS else MethodKind.CARD,
        brand=str(shown.get("brand") or shown.get("bank_name") or kind),
        last_four=str(shown.get("last4") or ""),
        expires=f"{year:04}-{month:02}" if year and month else "",
        mandate=str(shown.get("mandate") or ""),
    )


def _redirect(data: Mapping[str, Any]) -> str:
    action = data.get("next_action") or {}
    return str((action.get("redirect_to_url") or {}).get("url") or "")


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
