"""The usual rates of the organization's country are added, where they are missing."""

from __future__ import annotations

from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.tax.models import TaxRate
from allsquare.tax.seeds import missing_rates
from allsquare.tax.services.add_rate import add_rate


@retrying
def add_usual_rates(*, organization: Organization, actor: Actor) -> list[TaxRate]:
    """Returns those added: none when all are there, so asking twice changes nothing."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    return [
        add_rate(
            organization=organization,
            name=rate.name,
            country=organization.country,
            category=rate.category,
            percent=rate.percent,
            valid_from=rate.valid_from,
            actor=actor,
        )
        for rate in missing_rates(organization)
    ]
