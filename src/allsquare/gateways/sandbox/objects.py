"""Pure: the sandbox's objects and events as outcomes. Nothing here asks the provider for anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.shared import NONSENSE, Blanks
from allsquare.payments.gateway import (
    DisputeStage,
    GatewayEvent,
    ItemKind,
    MethodKind,
    Outcome,
    PayoutItem,
    SavedMethod,
    SignatureInvalid,
    Signs,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import Reader

NAME: Final = "sandbox"
#: All that its news says of money, whose it is and when; not of cards.
NAMES: Final = frozenset(
    {
        "id", "type", "timestamp", "attempt", "invoice", "status", "currency", "code", "kind", "token", "was", "charge",
        "reference", "created_at", "succeeded_at", "closed_at", "failed_at", "told_at", "expected_on", "arrives_on",
        "evidence_due_by",
    }
)  # fmt: skip
BLANKS: Final = Blanks(NAME, _noop("The sandbox's answer cannot be read."))


def read_event(external_id: str, envelope: object) -> GatewayEvent:
    """The envelope of a delivery whose signature is good."""
    try:
        if not isinstance(envelope, dict):
            raise TypeError("the body is not an object")
        return GatewayEvent(
            external_id=external_id,
            kind=str(envelope["type"]),
            object_reference=str(envelope["data"]["id"]),
            payload=envelope,
            occurred_at=datetime.fromisoformat(envelope["timestamp"]),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise SignatureInvalid(
            _("The delivery is signed but is no event: %(problem)s") % {"problem": problem}
        ) from problem


def read(subject: Subject, data: object, *, key: UUID | None = None) -> Outcome:
    """One of the provider's objects as an outcome. What cannot be read is ``UNKNOWN``, never an error."""
    try:
        if not isinstance(data, dict):
            raise TypeError("no object")
        outcome = READERS[subject](data)
    except NONSENSE:
        return BLANKS.malformed(subject, key)
    return outcome if outcome.key else replace(outcome, key=key)


_CHARGE_STATUS = {
    "requires_action": Status.ACTION_REQUIRED,
    "pending": Status.PENDING,
    "succeeded": Status.SUCCEEDED,
    "failed": Status.DECLINED,
    "canceled": Status.DECLINED,
}
_REFUND_STATUS = {"pending": Status.PENDING, "succeeded": Status.SUCCEEDED, "failed": Status.DECLINED}
_PAYOUT_STATUS = {"paid": Status.SUCCEEDED, "failed": Status.DECLINED}
_ITEM_KINDS: Final = {
    "charge": ItemKind.CHARGE,
    "refund": ItemKind.REFUND,
    "refund_failed": ItemKind.REFUND,
    "dispute": ItemKind.DISPUTE,
    "dispute_won": ItemKind.DISPUTE,
    "payout_failed": ItemKind.PAYOUT,
}
_DISPUTE_STAGE = {"open": DisputeStage.OPENED, "won": DisputeStage.WON, "lost": DisputeStage.LOST}


def _charge(data: Mapping[str, Any]) -> Outcome:
    """The code of a charge that was given up is ``canceled``, whoever or whatever gave it up."""
    status = _CHARGE_STATUS[data["status"]]
    failure = data["failure"] or {"code": "", "message": ""}
    captured = status is Status.SUCCEEDED
    return Outcome(
        subject=Subject.CHARGE,
        status=status,
        gateway=NAME,
        reference=data["id"],
        key=_attempt(data),
        amount=_money(data, "amount") if captured else None,
        fee=_money(data, "fee") if captured else None,
        redirect=(data["hosted_url"] or "") if status is Status.ACTION_REQUIRED else "",
        code="canceled" if data["status"] == "canceled" else failure["code"],
        message=failure["message"],
        method=_method(data["payment_method"]),
        happened_at=datetime.fromisoformat(data["succeeded_at"] or data["created_at"]),
        expected_on=_day(data["expected_on"]),
        signs=_signs(data.get("risk")),
        tip=tip_of(data) if captured else None,
    )


