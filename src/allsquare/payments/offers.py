"""The ways to pay that somebody is offered: each kind once, with the accounts that may take it in the route's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.fields import UUIDField
from django.db.models.functions import JSONObject

from allsquare.core import clock
from allsquare.core.events import Data
from allsquare.core.money import Money
from allsquare.customers.selectors import group_beside
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability, MethodKind
from allsquare.payments.health import turn_of
from allsquare.payments.models import GatewayAccount, GatewayTrouble, PaymentRoute
from allsquare.payments.registry import (
    ASKS_NOBODY,
    adapter,
    adapter_names,
    adapters_with,
    capabilities_of,
    methods_of,
)
from allsquare.payments.routing import Decision, Question, Rule, decide

#: What a rule is read from.
_CONDITIONS: Final = ("accounts", "currency", "method", "least_minor", "most_minor", "group_id")

#: For so long pages show what went wrong with an account.
SIGHT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offer:
    """``accounts`` in the order in which they are asked, down or not; ``account`` is who would take it now."""

    method: MethodKind
    accounts: tuple[GatewayAccount, ...]
    account: GatewayAccount


def offers_to(
    organization: Organization, *, amount: Money, country: str = "", customer_id: UUID | None = None
) -> list[Offer]:
    """What takes ``amount`` from a payer in ``country``: by the providers' capabilities, the business's choice and its
    rules. In the order of the accounts."""
    accounts, rules, group = _asked_at_once(organization, customer_id)
    now = clock.now(None)
    offers = []
    for method, able in _able(accounts, amount, country).items():
        decision = decide(rules, Question(amount, method, group), able)
        taking = tuple(able[each] for each in decision.accounts)
        if taking:
            offers.append(Offer(method, taking, turn_of(taking, now, may_probe=False).account))
    return offers


def open_accounts(organization: Organization) -> list[GatewayAccount]:
    """Those that take payments by themselves, oldest first."""
    return _not_recording(_open(organization))


def is_any_offered(organization: Organization) -> bool:
    """Is there a way to pay that a payer could choose, if not for every sum?"""
    return any(methods_of(account) for account in open_accounts(organization))


def accounts_for(organization: Organization, route: PaymentRoute | None) -> list[GatewayAccount]:
    """Those that a rule may name, oldest first: the open ones, and those that ``route`` names already, open or not. A
    change of something else takes none of them away."""
    named = GatewayAccount.objects.filter(organization=organization, id__in=route.accounts if route else [])
    found = {each.id: each for each in (*open_accounts(organization), *_not_recording(named))}
    return sorted(found.values(), key=lambda each: (each.created_at, each.id))


def routes_of(organization: Organization) -> list[PaymentRoute]:
    """In the order in which they are asked, with the group of each."""
    found = PaymentRoute.objects.filter(organization=organization)
    return list(found.select_related("group").order_by("place", "id"))


def rule_of(route: PaymentRoute) -> Rule:
    return Rule(
        accounts=tuple(route.accounts),
        currency=route.currency.strip(),
        method=route.method,
        least=route.least_minor,
        most=route.most_minor,
        group=route.group_id,
    )


@dataclass(frozen=True, slots=True)
class Health:
    """How an account is. ``last`` is its latest trouble within the days that they are kept in sight."""

    account: GatewayAccount
    troubled: int
    last: GatewayTrouble | None


def healths(organization: Organization) -> list[Health]:
    """Of every account that payers are asked through, those that are switched off too: three queries."""
    accounts = GatewayAccount.objects.filter(
        organization=organization, gateway__in=set(adapter_names()) - adapters_with(*ASKS_NOBODY)
    )
    asking = list(accounts.order_by("created_at", "id"))
    begin = clock.now(None) - SIGHT
    troubles = GatewayTrouble.objects.filter(
        organization=organization, gateway_account__in=asking, at__gte=begin
    )
    numbers = dict(troubles.order_by().values_list("gateway_account_id").annotate(number=Count("id")))
    newest = troubles.order_by("gateway_account_id", "-at", "-id").distinct("gateway_account_id")
    last = {row.gateway_account_id: row for row in newest}
    return [Health(each, numbers.get(each.id, 0), last.get(each.id)) for each in asking]


def facts_of(route: PaymentRoute) -> Data:
    """What the log keeps of a rule."""
    return {
        "place": route.place + 1,
        "currency": route.currency.strip(),
        "method": route.method,
        "least_minor": route.least_minor,
        "most_minor": route.most_minor,
        "group": str(route.group_id) if route.group_id else None,
        "accounts": [str(each) for each in route.accounts],
    }


def try_out(
    organization: Organization, asked: Question, routes: Sequence[PaymentRoute]
) -> tuple[Decision, list[GatewayAccount]]:
    """What would happen to a payment, and the accounts that could take it as it is now, in order."""
    able = _able(open_accounts(organization), asked.amount, "").get(asked.method, {})
    decision = decide([rule_of(route) for route in routes], asked, able)
    return decision, [able[each] for each in decision.accounts]


def _able(
    accounts: Sequence[GatewayAccount], amount: Money, country: str
) -> dict[MethodKind, dict[UUID, GatewayAccount]]:
    """By kind of way, the accounts that can take the sum."""
    found: dict[MethodKind, dict[UUID, GatewayAccount]] = {}
    for account in accounts:
        takes = adapter(account).offers(amount=amount, country=country)
        for method in methods_of(account):
            if method in takes:
                found.setdefault(method, {})[account.id] = account
    return found


def _open(organization: Organization) -> QuerySet[GatewayAccount]:
    found = GatewayAccount.objects.filter(
        organization=organization, enabled=True, unknown_since=None, gateway__in=adapter_names()
    )
    return found.order_by("created_at", "id")


def _not_recording(accounts: Iterable[GatewayAccount]) -> list[GatewayAccount]:
    return [account for account in accounts if Capability.RECORDED not in capabilities_of(account.gateway)]


def _asked_at_once(
    organization: Organization, customer_id: UUID | None
) -> tuple[list[GatewayAccount], list[Rule], UUID | None]:
    """The accounts, the rules and the payer's group by one statement: each payment page asks for them."""
    rules = PaymentRoute.objects.filter(organization=organization).order_by("place", "id")
    columns = {name: name for name in _CONDITIONS}
    nobody: Combinable = Value(None, output_field=UUIDField())
    found = list(
        _open(organization).annotate(
            rules=ArraySubquery(rules.values(found=JSONObject(**columns))),
            group_of_payer=nobody if customer_id is None else group_beside(organization, customer_id),
        )
    )
    if not found:
        return [], [], None
    return _not_recording(found), [_read(each) for each in found[0].rules], found[0].group_of_payer


def _read(found: Mapping[str, Any]) -> Rule:
    return Rule(
        accounts=tuple(UUID(each) for each in found["accounts"]),
        currency=found["currency"].strip(),
        method=found["method"],
        least=found["least_minor"],
        most=found["most_minor"],
        group=UUID(found["group_id"]) if found["group_id"] else None,
    )
