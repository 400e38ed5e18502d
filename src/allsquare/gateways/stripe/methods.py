"""Saved methods at Stripe: what their banks and card networks changed, and under which reference a mandate is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid5

import httpx

from allsquare.core import clock
from allsquare.core.remote import Reply, Trouble
from allsquare.gateways.shared import in_ascii
from allsquare.gateways.stripe.api import StripeApi, said
from allsquare.gateways.stripe.objects import NAME, kept
from allsquare.payments.gateway import ChargeRequest, Outcome, Status, Subject
from allsquare.payments.gateway_abilities import NewsUnavailable

#: Networks tell of new cards by themselves (the second name is that of older endpoints); somebody at Stripe changes
#: one, or takes it off its customer.
NEWS: Final = frozenset(
    {
        "payment_method.automatically_updated",
        "payment_method.card_automatically_updated",
        "payment_method.updated",
        "payment_method.detached",
    }
)


def new_customer(api: StripeApi, request: ChargeRequest) -> Reply | Trouble:
    """For whom Stripe keeps what pays ``request``. One for each, however often it is asked for."""
    about = {"email": in_ascii(request.customer_email), "name": request.customer_name[:256]}
    labels = {"attempt": str(request.key)}
    return api.post("/v1/customers", uuid5(request.key, "customer"), {**about, "metadata": labels})


def token_of(envelope: Mapping[str, Any]) -> str:
    """Our name of the method that an event is about: its customer's and its own. One that was taken off has its
    customer among what was before. Empty for one that never had a customer, which nobody can keep."""
    about = envelope["data"]
    before = about.get("previous_attributes") or {}
    customer = about["object"].get("customer") or before.get("customer")
    return f"{customer}/{about['object']['id']}" if customer else ""


def now(api: StripeApi, token: str) -> Outcome:
    """A method as it is now: kept for its customer, or no longer. Raises ``NewsUnavailable``."""
    at = clock.now(None)
    customer, _slash, name = token.partition("/")
    told = api.get(f"/v1/payment_methods/{quote(name, safe='')}")
    if isinstance(told, Trouble) or not (told.good or told.status == httpx.codes.NOT_FOUND):
        raise NewsUnavailable(said(told)[1])
    if not told.good or told.body.get("customer") != customer:
        return Outcome(Subject.METHOD, Status.DECLINED, NAME, reference=token, happened_at=at)
    return Outcome(
        Subject.METHOD,
        Status.SUCCEEDED,
        NAME,
        reference=token,
        method=kept(told.body, token),
        happened_at=at,
    )


def with_reference(api: StripeApi, outcome: Outcome) -> Outcome:
    """A charge names a mandate as Stripe does; its payer's bank knows it by another reference. Where that cannot be
    read, the money does not wait for it."""
    method = outcome.method
    if method is None or not method.token or not method.mandate.startswith("mandate_"):
        return outcome
    told = api.get(f"/v1/mandates/{quote(method.mandate, safe='')}")
    if isinstance(told, Trouble) or not told.good:
        return outcome
    details = told.body.get("payment_method_details") or {}
    shown = details.get(str(details.get("type") or "")) or {}
    reference = str(shown.get("reference") or "")
    return replace(outcome, method=replace(method, mandate=reference)) if reference else outcome
