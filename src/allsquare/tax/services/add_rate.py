"""A tax rate is added, with the days on which it is valid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core import checks, clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.formatting import format_date, spoken_language
from allsquare.core.idempotency import Answer, once
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.tax.categories import TaxCategory
from allsquare.tax.errors import RateOverlaps
from allsquare.tax.models import TaxRate
from allsquare.tax.selectors import get_rate

#: What says whether two requests are the same one.
_GIVEN: Final = ("name", "country", "category", "percent", "valid_from", "valid_until")


@retrying
def add_rate(
    *,
    organization: Organization,
    name: str,
    country: str,
    category: str,
    percent: Decimal,
    valid_from: date,
    actor: Actor,
    valid_until: date | None = None,
    key: str = "",
) -> TaxRate:
    """Both dates are inclusive; without ``valid_until`` the rate is valid until it is ended. With a ``key`` the same
    form sent twice is one rate.

    Reduced rates may be valid beside the standard one. Raises ``FieldErrors``, ``KeyReused``, ``KeyInvalid``, and
    :class:`RateOverlaps` when the same percentage, or another under the same name, is valid in these days already.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    rate = TaxRate(
        organization=organization,
        name=name,
        country=country,
        category=category,
        percent=percent,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    checks.tidy(
        rate,
        {
            "name": checks.needed(_lazy("The rate needs a name.")),
            "country": checks.country,
            "category": lambda c: TaxCategory.of(c).value,
        },
    )
    _refuse_nonsense(rate)
    if not key:
        return _add(organization, rate, actor)

    def add() -> Answer:
        return {"rate": str(_add(organization, rate, actor).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="tax_rate.add",
        key=key,
        given={name: getattr(rate, name) for name in _GIVEN},
        at=clock.now(organization),
        work=add,
    )
    return get_rate(organization, UUID(str(answer["rate"])))


def _add(organization: Organization, rate: TaxRate, actor: Actor) -> TaxRate:
    # Two rates added at once would not see each other.
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    _refuse_overlap(rate)
    rate.save(force_insert=True)
    facts: dict[str, object] = {
        "name": rate.name,
        "country": rate.country,
        "category": rate.category,
        "percent": str(rate.percent),
        "valid_from": str(rate.valid_from),
    }
    news = News("tax_rate.added", "tax_rate", rate.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return rate


def _refuse_nonsense(rate: TaxRate) -> None:
    errors: dict[str, str] = {}
    standard = rate.category == TaxCategory.STANDARD
    if not 0 <= rate.percent <= 100:
        errors["percent"] = _("The rate must lie between 0 and 100 percent.")
    elif standard and rate.percent == 0:  # EN 16931, BR-S-05
        errors["percent"] = _("A rate of 0 percent belongs to another category, such as Z (zero rate).")
    elif not standard and rate.percent != 0:  # BR-Z-05, BR-E-05 …
        errors["percent"] = _("No tax is charged in category %(category)s: its rate is 0 percent.") % {
            "category": rate.category
        }
    if rate.valid_until is not None and rate.valid_until < rate.valid_from:
        errors["valid_until"] = _("The last day lies before the first.")
    if errors:
        raise FieldErrors(errors)


def _refuse_overlap(rate: TaxRate) -> None:
    others = TaxRate.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=rate.valid_from),
        Q(percent=rate.percent) | Q(name__iexact=rate.name),
        organization=rate.organization,
        country=rate.country,
        category=rate.category,
    )
    if rate.valid_until is not None:
        others = others.filter(valid_from__lte=rate.valid_until)
    other = others.order_by("valid_from", "id").first()
    if other is not None:
        language = spoken_language()
        facts = {
            "name": other.name,
            "first": format_date(other.valid_from, language),
            "last": format_date(other.valid_until, language) if other.valid_until else "",
        }
        sentence = (
            _("“%(name)s” is valid from %(first)s until %(last)s. End it first, or choose other days.")
            if other.valid_until
            else _("“%(name)s” is valid from %(first)s without an end. End it first, or choose other days.")
        )
        raise RateOverlaps(
            sentence % facts,
            field="valid_from",
            rate=str(other.id),
        )
