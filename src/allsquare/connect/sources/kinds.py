"""By its name, what an export was written from: who may have it, what it is called, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.connect.models import Export
from allsquare.connect.sources.of_list import ListSource
from allsquare.connect.sources.of_statement import StatementSource
from allsquare.connect.sources.source import Source
from allsquare.core.listing import list_spec, list_specs
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission

#: Where the name of a list would stand.
STATEMENT: Final = "statement"


def names() -> list[str]:
    """Whatever can be exported."""
    return [*list_specs(), STATEMENT]


def permission_of(name: str) -> Permission:
    """Raises ``NotFound``."""
    return Permission.VIEW_SALES if name == STATEMENT else Permission(list_spec(name).permission)


def label_of(export: Export) -> str:
    """What it is called in the list of exports."""
    if export.list_name != STATEMENT:
        return str(list_spec(export.list_name).label)
    return _("Statement of %(name)s") % {"name": export.parameters.get("name", "")}


def source(
    organization: Organization,
    name: str,
    parameters: Mapping[str, Any],
    ids: Sequence[UUID] = (),
) -> Source:
    """Raises ``NotFound``, ``InvalidInput``."""
    if name == STATEMENT:
        return StatementSource(organization, parameters)
    return ListSource(organization, name, parameters, ids)


def source_of(organization: Organization, export: Export) -> Source:
    """What a person asked for, as the job finds it."""
    ids = [UUID(text) for text in export.ids]
    return source(organization, export.list_name, export.parameters, ids)
