"""What else moves a balance at PayPal, read from its report of transactions: fees of the account, what is paid from it,
top-ups, interest. Which is which its event codes say; what they leave open is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.gateways.paypal import history, labels, objects
from allsquare.gateways.paypal.amounts import from_paypal
from allsquare.gateways.paypal.api import PayPalApi
from allsquare.gateways.shared import NONSENSE
from allsquare.payments.gateway_abilities import (
    HistoryUnavailable,
    ListedMovement,
    MovementKind,
    NewsUnavailable,
)

#: By the group of the event code, its first three letters.
_KINDS: Final = {
    "T01": MovementKind.FEE,  # of the account
    "T03": MovementKind.BANK,  # from a bank account
    "T05": MovementKind.SPENT,  # by a debit card
    "T08": MovementKind.ADJUSTMENT,  # bonus
    "T09": MovementKind.ADJUSTMENT,  # incentive
    "T10": MovementKind.SPENT,  # bills
    "T14": MovementKind.ADJUSTMENT,  # interest
    "T19": MovementKind.ADJUSTMENT,  # corrections of the account
}
#: Fees of a dispute and of a payment: they are told with it.
_TOLD_OTHERWISE: Final = frozenset({"T0106", "T0107"})
_PAYMENT: Final = "T00"
_CONVERSION: Final = "T02"
_DONE: Final = "S"


def movements(api: PayPalApi, first: datetime, until: datetime) -> Iterator[ListedMovement]:
    """Oldest first. Raises ``HistoryUnavailable`` unless all of it could be read."""
    try:
        reported = history.reported_until(api)
        lines = list(history.lines_of_report(api, first, min(until, clock.now(None), reported)))
        found = _found(lines)
    except NewsUnavailable as problem:
        raise HistoryUnavailable(str(problem)) from problem
    except NONSENSE as problem:
        raise HistoryUnavailable(f"The report of PayPal cannot be read: {problem!r}") from problem
    yield from found


def _found(lines: list[Mapping[str, Any]]) -> list[ListedMovement]:
    by_name = {str(info["transaction_id"]): info for info in lines if info.get("transaction_status") == _DONE}
    sent = {name for name, info in by_name.items() if _is_sent(info)}
    told = ((info, _kind(info, sent)) for info in by_name.values())
    return [_movement(info, kind) for info, kind in told if kind is not None]


def _is_sent(info: Mapping[str, Any]) -> bool:
    """Did the business pay somebody? What came is a payment by somebody: ours, or of others with the same account."""
    sent = from_paypal(info["transaction_amount"]).minor < 0
    is_payment = str(info["transaction_event_code"]).startswith(_PAYMENT)
    return sent and is_payment and labels.attempt_of(info.get("custom_field")) is None


def _kind(info: Mapping[str, Any], sent: set[str]) -> MovementKind | None:
    """Without what is told otherwise, or may be: a conversion about a payment of ours is booked with that."""
    code = str(info["transaction_event_code"])
    if str(info["transaction_id"]) in sent:
        return MovementKind.SPENT
    if code.startswith(_CONVERSION):
        about = str(info.get("paypal_reference_id") or "")
        return MovementKind.EXCHANGE if not about or about in sent else None
    return None if code in _TOLD_OTHERWISE else _KINDS.get(code[:3])


def _movement(info: Mapping[str, Any], kind: MovementKind) -> ListedMovement:
    """What it moved the balance by: PayPal lists its fee beside the sum."""
    amount = from_paypal(info["transaction_amount"])
    fee = from_paypal(info["fee_amount"]) if info.get("fee_amount") else Money.zero(amount.currency)
    at = objects.instant(info["transaction_initiation_date"])
    if at is None:
        raise ValueError(f"{info['transaction_id']} happened at no time")
    said = info.get("transaction_subject") or info.get("transaction_note") or ""
    return ListedMovement(
        reference=str(info["transaction_id"]),
        kind=kind,
        amount=amount + fee,
        happened_at=at,
        text=str(said) or str(info["transaction_event_code"]),
    )
