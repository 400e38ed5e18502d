"""``python -m allsquare.cli``: how the command starts its own processes."""

from __future__ import annotations

import sys

from allsquare.cli.main import main

sys.exit(main())
