"""A tax rate gets its last day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.formatting import format_date, spoken_language
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.tax.errors import RateEnded, RateUnknown
from allsquare.tax.models import TaxRate


@retrying
def end_rate(*, organization: Organization, rate_id: UUID, valid_until: date, actor: Actor) -> TaxRate:
    """``valid_until`` is the last day on which the rate is valid. Asking twice changes nothing.

    Raises ``RateUnknown``, ``RateEnded`` (an end can come sooner, not later) and ``InvalidInput``.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    found = TaxRate.objects.filter(organization=organization, id=rate_id)
    rate = found.select_for_update(no_key=True).first()
    if rate is None:
        raise RateUnknown(_("There is no such tax rate."))
    if rate.valid_until == valid_until:
        return rate
    if valid_until < rate.valid_from:
        raise InvalidInput(
            _("“%(name)s” begins on %(day)s; it cannot end before.")
            % {"name": rate.name, "day": format_date(rate.valid_from, spoken_language())},
            field="valid_until",
        )
    if rate.valid_until is not None and rate.valid_until < valid_until:
        raise RateEnded(
            _("“%(name)s” ends on %(day)s. Add it anew from the day after.")
            % {"name": rate.name, "day": format_date(rate.valid_until, spoken_language())},
            field="valid_until",
        )
    rate.valid_until = valid_until
    rate.save(update_fields=["valid_until"])
    news = News("tax_rate.ended", "tax_rate", rate.id, {"valid_until": str(valid_until)})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return rate
