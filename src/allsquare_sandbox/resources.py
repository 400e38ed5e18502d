"""The provider's objects as the API and the webhooks show them. Amounts are whole minor units."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from allsquare_sandbox.cards import SCENARIOS
from allsquare_sandbox.records import (
    Account,
    Charge,
    ChargeStatus,
    Delivery,
    Dispute,
    Entry,
    Event,
    Method,
    Mischief,
    Payout,
    Reader,
    Refund,
    SavedMethod,
)
from allsquare_sandbox.times import instant, stamp

#: How long the merchant has.
TIME_TO_ANSWER: Final = timedelta(days=7)


def account(row: Account) -> dict[str, Any]:
    return {
        "object": "account",
        "id": row.id,
        "name": row.name,
        "api_key": row.api_key,
        "webhook_url": row.webhook_url,
        "webhook_secret": row.webhook_secret,
        "clock": stamp(row.now),
        "card_basis_points": row.card_basis_points,
        "card_fixed": row.card_fixed,
        "debit_fixed": row.debit_fixed,
        "dispute_fee": row.dispute_fee,
        "settlement_days": row.settlement_days,
        "debit_days": row.debit_days,
        "daily_payouts": bool(row.daily_payouts),
    }


def charge(row: Charge, *, base_url: str) -> dict[str, Any]:
    """``hosted_url`` is where the payer goes while action is required; ``fields_url`` the same for an
    iframe."""
    waiting = row.status == ChargeStatus.REQUIRES_ACTION and not row.reader
    failed = row.status in (ChargeStatus.FAILED, ChargeStatus.CANCELED)
    return {
        "object": "charge",
        "id": row.id,
        "status": row.status,
        "amount": row.amount,
        "currency": row.currency,
        "fee": row.fee,
        "net": row.amount - row.fee if row.status == ChargeStatus.SUCCEEDED else 0,
        "amount_refunded": row.refunded,
        "amount_disputed": row.disputed,
        "method": row.method,
        "description": row.description,
        "customer": {"email": row.customer_email, "name": row.customer_name},
        "metadata": row.labels,
        "idempotency_key": row.idempotency_key,
        "hosted_url": f"{base_url}/pay/{row.id}" if waiting else "",
        "fields_url": f"{base_url}/fields/{row.id}" if waiting else "",
        "return_url": row.return_url,
        "reader": row.reader or None,
        "asks_for_tip": bool(row.asks_for_tip),
        "tip": row.tip,
        "payment_method": _means(row) if row.last_four else None,
        "risk": _risk(row) if row.method == Method.CARD and row.last_four else None,
        "failure": {"code": row.failure_code, "message": row.failure_message} if failed else None,
        "created_at": row.created_at,
        "succeeded_at": row.succeeded_at or None,
        "expected_on": row.due_at[:10] if row.status == ChargeStatus.PENDING else None,
    }


def _risk(row: Charge) -> dict[str, Any]:
    """What the provider noticed of the card: the same card has the same fingerprint. The country is only known of test
    cards that have one."""
    card = SCENARIOS[row.scenario]
    fingerprint = sha256(f"{card.number}/{row.expires}".encode()).hexdigest()[:16]
    return {"score": card.risk_score, "fingerprint": fingerprint, "country": card.country}


def _means(row: Charge) -> dict[str, Any]:
    """How it was paid. ``token`` is empty unless the method was saved."""
    return {
        "token": row.token,
        "kind": row.method,
        "brand": row.brand,
        "last4": row.last_four,
        "expires": row.expires,
        "mandate": _mandate(row.method, row.token),
    }


def _mandate(kind: str, token: str) -> str:
    """Under which the payer's bank knows a permission to debit; empty for cards."""
    return f"SBX-{token[-12:].upper()}" if kind == Method.BANK_DEBIT and token else ""


def reader(row: Reader, *, charge: str) -> dict[str, Any]:
    """``charge`` is what it waits for."""
    return {
        "object": "reader",
        "id": row.id,
        "label": row.label,
        "status": "online" if row.online else "offline",
        "charge": charge or None,
        "created_at": row.created_at,
    }


def saved_method(row: SavedMethod) -> dict[str, Any]:
    return {
        "object": "saved_method",
        "id": row.token,
        "token": row.token,
        "kind": row.kind,
        "brand": row.brand,
        "last4": row.last_four,
        "expires": row.expires,
        "mandate": _mandate(row.kind, row.token),
        "created_at": row.created_at,
        "removed": bool(row.removed_at),
        "replaced_by": row.replaced_by or None,
    }


def refund(row: Refund) -> dict[str, Any]:
    return {
        "object": "refund",
        "id": row.id,
        "charge": row.charge_id,
        "status": row.status,
        "amount": row.amount,
        "currency": row.currency,
        "fee": 0,
        "reason": row.reason,
        "metadata": row.labels,
        "idempotency_key": row.idempotency_key,
        "failure": {"code": row.failure_code, "message": row.failure_message} if row.failure_code else None,
        "created_at": row.created_at,
        "expected_on": row.due_at[:10] or None,
    }


def dispute(row: Dispute) -> dict[str, Any]:
    """``fee`` was taken when the dispute was opened and stays taken, whoever wins."""
    return {
        "object": "dispute",
        "id": row.id,
        "charge": row.charge_id,
        "status": row.status,
        "amount": row.amount,
        "fee": row.fee,
        "currency": row.currency,
        "reason": row.reason,
        "created_at": row.created_at,
        "evidence_due_by": stamp(instant(row.created_at) + TIME_TO_ANSWER),
        "closed_at": row.closed_at or None,
    }


def payout(row: Payout, entries: list[Entry], *, failed_at: str, failure: tuple[str, str]) -> dict[str, Any]:
    """``items`` add up to ``amount``. ``failure`` is code and sentence of one that came back."""
    code, message = failure if failed_at else ("", "")
    return {
        "object": "payout",
        "id": row.id,
        "status": "failed" if failed_at else "paid",
        "amount": row.amount,
        "currency": row.currency,
        "created_at": row.created_at,
        "arrives_on": row.arrives_on,
        "failed_at": failed_at,
        "failure": {"code": code, "message": message} if failed_at else None,
        "items": [
            {
                "kind": line.kind,
                "reference": line.source_id,
                "amount": line.amount,
                "fee": line.fee,
                "net": line.net,
            }
            for line in entries
        ],
    }


def event(row: Event) -> dict[str, Any]:
    return {"object": "event", **json.loads(row.body)}


def delivery(row: Delivery) -> dict[str, Any]:
    return {
        "object": "delivery",
        "id": row.id,
        "event": row.event_id,
        "url": row.url,
        "flavour": row.flavour,
        "state": row.state,
        "tries": row.tries,
        "last_status": row.last_status or None,
        "last_error": row.last_error,
        "last_tried_at": row.last_tried_at or None,
    }


def mischief(row: Mischief) -> dict[str, Any]:
    return {
        "object": "mischief",
        "id": row.id,
        "kind": row.kind,
        "scope": row.scope,
        "remaining": row.remaining,
        "probability": row.probability,
        "seconds": row.seconds,
        "copies": row.copies,
        "seed": row.seed,
        "draws": row.draws,
        "hits": row.hits,
    }
