"""The process in which an installation's steps are done, one after another: a step comes as a line of JSON on standard
input, its answer goes out as one. It keeps the database running from one step to the next."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from django.db import close_old_connections

from allsquare.cli.database import database

Facts = dict[str, Any]


def serve(steps: Mapping[str, Callable[[Facts], Facts]]) -> None:
    """Until standard input ends, or a step fails."""
    with database():
        for line in sys.stdin:
            name, facts = json.loads(line)
            close_old_connections()
            sys.stdout.write(json.dumps(steps[name](facts)) + "\n")
            sys.stdout.flush()
