"""The currency of the books is chosen anew, while they are empty."""

from __future__ import annotations

from django.utils.translation import gettext as _

from allsquare.core import bulk, checks, clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.errors import BooksBegun
from allsquare.ledger.models import ExchangeRate
from allsquare.ledger.models.journal import BOOKINGS_LOCK
from allsquare.ledger.selectors import is_anything_booked


@retrying
def change_base_currency(*, organization: Organization, currency: str, actor: Actor) -> bool:
    """``False`` when it was that currency already. Exchange rates entered so far were rates into the old currency
    and go. Raises ``FieldErrors``, and :class:`BooksBegun` once something is booked."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    try:
        code = checks.money_code(currency)
    except InvalidInput as error:
        raise FieldErrors({"base_currency": error.message}) from error
    # Bookings under way commit first, and those that come meanwhile wait.
    bulk.run(f"SELECT pg_advisory_xact_lock({BOOKINGS_LOCK.format('%s::uuid')})", [organization.id])
    row = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    organization.base_currency = row.base_currency
    if row.base_currency == code:
        return False
    if is_anything_booked(organization):
        raise BooksBegun(
            _("Something is booked in %(currency)s already, so it stays the currency of these books.")
            % {"currency": row.base_currency},
            field="base_currency",
        )
    ExchangeRate.objects.filter(organization=organization).delete()
    facts: dict[str, object] = {"fields": ["base_currency"], "before": {"base_currency": row.base_currency}}
    organization.base_currency = row.base_currency = code
    row.save(update_fields=["base_currency"])
    news = News("organization.changed", "organization", organization.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(row))
    return True
