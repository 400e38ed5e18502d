"""From a template to a response with its security headers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from allsquare_sandbox import money
from allsquare_sandbox.times import instant

_templates = Environment(
    loader=PackageLoader("allsquare_sandbox"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["money"] = money.write
_templates.filters["moment"] = lambda text: instant(text).strftime("%d %b %Y, %H:%M:%S")
_templates.filters["words"] = lambda text: str(text).replace("_", " ")

SELF, NONE = "'self'", "'none'"


def page(
    template: str,
    *,
    status: int = 200,
    leads_to: str = "",
    framed_by: str = "",
    scripts: bool = False,
    **values: Any,
) -> Response:
    """``leads_to`` is an address that a form of this page may redirect to (browsers hold ``form-action`` against
    redirects too), ``framed_by`` one that may show the page in a frame."""
    policy = [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        f"script-src {SELF if scripts else NONE}",
        f"form-action 'self' {origin(leads_to)}".rstrip(),
        f"frame-ancestors {origin(framed_by) or NONE}",
    ]
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(_templates.get_template(template).render(**values), status, headers)


def origin(address: str) -> str:
    """Scheme, host and port of an address; empty for an empty one."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
