"""What happened at PayPal since a moment, read from its report of transactions, its list of disputes and, for what is
not in the report yet, the news that it sent.

The report lags hours behind, and names no order that waits for its payer: no money moves by one until it is captured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.gateways.paypal import hook, labels, objects, signature
from allsquare.gateways.paypal.amounts import from_paypal
from allsquare.gateways.paypal.api import PayPalApi, Refused
from allsquare.gateways.paypal.objects import NAME
from allsquare.gateways.paypal.reading import CASES, Reading, taken
from allsquare.gateways.shared import NONSENSE, as_told, in_order, spelled
from allsquare.payments.gateway import GatewayEvent, MethodKind, Outcome, Status, Subject
from allsquare.payments.gateway_abilities import HistoryUnavailable, NewsUnavailable, Reach, Sighting

LAG: Final = timedelta(hours=4)
"""PayPal promises a transaction in its report within three hours. How far it goes it says itself."""
_A_DAY: Final = timedelta(days=1)
_WINDOW: Final = timedelta(days=30)
"""PayPal reports at most 31 days at once, and 10,000 transactions: then less is asked for."""
_SHORTEST: Final = timedelta(minutes=1)
_TOO_MUCH: Final = "RESULTSET_TOO_LARGE"
_REFUND: Final = "T1107"
_REVERSALS: Final = frozenset({"T1106", "T1201"})
"""By PayPal, and by the payer's bank. Each names the capture whose money went."""
_PAYOUT_STATUS: Final = {"S": Status.SUCCEEDED, "P": Status.PENDING}


def since(
    api: PayPalApi, reading: Reading, moment: datetime, until: datetime | None, *, hears: bool
) -> Iterator[Sighting]:
    """Each object once, as it is now: charges, then what followed from them, oldest first. ``hears``: PayPal has our
    address, so that it keeps its news to us."""
    return in_order("PayPal", lambda: _seen(api, reading, moment, until, hears=hears))


def reach(api: PayPalApi, webhook_id: str) -> Reach:
    """Raises ``HistoryUnavailable``."""
    try:
        reported = reported_until(api)
        hears = bool(webhook_id) and _sends_all(api, webhook_id)
    except NewsUnavailable as problem:
        raise HistoryUnavailable(str(problem)) from problem
    except NONSENSE as problem:
        raise HistoryUnavailable(f"What PayPal says cannot be read: {problem!r}") from problem
    return Reach(everything=reported, payers=clock.now(None) if hears else reported)


def _sends_all(api: PayPalApi, webhook_id: str) -> bool:
    """Not where it does not know the webhook: the report is told all the same."""
    try:
        return not hook.lacks(hook.named(api, webhook_id))
    except Refused:
        return False


def reported_until(api: PayPalApi) -> datetime:
    """Whatever of the report is asked for, it says how far all of it goes."""
    now = clock.now(None)
    asked = window(now - _A_DAY, now - _A_DAY + _SHORTEST)
    said = objects.instant(api.one("/v1/reporting/transactions", asked).get("last_refreshed_datetime"))
    return min(said, now) if said else now - LAG


