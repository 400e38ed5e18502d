"""An organization's books are opened with the default chart of accounts."""

from __future__ import annotations

from django.utils import translation

from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.chart import DEFAULT_CHART
from allsquare.ledger.models import Account


@retrying
def open_books(*, organization: Organization, actor: Actor) -> None:
    """Make the accounts that the programme uses, named in the organization's language; those that are there stay as
    they are."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    with translation.override(organization.language):
        accounts = [
            Account(
                organization=organization, code=line.code, name=str(line.name), kind=line.kind, role=line.role
            )
            for line in DEFAULT_CHART
        ]
    Account.objects.bulk_create(accounts, ignore_conflicts=True)
