"""Archiving many customers, and offering them again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given
from allsquare.customers.services.archive_customer import archive_customer
from allsquare.customers.services.restore_customer import restore_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission


def _archive(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    archive_customer(organization=organization, customer_id=name, actor=actor)
    return _("Archived.")


def _restore(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    restore_customer(organization=organization, customer_id=name, actor=actor)
    return _("Offered again.")


ARCHIVE: Final = BatchAct(name="customers.archive", permission=Permission.EDIT_CUSTOMERS, run=_archive)
RESTORE: Final = BatchAct(name="customers.restore", permission=Permission.EDIT_CUSTOMERS, run=_restore)
