"""The rest of ``/v1``: accounts, refunds, disputes, payouts, events, balance and books."""

from __future__ import annotations

from allsquare_sandbox import accounts, disputes, events, payouts, refunds, resources
from allsquare_sandbox.api.endpoint import Answer, Call
from allsquare_sandbox.api.lists import page
from allsquare_sandbox.api.reading import Fields
from allsquare_sandbox.errors import ApiError, invalid
from allsquare_sandbox.records import Delivery, Dispute, Event, Payout, Refund
from allsquare_sandbox.refunds import RefundOrder
from allsquare_sandbox.store import Work

HIGHEST = {
    "card_fixed": 1_000_000,
    "debit_fixed": 1_000_000,
    "dispute_fee": 1_000_000,
    "card_basis_points": 10_000,
    "settlement_days": 365,
    "debit_days": 365,
}
"""Whole-numbered settings: minor units, hundredths of a percent, days."""


def create_account(call: Call) -> Answer:
    """Open another account; only with the key that the sandbox was started with."""
    if not call.account.owner:
        raise ApiError(403, "not_owner", "Only the key that the sandbox was started with opens accounts.")
    fields = call.fields
    api_key = fields.text("api_key", default="", longest=200) or accounts.new_key()
    settings = _settings(fields)
    fields.done()
    with call.store.writing() as db:
        name = str(settings.pop("name", "")) or "Test merchant"
        made = accounts.add(db, name=name, api_key=api_key, owner=False, settings=settings)
    return Answer(resources.account(made), 201)


def show_account(call: Call) -> Answer:
    return Answer(resources.account(call.account))


def change_account(call: Call) -> Answer:
    """Webhook endpoint, tariff, delays."""
    fields = call.fields
    settings = _settings(fields)
    fields.done()
    with call.store.writing() as db:
        return Answer(resources.account(accounts.change(db, call.account.id, settings)))


def create_refund(call: Call) -> Answer:
    fields = call.fields
    order = RefundOrder(
        charge=fields.text("charge", longest=80),
        amount=fields.amount(),
        currency=fields.currency(),
        reason=fields.text("reason", default=""),
        metadata=fields.labels(),
        idempotency_key=call.key,
    )
    fields.done()
    return call.once(lambda work: Answer(resources.refund(refunds.create(work, order)), 201))


def show_refund(call: Call) -> Answer:
    with call.store.view(call.account.id) as work:
        return Answer(resources.refund(refunds.get(work, call.names["id"])))


def list_refunds(call: Call) -> Answer:
    return page(
        call,
        "refund",
        lambda _, row: resources.refund(Refund.of(row)),
        filters=("attempt", "idempotency_key", "charge_id", "status"),
    )


def show_dispute(call: Call) -> Answer:
    with call.store.view(call.account.id) as work:
        return Answer(resources.dispute(disputes.get(work, call.names["id"])))


def list_disputes(call: Call) -> Answer:
    return page(
        call, "dispute", lambda _, row: resources.dispute(Dispute.of(row)), filters=("charge_id", "status")
    )


def show_payout(call: Call) -> Answer:
    with call.store.view(call.account.id) as work:
        payout = payouts.get(work, call.names["id"])
        return Answer(payouts.shown(work.db, payout))


def list_payouts(call: Call) -> Answer:
    return page(
        call,
        "payout",
        lambda db, row: payouts.shown(db, Payout.of(row)),
        filters=("currency",),
    )


def show_event(call: Call) -> Answer:
    with call.store.view(call.account.id) as work:
        return Answer(resources.event(events.get(work, call.names["id"])))


def list_events(call: Call) -> Answer:
    return page(call, "event", lambda _, row: resources.event(Event.of(row)), filters=("kind", "object_id"))


def list_deliveries(call: Call) -> Answer:
    return page(
        call,
        "delivery",
        lambda _, row: resources.delivery(Delivery.of(row)),
        filters=("event_id", "state", "flavour"),
    )


def books(call: Call) -> Answer:
    """The provider's own books of this account, for comparing with the merchant's."""
    with call.store.view(call.account.id) as work:
        return Answer({"object": "books", "as_of": work.stamp, "currencies": _books(work)})


def balance(call: Call) -> Answer:
    with call.store.view(call.account.id) as work:
        lines = [
            {"currency": line["currency"], "balance": line["balance"], "available": line["available"]}
            for line in _books(work)
        ]
        return Answer({"object": "balance", "as_of": work.stamp, "currencies": lines})


def _books(work: Work) -> list[dict[str, object]]:
    return payouts.books(work.db, work.account.id, work.stamp)


def _settings(fields: Fields) -> dict[str, object]:
    """Those settings that the request names."""
    settings: dict[str, object] = {}
    if fields.has("name"):
        settings["name"] = fields.text("name", longest=100)
    if fields.has("webhook_url"):
        settings["webhook_url"] = fields.url("webhook_url", default="")
    if fields.has("webhook_secret"):
        settings["webhook_secret"] = fields.text("webhook_secret", longest=200)
        if not accounts.good_secret(str(settings["webhook_secret"])):
            raise invalid(
                "webhook_secret", "field_invalid", "A secret is whsec_ and 24 to 64 bytes in base64."
            )
    for name, highest in HIGHEST.items():
        if fields.has(name):
            settings[name] = fields.whole(name, lowest=0, highest=highest)
    if fields.has("daily_payouts"):
        settings["daily_payouts"] = fields.flag("daily_payouts", default=False)
    return settings
