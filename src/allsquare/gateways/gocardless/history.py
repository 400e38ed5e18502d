"""What happened at GoCardless since a moment, read from its list of events and of billing requests.

The events name whatever changed, older objects too; a charge that still waits for its payer has made no news that
matters and stands in the list of billing requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from allsquare.gateways.gocardless import mandates, objects, signature
from allsquare.gateways.gocardless.api import GoCardlessApi
from allsquare.gateways.gocardless.reading import Reading
from allsquare.gateways.gocardless.signature import LINKS
from allsquare.gateways.shared import as_told, in_order, spelled
from allsquare.payments.gateway import GatewayEvent, MethodKind, Outcome, Subject
from allsquare.payments.gateway_abilities import Sighting, never


def since(
    api: GoCardlessApi, reading: Reading, moment: datetime, until: datetime | None
) -> Iterator[Sighting]:
    """Each object once, as it is now: charges, then what followed from them, oldest first. Nothing is made: a mandate
    that waits for its payment is listed as under way."""
    return in_order("GoCardless", lambda: _seen(api, reading, _within(moment, until)))


def told(api: GoCardlessApi, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
    """Each event by itself, as if it had come alone."""
    return as_told("GoCardless", api.pages("events", _within(first, until)), signature.event)


def _within(first: datetime, until: datetime | None) -> dict[str, str]:
    begins = {"created_at[gte]": spelled(first)}
    return begins | {"created_at[lte]": spelled(until)} if until else begins


def _seen(api: GoCardlessApi, reading: Reading, within: Mapping[str, str]) -> Iterator[Sighting]:
    changed = _changed(api, within)
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
    for asked in _questions(api, changed["billing_requests"], within):
        attempt = objects.attempt_of(asked)
        if attempt is not None and attempt not in paid:
            paid.add(attempt)
            yield _charge(reading.of_request(asked, act=False), asked, objects.wanted(asked)[0])
    for name in changed["refunds"]:
        refund = reading.refund_of_ours(name)
        if refund:
            yield Sighting(refund)
    for name in changed["mandates"]:
        mandate = mandates.now(api, name)
        if mandate:
            yield Sighting(mandate)
    for name in changed["payouts"]:
        yield Sighting(reading.named(Subject.PAYOUT, name, act=False, may_take=never))


def _changed(api: GoCardlessApi, within: Mapping[str, str]) -> Mapping[str, list[str]]:
    """Names of what has made news, by shelf, oldest news first."""
    found: dict[str, dict[str, None]] = {shelf: {} for shelf in LINKS}
    events = list(api.pages("events", within))
    for event in reversed(events):
        shelf = event["resource_type"]
        matters = shelf != "mandates" or event["action"] in mandates.NEWS
        if shelf in found and matters:
            found[shelf][str(event["links"][LINKS[shelf]])] = None
    return {shelf: list(names) for shelf, names in found.items()}


def _questions(
    api: GoCardlessApi, changed: list[str], within: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    made = list(api.pages("billing_requests", within))
    yield from reversed(made)
    names = {str(each["id"]) for each in made}
    for name in changed:
        if name not in names:
            yield api.get("billing_requests", name)


def _charge(outcome: Outcome, data: Mapping[str, Any], asked: Any) -> Sighting:
    return Sighting(
        outcome=outcome, asked=asked, method=MethodKind.BANK_DEBIT, labels=objects.labels_of(data)
    )
