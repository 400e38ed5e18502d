"""Tell at start, in one sentence, when the front-end files were never fetched."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning

from allsquare.web.ui.vendor import VENDOR_FILES, vendor_path


def frontend_files_present(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """A warning, not an error: commands such as ``migrate`` work well without front-end files."""
    missing = [source for name, source in VENDOR_FILES.items() if not vendor_path(name).is_file()]
    if not missing:
        return []
    return [
        Warning(
            f"Front-end files are missing, so pages will have no style: {', '.join(missing)}.",
            hint="Run `npm ci --ignore-scripts` in the project folder, or set FRONTEND_DIR.",
            id="ui.W001",
        )
    ]
