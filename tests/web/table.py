"""Every address of the server, from the table that the server itself uses."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from allsquare.identity.permissions import Permission


@dataclass(frozen=True, slots=True)
class Route:
    """``name`` with its namespace; ``arguments`` are what its address names; ``permission`` is what the page asks for,
    ``None`` where it is no page of the console; ``keeps_form`` whether it gives back what was typed when the session
    ended."""

    name: str
    arguments: tuple[str, ...]
    permission: Permission | None
    keeps_form: bool = False

    def url(self, ids: Mapping[str, object] | None = None) -> str:
        """With the ids of the right kinds, else random ones."""
        known = ids or {}
        return reverse(self.name, kwargs={each: known.get(each) or uuid.uuid4() for each in self.arguments})


@cache
def routes() -> tuple[Route, ...]:
    return tuple(_walk(get_resolver(), (), ()))


def _walk(resolver: URLResolver, spaces: tuple[str, ...], above: tuple[str, ...]) -> Iterator[Route]:
    """``above`` are the arguments of the addresses that this one stands below."""
    for found in resolver.url_patterns:
        if isinstance(found, URLResolver):
            below = (*spaces, found.namespace) if found.namespace else spaces
            yield from _walk(found, below, (*above, *_arguments(found)))
        elif isinstance(found, URLPattern):
            arguments = (*above, *_arguments(found))
            permission = getattr(found.callback, "permission", None)
            keeps_form = getattr(found.callback, "keeps_form", False)
            yield Route(
                ":".join((*spaces, found.name or str(found.pattern))), arguments, permission, keeps_form
            )


def _arguments(found: URLPattern | URLResolver) -> tuple[str, ...]:
    return tuple(found.pattern.converters) or tuple(found.pattern.regex.groupindex)
