"""Where a request comes from."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The network address of whoever asks.

    Behind a proxy of ours that is the last one that the proxy reports: what stands before it in
    ``X-Forwarded-For`` is whatever the client wrote. Without a proxy the header is not believed at all.
    """
    if settings.BEHIND_PROXY:
        reported = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if reported:
            return reported
    return str(request.META.get("REMOTE_ADDR") or "")
