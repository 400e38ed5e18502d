"""Security headers of every page.

The policy allows only our own files: no inline script or style, no foreign host, no frame. A view that needs
more (a provider's hosted card fields, a form that ends on a provider's page) says so for its one response::

    response = render(...)
    allow(response, "frame-src", "https://pay.example")

``form-action`` matters for payments: browsers check it on the redirects after a POST too, so a pay button
that leads to the provider's page needs that provider's origin in ``settings.ALLSQUARE_PAYMENT_HOSTS`` or by
:func:`allow`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

NONE = "'none'"
SELF = "'self'"

# data: images are Tabler's own arrows and check marks inside its stylesheet.
POLICY: dict[str, tuple[str, ...]] = {
    "default-src": (NONE,),
    "script-src": (SELF,),
    "style-src": (SELF,),
    "img-src": (SELF, "data:"),
    "font-src": (SELF,),
    "connect-src": (SELF,),
    "manifest-src": (SELF,),
    "frame-src": (NONE,),
    "form-action": (SELF,),
    "frame-ancestors": (NONE,),
    "base-uri": (NONE,),
}

HEADERS = {
    # Links to invoices are secrets: never tell them to another site.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(self), usb=()"
    ),
}

_EXTRA = "_csp_extra"


def allow(response: HttpResponseBase, directive: str, *sources: str) -> None:
    """Let ``response`` use ``sources`` for ``directive`` on top of :data:`POLICY`.

    Raises ``KeyError`` for a directive that the policy does not have, and ``ValueError`` for a source that
    could end the directive (sources may come from a provider's settings).
    """
    if directive not in POLICY:
        raise KeyError(directive)
    for source in sources:
        if not source or any(mark in source for mark in " ;,\r\n\t"):
            raise ValueError(f"not one Content-Security-Policy source: {source!r}")
    extra: dict[str, tuple[str, ...]] = getattr(response, _EXTRA, {})
    setattr(response, _EXTRA, {**extra, directive: (*extra.get(directive, ()), *sources)})


def widen(response: HttpResponse, sources: Mapping[str, tuple[str, ...]]) -> None:
    """Let a provider's own fields stand in this page: its ``sources``, by directive, with windows that it opens, and
    the browser's wallet in its frames."""
    for directive, given in sources.items():
        allow(response, directive, *given)
    frames = [f'"{source}"' for source in sources.get("frame-src", ()) if "*" not in source]
    mine, theirs = "payment=(self)", f"payment=({' '.join(['self', *frames])})"
    response.headers["Permissions-Policy"] = HEADERS["Permissions-Policy"].replace(mine, theirs)
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"


def policy(response: HttpResponseBase) -> str:
    """The header for ``response``: the policy, the payment hosts, and what its view allowed."""
    extra: dict[str, tuple[str, ...]] = getattr(response, _EXTRA, {})
    form_action = tuple(settings.ALLSQUARE_PAYMENT_HOSTS)
    parts = []
    for directive, sources in POLICY.items():
        more = extra.get(directive, ()) + (form_action if directive == "form-action" else ())
        base = tuple(source for source in sources if source != NONE) if more else sources
        parts.append(" ".join([directive, *dict.fromkeys((*base, *more))]))
    return "; ".join(parts)


class SecurityHeadersMiddleware:
    """Sets every header that the view did not set itself. Belongs directly after SecurityMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy(response))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
