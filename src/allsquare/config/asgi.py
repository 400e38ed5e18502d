"""What the server of ``allsquare live`` runs: the addresses below ``/live/`` alone, where a stream costs no thread.

Every other page is the WSGI server's, which answers it three times as fast.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allsquare.config.settings")

#: The second is where a proxy or a supervisor asks whether this process lives.
SERVED: Final = ("/live/", "/ui/healthy")

_django = get_asgi_application()


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """A proxy that sends other addresses here is told so, not served slowly."""
    if scope["type"] == "http" and scope["path"].startswith(SERVED):
        await _django(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Only /live/ is served here.\n"})
