"""What PayPal knows of a charge, refund or dispute; and capturing what its payer has approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import httpx

from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.core.remote import Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.paypal import hook, labels, objects
from allsquare.gateways.paypal.amounts import from_paypal
from allsquare.gateways.paypal.api import PayPalApi, Refusal
from allsquare.gateways.shared import made_at
from allsquare.payments.gateway import DisputeStage, Outcome, Status
from allsquare.payments.gateway_abilities import MayTake, NewsUnavailable, never

CASES: Final = "/v1/customer/disputes"
ORDER: Final = "order-"
"""Before the name of an order, which looks like that of a capture."""
PAGE_OPEN: Final = timedelta(hours=3)
"""How long the payer of an order may approve it, unless PayPal gives the account longer. It keeps an order that was
paid, and forgets one that was not."""
FORGOTTEN: Final = timedelta(days=3)
"""The longest that PayPal gives anybody."""
BY_A_CASE: Final = timedelta(hours=1)
"""So long after money went back PayPal shows the case by which it did. Told of both, it would be lost twice."""
UNTOLD: Final = timedelta(days=1)
"""How long a fee that PayPal does not tell yet is waited for. The money is there: it is taken in without one then, and
whoever compares sees the fee when PayPal tells it."""
#: The payer may choose another card or account on PayPal's page, under the same order.
_GO_BACK: Final = frozenset({"INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED", "ORDER_NOT_APPROVED"})
#: Somebody else was faster: the order says how it is.
_LOOK_AGAIN: Final = frozenset({"ORDER_ALREADY_CAPTURED", "ORDER_COMPLETED_OR_VOIDED"})
#: How PayPal keeps from one integration what another one made with the same account.
_NOT_SHOWN: Final = frozenset({httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN})


class Reading:
    """Raises ``NewsUnavailable`` when PayPal does not answer, and one of ``NONSENSE`` for what makes no sense."""

    def __init__(self, api: PayPalApi) -> None:
        self._api = api

    def charge(self, reference: str, key: UUID | None, *, may_take: MayTake) -> Outcome:
        if reference.startswith(ORDER):
            return self.order(reference.removeprefix(ORDER), key, may_take=may_take)
        return taken(self.capture_named(reference))

    def order(self, name: str, key: UUID | None, *, may_take: MayTake) -> Outcome:
        """An order; one that its payer has approved is captured, where it may be. That can be done once, whoever
        tries."""
        told = self._api.ask("GET", f"/v2/checkout/orders/{quote(name, safe='')}")
        if isinstance(told, Refusal) and told.status == httpx.codes.NOT_FOUND and _is_old(key):
            return _forgotten(name, key)
        if isinstance(told, Refusal | Trouble):
            raise NewsUnavailable(told.message)
        return self.of_order(told.body, may_take=may_take)

    def given_up(self, name: str, key: UUID) -> Outcome:
        """An order that nobody captures any more. PayPal knows no closing: it forgets the order."""
        told = self._api.ask("GET", f"/v2/checkout/orders/{quote(name, safe='')}")
        if isinstance(told, Refusal) and told.status == httpx.codes.NOT_FOUND:
            return _forgotten(name, key)
        if isinstance(told, Refusal | Trouble):
            raise NewsUnavailable(told.message)
        found = self.of_order(told.body)
        return _named(objects.left(told.body)) if found.status is Status.ACTION_REQUIRED else found

    def of_order(self, order: Mapping[str, Any], *, may_take: MayTake = never) -> Outcome:
        status, attempt = order["status"], objects.attempt_of(order)
        if status == "COMPLETED":
            captured = objects.capture_in(order)
            if captured is None:
                raise ValueError("a completed order without a capture")
            return taken(captured)
        if status == "VOIDED":
            return _named(objects.left(order))
        if status == "APPROVED" and attempt is not None and may_take(attempt):
            return self._capture(order)
        return _named(objects.page(order))

    def _capture(self, order: Mapping[str, Any]) -> Outcome:
        """Without a key of ours: PayPal would answer with an old refusal after the payer chose another card, and a
        repeat is harmless, since an order is captured once."""
        path = f"/v2/checkout/orders/{quote(str(order['id']), safe='')}"
        told = self._api.ask("POST", f"{path}/capture", json={})
        if isinstance(told, Trouble):
            raise NewsUnavailable(told.message)
        if not isinstance(told, Refusal):
            return self.of_order(told.body)
        if told.issue in _LOOK_AGAIN:
            return self.of_order(self._api.one(path))
        waiting = _named(objects.page(order))
        if told.issue in _GO_BACK:
            # However often it is asked: PayPal says no more of what was tried.
            declined = int(told.issue == "INSTRUMENT_DECLINED")
            return replace(waiting, code=told.issue.lower(), message=told.message, declines=declined)
        if told.status != httpx.codes.UNPROCESSABLE_ENTITY:
            raise NewsUnavailable(told.message)
        code = objects.CODES.get(told.issue, "do_not_honor")
        return replace(waiting, status=Status.DECLINED, redirect="", code=code, message=told.message)

    def capture_named(self, name: str) -> Mapping[str, Any]:
        return self._api.one(f"/v2/payments/captures/{quote(name, safe='')}")

    def capture_of(self, reference: str) -> str:
        """The capture of a charge, by whichever name we know it."""
        if not reference.startswith(ORDER):
            return reference
        captured = objects.capture_in(self._api.one(f"/v2/checkout/orders/{reference.removeprefix(ORDER)}"))
        if captured is None:
            raise NewsUnavailable(_noop("Nothing was captured yet, so nothing can be given back."))
        return str(captured["id"])

    def refund_with(self, key: UUID, capture: str) -> Mapping[str, Any] | None:
        """PayPal forgets our key after a while, but not what was given back of an order."""
        related = (self.capture_named(capture).get("supplementary_data") or {}).get("related_ids") or {}
        if not related.get("order_id"):
            return None
        order = self._api.one(f"/v2/checkout/orders/{related['order_id']}")
        given = (objects.unit_of(order).get("payments") or {}).get("refunds") or []
        return next((each for each in given if labels.attempt_of(each.get("custom_id")) == key), None)

    def refund(self, reference: str) -> Outcome:
        given = self._api.one(f"/v2/payments/refunds/{quote(reference, safe='')}")
        return objects.refund(given, objects.charge_of_refund(given))

    def dispute(self, reference: str) -> Outcome | None:
        return objects.dispute(self._api.one(f"{CASES}/{quote(reference, safe='')}"))

    # -- what news and reports name -------------------------------------------------------------------------

    def news_of(
        self, kind: str, reference: str, resource: Mapping[str, Any], may_take: MayTake
    ) -> Sequence[Outcome]:
        """As it is now. Nothing for what was not made by us."""
        label = resource.get("custom_id")
        if kind.startswith("CHECKOUT.ORDER."):
            path = f"/v2/checkout/orders/{quote(reference, safe='')}"
            order = self._shown(path, objects.label_of_order(resource))
            return (self.of_order(order, may_take=may_take),) if order and objects.attempt_of(order) else ()
        if kind.startswith("CUSTOMER.DISPUTE."):
            found = self.dispute_of_ours(reference, objects.disputed(resource).get("custom"))
        elif kind in hook.OF_REFUNDS:
            found = self.refund_of_ours(reference, label)
        elif kind == hook.REVERSED:
            return self._reversed(reference, resource)
        else:
            captured = self.capture_of_ours(reference, label)
            found = taken(captured) if captured else None
        return (found,) if found else ()

    def _shown(self, path: str, label: object) -> Mapping[str, Any] | None:
        """``None`` for what PayPal does not show us, unless the ``label`` by which we heard of it is ours."""
        told = self._api.ask("GET", path)
        if isinstance(told, Refusal) and told.status in _NOT_SHOWN and labels.attempt_of(label) is None:
            return None
        if isinstance(told, Refusal | Trouble):
            raise NewsUnavailable(told.message)
        return told.body

    def capture_of_ours(self, name: str, label: object) -> Mapping[str, Any] | None:
        """``None`` for one that somebody else made with the same account; so too below."""
        captured = self._shown(f"/v2/payments/captures/{quote(name, safe='')}", label)
        return captured if captured and labels.attempt_of(captured.get("custom_id")) else None

    def refund_of_ours(self, name: str, label: object) -> Outcome | None:
        """Whose it is, its capture says: those given at PayPal's own pages carry no label."""
        given = self._shown(f"/v2/payments/refunds/{quote(name, safe='')}", label)
        capture = objects.charge_of_refund(given) if given else ""
        if not given or not capture or not self.capture_of_ours(capture, given.get("custom_id")):
            return None
        return objects.refund(given, capture)

    def dispute_of_ours(self, name: str, label: object) -> Outcome | None:
        """``None`` also before money moved."""
        case = self._shown(f"{CASES}/{quote(name, safe='')}", label)
        about = objects.disputed(case) if case else {}
        capture = str(about.get("seller_transaction_id") or "")
        if not case or not capture or not self.capture_of_ours(capture, about.get("custom")):
            return None
        return objects.dispute(case)

    # -- money that went back without us ---------------------------------------------------------------------

    def _reversed(self, name: str, resource: Mapping[str, Any]) -> Sequence[Outcome]:
        """Not believed from the news alone: PayPal shows what went back as a refund, or on the capture itself."""
        captured = self.capture_of_ours(objects.charge_of_refund(resource) or name, resource.get("custom_id"))
        if captured is None:
            return ()
        given = self._shown(f"/v2/payments/refunds/{quote(name, safe='')}", None)
        told = given or resource
        at = objects.instant(told.get("create_time"))
        cases = self._cases(captured, at)
        if cases:
            return cases
        shown = given is not None and given["status"] == "COMPLETED"
        if not shown and captured["status"] == "COMPLETED":
            raise NewsUnavailable(_noop("PayPal does not show yet that this money went back."))
        if _is_fresh(objects.instant(told.get("update_time")) or at):
            raise NewsUnavailable(_noop("PayPal does not show yet whether this money went back by a case."))
        return _lost(
            captured, name if shown else "", from_paypal(told.get("amount") or captured["amount"]), at
        )

    def went_back(
        self, captured: Mapping[str, Any], name: str, amount: Money, at: datetime | None
    ) -> Sequence[Outcome]:
        """By a case, which tells of it, or by a bank without one: not sure while it is fresh, and then it is listed
        again."""
        cases = self._cases(captured, at)
        return cases or (() if _is_fresh(at) else _lost(captured, name, amount, at))

    def _cases(self, captured: Mapping[str, Any], at: datetime | None) -> Sequence[Outcome]:
        """Those by which the money of a capture can have gone back ``at`` a moment: not one that was won before."""
        listed = self._api.linked(
            CASES, "items", {"disputed_transaction_id": str(captured["id"]), "page_size": "50"}
        )
        found = []
        for each in listed:
            data = self._api.one(f"{CASES}/{quote(str(each['dispute_id']), safe='')}")
            case = objects.dispute(data)
            ended = objects.instant(data.get("update_time"))
            if case and (
                case.dispute_stage is not DisputeStage.WON or (at is not None and ended and at <= ended)
            ):
                found.append(case)
        return tuple(found)


