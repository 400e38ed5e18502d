"""Stripe's Payment Element: its fields stand in a page of ours. https://docs.stripe.com/payments/payment-element

A payment intent of its own waits for what the payer enters there. After a decline it waits on, as the hosted page does,
and no longer than that page would; then, or when the payer takes another way, it is canceled and takes nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import httpx

from allsquare.core import clock
from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways.shared import is_secret
from allsquare.gateways.stripe import methods, objects
from allsquare.gateways.stripe.api import API, StripeApi, said
from allsquare.gateways.stripe.requests import DEBITS, element
from allsquare.payments.gateway import (
    ChargeRequest,
    Checkup,
    MethodKind,
    Outcome,
    SettingField,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import Fields, NewsUnavailable

SETTINGS: Final = (
    SettingField(
        "entry",
        _noop("Where payers enter their card or bank account"),
        required=False,
        choices=(
            ("hosted", _noop("On Stripe's page")),
            ("embedded", _noop("Within our page")),
        ),
        help=_noop(
            "Within our page needs the publishable key. Bacs debits are always ordered on Stripe's page."
        ),
    ),
    SettingField(
        "publishable_key",
        _noop("Publishable key"),
        required=False,
        help=_noop(
            "Starts with pk_; Stripe shows it beside the secret key. Only for fields within our page."
        ),
    ),
)
VIA: Final = "element"
_WITHOUT_PAGE: Final = frozenset({VIA, "saved"})
#: The code of an intent that waited so long for its payer that it waits no more.
LEFT: Final = "left_on_page"
#: As long as Stripe keeps a page of its own open.
VALIDITY: Final = timedelta(hours=24)
SCRIPTS: Final = "https://js.stripe.com"
#: What Stripe's script loads and asks: https://docs.stripe.com/security/guide#content-security-policy
_SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "script-src": (SCRIPTS, "https://*.js.stripe.com"),
    "frame-src": (SCRIPTS, "https://*.js.stripe.com", "https://hooks.stripe.com"),
    "connect-src": (API,),
}
_ENDED: Final = frozenset({"succeeded", "processing", "canceled"})
_ELEMENT_DEBITS: Final = frozenset({"sepa_debit", "us_bank_account"})


def check_keys(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the choice and the publishable key, by setting."""
    key = settings.get("publishable_key", "")
    if not key:
        wanted = settings.get("entry") == "embedded"
        words = _("Fields within our page need the publishable key, which starts with pk_.")
        return {"publishable_key": words} if wanted else {}
    if not (is_secret(key) and key.startswith("pk_")):
        words = _("Give the publishable key, which starts with pk_. Everybody who pays can read it.")
        return {"publishable_key": words}
    if {_mode(key), _mode(settings.get("api_key", ""))} == {"test", "live"}:
        words = _("One of the two keys is for tests, the other for real money. Give two of the same kind.")
        return {"publishable_key": words}
    return {}


def key_in_use(settings: Mapping[str, str]) -> str:
    """The publishable key, where payers enter their card within our page; otherwise empty."""
    return settings.get("publishable_key", "") if settings.get("entry") == "embedded" else ""


def check_at_stripe(api: StripeApi, key: str) -> Checkup | None:
    """Does Stripe know the publishable key, and is it of the same account? It can only see payments of its own.
    ``None`` when nothing speaks against it."""
    newest = api.get("/v1/payment_intents", {"limit": "1"})
    known = newest.body.get("data") if isinstance(newest, Reply) and newest.good else None
    name, secret = "pi_none", "pi_none_secret_none"
    if known:
        name, secret = str(known[0]["id"]), str(known[0].get("client_secret") or "")
    told = api.get(f"/v1/payment_intents/{quote(name, safe='')}", {"client_secret": secret}, key=key)
    if isinstance(told, Trouble):
        return Checkup(False, told.message, "base_url")
    if told.status == httpx.codes.UNAUTHORIZED:
        words = _noop("Stripe does not know this publishable key, or it was revoked.")
        return Checkup(False, words, "publishable_key")
    if known and secret and told.status == httpx.codes.NOT_FOUND:
        words = _noop("The publishable key is of another account at Stripe than the secret key.")
        return Checkup(False, words, "publishable_key")
    if told.good or told.status in (httpx.codes.NOT_FOUND, httpx.codes.BAD_REQUEST):
        return None
    return Checkup(False, kept(_noop("Stripe refused:"), said(told)[1]), "publishable_key")


