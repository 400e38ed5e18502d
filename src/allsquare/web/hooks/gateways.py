"""A payment provider delivers news: checked, kept, answered. The worker digests it (``payments.services.drain``)."""

from __future__ import annotations

import logging
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from allsquare.core.errors import AllsquareError
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.selectors import get_gateway_account
from allsquare.payments.services.receive import MAX_BODY, receive
from allsquare.web.ui.client import client_address

log = logging.getLogger(__name__)


@csrf_exempt
def deliver(request: HttpRequest, gateway: str, account_id: UUID) -> JsonResponse:
    """``POST /hooks/<gateway>/<account>/``. The signature is the provider's sign-in, so there is no cookie.

    200 for a delivery that is kept, new or not, so that the provider stops sending it; 400 for one that is not the
    provider's, 413 for one above 1 MB, 404 for an account that we do not have, 405 for anything but ``POST``.
    """
    if request.method != "POST":
        return _answer(405, "method_not_allowed", {"Allow": "POST"})
    account = get_gateway_account(account_id)
    if account is None or account.gateway != gateway:
        return _answer(404, "account_not_found")
    if _announced(request) > MAX_BODY:
        return _refused(account_id, request, 413, "delivery_too_large")
    try:
        is_new = receive(
            organization=account.organization,
            gateway_account=account,
            headers=request.headers,
            body=request.body,
        )
    except DeliveryRefused as error:
        return _refused(account_id, request, error.status, error.code, error.message)
    except AllsquareError as error:
        log.exception("a delivery for gateway account %s cannot be read", account_id)
        return _answer(error.status, error.code)
    return JsonResponse({"received": True, "new": is_new})


def _announced(request: HttpRequest) -> int:
    """The length of the body. The server reads no more than it says, and nothing without it."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


def _refused(account_id: UUID, request: HttpRequest, status: int, code: str, why: str = "") -> JsonResponse:
    """Forged, damaged or out of date: a person should be able to see that somebody tries."""
    log.warning("%s from %s for gateway account %s: %s", code, client_address(request), account_id, why)
    return _answer(status, code)


def _answer(status: int, code: str, headers: dict[str, str] | None = None) -> JsonResponse:
    return JsonResponse({"error": code}, status=status, headers=headers)
