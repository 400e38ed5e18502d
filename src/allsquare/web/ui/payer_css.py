"""The payer's stylesheet: Tabler without what the payer's pages cannot use, made when one of them changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from allsquare.web.ui.trim import Vocabulary, trimmed

_WEB = Path(__file__).resolve().parents[1]
# Where the payer's words stand: the pages of the portal and the components that they are made of.
_ROOMS = ("portal", "ui/templates", "ui/templatetags")
# Parts of the console alone; their classes would only make the payer's stylesheet longer.
_CONSOLE_ONLY = {"console.html", "gallery.html", "topbar.html", "sidenav.html"}


#: Seconds for which nobody looks again whether a page changed: every page that is shown asks several times.
_REST: Final = 1.0
#: When was looked, and what was found then, by the stylesheet and where its trimmed form shall be.
_found: dict[tuple[Path, str], tuple[float, Path]] = {}


def payer_stylesheet(full: Path) -> Path:
    """The trimmed form of the Tabler stylesheet ``full``, made anew only when it or a page changed.

    It lies beside ``settings.STATIC_ROOT``, under a name that tells what it was made from.
    """
    asked, now = (full, str(settings.STATIC_ROOT)), time.monotonic()
    looked, found = _found.get(asked, (now - 2 * _REST, full))
    if now - looked > _REST or not found.is_file():
        found = _made(full, Path(settings.STATIC_ROOT).with_name("static-built"))
        _found[asked] = now, found
    return found


def _made(full: Path, folder: Path) -> Path:
    pages = sorted(_pages())
    key = hashlib.sha256("\n".join(_stamp(path) for path in (full, Path(__file__), *pages)).encode())
    built = folder / f"{full.stem}.{key.hexdigest()[:16]}.css"
    if not built.is_file():
        vocabulary = Vocabulary.of(page.read_text(encoding="utf-8") for page in pages)
        built.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed: another process must never read half of it.
        draft = built.with_suffix(".draft")
        draft.write_text(trimmed(full.read_text(encoding="utf-8"), vocabulary), encoding="utf-8")
        draft.replace(built)
    return built


def _pages() -> Iterator[Path]:
    for room in _ROOMS:
        for path in (_WEB / room).rglob("*"):
            if path.suffix in {".html", ".py"} and path.name not in _CONSOLE_ONLY:
                yield path


def _stamp(path: Path) -> str:
    stat = path.stat()
    return f"{path}\t{stat.st_size}\t{stat.st_mtime_ns}"
