"""Issuing many drafts: each gets its number in a transaction of its own."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.services.issue import issue
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given
from allsquare.customers.selectors import Post, addresses
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission


def _issue(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    (issued,) = issue(organization=organization, invoice_ids=[name], actor=actor)
    if addresses(organization, issued.customer, Post.INVOICES):
        return _("Issued as %(number)s and on its way.") % {"number": issued.number}
    return _("Issued as %(number)s; the customer has no e-mail address.") % {"number": issued.number}


ISSUE: Final = BatchAct(name="invoices.issue", permission=Permission.ISSUE_INVOICES, run=_issue)
