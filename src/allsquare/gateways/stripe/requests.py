"""Pure: what is asked of Stripe, as fields of its forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allsquare.gateways.shared import in_ascii
from allsquare.gateways.stripe.forms import Value
from allsquare.payments.gateway import ChargeRequest, MethodKind

DEBITS: Final[Mapping[str, str]] = {"EUR": "sepa_debit", "GBP": "bacs_debit", "USD": "us_bank_account"}
_LANGUAGES: Final = frozenset(
    {
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fi",
        "fil",
        "fr",
        "hr",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "lt",
        "lv",
    }
    | {"ms", "mt", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh"}
)


def labels_of(request: ChargeRequest, via: str) -> dict[str, Value]:
    """What an object of ``request`` is called by: our attempt and the way it is paid; whose it is too, for whoever
    looks at an account that several use."""
    whose = {"organization": request.organization} if request.organization else {}
    return {**request.metadata, **whose, "attempt": str(request.key), "via": via}


def page(request: ChargeRequest, units: int) -> dict[str, Value]:
    """A hosted page on which the payer pays once."""
    code = request.amount.currency.code
    labels = labels_of(request, "page")
    intent: dict[str, Value] = {
        "description": request.description[:500],
        "metadata": labels,
        "capture_method": "automatic",  # at once, so that the fee is known when the payment is
        "setup_future_usage": "off_session" if request.save_method else "",
    }
    language = request.language.partition("-")[0].lower()
    return {
        "mode": "payment",
        "client_reference_id": str(request.key),
        "payment_method_types": ["card" if request.method is MethodKind.CARD else DEBITS[code]],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": code.lower(),
                    "unit_amount": units,
                    "product_data": {"name": request.description[:250] or "Payment"},
                },
            }
        ],
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "customer_email": in_ascii(request.customer_email),
        "customer_creation": "always" if request.save_method else "",
        "locale": language if language in _LANGUAGES else "auto",
        "metadata": labels,
        "payment_intent_data": intent,
        **_challenge(request),
    }


def element(request: ChargeRequest, units: int, customer: str, via: str) -> dict[str, Value]:
    """A payment whose payer enters card or account in Stripe's fields. Wallets come with the card, and so does Link:
    listed by itself it would be kept as a method of another kind, which a later charge of a card could not use."""
    code = request.amount.currency.code
    return {
        "amount": units,
        "currency": code.lower(),
        "customer": customer,
        "payment_method_types": ["card" if request.method is MethodKind.CARD else DEBITS[code]],
        "capture_method": "automatic",
        "setup_future_usage": "off_session" if request.save_method else "",
        "description": request.description[:500],
        "metadata": labels_of(request, via),
        **_challenge(request),
    }


def at_reader(request: ChargeRequest, units: int, customer: str, via: str) -> dict[str, Value]:
    """A payment that a card at a reader pays, at once. What is to be kept is kept for ``customer``."""
    return {
        "amount": units,
        "currency": request.amount.currency.code.lower(),
        "customer": customer,
        "payment_method_types": ["card_present"],
        "capture_method": "automatic",
        "setup_future_usage": "off_session" if request.save_method else "",
        "description": request.description[:500],
        "metadata": {**labels_of(request, via), "reader": request.reader},
    }


def handing_over(request: ChargeRequest, units: int, intent: str) -> dict[str, Value]:
    """Of an intent to a reader. It asks for a tip where we ask it to: what the account's own configuration says would
    ask for one at every payment. Without leave to show a card again its owner, none is kept."""
    config: dict[str, Value] = (
        {"tipping": {"amount_eligible": units}} if request.tips else {"skip_tipping": True}
    )
    if request.save_method:
        config["allow_redisplay"] = "always"
    return {"payment_intent": intent, "process_config": config}


def saved(request: ChargeRequest, units: int) -> dict[str, Value]:
    """With the payer there, the bank may ask for a confirmation; without, it must decide alone."""
    customer, _slash, method = request.saved_method.partition("/")
    code = request.amount.currency.code
    return {
        "amount": units,
        "currency": code.lower(),
        "customer": customer,
        "payment_method": method,
        "payment_method_types": ["card" if request.method is MethodKind.CARD else DEBITS[code]],
        "confirm": True,
        "capture_method": "automatic",
        "off_session": not request.return_url,
        "return_url": request.return_url,
        "description": request.description[:500],
        "metadata": labels_of(request, "saved"),
        "expand": ["latest_charge.balance_transaction"],
        **_challenge(request),
    }


def _challenge(request: ChargeRequest) -> dict[str, Value]:
    """3-D Secure wherever the card knows it, beside what Stripe asks for by itself."""
    if not request.challenge or request.method is not MethodKind.CARD:
        return {}
    return {"payment_method_options": {"card": {"request_three_d_secure": "any"}}}
