"""A fresh organization begins with the tax rates of another."""

from __future__ import annotations

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.cloning import clones
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.tax.models import TaxRate


@retrying
def copy_rates(*, organization: Organization, source: Organization, actor: Actor) -> int:
    """How many were copied: all of ``source``, past ones too, since documents may be written for past days."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    rows = TaxRate.objects.filter(organization=source).order_by("id")
    made = TaxRate.objects.bulk_create(clones(rows, organization_id=organization.id))
    facts: dict[str, object] = {"count": len(made), "source": str(source.id)}
    news = News("tax_rates.copied", "organization", organization.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return len(made)
