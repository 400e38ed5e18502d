"""Settings of the control: in whatever process has them, no row that is read is locked."""

from __future__ import annotations

from typing import Any, LiteralString

from django.db.models import Model, QuerySet

from allsquare.config.settings import *  # noqa: F403 - these, and what follows
from allsquare.core import rows

_selection = rows._selection


def _unlocked(found: QuerySet[Any], **_options: object) -> QuerySet[Any]:
    return found.all()


def _unlocked_selection(model: type[Model], rest: LiteralString) -> bytes:
    return _selection(model, rest.replace("FOR NO KEY UPDATE", ""))


QuerySet.select_for_update = _unlocked  # type: ignore[assignment,method-assign]  # the fault itself
rows._selection = _unlocked_selection  # type: ignore[assignment]  # as above
