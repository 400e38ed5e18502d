"""What may be done to many chosen rows: each row by the service that does it for one.

A package declares its acts in ``batch_acts.py``; they are found by dotted names in the settings, as lists are, so that
whoever runs all of them imports none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from allsquare.core.actor import Actor
from allsquare.core.errors import NotFound

#: What was typed once for all rows, such as a reason.
Given = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAct:
    """``run`` does it to one row and says in a few words what became of it; it raises ``AllsquareError`` where it
    cannot. ``permission`` is the value of an ``identity`` permission. ``check`` looks once at what was typed for all
    rows and gives it back tidied, before anything is done; it raises ``InvalidInput`` or ``FieldErrors``."""

    name: str
    permission: str
    run: Callable[[Any, Actor, UUID, Given], str]
    check: Callable[[Given], dict[str, str]] = lambda _given: {}


@cache
def batch_acts() -> dict[str, BatchAct]:
    """All of them, by name."""
    acts = [import_string(path) for path in settings.ALLSQUARE_BATCH_ACTS]
    return {act.name: act for act in acts}


def batch_act(name: str) -> BatchAct:
    """Raises ``NotFound``."""
    found = batch_acts().get(name)
    if found is None:
        raise NotFound(_("There is no such act."))
    return found
