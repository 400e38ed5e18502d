"""Who takes which payments: the rules in plain words, a payment to try them with, and how each provider is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.customers.models import CustomerGroup
from allsquare.customers.selectors import customer_groups
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.errors import RouteUnknown
from allsquare.payments.models import GatewayAccount, PaymentRoute
from allsquare.payments.offers import accounts_for, healths, routes_of, try_out
from allsquare.payments.services.move_route import move_route
from allsquare.payments.services.put_route import put_route
from allsquare.payments.services.remove_route import remove_route
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.route import RouteForm, TryForm, values_of
from allsquare.web.console.shown import METHODS
from allsquare.web.ui.formats import amount


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as the list shows it. ``number`` counts from 1."""

    route: PaymentRoute
    number: int
    conditions: str
    accounts: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Taker:
    """Who would be asked, and in which turn."""

    account: GatewayAccount
    takes: bool
    down_since: datetime | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What would happen to a payment, and why."""

    takers: list[Taker]
    number: int | None
    conditions: str


@staff(Permission.MANAGE_SETTINGS)
def route_list(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    routes, groups = routes_of(organization), customer_groups(organization)
    known = healths(organization)
    tried = {name: request.GET[name] for name in TryForm.base_fields if name in request.GET}
    form = TryForm(organization, groups, tried or None)
    lines = _lines(routes, [each.account for each in known])
    context = {
        "lines": lines,
        "healths": known,
        "form": form,
        "trial": _trial(organization, form, routes, lines) if tried and form.is_valid() else None,
    }
    return render(request, "console/settings/routes.html", context)


def _trial(
    organization: Organization, form: TryForm, routes: Sequence[PaymentRoute], lines: Sequence[Line]
) -> Trial:
    decision, accounts = try_out(organization, form.question(), routes)
    first_up = next((each for each in accounts if each.down_since is None), None)
    taking = first_up or next(iter(accounts), None)
    takers = [Taker(each, each is taking, each.down_since) for each in accounts]
    if decision.place is None:
        return Trial(takers, None, "")
    return Trial(takers, decision.place + 1, lines[decision.place].conditions)


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def route_new(request: ConsoleRequest) -> HttpResponse:
    return _edit(request, None)


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def route_edit(request: ConsoleRequest, route_id: UUID) -> HttpResponse:
    routes = routes_of(request.access.organization)
    found = next((each for each in routes if each.id == route_id), None)
    if found is None:
        raise RouteUnknown(_("There is no such rule."))
    return _edit(request, found)


def _edit(request: ConsoleRequest, found: PaymentRoute | None) -> HttpResponse:
    organization = request.access.organization
    accounts: Sequence[GatewayAccount] = accounts_for(organization, found)
    groups: Sequence[CustomerGroup] = customer_groups(organization)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = RouteForm(accounts, groups, typed, initial=values_of(found) if found else None)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: put_route(
                organization=organization,
                wish=form.wish(),
                route_id=found.id if found else None,
                actor=request.access.actor,
            ),
        )
        if saved is not None:
            messages.success(request, _("The rule is saved. It is for payments that are begun from now on."))
            return redirect("console:payment_route_list")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "route": found, "accounts": accounts}
    return render(request, "console/settings/route_edit.html", context, status=status)


@post_only
@staff(Permission.MANAGE_SETTINGS)
def route_move(request: ConsoleRequest, route_id: UUID) -> HttpResponse:
    """``place`` is the new one, counted from 0, which anything else stands for."""
    place = request.POST.get("place", "")
    move_route(
        organization=request.access.organization,
        route_id=route_id,
        place=int(place) if place.isdecimal() and len(place) < 5 else 0,
        actor=request.access.actor,
    )
    return redirect("console:payment_route_list")


@post_only
@staff(Permission.MANAGE_SETTINGS)
def route_remove(request: ConsoleRequest, route_id: UUID) -> HttpResponse:
    organization = request.access.organization
    remove_route(organization=organization, route_id=route_id, actor=request.access.actor)
    messages.success(request, _("The rule is gone. The rules after it are asked instead."))
    return redirect("console:payment_route_list")


def _lines(routes: Sequence[PaymentRoute], accounts: Sequence[GatewayAccount]) -> list[Line]:
    labels = {account.id: account.label for account in accounts}
    return [
        Line(route, number, conditions_of(route), _names(route, labels), number == len(routes))
        for number, route in enumerate(routes, start=1)
    ]


def _names(route: PaymentRoute, labels: Mapping[UUID, str]) -> str:
    """*Stripe; if it is down, Second*."""
    found = [labels[each] for each in route.accounts if each in labels]
    if not found:
        return _("nobody who is there any more")
    first, *others = found
    if not others:
        return _("%(first)s alone") % {"first": first}
    return _("%(first)s; if it is down: %(others)s") % {"first": first, "others": ", ".join(others)}


def conditions_of(route: PaymentRoute) -> str:
    """*Card, from €100.00, customers in “Wholesale”*."""
    code = route.currency.strip()
    parts = [str(METHODS.get(route.method, route.method))] if route.method else []
    if route.least_minor is not None or route.most_minor is not None:
        parts.append(_sums(route, code))
    elif code:
        parts.append(_("in %(currency)s") % {"currency": code})
    if route.group:
        parts.append(_("customers in “%(group)s”") % {"group": route.group.name})
    return ", ".join(parts) or _("Every payment")


def _sums(route: PaymentRoute, code: str) -> str:
    unit = currency(code)
    least = None if route.least_minor is None else amount(Money(route.least_minor, unit))
    most = None if route.most_minor is None else amount(Money(route.most_minor, unit))
    if least is None:
        return _("up to %(most)s") % {"most": most}
    if most is None:
        return _("from %(least)s") % {"least": least}
    return _("from %(least)s up to %(most)s") % {"least": least, "most": most}