def taken(captured: Mapping[str, Any]) -> Outcome:
    """A capture. Where nobody knows its fee yet it is under way, since fee and money are booked in the same moment; not
    when some of it went back already, which would lead to nothing."""
    found = objects.capture(captured)
    at = found.happened_at
    if found.status is not Status.SUCCEEDED or found.fee is not None or captured["status"] != "COMPLETED":
        return found
    if at is None or clock.now(None) - at > UNTOLD:
        return found
    return replace(found, status=Status.PENDING, amount=None, converted=())


def _is_fresh(at: datetime | None) -> bool:
    return at is not None and clock.now(None) - at < BY_A_CASE


def _lost(captured: Mapping[str, Any], name: str, amount: Money, at: datetime | None) -> tuple[Outcome, ...]:
    """What a bank took back without a case. All of a capture goes once, whatever tells of it; a part by its own name,
    which only a list may know."""
    charge = objects.capture({**captured, "status": "REFUNDED"})
    of = charge.reference if amount == charge.amount else name
    return (charge, objects.reversal(charge, of, amount, at)) if of else ()


def _named(outcome: Outcome) -> Outcome:
    return replace(outcome, reference=ORDER + outcome.reference)


def _forgotten(name: str, key: UUID | None) -> Outcome:
    return _named(replace(objects.left({"id": name, "purchase_units": [{}]}), key=key))


def _is_old(key: UUID | None) -> bool:
    made = made_at(key) if key else None
    return made is not None and clock.now(None) - made > FORGOTTEN
