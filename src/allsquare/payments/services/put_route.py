"""A rule for who takes which payments is written, or changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.currencies import UnknownCurrency, currency
from allsquare.core.errors import FieldErrors
from allsquare.core.events import Data, News, record
from allsquare.core.money import MAX_MINOR
from allsquare.core.transactions import retrying
from allsquare.customers.models import CustomerGroup
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import RouteUnknown
from allsquare.payments.gateway import Capability, MethodKind
from allsquare.payments.models import GatewayAccount, PaymentRoute
from allsquare.payments.offers import facts_of, rule_of
from allsquare.payments.registry import adapter_class, capabilities_of
from allsquare.payments.routing import Rule

#: All are read for each payment page.
MOST: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteWish:
    """See ``payments.routing.Rule``; ``accounts`` in the order in which they are asked."""

    accounts: tuple[UUID, ...]
    currency: str = ""
    method: str = ""
    least_minor: int | None = None
    most_minor: int | None = None
    group_id: UUID | None = None


@retrying
def put_route(
    *, organization: Organization, wish: RouteWish, actor: Actor, route_id: UUID | None = None
) -> PaymentRoute:
    """Without ``route_id`` a new one, after all others. For payments that are begun from now on. Raises ``FieldErrors``
    naming what cannot be, ``RouteUnknown``. Saving the same changes nothing, be it an old or a new one."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # one at a time
    errors = _problems(organization, wish)
    if errors:
        raise FieldErrors(errors)
    routes = PaymentRoute.objects.filter(organization=organization)
    at = clock.now(organization)
    if route_id is None:
        same = _same(routes, wish)
        if same is not None:
            return same
        last = routes.order_by("-place").values_list("place", flat=True).first()
        if routes.count() >= MOST:
            raise FieldErrors({"": _("There are %(n)s rules already. Remove one first.") % {"n": MOST}})
        place = 0 if last is None else last + 1
        route = PaymentRoute(organization=organization, place=place, accounts=[], created_at=at)
        kind, before = "payment_route.added", None
    else:
        found = routes.filter(id=route_id).first()
        if found is None:
            raise RouteUnknown(_("There is no such rule."))
        route, kind, before = found, "payment_route.changed", facts_of(found)
    route.accounts = list(wish.accounts)
    route.currency, route.method = wish.currency, wish.method
    route.least_minor, route.most_minor, route.group_id = wish.least_minor, wish.most_minor, wish.group_id
    if facts_of(route) != before:
        route.save()
        told: Data = {**facts_of(route), **({"before": before} if before else {})}
        news = News(kind, "payment_route", route.id, told)
        record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return route


def _same(routes: Iterable[PaymentRoute], wish: RouteWish) -> PaymentRoute | None:
    """Of two rules that say the same the second decides nothing: it is the same form sent twice."""
    rule = Rule(
        accounts=wish.accounts,
        currency=wish.currency,
        method=wish.method,
        least=wish.least_minor,
        most=wish.most_minor,
        group=wish.group_id,
    )
    return next((each for each in routes if rule_of(each) == rule), None)


def _problems(organization: Organization, wish: RouteWish) -> dict[str, str]:
    errors = _wrong_conditions(wish)
    if (
        wish.group_id is not None
        and not CustomerGroup.objects.filter(organization=organization, id=wish.group_id).exists()
    ):
        errors["group_id"] = _("This group is not there any more. Choose another.")
    known = {
        row.id: row for row in GatewayAccount.objects.filter(organization=organization, id__in=wish.accounts)
    }
    if not wish.accounts:
        errors["accounts"] = _("Choose at least one provider.")
    elif len(set(wish.accounts)) != len(wish.accounts):
        errors["accounts"] = _("Choose each provider once.")
    elif set(known) != set(wish.accounts):
        errors["accounts"] = _("This provider is not there any more. Choose another.")
    else:
        for account in (known[each] for each in wish.accounts):
            able = capabilities_of(account.gateway)
            if (
                not able
                or Capability.RECORDED in able
                or (
                    wish.method
                    and "method" not in errors
                    and wish.method not in adapter_class(account.gateway).methods
                )
            ):
                errors["accounts"] = _("%(account)s does not offer this way to pay. Choose another.") % {
                    "account": account
                }
    return errors


def _wrong_conditions(wish: RouteWish) -> dict[str, str]:
    errors: dict[str, str] = {}
    if wish.method and wish.method not in set(MethodKind):
        errors["method"] = _("There is no such way to pay.")
    if wish.currency:
        try:
            currency(wish.currency)
        except UnknownCurrency as error:
            errors["currency"] = error.message
    bounds = {"least_minor": wish.least_minor, "most_minor": wish.most_minor}
    for name, minor in bounds.items():
        if minor is not None and not 0 <= minor <= MAX_MINOR:
            errors[name] = _("This is not an amount that anybody pays.")
    if any(minor is not None for minor in bounds.values()) and not wish.currency:
        errors["currency"] = _("Say in which currency the amounts are.")
    if (
        not errors
        and wish.least_minor is not None
        and wish.most_minor is not None
        and wish.least_minor > wish.most_minor
    ):
        errors["most_minor"] = _("The most is less than the least.")
    return errors
