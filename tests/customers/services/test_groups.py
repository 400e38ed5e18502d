"""Groups of customers: named, chosen in a record, given up."""

from __future__ import annotations

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors
from allsquare.core.models import Event
from allsquare.customers.errors import GroupUnknown
from allsquare.customers.models import Customer, CustomerGroup
from allsquare.customers.selectors import customer_groups, group_sizes
from allsquare.customers.services.change_customer import change_customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.customers.services.name_group import name_group
from allsquare.customers.services.remove_group import remove_group
from allsquare.identity.models import Organization
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return factories.make_organization()


def test_the_same_name_is_the_same_group(organization: Organization) -> None:
    first = name_group(organization=organization, name=" Wholesale ", actor=SYSTEM)
    assert name_group(organization=organization, name="Wholesale", actor=SYSTEM) == first
    assert Event.objects.filter(organization_id=organization.id, kind="customer_group.added").count() == 1


def test_it_is_renamed_and_no_two_have_one_name(organization: Organization) -> None:
    first = name_group(organization=organization, name="A", actor=SYSTEM)
    name_group(organization=organization, name="B", actor=SYSTEM)
    with pytest.raises(FieldErrors):
        name_group(organization=organization, name="B", group_id=first.id, actor=SYSTEM)
    name_group(organization=organization, name="C", group_id=first.id, actor=SYSTEM)
    assert [group.name for group in customer_groups(organization)] == ["B", "C"]
    with pytest.raises(GroupUnknown):
        name_group(organization=factories.make_organization(), name="D", group_id=first.id, actor=SYSTEM)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b"])
def test_names_that_cannot_be(organization: Organization, name: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        name_group(organization=organization, name=name, actor=SYSTEM)
    assert list(refused.value.errors) == ["name"]


def test_a_customer_is_in_one_and_leaves_when_it_is_given_up(organization: Organization) -> None:
    group = name_group(organization=organization, name="Wholesale", actor=SYSTEM)
    customer = create_customer(organization=organization, name="Ada", group_id=group.id, actor=SYSTEM)
    assert group_sizes(organization) == [(group, 1)]
    assert remove_group(organization=organization, group_id=group.id, actor=SYSTEM) == 1
    customer.refresh_from_db()
    assert customer.group_id is None
    assert not CustomerGroup.objects.filter(organization=organization).exists()


def test_a_group_of_another_organization_is_none(organization: Organization) -> None:
    foreign = name_group(organization=factories.make_organization(), name="X", actor=SYSTEM)
    with pytest.raises(FieldErrors) as refused:
        create_customer(organization=organization, name="Ada", group_id=foreign.id, actor=SYSTEM)
    assert list(refused.value.errors) == ["group_id"]
    customer = create_customer(organization=organization, name="Ada", actor=SYSTEM)
    with pytest.raises(FieldErrors):
        change_customer(organization=organization, customer_id=customer.id, group_id=foreign.id, actor=SYSTEM)
    assert Customer.objects.get(organization=organization, id=customer.id).group_id is None
