from __future__ import annotations

from tests.localstripe_process import bridge, localstripe

__all__ = ["bridge", "localstripe"]
