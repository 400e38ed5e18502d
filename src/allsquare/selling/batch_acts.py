"""Closing many payment links, and opening them again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.selling.services.switch_link import switch_link


def _close(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    switch_link(organization=organization, link_id=name, sells=False, actor=actor)
    return _("Closed.")


def _open(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    switch_link(organization=organization, link_id=name, sells=True, actor=actor)
    return _("It sells again.")


CLOSE: Final = BatchAct(name="payment_links.close", permission=Permission.EDIT_ITEMS, run=_close)
OPEN: Final = BatchAct(name="payment_links.open", permission=Permission.EDIT_ITEMS, run=_open)
