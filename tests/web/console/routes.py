"""Every address of the console, from the table that the server itself uses."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.urls import URLPattern, reverse

from allsquare.identity.permissions import Permission
from allsquare.web.console.urls import urlpatterns


@dataclass(frozen=True, slots=True)
class Route:
    """``argument`` names the id in the address, where there is one."""

    name: str
    argument: str
    permission: Permission

    def url(self, ids: Mapping[str, UUID] | None = None) -> str:
        """With the id of the right kind, else a random one."""
        if not self.argument:
            return reverse(f"console:{self.name}")
        given = (ids or {}).get(self.argument) or uuid.uuid4()
        return reverse(f"console:{self.name}", kwargs={self.argument: given})


def _route(pattern: URLPattern) -> Route:
    arguments = list(pattern.pattern.converters)
    assert len(arguments) <= 1, f"{pattern.name} has several ids"
    permission = pattern.callback.permission  # type: ignore[attr-defined]  # every page says it, by staff()
    return Route(pattern.name or "", arguments[0] if arguments else "", permission)


ROUTES = [_route(pattern) for pattern in urlpatterns]
WITH_IDS = [route for route in ROUTES if route.argument]
