"""Who buys is taken at their word, and learns nothing about anybody else."""

from __future__ import annotations

import pytest

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.customers.services.add_contact import add_contact
from allsquare.customers.services.archive_customer import archive_customer
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from allsquare.selling.errors import SoldOut
from allsquare.selling.selectors import is_counter
from tests import factories
from tests.selling.makers import buy, make_link, will_pay
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["ada@example.com", " ADA@Example.com "])
def test_an_address_that_is_known_already_tells_nothing_of_whose_it_is(
    organization: Organization, account: GatewayAccount, typed: str
) -> None:
    known = factories.make_customer(
        organization,
        name="Ada Lovelace Ltd",
        email="ada@example.com",
        street="12 Secret Street",
        city="London",
        tax_id="GB123456789",
    )
    add_contact(
        organization=organization,
        customer_id=known.id,
        name="Charles",
        email="charles@example.com",
        gets_invoices=True,
        actor=SYSTEM,
    )
    will_pay(1190)
    sale, payment = buy(make_link(organization), account, email=typed)
    assert sale.customer_id != known.id
    assert payment.customer_id == sale.customer_id
    invoice = Invoice.objects.get(organization=organization)
    buyer = str(invoice.buyer)
    assert invoice.buyer["email"] == "ada@example.com"
    for secret in ("Secret Street", "London", "Lovelace", "GB123456789"):
        assert secret not in buyer
    assert not sale.customer.contacts.exists()
    assert_all_square()


def test_not_even_somebody_who_bought_before_is_taken_for_the_buyer(
    organization: Organization, account: GatewayAccount
) -> None:
    """A clerk may have written down more of them since."""
    link = make_link(organization)
    will_pay(1190, "ch_1")
    first, _ = buy(link, account)
    Customer.objects.filter(organization=organization, id=first.customer_id).update(street="12 Secret Street")
    will_pay(1190, "ch_2")
    second, _ = buy(link, account)
    assert second.customer_id != first.customer_id
    assert second.invoice is not None
    assert "Secret" not in str(second.invoice.buyer)


def test_the_same_press_enters_its_buyer_once(organization: Organization, account: GatewayAccount) -> None:
    link = make_link(organization)
    will_pay(1190)
    for _ in range(2):
        buy(link, account, key="press")
    assert Customer.objects.filter(organization=organization).count() == 1


def test_all_who_leave_neither_name_nor_address_are_one_customer_of_each_currency(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization)
    sales = []
    for number in range(3):
        will_pay(1190, f"ch_{number}")
        sales.append(buy(link, account, email="", name=" ")[0])
    counter = sales[0].customer
    assert {sale.customer_id for sale in sales} == {counter.id}
    assert (counter.name, counter.email) == ("Counter sales", "")
    assert is_counter(organization, counter.id)
    will_pay(1190, "ch_named")
    named, _ = buy(link, account)
    assert not is_counter(organization, named.customer_id)
    archive_customer(organization=organization, customer_id=counter.id, actor=SYSTEM)
    will_pay(1190, "ch_after")
    after, _ = buy(link, account, email="", name=" ")
    assert after.customer_id != counter.id
    assert_all_square()


def test_a_name_without_an_address_stands_on_the_invoice(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization)
    will_pay(1190)
    sale, _ = buy(link, account, email="", name=" Grace Hopper ")
    assert (sale.customer.name, sale.customer.email) == ("Grace Hopper", "")
    assert not sale.at_counter
    assert not is_counter(organization, sale.customer_id)
    invoice = Invoice.objects.get(organization=organization)
    assert (invoice.buyer["name"], invoice.buyer["email"]) == ("Grace Hopper", "")
    will_pay(1190, "ch_2")
    nobody, _ = buy(link, account, email="", name="")
    assert nobody.customer_id != sale.customer_id
    assert nobody.at_counter
    assert_all_square()


def test_nobody_who_was_refused_is_entered(organization: Organization, account: GatewayAccount) -> None:
    link = make_link(organization, limit=1)
    will_pay(1190)
    buy(link, account)
    with pytest.raises(SoldOut):
        buy(link, account, email="late@example.com")
    assert not Customer.objects.filter(organization=organization, email="late@example.com").exists()
