"""Told to every worker of this web server: it is about to end, so nothing long may be held any more.

Without it the server would wait for streams that never end of themselves. Workers are forked and so share it.
"""

from __future__ import annotations

import multiprocessing

ENDING = multiprocessing.Event()