def takes(request: ChargeRequest) -> bool:
    """Can the payer enter it in Stripe's fields? A Bacs mandate is given on a page of Stripe alone."""
    code = request.amount.currency.code
    return request.method is MethodKind.CARD or DEBITS.get(code) in _ELEMENT_DEBITS


def begin(api: StripeApi, request: ChargeRequest, units: int) -> Reply | Trouble:
    """An intent that waits for the payer. What is to be kept is kept for a customer of Stripe, who is made before:
    without one nothing was asked for."""
    customer = ""
    if request.save_method:
        made = methods.new_customer(api, request)
        if isinstance(made, Trouble):
            return replace(made, sent=False)
        if not made.good:
            return made
        customer = str(made.body["id"])
    return api.post("/v1/payment_intents", request.key, element(request, units, customer, VIA))


def is_open(intent: Mapping[str, Any]) -> bool:
    """Was it made for our page, and may its payer (still, or again) enter something there? Not after a bank refused a
    debit that was under way: that has its page. Nor while the bank checks the account by small amounts."""
    if (intent.get("metadata") or {}).get("via") != VIA or intent["status"] in _ENDED:
        return False
    if (intent.get("next_action") or {}).get("type") == "verify_with_microdeposits":
        return False
    return not (_is_debit(intent) and intent.get("latest_charge"))


def reading(intent: Mapping[str, Any]) -> Outcome:
    """One for which :func:`is_open`. Pure but for the time."""
    old = _has_waited_long(intent)
    return Outcome(
        Subject.CHARGE,
        Status.ACTION_REQUIRED,
        objects.NAME,
        reference=str(intent["id"]),
        key=objects.attempt_of(intent),
        code=LEFT if old else "",
        message=_noop("The page was left without paying. Nothing was charged.") if old else "",
        happened_at=datetime.fromtimestamp(intent["created"], UTC),
    )


def read(intent: Mapping[str, Any]) -> Outcome:
    """What was just made."""
    return reading(intent) if is_open(intent) else objects.intent_of(intent)


def fields(api: StripeApi, key: str, base_url: str, reference: str) -> Fields | None:
    """Raises ``NewsUnavailable``."""
    if not key or not reference.startswith("pi_"):
        return None
    intent = api.one(f"/v1/payment_intents/{quote(reference, safe='')}")
    secret = str(intent.get("client_secret") or "")
    if not secret or not is_open(intent) or _has_waited_long(intent):
        return None
    code, message = objects.failure(intent.get("last_payment_error") or {})
    # A server that stands in for Stripe serves its script, too.
    base = base_url.rstrip("/")
    sources = dict.fromkeys(_SOURCES, (base,)) if base else _SOURCES
    return Fields("stripe", f"{base or SCRIPTS}/v3/", key, secret, sources, code, message)


def take_back(api: StripeApi, reference: str, ways: frozenset[str] = _WITHOUT_PAGE) -> None:
    """For good: it takes nothing more, whether its payer enters something within our page, or a saved card waits for
    the bank to ask them. Of no effect on what has ended or has another way. Raises ``NewsUnavailable``."""
    intent = api.one(f"/v1/payment_intents/{quote(reference, safe='')}")
    if (intent.get("metadata") or {}).get("via") in ways and intent["status"] not in _ENDED:
        api.post(f"/v1/payment_intents/{quote(reference, safe='')}/cancel", uuid4(), {})


def seal(api: StripeApi, outcome: Outcome) -> Outcome:
    """A debit that came to nothing is over for us, while Stripe would still take another one under its name."""
    over = outcome.subject is Subject.CHARGE and outcome.status is Status.DECLINED
    if over and outcome.code != "canceled" and outcome.reference.startswith("pi_"):
        try:
            take_back(api, outcome.reference, frozenset({VIA}))
        except NewsUnavailable:  # what is known is told all the same
            return outcome
    return outcome


def _is_debit(intent: Mapping[str, Any]) -> bool:
    return intent["payment_method_types"][0] in _ELEMENT_DEBITS


def _has_waited_long(intent: Mapping[str, Any]) -> bool:
    return clock.now(None) - datetime.fromtimestamp(intent["created"], UTC) > VALIDITY


def _mode(key: str) -> str:
    """*test* or *live*: the second word of a key."""
    return key.split("_")[1] if "_" in key else ""
