"""What happened at the sandbox since a moment, read from its lists of events and of charges.

The events name whatever changed, older objects too; a charge that still waits for its payer has made no news yet and
stands in the list of charges alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.gateways.sandbox.objects import READERS, read, read_event, tip_of
from allsquare.gateways.shared import as_told, in_order, spelled
from allsquare.payments.gateway import GatewayEvent, MethodKind, Status, Subject
from allsquare.payments.gateway_abilities import Sighting

#: One page of a list: its path and what is asked of it, to the answer's body. Raises ``HistoryUnavailable``.
Fetch = Callable[[str, Mapping[str, str]], Mapping[str, Any]]


def since(fetch: Fetch, moment: datetime, until: datetime | None) -> Iterator[Sighting]:
    """Each object once, as it is now: charges, then what followed from them, oldest first."""
    return in_order("the sandbox", lambda: _seen(fetch, moment, until))


def told(fetch: Fetch, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
    """Its events are kept for ever."""
    return as_told("the sandbox", _newest(fetch, "/v1/events", "timestamp", first, until), _event)


def _event(data: Mapping[str, Any]) -> GatewayEvent:
    return read_event(str(data["id"]), {name: data[name] for name in ("type", "timestamp", "data")})


def _seen(fetch: Fetch, moment: datetime, until: datetime | None) -> list[Sighting]:
    found: dict[str, tuple[Subject, Mapping[str, Any]]] = {}
    # Charges first: one that is paid meanwhile is met again, and newer, among the events.
    made = _newest(fetch, "/v1/charges", "created_at", moment, until)
    charges = {str(charge["id"]): charge for charge in made}
    for event in _newest(fetch, "/v1/events", "timestamp", moment, until):
        noun = str(event["type"]).partition(".")[0]
        if noun in READERS:
            data = {**event["data"], "told_at": event["timestamp"]}
            found.setdefault(str(data["id"]), (Subject(noun), data))
    for name, charge in charges.items():
        found.setdefault(name, (Subject.CHARGE, charge))
    return [_sighting(subject, data) for subject, data in reversed(found.values())]


def _newest(
    fetch: Fetch, path: str, time: str, moment: datetime, until: datetime | None
) -> Iterator[Mapping[str, Any]]:
    """The list is sorted newest first; the first that is older than ``moment`` ends it."""
    query = {"limit": "100"} | ({"created_before": spelled(until)} if until else {})
    while True:
        page = fetch(path, query)
        for item in page["data"]:
            if datetime.fromisoformat(item[time]) < moment:
                return
            yield item
        if not page["has_more"]:
            return
        query["before"] = page["data"][-1]["id"]


def _sighting(subject: Subject, data: Mapping[str, Any]) -> Sighting:
    outcome = read(subject, dict(data))
    if outcome.status is Status.UNKNOWN:
        raise ValueError(f"{subject} {data['id']}")
    if subject is not Subject.CHARGE:
        return Sighting(outcome)
    asked, tip = Money(data["amount"], currency(data["currency"])), tip_of(data)
    return Sighting(
        outcome=outcome,
        asked=asked - tip if tip else asked,
        method=MethodKind(data["method"]),
        labels={str(name): str(value) for name, value in data["metadata"].items()},
    )
