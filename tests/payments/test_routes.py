"""Rules for who takes which payments, as they are written, put in order and asked."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.errors import GroupInUse
from allsquare.customers.models import Customer
from allsquare.customers.services.change_customer import change_customer
from allsquare.customers.services.name_group import name_group
from allsquare.customers.services.remove_group import remove_group
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.errors import RouteUnknown
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, PaymentRoute
from allsquare.payments.offers import offers_to, routes_of
from allsquare.payments.services.move_route import move_route
from allsquare.payments.services.put_route import RouteWish, put_route
from allsquare.payments.services.remove_route import remove_route
from allsquare.payments.services.switch_gateway_account import switch_gateway_account
from tests import factories
from tests.payments.makers import eur, offline_account, second_account, usd


@pytest.fixture
def second(organization: Organization, account: GatewayAccount) -> GatewayAccount:
    return second_account(organization)


def put(organization: Organization, *accounts: GatewayAccount, **conditions: object) -> PaymentRoute:
    wish = RouteWish(accounts=tuple(each.id for each in accounts), **conditions)  # type: ignore[arg-type]  # a test's shorthand
    return put_route(organization=organization, wish=wish, actor=SYSTEM)


def offered(
    organization: Organization, customer: Customer | None = None, **more: object
) -> dict[str, list[str]]:
    """By kind of way, the accounts in their order."""
    amount = more.get("amount", eur(10_000))
    found = offers_to(organization, amount=amount, customer_id=customer.id if customer else None)  # type: ignore[arg-type]  # a test's shorthand
    return {offer.method.value: [account.label for account in offer.accounts] for offer in found}


def kinds(organization: Organization) -> list[str]:
    found = Event.objects.filter(organization_id=organization.id, kind__startswith="payment_route.")
    return list(found.order_by("id").values_list("kind", flat=True))


def test_each_kind_of_way_is_offered_once_in_the_order_of_the_accounts(
    organization: Organization, account: GatewayAccount, second: GatewayAccount
) -> None:
    offline_account(organization)
    assert offered(organization) == {"card": ["Scripted", "Second"], "bank_debit": ["Scripted", "Second"]}


def test_the_first_rule_that_fits_decides(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    put(organization, second, account, method="card", currency="EUR", least_minor=10_000)
    put(organization, account, method="card")
    assert offered(organization)["card"] == ["Second", "Scripted"]
    assert offered(organization, amount=eur(9_999))["card"] == ["Scripted"]
    assert offered(organization, amount=usd(10_000))["card"] == ["Scripted"]
    assert offered(organization)["bank_debit"] == ["Scripted", "Second"]


def test_a_rule_for_a_group_is_for_its_customers(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    group = name_group(organization=organization, name="Wholesale", actor=SYSTEM)
    put(organization, second, group_id=group.id)
    assert offered(organization, customer)["card"] == ["Scripted", "Second"]
    change_customer(organization=organization, customer_id=customer.id, group_id=group.id, actor=SYSTEM)
    assert offered(organization, customer)["card"] == ["Second"]
    assert offered(organization)["card"] == ["Scripted", "Second"]
    with pytest.raises(GroupInUse):
        remove_group(organization=organization, group_id=group.id, actor=SYSTEM)
    customer.refresh_from_db()
    assert customer.group_id == group.id, "nothing is half done"


def test_an_account_that_is_off_is_not_asked_and_a_rule_of_none_offers_nothing(
    organization: Organization, account: GatewayAccount, second: GatewayAccount
) -> None:
    put(organization, second, method="card")
    switch_gateway_account(organization=organization, account_id=second.id, enabled=False, actor=SYSTEM)
    assert offered(organization) == {"bank_debit": ["Scripted"]}


def test_who_is_down_keeps_its_place_and_another_would_take_it(
    organization: Organization, account: GatewayAccount, second: GatewayAccount
) -> None:
    GatewayAccount.objects.filter(organization=organization, id=account.id).update(
        down_since=clock.now(None), probe_at=clock.now(None)
    )
    (card, _debit) = offers_to(organization, amount=eur(100))
    assert ([each.label for each in card.accounts], card.account) == (["Scripted", "Second"], second)
    assert card.method is MethodKind.CARD


def test_rules_are_put_in_order_and_removed_and_each_change_is_in_the_log(
    organization: Organization, account: GatewayAccount, second: GatewayAccount
) -> None:
    first, middle, last = (put(organization, account, currency=code) for code in ("EUR", "USD", "GBP"))
    for _ in range(2):  # a repeat changes nothing
        move_route(organization=organization, route_id=last.id, place=0, actor=SYSTEM)
    assert [row.id for row in routes_of(organization)] == [last.id, first.id, middle.id]
    move_route(organization=organization, route_id=last.id, place=99, actor=SYSTEM)
    assert [row.id for row in routes_of(organization)] == [first.id, middle.id, last.id]
    remove_route(organization=organization, route_id=first.id, actor=SYSTEM)
    with pytest.raises(RouteUnknown):
        remove_route(organization=organization, route_id=first.id, actor=SYSTEM)
    wish = RouteWish(accounts=(second.id, account.id), currency="USD")
    for _ in range(2):
        put_route(organization=organization, wish=wish, route_id=middle.id, actor=SYSTEM)
    assert [row.accounts for row in routes_of(organization)] == [[second.id, account.id], [account.id]]
    assert kinds(organization) == [
        *["payment_route.added"] * 3,
        *["payment_route.moved"] * 2,
        "payment_route.removed",
        "payment_route.changed",
    ]


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        ({"least_minor": 1}, "currency"),
        ({"currency": "EUR", "least_minor": 2, "most_minor": 1}, "most_minor"),
        ({"currency": "EUR", "least_minor": -1}, "least_minor"),
        ({"currency": "EUR", "most_minor": 2**63}, "most_minor"),
        ({"currency": "EUROS"}, "currency"),
        ({"method": "cheques"}, "method"),
        ({"method": "paypal"}, "accounts"),
        ({"group_id": UUID(int=1)}, "group_id"),
    ],
)
def test_what_cannot_be_is_named(
    organization: Organization, account: GatewayAccount, conditions: dict[str, object], field: str
) -> None:
    with pytest.raises(FieldErrors) as refused:
        put(organization, account, **conditions)
    assert list(refused.value.errors) == [field]
    assert not routes_of(organization)


def test_accounts_of_nobody_of_others_or_twice_are_refused(
    organization: Organization, account: GatewayAccount
) -> None:
    foreign = GatewayAccount.objects.create(
        organization=factories.make_organization(), gateway="scripted", label="X", created_at=clock.now(None)
    )
    for accounts in ([], [account, account], [foreign], [offline_account(organization)]):
        with pytest.raises(FieldErrors) as refused:
            put(organization, *accounts)
        assert list(refused.value.errors) == ["accounts"]


def test_only_who_may_change_settings_may_and_foreign_rules_are_unknown(
    organization: Organization, account: GatewayAccount
) -> None:
    route = put(organization, account)
    clerk = factories.member_actor(organization, Role.BILLING_CLERK)
    wish = RouteWish(accounts=(account.id,))
    with pytest.raises(PermissionDenied):
        put_route(organization=organization, wish=wish, actor=clerk)
    with pytest.raises(PermissionDenied):
        move_route(organization=organization, route_id=route.id, place=0, actor=clerk)
    with pytest.raises(PermissionDenied):
        remove_route(organization=organization, route_id=route.id, actor=clerk)
    other = factories.make_organization()
    with pytest.raises(RouteUnknown):
        move_route(organization=other, route_id=route.id, place=0, actor=SYSTEM)
    with pytest.raises(RouteUnknown):
        remove_route(organization=other, route_id=route.id, actor=SYSTEM)
    with pytest.raises(RouteUnknown):
        put_route(organization=organization, wish=wish, route_id=uuid4(), actor=SYSTEM)
