"""Front-end files come from npm and are named one by one here; nothing else of ``node_modules`` is served.

A page says ``{% static "vendor/htmx.js" %}``; this finder leads to the file below ``settings.FRONTEND_DIR``
(the ``node_modules`` folder), for the development server and for ``collectstatic`` alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage, Storage

from allsquare.web.ui.payer_css import payer_stylesheet

VENDOR_FILES = {
    "vendor/tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.rtl.css": "@tabler/core/dist/css/tabler.rtl.min.css",
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    "vendor/alpine.js": "@alpinejs/csp/dist/cdn.min.js",
    "vendor/chart.js": "chart.js/dist/chart.umd.min.js",
}
# Made from one of the above.
TRIMMED = {"vendor/payer.css": "vendor/tabler.css", "vendor/payer.rtl.css": "vendor/tabler.rtl.css"}


def vendor_path(name: str) -> Path:
    """Where the file served as ``name`` lies. Raises ``KeyError`` for a name that is not served."""
    if name not in TRIMMED:
        return Path(settings.FRONTEND_DIR) / VENDOR_FILES[name]
    full = vendor_path(TRIMMED[name])
    return payer_stylesheet(full) if full.is_file() else full


class VendorStorage(FileSystemStorage):
    """Read-only view of ``node_modules`` under the names that pages use."""

    def path(self, name: str) -> str:
        return str(vendor_path(name))


class VendorFinder(BaseFinder):
    """Serves exactly :data:`VENDOR_FILES` and :data:`TRIMMED`."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path (a list of them with ``find_all``), or an empty list as Django wants it."""
        if path not in (*VENDOR_FILES, *TRIMMED) or not vendor_path(path).is_file():
            return []
        found = str(vendor_path(path))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        storage = VendorStorage()
        for name in (*VENDOR_FILES, *TRIMMED):
            if not matches_patterns(name, list_of(ignore_patterns)) and vendor_path(name).is_file():
                yield name, storage


def list_of(patterns: Iterable[str] | None) -> list[str]:
    """Django passes ``None`` for "ignore nothing"."""
    return [] if patterns is None else [*patterns]
