"""An organization is set up whole: its owner, open books, tax rates, and a way to record money by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.create_organization import create_organization
from allsquare.ledger.services.open_books import open_books
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.tax.seeds import standard_rate
from allsquare.tax.services.add_rate import add_rate


@retrying
def set_up_organization(
    *,
    owner: Person,
    actor: Actor,
    rates: Mapping[str, str] | None = None,
    rates_from: date | None = None,
    **facts: Any,
) -> Organization:
    """``facts`` are those of ``create_organization``, which also says who may make one for whom.

    ``rates`` maps a tax category to its percentage, valid from ``rates_from``. Without them the standard rate of
    the country is taken, where we know it, from the beginning of this year, and zero.
    """
    organization = create_organization(owner=owner, actor=actor, **facts)
    if actor.kind is ActorKind.PERSON:
        actor = replace(actor, role=Role.OWNER, organization_id=organization.id)
    open_books(organization=organization, actor=actor)
    if rates is None:
        standard = standard_rate(organization.country)
        rates = {"S": standard, "Z": "0"} if standard else {"Z": "0"}
    first_day = rates_from or clock.today(organization).replace(month=1, day=1)
    for category, percent in rates.items():
        add_rate(
            organization=organization,
            name=f"VAT {percent} %",
            country=organization.country,
            category=category,
            percent=Decimal(percent),
            valid_from=first_day,
            actor=actor,
        )
    with translation.override(organization.language):
        by_hand = _("Recorded by hand")
    add_gateway_account(organization=organization, gateway="offline", label=by_hand, settings={}, actor=actor)
    return organization
