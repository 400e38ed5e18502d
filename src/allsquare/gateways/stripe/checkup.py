"""Settings of an account at Stripe: what no request could be made with, and what Stripe says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import httpx

from allsquare.core.remote import Trouble
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways import shared
from allsquare.gateways.stripe import element, transfers
from allsquare.gateways.stripe.api import StripeApi, said
from allsquare.payments.gateway import Checkup
from allsquare.payments.gateway_abilities import NewsUnavailable

#: What nothing else tells in time. Transfers and readers have kinds of their own.
_TELLING: Final = frozenset(
    {
        "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "checkout.session.expired", "payment_intent.processing",
        "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled", "refund.created",
        "refund.updated", "refund.failed", "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
        "payout.paid", "payout.failed", "payout.reconciliation_completed", "payment_method.automatically_updated",
        "payment_method.updated", "payment_method.detached",
    }
)  # fmt: skip


def check_settings(settings: Mapping[str, str]) -> transfers.Terms:
    """On what terms transfers are taken. Raises :class:`FieldErrors`."""
    errors = element.check_keys(settings)
    api_key = settings.get("api_key", "")
    if not (shared.is_secret(api_key) and api_key.startswith(("sk_", "rk_"))):
        errors["api_key"] = _(
            "Give the secret key, which starts with sk_ or rk_. A key that starts with pk_ cannot charge."
        )
    terms = transfers.terms(settings, errors)
    shared.check_settings(settings, errors)
    return terms


def is_test(api_key: str) -> bool:
    """A key of Stripe's test mode, which charges cards that do not exist."""
    return api_key.startswith(("sk_test_", "rk_test_"))


def identity(api: StripeApi, *, practice: bool) -> str | None:
    """The account that the key is of; ``None`` while Stripe does not say it."""
    told = api.get("/v1/account")
    if isinstance(told, Trouble) or not told.good or not told.body.get("id"):
        return None
    return f"{told.body['id']} {'test' if practice else 'live'}"


def check(api: StripeApi, secret: str, publishable: str) -> Checkup:
    """Reads the account: whether it may charge, and for real or in test mode."""
    told = api.get("/v1/account")
    if isinstance(told, Trouble):
        return Checkup(False, told.message, "base_url")
    if told.status == httpx.codes.UNAUTHORIZED:
        return Checkup(False, _noop("Stripe does not know this secret key, or it was revoked."), "api_key")
    if not told.good:
        return Checkup(False, kept(_noop("Stripe refused:"), said(told)[1]), "api_key")
    if not told.body.get("charges_enabled"):
        return Checkup(False, _noop("Stripe does not let this account charge yet. Complete it there."))
    found = element.check_at_stripe(api, publishable) if publishable else None
    if found is not None:
        return found
    if not secret:
        return Checkup(
            False,
            _noop(
                "Stripe may charge, but its news is not believed yet: enter our webhook address there, and the "
                "webhook secret here."
            ),
            "webhook_secret",
        )
    lacking = _lacks(api)
    if lacking:
        wanted = _noop("Stripe does not send all of its news here. Choose these too at the endpoint there:")
        return Checkup(False, kept(wanted, ", ".join(lacking)), "webhook_secret")
    name = str((told.body.get("settings") or {}).get("dashboard", {}).get("display_name") or told.body["id"])
    return Checkup(True, kept(_noop("Stripe answers as:"), name))


def _lacks(api: StripeApi) -> list[str]:
    """The kinds of news that Stripe sends to no endpoint that gets the most of them: which one is ours it does not
    say. Nothing where it has none, or where the key may not ask."""
    try:
        found = [
            set(each["enabled_events"])
            for each in api.pages("/v1/webhook_endpoints", {})
            if each["status"] == "enabled"
        ]
    except (NewsUnavailable, *shared.NONSENSE):
        return []
    missing = [sorted(set() if "*" in sent else _TELLING - sent) for sent in found]
    return min(missing, key=len, default=[])
