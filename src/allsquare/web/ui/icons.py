"""Tabler icons, drawn into the page so that they take the text's colour and cost no request."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

_INNER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_BOUNDS = re.compile(r'<path stroke="none"[^>]*/>')
_SPACE = re.compile(r"\s+")
_FRAME = (
    '<svg class="{}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"'
    ' focusable="false">{}</svg>'
)


class UnknownIcon(LookupError):
    """A template names an icon that the icon set does not have."""


def icon_svg(name: str, *, classes: str = "") -> SafeString:
    """The outline icon ``name`` as inline SVG, hidden from screen readers: the text beside it speaks.

    Empty while the front-end files were never fetched; raises :class:`UnknownIcon` for a wrong name.
    """
    return _framed(str(settings.FRONTEND_DIR), name, classes)


@lru_cache(maxsize=1024)
def _framed(frontend_dir: str, name: str, classes: str) -> SafeString:
    inner = _inner(frontend_dir, name)
    return format_html(_FRAME, f"icon {classes}".strip(), inner) if inner else SafeString("")


def _inner(frontend_dir: str, name: str) -> SafeString | None:
    folder = Path(frontend_dir) / "@tabler" / "icons" / "icons" / "outline"
    if not folder.is_dir():
        return None
    if not re.fullmatch(r"[a-z0-9-]+", name) or not (folder / f"{name}.svg").is_file():
        raise UnknownIcon(name)
    found = _INNER.search((folder / f"{name}.svg").read_text(encoding="utf-8"))
    if found is None:
        raise UnknownIcon(name)
    # Markup of the icon set that the lock file pins; nothing a person typed comes here.
    return SafeString(_SPACE.sub(" ", _BOUNDS.sub("", found.group(1))).strip())
