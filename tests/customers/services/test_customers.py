from __future__ import annotations

import pytest

from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.ids import new_id
from allsquare.core.selectors import events_of
from allsquare.customers.errors import CustomerUnknown
from allsquare.customers.models import Customer
from allsquare.customers.selectors import get_customer, list_customers
from allsquare.customers.services.archive_customer import archive_customer
from allsquare.customers.services.change_customer import change_customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.customers.services.restore_customer import restore_customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def seller(organization: Organization) -> Actor:
    return member_actor(organization, Role.SALES)


@pytest.fixture
def customer(organization: Organization, seller: Actor) -> Customer:
    return create_customer(organization=organization, name="Grace Buyer", city="Köln", actor=seller)


def test_a_customer_gets_the_organizations_ways_unless_told(
    organization: Organization, seller: Actor
) -> None:
    plain = create_customer(organization=organization, name=" Grace ", actor=seller)
    assert (plain.name, plain.country, plain.language, plain.currency) == ("Grace", "DE", "en", "EUR")
    other = create_customer(
        organization=organization,
        name="株式会社",
        actor=seller,
        kind="company",
        country="jp",
        language="ja",
        currency="JPY",
        email="a@example.com",
    )
    stored = get_customer(organization, other.id)
    assert (stored.country, stored.language, stored.currency) == ("JP", "ja", "JPY")
    [event] = events_of(organization.id, [other.id])
    assert (event.kind, event.data, event.actor_id) == ("customer.created", {"name": "株式会社"}, seller.id)


def test_everything_wrong_is_named_at_once_and_nothing_is_kept(
    organization: Organization, seller: Actor
) -> None:
    with pytest.raises(FieldErrors) as caught:
        create_customer(
            organization=organization,
            name="  ",
            email="no",
            country="DE",
            tax_id="DE1",
            language="klingon",
            currency="XXX",
            actor=seller,
        )
    assert caught.value.errors.keys() == {"name", "email", "tax_id", "language", "currency"}
    assert caught.value.errors["name"] == "The customer needs a name."
    assert list_customers(organization) == []


def test_a_tax_number_of_a_country_without_known_rules_is_taken(
    organization: Organization, seller: Actor
) -> None:
    customer = create_customer(organization=organization, name="A", country="AQ", tax_id="P-1", actor=seller)
    assert customer.tax_id == "P-1"


def test_a_change_touches_what_is_given_and_tells_its_fields(
    organization: Organization, seller: Actor, customer: Customer
) -> None:
    for _ in range(2):  # the second time nothing changes, and nothing is told
        change_customer(
            organization=organization, customer_id=customer.id, name="Grace B.", phone="1", actor=seller
        )
    stored = get_customer(organization, customer.id)
    assert (stored.name, stored.phone, stored.city) == ("Grace B.", "1", "Köln")
    told = [(event.kind, event.data) for event in events_of(organization.id, [customer.id])]
    assert told[1:] == [("customer.changed", {"changed": ["name", "phone"]})]


def test_a_wrong_change_changes_nothing(
    organization: Organization, seller: Actor, customer: Customer
) -> None:
    with pytest.raises(FieldErrors):
        change_customer(
            organization=organization, customer_id=customer.id, name="New", email="@", actor=seller
        )
    assert get_customer(organization, customer.id).name == "Grace Buyer"


def test_archiving_hides_and_keeps(organization: Organization, seller: Actor, customer: Customer) -> None:
    first = archive_customer(organization=organization, customer_id=customer.id, actor=seller)
    again = archive_customer(organization=organization, customer_id=customer.id, actor=seller)
    assert first.archived_at == again.archived_at
    assert list_customers(organization) == []
    assert get_customer(organization, customer.id).archived_at is not None
    kinds = [event.kind for event in events_of(organization.id, [customer.id])]
    assert kinds == ["customer.created", "customer.archived"]


def test_who_was_put_away_comes_back(organization: Organization, seller: Actor, customer: Customer) -> None:
    archive_customer(organization=organization, customer_id=customer.id, actor=seller)
    for _twice in range(2):
        restore_customer(organization=organization, customer_id=customer.id, actor=seller)
    assert list_customers(organization) == [customer]
    kinds = [event.kind for event in events_of(organization.id, [customer.id])]
    assert kinds == ["customer.created", "customer.archived", "customer.restored"]


@pytest.mark.parametrize("days", [-1, 366])
def test_nobody_has_more_than_a_year_to_pay(
    organization: Organization, seller: Actor, customer: Customer, days: int
) -> None:
    with pytest.raises(FieldErrors) as refused:
        change_customer(organization=organization, customer_id=customer.id, payment_days=days, actor=seller)
    assert "payment_days" in refused.value.errors


def test_another_organizations_customer_is_unknown(customer: Customer) -> None:
    other = make_organization()
    stranger = member_actor(other)
    for customer_id in (customer.id, new_id()):
        with pytest.raises(CustomerUnknown):
            change_customer(organization=other, customer_id=customer_id, name="X", actor=stranger)
        with pytest.raises(CustomerUnknown):
            archive_customer(organization=other, customer_id=customer_id, actor=stranger)


def test_viewers_change_nothing(organization: Organization, customer: Customer) -> None:
    viewer = member_actor(organization, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        create_customer(organization=organization, name="X", actor=viewer)
    with pytest.raises(PermissionDenied):
        change_customer(organization=organization, customer_id=customer.id, name="X", actor=viewer)
    with pytest.raises(PermissionDenied):
        archive_customer(organization=organization, customer_id=customer.id, actor=viewer)
