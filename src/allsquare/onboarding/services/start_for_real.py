"""From the rehearsal to real business: a fresh organization with all that was set up, and none of its documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.numbering import CREDIT_NOTES, INVOICES
from allsquare.billing.selectors import first_number
from allsquare.billing.services.change_numbering import change_numbering
from allsquare.catalog.services.copy_items import copy_items
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.events import News, record
from allsquare.core.idempotency import Answer, once
from allsquare.customers.services.copy_customers import copy_customers
from allsquare.identity.errors import NotInRehearsal
from allsquare.identity.models import Organization, Person
from allsquare.identity.permissions import Permission, require
from allsquare.identity.roles import Role
from allsquare.identity.selectors import get_organization, members_of
from allsquare.identity.services.add_member import add_member
from allsquare.identity.services.change_logo import change_logo
from allsquare.identity.services.change_organization import change_organization
from allsquare.onboarding.services.set_up_organization import set_up_organization
from allsquare.tax.services.copy_rates import copy_rates

#: What a company says of itself; name, country, currency, zone and language are given when it is made.
_COMPANY: Final = (
    "legal_name", "email", "phone", "tax_id", "street", "postal_code", "city", "region", "iban", "bic",
    "payment_days", "tax_rounding", "rounding", "brand_color", "mail_name", "reply_to",
    "part_payments", "least_part_percent", "several_invoices", "on_account",
)  # fmt: skip


def start_for_real(*, organization: Organization, owner: Person, actor: Actor) -> Organization:
    """The real organization of the rehearsal ``organization``: made on the first call, the same one ever after.

    Company data, logo, people with their roles, customers, items, tax rates and numbering come along; no document,
    no payment, no entry does, and providers are connected anew, since their keys were for practice. The rehearsal
    stays. Only an owner may. Raises ``NotInRehearsal`` and ``PermissionDenied``.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    if actor.organization_id != organization.id or actor.role != Role.OWNER or actor.id != str(owner.id):
        raise PermissionDenied(_("Only an owner starts for real. Ask one."))
    if not organization.rehearsal:
        raise NotInRehearsal(_("This is real already."))

    def work() -> Answer:
        return {"organization": str(_made(organization, owner, actor).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="organization.start_for_real",
        key="for-real",
        given={},
        at=clock.now(organization),
        work=work,
    )
    return get_organization(UUID(str(answer["organization"])))


def _made(source: Organization, owner: Person, actor: Actor) -> Organization:
    fresh = set_up_organization(
        owner=owner,
        actor=replace(actor, role="", organization_id=None),
        rates={},
        name=source.name,
        country=source.country,
        base_currency=source.base_currency,
        time_zone=source.time_zone,
        language=source.language,
    )
    own = replace(actor, organization_id=fresh.id)
    change_organization(organization=fresh, actor=own, **{name: getattr(source, name) for name in _COMPANY})
    if source.logo:
        change_logo(organization=fresh, data=bytes(source.logo), media_type=source.logo_type, actor=own)
    for membership in members_of(source):
        if membership.person_id != owner.id:
            add_member(organization=fresh, person=membership.person, role=Role(membership.role), actor=own)
    copy_rates(organization=fresh, source=source, actor=own)
    copy_customers(organization=fresh, source=source, actor=own)
    copy_items(organization=fresh, source=source, actor=own)
    _number_alike(source, fresh, own)
    facts: dict[str, object] = {"organization": str(fresh.id)}
    news = News("organization.started_for_real", "organization", source.id, facts)
    record(organization_id=source.id, news=[news], actor=actor, at=clock.now(source))
    return fresh


def _number_alike(source: Organization, fresh: Organization, actor: Actor) -> None:
    for kind in (INVOICES, CREDIT_NOTES):
        first = first_number(source, kind)
        change_numbering(
            organization=fresh,
            kind=kind,
            begins_with=first.prefix,
            width=first.width,
            next_number=first.next_number,
            actor=actor,
        )
