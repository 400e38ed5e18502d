"""One that fails stops no other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import OperationalError

from allsquare.core.errors import INDIGESTIBLE

log = logging.getLogger(__name__)


@contextmanager
def others_flow_on(what: str, which: UUID) -> Iterator[None]:
    """One object that always fails (a closed period, an adapter that is gone) must not stop the others."""
    try:
        yield
    except OperationalError:
        raise  # the database's trouble, not this object's: the round is tried again
    except INDIGESTIBLE:
        log.exception("%s %s could not be asked about; it will be tried again", what, which)
