"""What happened at GoCardless since a moment, read from its list of events and of billing requests.

The events name whatever changed, older objects too; a charge that still waits for its payer has made no news that
matters and stands in the list of billing requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from allsquare.gateways.gocardless import objects
from allsquare.gateways.gocardless.api import GoCardlessApi
from allsquare.gateways.gocardless.reading import UNREADABLE, Reading, spelled
from allsquare.gateways.gocardless.signature import LINKS
from allsquare.payments.gateway import (
    HistoryUnavailable,
    MethodKind,
    NewsUnavailable,
    Outcome,
    Sighting,
    Subject,
)

_ORDER: Final = (Subject.CHARGE, Subject.REFUND, Subject.DISPUTE, Subject.PAYOUT)


def since(api: GoCardlessApi, reading: Reading, moment: datetime) -> Iterator[Sighting]:
    """Each object once, as it is now: charges, then what followed from them, oldest first. Nothing is made: a mandate
    that waits for its payment is listed as under way."""
    try:
        sightings = list(_seen(api, reading, moment))
    except NewsUnavailable as problem:
        raise HistoryUnavailable(str(problem)) from problem
    except UNREADABLE as problem:
        raise HistoryUnavailable(f"GoCardless's list cannot be read: {problem!r}") from problem
    for subject in _ORDER:
        yield from (sighting for sighting in sightings if sighting.outcome.subject is subject)


def _seen(api: GoCardlessApi, reading: Reading, moment: datetime) -> Iterator[Sighting]:
    changed = _changed(api, moment)
    paid = set()
    for name in changed["payments"]:
        payment = api.get("payments", name)
        attempt = objects.attempt_of(payment)
        if attempt is None:
            continue
        paid.add(attempt)
        charge, *cases = reading.all_of_payment(payment)
        yield _charge(charge, payment, objects.money(payment["amount"], payment["currency"]))
        yield from (Sighting(case) for case in cases)
    for asked in _questions(api, changed["billing_requests"], moment):
        attempt = objects.attempt_of(asked)
        if attempt is not None and attempt not in paid:
            paid.add(attempt)
            yield _charge(reading.of_request(asked, act=False), asked, objects.wanted(asked)[0])
    for name in changed["refunds"]:
        refund = reading.refund_of_ours(name)
        if refund:
            yield Sighting(refund)
    for name in changed["payouts"]:
        yield Sighting(reading.named(Subject.PAYOUT, name, act=False))


def _changed(api: GoCardlessApi, moment: datetime) -> Mapping[str, list[str]]:
    """Names of what has made news, by shelf, oldest news first."""
    found: dict[str, dict[str, None]] = {shelf: {} for shelf in LINKS}
    events = list(api.pages("events", {"created_at[gte]": spelled(moment)}))
    for event in reversed(events):
        shelf = event["resource_type"]
        if shelf in found:
            found[shelf][str(event["links"][LINKS[shelf]])] = None
    return {shelf: list(names) for shelf, names in found.items()}


def _questions(api: GoCardlessApi, changed: list[str], moment: datetime) -> Iterator[Mapping[str, Any]]:
    made = list(api.pages("billing_requests", {"created_at[gte]": spelled(moment)}))
    yield from reversed(made)
    names = {str(each["id"]) for each in made}
    for name in changed:
        if name not in names:
            yield api.get("billing_requests", name)


def _charge(outcome: Outcome, data: Mapping[str, Any], asked: Any) -> Sighting:
    return Sighting(
        outcome=outcome, asked=asked, method=MethodKind.BANK_DEBIT, labels=objects.labels_of(data)
    )
