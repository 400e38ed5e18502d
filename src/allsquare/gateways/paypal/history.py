"""What happened at PayPal since a moment, read from its report of transactions and its list of disputes.

The report lags hours behind, and names no order that waits for its payer: no money moves by one until it is captured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.gateways.paypal import labels, objects
from allsquare.gateways.paypal.amounts import from_paypal
from allsquare.gateways.paypal.api import PayPalApi
from allsquare.gateways.paypal.objects import NAME
from allsquare.gateways.paypal.reading import UNREADABLE, Reading
from allsquare.payments.gateway import (
    HistoryUnavailable,
    MethodKind,
    NewsUnavailable,
    Outcome,
    Sighting,
    Status,
    Subject,
)

LAG: Final = timedelta(hours=4)
"""PayPal promises a transaction in its report within three hours."""
_WINDOW: Final = timedelta(days=30)
"""PayPal reports at most 31 days at once."""
_REFUND: Final = "T1107"
_ORDER: Final = (Subject.CHARGE, Subject.REFUND, Subject.DISPUTE, Subject.PAYOUT)
_PAYOUT_STATUS: Final = {"S": Status.SUCCEEDED, "P": Status.PENDING}


def since(api: PayPalApi, reading: Reading, moment: datetime) -> Iterator[Sighting]:
    """Each object once, as it is now: charges, then what followed from them, oldest first."""
    try:
        sightings = list(_seen(api, reading, moment))
    except NewsUnavailable as problem:
        raise HistoryUnavailable(str(problem)) from problem
    except UNREADABLE as problem:
        raise HistoryUnavailable(f"PayPal's report cannot be read: {problem!r}") from problem
    for subject in _ORDER:
        yield from (sighting for sighting in sightings if sighting.outcome.subject is subject)


def _seen(api: PayPalApi, reading: Reading, moment: datetime) -> Iterator[Sighting]:
    known: set[str] = set()
    for info in _reported(api, moment - LAG):
        name, code = str(info["transaction_id"]), str(info["transaction_event_code"])
        if name in known:
            continue
        known.add(name)
        label = info.get("custom_field")
        if code.startswith("T00") and labels.attempt_of(label):
            captured = reading.capture_of_ours(name, label)
            if captured:
                yield _charge(captured)
        elif code == _REFUND:
            refund = reading.refund_of_ours(name, label)
            if refund:
                yield Sighting(refund)
        elif code.startswith("T04"):
            yield Sighting(_payout(info))
    for each in api.pages(
        "/v1/customer/disputes", "items", {"update_time_after": _text(moment - LAG), "page_size": "50"}
    ):
        case = reading.dispute_of_ours(str(each["dispute_id"]), objects.disputed(each).get("custom"))
        if case:
            yield Sighting(case)


def _reported(api: PayPalApi, first: datetime) -> Iterator[Mapping[str, Any]]:
    """Oldest first, window by window."""
    end = clock.now(None)
    while first < end:
        last = min(first + _WINDOW, end)
        pages = list(api.pages("/v1/reporting/transactions", "transaction_details", window(first, last)))
        found = [each["transaction_info"] for each in pages]
        yield from sorted(found, key=lambda info: str(info["transaction_initiation_date"]))
        first = last


def window(first: datetime, last: datetime) -> dict[str, str]:
    """What is asked of the report."""
    return {
        "start_date": _text(first),
        "end_date": _text(last),
        "fields": "transaction_info",
        "page_size": "500",
    }


def _charge(data: Mapping[str, Any]) -> Sighting:
    return Sighting(
        outcome=objects.capture(data),
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


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
