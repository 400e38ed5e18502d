"""A saved method is taken off its customer at Stripe: nobody can charge it any more."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote
from uuid import UUID, uuid5

import httpx

from allsquare.core.remote import Trouble
from allsquare.gateways.stripe.api import StripeApi, said
from allsquare.gateways.stripe.objects import NAME
from allsquare.payments.gateway import Outcome, Status, Subject

_KEYS: Final = UUID("6f1c1d0e-5a34-4b0c-9a36-0d5d3d0a7c11")
"""Of the keys that name one detaching each, so that asking twice is one request to Stripe."""


def forget(api: StripeApi, token: str) -> Outcome:
    """``token`` names customer and method. Stripe refuses to detach what is not attached, so after a refusal the method
    itself is asked."""
    name = quote(token.partition("/")[2] or token, safe="")
    told = api.post(f"/v1/payment_methods/{name}/detach", uuid5(_KEYS, token), {})
    if isinstance(told, Trouble):
        return _outcome(Status.UNKNOWN if told.sent else Status.NOT_SENT, token, *said(told))
    if told.good:
        return _outcome(Status.SUCCEEDED, token)
    shown = api.get(f"/v1/payment_methods/{name}")
    gone = not isinstance(shown, Trouble) and (
        shown.status == httpx.codes.NOT_FOUND or (shown.good and not shown.body.get("customer"))
    )
    if gone:
        return _outcome(Status.SUCCEEDED, token)
    if isinstance(shown, Trouble):
        return _outcome(Status.UNKNOWN, token, *said(shown))
    return _outcome(Status.DECLINED, token, *said(told))


def _outcome(status: Status, token: str, code: str = "", message: str = "") -> Outcome:
    return Outcome(Subject.METHOD, status, NAME, reference=token, code=code, message=message)
