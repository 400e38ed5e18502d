"""The one place where an error becomes a page: status, title, one sentence, code.

Services raise :class:`~allsquare.core.errors.AllsquareError`; views let it pass; the middleware answers. An
HTMX request gets the same sentence as an alert for ``#messages`` and keeps the page that it was sent from.
The page for 500 uses no database and no context processor, because either may be what is broken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.core.errors import AllsquareError
from allsquare.web.ui.client import client_address

logger = logging.getLogger(__name__)

TITLES: dict[int, Promise] = {
    400: _("That request could not be understood"),
    403: _("You may not do this"),
    404: _("There is nothing here"),
    405: _("This page cannot be used that way"),
    409: _("That cannot be done now"),
    410: _("This link has ended"),
    413: _("That is too large"),
    422: _("Something needs another look"),
    429: _("Too many tries"),
    500: _("Something broke on our side"),
    502: _("The payment provider cannot be reached"),
    503: _("Allsquare is not ready"),
}

MESSAGES: dict[int, Promise] = {
    400: _(
        "Part of the address or the form was missing or damaged. Nothing was changed. Go back and try again."
    ),
    403: _(
        "Your role does not allow this, or you are signed in to another organization. Nothing was changed."
    ),
    404: _("The address is wrong, or what it led to was moved or belongs to somebody else."),
    413: _(
        "What was sent is larger than %(size)s MB, which is more than any form here needs. Nothing was changed. Go "
        "back, shorten it or send it in parts, and try again."
    ),
    429: _("There were too many tries in a short time. Nothing was charged. Wait a minute and try again."),
    500: _(
        "The error was recorded. If you were paying, you will not be charged twice: "
        "open the link again to see where the payment stands."
    ),
}

CSRF_MESSAGE = _(
    "This page was open for a long time, or cookies are blocked, so we could not tell that it was you. "
    "Nothing was changed. Go back, load the page anew and try again."
)


class ErrorPagesMiddleware:
    """Answers every :class:`AllsquareError` that a view let pass, and addresses that no view can use.

    Belongs last in ``MIDDLEWARE``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path_info:
            # PostgreSQL's text holds no NUL, and nobody types one: no page needs to ask for itself.
            return error_response(request, status=400, message=MESSAGES[400], code="bad_request")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, AllsquareError):
            return None
        logger.log(
            _level(exception.status),
            "%s: %s [request %s, person %s, from %s]",
            exception.code,
            exception.message,
            request.META.get("ALLSQUARE_REQUEST_ID", ""),
            _person(request),
            client_address(request),
        )
        response = error_response(
            request, status=exception.status, message=exception.message, code=exception.code
        )
        retry_after = exception.details.get("retry_after")
        if isinstance(retry_after, int):
            response.headers["Retry-After"] = str(retry_after)
        return response


def _person(request: HttpRequest) -> str:
    """Who is signed in, by id: names and addresses stay out of logs."""
    user = getattr(request, "user", None)
    return str(user.pk) if user is not None and user.is_authenticated else "none"


def _level(status: int) -> int:
    """Ours to mend, somebody tried what they may not, or everyday (Django logs the address of each anyway)."""
    if status >= 500:
        return logging.ERROR
    return logging.WARNING if status == 403 else logging.INFO


def error_response(
    request: HttpRequest,
    *,
    status: int,
    message: str | Promise,
    code: str,
    title: str | Promise | None = None,
) -> HttpResponse:
    """The page (or, for HTMX, the alert; for our own scripts, JSON) that says ``message``. Views use it for answers
    such as 429."""
    if wants_json(request):
        facts = {"code": code, "title": str(title or ""), "message": str(message)}
        return JsonResponse(facts, status=status)
    context = {
        "status": status,
        "title": title or TITLES.get(status) or TITLES[500 if status >= 500 else 400],
        "message": message,
        "code": code,
        "request_id": request.META.get("ALLSQUARE_REQUEST_ID", ""),
        "back_url": _came_from(request),
        # Whoever was signed in here: in an installed app nothing else leads on. Told without asking the database.
        "home": status < 500 and settings.SESSION_COOKIE_NAME in request.COOKIES,
    }
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(render_to_string("ui/parts/error_alert.html", context), status=status)
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
        response.headers["HX-Reselect"] = "unset"
        return response
    return HttpResponse(render_to_string("ui/error.html", context), status=status)


def wants_json(request: HttpRequest) -> bool:
    """Our scripts ask for JSON and nothing else; a browser that opens a page never does."""
    return request.headers.get("Accept") == "application/json"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler400``: Django refused the request (wrong host, too many fields); its words stay in the log. What was
    only too large is no damage, and has its own answer."""
    if isinstance(exception, RequestDataTooBig):
        size = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 1_000_000
        return error_response(
            request, status=413, message=str(MESSAGES[413]) % {"size": size}, code="too_large"
        )
    return error_response(request, status=400, message=MESSAGES[400], code="bad_request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler403``."""
    return error_response(request, status=403, message=MESSAGES[403], code="permission_denied")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler404``: the same answer for what never was and for what is somebody else's."""
    return error_response(request, status=404, message=MESSAGES[404], code="not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500``."""
    return error_response(request, status=500, message=MESSAGES[500], code="server_error")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """``CSRF_FAILURE_VIEW``. The technical reason goes to the log of ``django.security.csrf`` by itself."""
    return error_response(
        request, status=403, message=CSRF_MESSAGE, code="csrf_failed", title=_("This page is too old")
    )


def too_many_requests(request: HttpRequest, *, retry_after: int, message: str = "") -> HttpResponse:
    """The answer of a rate limit; ``retry_after`` in seconds."""
    said = message or MESSAGES[429]
    response = error_response(request, status=429, message=said, code="too_many_requests")
    response.headers["Retry-After"] = str(retry_after)
    return response


def _came_from(request: HttpRequest) -> str:
    """The page of ours that led here, for the way back; nothing for a foreign or missing one."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    # Compared as sent: get_host() would raise for the wrong host that may be the error itself.
    if not referrer.netloc or referrer.netloc != request.headers.get("Host", ""):
        return ""
    # Never two slashes at the start: browsers read those as another host.
    return referrer._replace(scheme="", netloc="", path="/" + referrer.path.lstrip("/")).geturl()
