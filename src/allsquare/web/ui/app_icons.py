"""Icons of the installed app: pictures of our SVG in the sizes that devices ask for, drawn once.

The typesetter that makes documents draws them, so nothing else is needed for it. They lie beside
``settings.STATIC_ROOT`` and are served like any static file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import typst
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage, Storage

_SVG: Final = Path(__file__).resolve().parent / "static" / "ui" / "favicon.svg"
#: Name, side in pixels, and the share of it that the picture fills: a maskable icon may be cut to a circle.
ICONS: Final[dict[str, tuple[int, int]]] = {
    "ui/icon-192.png": (192, 100),
    "ui/icon-512.png": (512, 100),
    "ui/icon-maskable.png": (512, 70),
    "ui/apple-touch-icon.png": (180, 82),
}
_GROUND: Final = "#1f6feb"
_LAYOUT: Final = """\
#set page(width: {side}pt, height: {side}pt, margin: 0pt, fill: {ground})
#align(center + horizon, image(bytes(sys.inputs.picture), format: "svg", width: {share}%))
"""


def icon_path(name: str) -> Path:
    """Where the picture lies, drawn now if it was not. Raises ``KeyError`` for one that is not served."""
    side, share = ICONS[name]
    source = _SVG.read_text(encoding="utf-8")
    key = hashlib.sha256(f"{source}{_LAYOUT}{side}{share}".encode()).hexdigest()[:16]
    built = Path(settings.STATIC_ROOT).with_name("static-built") / f"{Path(name).stem}.{key}.png"
    if not built.is_file():
        ground = "none" if share == 100 else f'rgb("{_GROUND}")'
        layout = _LAYOUT.format(side=side, share=share, ground=ground)
        drawn = typst.compile(layout.encode(), format="png", ppi=72, sys_inputs={"picture": source})
        if not isinstance(drawn, bytes):
            raise TypeError("one page is one picture")
        built.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed: another process must never read half of it.
        draft = built.with_suffix(".draft")
        draft.write_bytes(drawn)
        draft.replace(built)
    return built


class IconStorage(FileSystemStorage):
    """Read-only view of the icons under the names that pages use."""

    def path(self, name: str) -> str:
        return str(icon_path(name))


class IconFinder(BaseFinder):
    """Serves exactly :data:`ICONS`."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path (a list of them with ``find_all``), or an empty list as Django wants it."""
        if path not in ICONS:
            return []
        found = str(icon_path(path))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        storage = IconStorage()
        for name in ICONS:
            if not matches_patterns(name, [*(ignore_patterns or ())]):
                yield name, storage
