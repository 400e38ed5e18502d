"""Cards held to a reader of Stripe Terminal, driven from the server: https://docs.stripe.com/terminal

A payment intent of its own is handed over to the reader, which waits for a card until somebody takes the intent back.
Until it was handed over nothing can be charged. What became of it is known from the intent, and while that has not
ended, from the reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4, uuid5

import httpx

from allsquare.core import failpoints
from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.shared import why_not
from allsquare.gateways.stripe import methods, objects
from allsquare.gateways.stripe.api import BLANKS, VERSION, StripeApi, said
from allsquare.gateways.stripe.objects import NAME
from allsquare.gateways.stripe.requests import at_reader, handing_over
from allsquare.payments.gateway import ChargeRequest, Outcome, Status, Subject
from allsquare.payments.gateway_abilities import NewsUnavailable, Reader

#: Told with the reader, which names the intent.
NEWS: Final = frozenset({"terminal.reader.action_succeeded", "terminal.reader.action_failed"})
VIA: Final = "reader"
#: The code of an intent of which no card was read, and for which no reader waits any more.
LEFT: Final = "left_at_reader"
#: Of the interface, from which on a reader is told whether a card may be shown its owner again.
KEEPING: Final = "2024-09-30.acacia"
_ENDED: Final = frozenset({"succeeded", "processing", "canceled"})
#: The reader did not answer Stripe in time: it may have woken up all the same.
_MAY_WAIT: Final = frozenset({"terminal_reader_timeout", "idempotency_error"})


def readers(api: StripeApi) -> Sequence[Reader]:
    """Raises ``NewsUnavailable``, or one of ``NONSENSE``."""
    return [
        Reader(
            reference=str(each["id"]),
            label=str(each.get("label") or each.get("serial_number") or each["id"]),
            is_online=each.get("status") == "online",
            is_busy=(each.get("action") or {}).get("status") == "in_progress",
        )
        for each in api.pages("/v1/terminal/readers", {})
    ]


def wake(api: StripeApi, request: ChargeRequest, units: int) -> Outcome:
    """The attempt's id is the key of handing over, by which alone money can move."""
    customer = ""
    if request.save_method:
        owner = methods.new_customer(api, request)
        if isinstance(owner, Trouble) or not owner.good:
            return _not_sent(request, owner)
        customer = str(owner.body["id"])
        failpoints.reached("terminal.customer_made")
    asked = at_reader(request, units, customer, VIA)
    made = api.post("/v1/payment_intents", uuid5(request.key, "intent"), asked)
    if isinstance(made, Trouble) or not made.good:
        return _not_sent(request, made)
    name = str(made.body["id"])
    failpoints.reached("terminal.intent_made")
    path = f"/v1/terminal/readers/{quote(request.reader, safe='')}/process_payment_intent"
    version = KEEPING if request.save_method else VERSION
    told = api.post(path, request.key, handing_over(request, units, name), version=version)
    if isinstance(told, Trouble):
        status = Status.UNKNOWN if told.sent else Status.NOT_SENT
        return BLANKS.blank(Subject.CHARGE, status, request.key, told.code, told.message, name)
    if told.good:
        return BLANKS.blank(Subject.CHARGE, Status.ACTION_REQUIRED, request.key, "", "", name)
    code, message = said(told)
    if code in _MAY_WAIT:
        return BLANKS.blank(Subject.CHARGE, Status.UNKNOWN, request.key, code, message, name)
    code = why_not(told.status, code, request.reader)  # of the reader, whatever it is
    return BLANKS.blank(Subject.CHARGE, Status.NOT_SENT, request.key, code, message, name)


def _not_sent(request: ChargeRequest, told: Reply | Trouble) -> Outcome:
    """No reader was woken up: what ``told`` refuses comes before that."""
    code, message = said(told)
    code = code if isinstance(told, Trouble) else why_not(told.status, code)
    return BLANKS.blank(Subject.CHARGE, Status.NOT_SENT, request.key, code, message)


def is_at_reader(intent: Mapping[str, Any]) -> bool:
    """Was it made for a reader, and has it not ended?"""
    return (intent.get("metadata") or {}).get("via") == VIA and intent["status"] not in _ENDED


def reading(api: StripeApi, intent: Mapping[str, Any]) -> Outcome:
    """One for which :func:`is_at_reader`. Raises ``NewsUnavailable``."""
    action = _action(api, intent)
    if action.get("status") == "succeeded":  # it ended since it was read
        intent = api.one(f"/v1/payment_intents/{intent['id']}", "latest_charge.balance_transaction")
        if intent["status"] not in _ENDED:
            raise NewsUnavailable(BLANKS.unreadable)
        return objects.intent_of(intent)
    key, name = objects.attempt_of(intent), str(intent["id"])
    if action.get("status") == "in_progress":
        return BLANKS.blank(Subject.CHARGE, Status.ACTION_REQUIRED, key, "", "", name)
    if intent.get("last_payment_error"):
        return objects.intent_of(intent)
    if action.get("status") == "failed":
        code, words = str(action.get("failure_code") or ""), str(action.get("failure_message") or "")
        return Outcome(
            Subject.CHARGE, Status.DECLINED, NAME, reference=name, key=key, code=code, message=words
        )
    told = _noop("No card was held to the reader. Nothing was charged.")
    return BLANKS.blank(Subject.CHARGE, Status.ACTION_REQUIRED, key, LEFT, told, name)


def take_back(api: StripeApi, name: str) -> None:
    """From the reader, and then for good: an intent that was canceled takes no card, whatever its reader does. Of no
    effect on what ended or has another way. Raises ``NewsUnavailable``."""
    intent = api.one(f"/v1/payment_intents/{quote(name, safe='')}")
    if not is_at_reader(intent):
        return
    if _action(api, intent).get("status") == "in_progress":
        api.post(f"{_reader_of(intent)}/cancel_action", uuid4(), {})
    api.post(f"/v1/payment_intents/{quote(name, safe='')}/cancel", uuid4(), {})


def intent_in(reader: Mapping[str, Any]) -> str:
    """The intent that a reader works on, or worked on last; "" for none."""
    about = ((reader.get("action") or {}).get("process_payment_intent") or {}).get("payment_intent") or ""
    return str(about["id"] if isinstance(about, Mapping) else about)


def _reader_of(intent: Mapping[str, Any]) -> str:
    return f"/v1/terminal/readers/{quote(str(intent['metadata']['reader']), safe='')}"


def _action(api: StripeApi, intent: Mapping[str, Any]) -> Mapping[str, Any]:
    """What its reader does, or did, about it; nothing when it has another to do, or is there no more."""
    told = api.get(_reader_of(intent))
    if isinstance(told, Trouble) or not (told.good or told.status == httpx.codes.NOT_FOUND):
        raise NewsUnavailable(said(told)[1])
    if not told.good or intent_in(told.body) != intent["id"]:
        return {}
    found: Mapping[str, Any] = told.body["action"]
    return found