def _refund(data: Mapping[str, Any]) -> Outcome:
    failure = data["failure"] or {"code": "", "message": ""}
    return Outcome(
        subject=Subject.REFUND,
        status=_REFUND_STATUS[data["status"]],
        gateway=NAME,
        reference=data["id"],
        key=_attempt(data),
        amount=_money(data, "amount"),
        fee=_money(data, "fee"),
        code=failure["code"],
        message=failure["message"],
        charge_reference=data["charge"],
        happened_at=datetime.fromisoformat(data["created_at"]),
        expected_on=_day(data["expected_on"]),
    )


def _dispute(data: Mapping[str, Any]) -> Outcome:
    """The fee is that of the case, taken once, whichever stage is heard of first."""
    return Outcome(
        subject=Subject.DISPUTE,
        status=Status.SUCCEEDED,
        gateway=NAME,
        reference=data["id"],
        amount=_money(data, "amount"),
        fee=_money(data, "fee"),
        message=data["reason"],
        charge_reference=data["charge"],
        dispute_stage=_DISPUTE_STAGE[data["status"]],
        evidence_by=datetime.fromisoformat(due) if (due := data.get("evidence_due_by")) else None,
        happened_at=datetime.fromisoformat(data["closed_at"] or data["created_at"]),
    )


def _payout(data: Mapping[str, Any]) -> Outcome:
    """Items of one object are added up: a dispute may be opened and won within one payout."""
    failure = data.get("failure") or {"code": "", "message": ""}
    nets: dict[str, int] = {}
    kinds: dict[str, ItemKind] = {}
    for item in data["items"]:
        nets[item["reference"]] = nets.get(item["reference"], 0) + item["net"]
        kinds[item["reference"]] = _ITEM_KINDS.get(item.get("kind", ""), ItemKind.UNTOLD)
    return Outcome(
        subject=Subject.PAYOUT,
        status=_PAYOUT_STATUS[data["status"]],
        gateway=NAME,
        reference=data["id"],
        amount=_money(data, "amount"),
        code=failure["code"],
        message=failure["message"],
        happened_at=datetime.fromisoformat(data.get("failed_at") or data["created_at"]),
        expected_on=_day(data["arrives_on"]),
        payout_items=tuple(PayoutItem(name, net, kinds[name]) for name, net in nets.items()),
    )


def _kept(data: Mapping[str, Any]) -> Outcome:
    """News of a saved method: as it is now, or that it is kept no longer."""
    return Outcome(
        subject=Subject.METHOD,
        status=Status.DECLINED if data["removed"] else Status.SUCCEEDED,
        gateway=NAME,
        reference=data.get("was") or data["token"],
        method=_method(data),
        happened_at=datetime.fromisoformat(data["told_at"]) if "told_at" in data else None,
    )


def reader(data: Mapping[str, Any]) -> Reader:
    return Reader(
        reference=str(data["id"]),
        label=str(data["label"]),
        is_online=data["status"] == "online",
        is_busy=data["charge"] is not None,
    )


READERS: Mapping[str, Callable[[Mapping[str, Any]], Outcome]] = {
    Subject.CHARGE: _charge,
    Subject.REFUND: _refund,
    Subject.DISPUTE: _dispute,
    Subject.PAYOUT: _payout,
    Subject.METHOD: _kept,
}


def _attempt(data: Mapping[str, Any]) -> UUID | None:
    """Our own key; ``None`` when the object was made by somebody else with the same account."""
    try:
        return UUID(data["metadata"].get("attempt", ""))
    except ValueError:
        return None


def _money(data: Mapping[str, Any], name: str) -> Money:
    return Money(data[name], currency(data["currency"]))


def tip_of(data: Mapping[str, Any]) -> Money | None:
    """What of a charge's amount was given at a reader beyond what was asked for."""
    return _money(data, "tip") if data.get("tip") else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _signs(data: Mapping[str, Any] | None) -> Signs | None:
    if data is None:
        return None
    return Signs(score=int(data["score"]), fingerprint=str(data["fingerprint"]), country=str(data["country"]))


def _method(data: Mapping[str, Any] | None) -> SavedMethod | None:
    if data is None:
        return None
    return SavedMethod(
        token=data["token"],
        kind=MethodKind(data["kind"]),
        brand=data["brand"],
        last_four=data["last4"],
        expires=data["expires"],
        mandate=str(data.get("mandate", "")),
    )
