"""Settings of an account at Stripe: what no request could be made with, and what Stripe says of them."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from allsquare.core.remote import Trouble
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways import shared
from allsquare.gateways.stripe import element, transfers
from allsquare.gateways.stripe.api import StripeApi, said
from allsquare.payments.gateway import Checkup


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
    name = str((told.body.get("settings") or {}).get("dashboard", {}).get("display_name") or told.body["id"])
    return Checkup(True, kept(_noop("Stripe answers as:"), name))
