"""``python -m allsquare_sandbox``."""

from __future__ import annotations

from allsquare_sandbox.main import main

if __name__ == "__main__":
    raise SystemExit(main())
