from __future__ import annotations

import pytest

from allsquare.customers.errors import CustomerUnknown
from allsquare.customers.selectors import get_customer, list_customers
from tests.factories import make_customer, make_organization

pytestmark = pytest.mark.django_db


def test_pages_by_name_meet_every_customer_once() -> None:
    organization = make_organization()
    made = {make_customer(organization, name=name).id for name in ["B", "A", "B", "B", "C"]}
    make_customer(make_organization(), name="B")
    seen = []
    after = None
    while page := list_customers(organization, after=after, limit=2):
        seen += page
        after = (page[-1].name, page[-1].id)
    assert [customer.name for customer in seen] == ["A", "B", "B", "B", "C"]
    assert {customer.id for customer in seen} == made
    assert len(seen) == 5


@pytest.mark.parametrize("search", ["gräfin", "HOPPER", "navy.example", "g@nav", "de1366"])
def test_search_looks_into_what_people_remember(search: str) -> None:
    organization = make_organization()
    wanted = make_customer(
        organization,
        name="Gräfin GmbH",
        contact_name="Grace Hopper",
        email="g@navy.example",
        tax_id="DE136695976",
    )
    make_customer(organization, name="100 % Other")
    assert list_customers(organization, search=search) == [wanted]


def test_signs_are_no_wildcards() -> None:
    organization = make_organization()
    wanted = make_customer(organization, name="100 % Other")
    make_customer(organization, name="Plain")
    assert list_customers(organization, search="100 %") == [wanted]
    assert list_customers(organization, search="%") == []


def test_a_strangers_customer_is_unknown() -> None:
    customer = make_customer(make_organization())
    with pytest.raises(CustomerUnknown) as caught:
        get_customer(make_organization(), customer.id)
    assert caught.value.status == 404
