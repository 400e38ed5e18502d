"""Archiving many items."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.catalog.services.archive_item import archive_item
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission


def _archive(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    archive_item(organization=organization, item_id=name, actor=actor)
    return _("Archived.")


ARCHIVE: Final = BatchAct(name="items.archive", permission=Permission.EDIT_ITEMS, run=_archive)