def told(api: PayPalApi, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
    """Of the last 30 days at most: of earlier ones PayPal does not let itself be asked."""
    yield from as_told("PayPal", _news(api, first, until), signature.event)


def _seen(
    api: PayPalApi, reading: Reading, moment: datetime, until: datetime | None, *, hears: bool
) -> Iterator[Sighting]:
    known: set[str] = set()
    now, reported = clock.now(None), reported_until(api)
    for info in lines_of_report(api, moment - LAG, min(until or now, reported)):
        name = str(info["transaction_id"])
        if name not in known:
            known.add(name)
            told = [each for each in _told_by(reading, info) if each.outcome.reference not in known - {name}]
            known.update(each.outcome.reference for each in told)
            yield from told
    ended = until if until and until < now else None
    for event in _news(api, max(moment, reported - LAG), ended) if hears else ():
        for sighting in _told_of(reading, event):
            if sighting.outcome.reference not in known:
                known.add(sighting.outcome.reference)
                yield sighting
    cases = {"update_time_after": spelled(moment - LAG), "page_size": "50"}
    if until:
        cases["update_time_before"] = spelled(until)
    for each in api.linked(CASES, "items", cases):
        name = str(each["dispute_id"])
        case = None if name in known else reading.dispute_of_ours(name, objects.disputed(each).get("custom"))
        if case:
            known.add(name)
            yield Sighting(case)


def _news(api: PayPalApi, first: datetime, until: datetime | None) -> Iterator[Mapping[str, Any]]:
    """Of the last 30 days at most: of earlier ones PayPal does not let itself be asked."""
    now = clock.now(None)
    first = max(first, now - _WINDOW)
    if first < (until or now):
        asked = {"start_time": spelled(first), "page_size": "100"}
        if until:
            asked["end_time"] = spelled(until)
        yield from api.linked("/v1/notifications/webhooks-events", "events", asked)


def _told_of(reading: Reading, event: Mapping[str, Any]) -> list[Sighting]:
    """Charges and refunds. Cases have a list of their own, and what a bank took back the report tells."""
    kind, about = str(event["event_type"]), event.get("resource") or {}
    name, label = str(about.get("id") or ""), about.get("custom_id")
    if kind in hook.OF_CAPTURES:
        captured = reading.capture_of_ours(name, label)
        return [_charge(captured)] if captured else []
    refund = reading.refund_of_ours(name, label) if kind in hook.OF_REFUNDS else None
    return [Sighting(refund)] if refund else []


def _told_by(reading: Reading, info: Mapping[str, Any]) -> list[Sighting]:
    """What one line of the report is about. Nothing for what was not made by us."""
    name, code = str(info["transaction_id"]), str(info["transaction_event_code"])
    label = info.get("custom_field")
    if code.startswith("T00") and labels.attempt_of(label):
        captured = reading.capture_of_ours(name, label)
        return [_charge(captured)] if captured else []
    if code == _REFUND:
        refund = reading.refund_of_ours(name, label)
        return [Sighting(refund)] if refund else []
    if code in _REVERSALS and info.get("paypal_reference_id_type", "TXN") == "TXN":
        return [Sighting(outcome) for outcome in _reversed(reading, info)]
    return [Sighting(_payout(info))] if code.startswith("T04") else []


def _reversed(reading: Reading, info: Mapping[str, Any]) -> list[Outcome]:
    """The cases by which the money went back, or its reversal without one."""
    capture, amount = str(info.get("paypal_reference_id") or ""), from_paypal(info["transaction_amount"])
    if not capture or amount.minor >= 0:
        return []
    captured = reading.capture_of_ours(capture, info.get("custom_field"))
    if captured is None:
        return []
    at = objects.instant(info["transaction_initiation_date"])
    name, money = str(info["transaction_id"]), Money(-amount.minor, amount.currency)
    found = reading.went_back(captured, name, money, at)
    return [outcome for outcome in found if outcome.subject is Subject.DISPUTE]


def lines_of_report(api: PayPalApi, first: datetime, end: datetime) -> Iterator[Mapping[str, Any]]:
    """Oldest first, window by window; where too much happened in one, in smaller ones."""
    size = _WINDOW
    while first < end:
        last = min(first + size, end)
        try:
            pages = list(api.pages("/v1/reporting/transactions", "transaction_details", window(first, last)))
        except Refused as refused:
            if _TOO_MUCH not in (refused.refusal.name, refused.refusal.issue) or last - first <= _SHORTEST:
                raise
            size = (last - first) / 2
            continue
        found = [each["transaction_info"] for each in pages]
        yield from sorted(found, key=lambda info: str(info["transaction_initiation_date"]))
        first, size = last, min(size * 2, _WINDOW)  # a busy day is followed by quiet ones


def window(first: datetime, last: datetime) -> dict[str, str]:
    """What is asked of the report."""
    return {
        "start_date": spelled(first),
        "end_date": spelled(last),
        "fields": "transaction_info",
        "page_size": "500",
    }


def _charge(data: Mapping[str, Any]) -> Sighting:
    return Sighting(
        outcome=taken(data),
        asked=from_paypal(data["amount"]),
        method=MethodKind.PAYPAL,
        labels=labels.read(data["custom_id"]),
    )


def _payout(info: Mapping[str, Any]) -> Outcome:
    """A withdrawal to a bank. It is made of the balance, so PayPal cannot say of which payments."""
    amount = from_paypal(info["transaction_amount"])
    fee = from_paypal(info["fee_amount"]) if info.get("fee_amount") else Money.zero(amount.currency)
    return Outcome(
        Subject.PAYOUT,
        _PAYOUT_STATUS.get(str(info.get("transaction_status")), Status.DECLINED),
        NAME,
        reference=str(info["transaction_id"]),
        amount=Money(-amount.minor, amount.currency),
        fee=Money(-fee.minor, fee.currency),
        happened_at=objects.instant(info["transaction_initiation_date"]),
    )
