"""Pure: what is asked of GoCardless."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allsquare.core.money import Money
from allsquare.gateways.shared import in_ascii
from allsquare.payments.gateway import ChargeRequest, RefundRequest

SCHEMES: Final[Mapping[str, str]] = {"EUR": "sepa_core", "GBP": "bacs", "USD": "ach"}
#: Languages of the hosted page.
_LANGUAGES: Final = frozenset({"en", "fr", "de", "pt", "es", "it", "nl", "da", "nb", "sl", "sv"})


def mandate(request: ChargeRequest) -> dict[str, object]:
    """A question for a mandate. What it is for is told along, within the three labels that GoCardless keeps."""
    code = request.amount.currency.code
    return {
        "mandate_request": {
            "scheme": SCHEMES[code],
            "currency": code,
            "metadata": {
                "collect": f"{code} {request.amount.minor}",
                "description": request.description[:100],
                "keep": "yes" if request.save_method else "no",
            },
        },
        "metadata": labels(request),
    }


def flow(billing_request: str, request: ChargeRequest) -> dict[str, object]:
    """The hosted page of a billing request."""
    fields: dict[str, object] = {"links": {"billing_request": billing_request}, "lock_currency": True}
    if request.return_url:
        fields |= {"redirect_uri": request.return_url, "exit_uri": request.return_url}
    language = request.language.partition("-")[0].lower()
    if language in _LANGUAGES:
        fields["language"] = language
    mail = in_ascii(request.customer_email)
    if mail:
        fields["prefilled_customer"] = {"email": mail}
    return fields


def payment(
    amount: Money, description: str, mandate_id: str, metadata: Mapping[str, str]
) -> dict[str, object]:
    """Collect ``amount`` under a mandate, as soon as the banks allow."""
    return {
        "amount": amount.minor,
        "currency": amount.currency.code,
        "description": description[:100],
        "metadata": dict(metadata),
        "links": {"mandate": mandate_id},
    }


def refund(request: RefundRequest, *, given_before: int) -> dict[str, object]:
    """``total_amount_confirmation`` makes GoCardless refuse when somebody else gave something back meanwhile."""
    return {
        "amount": request.amount.minor,
        "total_amount_confirmation": given_before + request.amount.minor,
        "metadata": {"attempt": str(request.key)},
        "links": {"payment": request.charge_reference},
    }


def labels(request: ChargeRequest) -> dict[str, str]:
    return {**request.metadata, "attempt": str(request.key)}
