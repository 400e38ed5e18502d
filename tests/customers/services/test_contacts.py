from __future__ import annotations

import pytest

from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.ids import new_id
from allsquare.core.selectors import events_of
from allsquare.customers.errors import ContactUnknown, CustomerUnknown
from allsquare.customers.models import Contact, Customer
from allsquare.customers.selectors import Post, addresses, contacts_of, get_contact, recipients
from allsquare.customers.services.add_contact import add_contact
from allsquare.customers.services.change_contact import change_contact
from allsquare.customers.services.remove_contact import remove_contact
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.factories import make_customer, make_organization, member_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def seller(organization: Organization) -> Actor:
    return member_actor(organization, Role.SALES)


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return make_customer(organization, email="office@example.com")


def kinds(customer: Customer) -> list[tuple[str, object]]:
    events = events_of(customer.organization_id, [customer.id])
    return [(event.kind, event.data.get("changed")) for event in events]


def test_people_come_change_and_go(organization: Organization, customer: Customer, seller: Actor) -> None:
    rita = add_contact(
        organization=organization,
        customer_id=customer.id,
        actor=seller,
        name=" Rita Receiver ",
        position="Accounts payable",
        email="rita@example.com",
        gets_invoices=True,
    )
    add_contact(organization=organization, customer_id=customer.id, actor=seller, name="Bob Boss")
    assert [each.name for each in contacts_of(organization, customer.id)] == ["Bob Boss", "Rita Receiver"]
    change_contact(
        organization=organization, contact_id=rita.id, actor=seller, phone="+49 40 1", language="de"
    )
    change_contact(organization=organization, contact_id=rita.id, actor=seller, phone="+49 40 1")
    assert get_contact(organization, rita.id).phone == "+49 40 1"
    remove_contact(organization=organization, contact_id=rita.id, actor=seller)
    assert not Contact.objects.filter(organization=organization, email="rita@example.com").exists()
    with pytest.raises(ContactUnknown):
        remove_contact(organization=organization, contact_id=rita.id, actor=seller)
    assert kinds(customer) == [
        ("contact.added", None),
        ("contact.added", None),
        ("contact.changed", ["language", "phone"]),
        ("contact.removed", None),
    ]


def test_the_log_does_not_remember_who_was_removed(
    organization: Organization, customer: Customer, seller: Actor
) -> None:
    rita = add_contact(
        organization=organization,
        customer_id=customer.id,
        actor=seller,
        name="Rita",
        email="rita@example.com",
    )
    remove_contact(organization=organization, contact_id=rita.id, actor=seller)
    kept = str([event.data for event in events_of(organization.id, [customer.id])])
    assert "Rita" not in kept
    assert "rita@example.com" not in kept


def test_everything_wrong_is_named_at_once(
    organization: Organization, customer: Customer, seller: Actor
) -> None:
    with pytest.raises(FieldErrors) as refused:
        add_contact(
            organization=organization,
            customer_id=customer.id,
            actor=seller,
            name=" ",
            email="no",
            language="xx",
        )
    assert set(refused.value.errors) == {"name", "email", "language"}
    with pytest.raises(FieldErrors) as refused:
        add_contact(
            organization=organization, customer_id=customer.id, actor=seller, name="Rita", gets_receipts=True
        )
    assert refused.value.errors == {"email": "Who is to get mail needs an e-mail address."}
    assert contacts_of(organization, customer.id) == []


def test_strangers_and_viewers_are_refused(
    organization: Organization, customer: Customer, seller: Actor
) -> None:
    other = make_organization(name="Somebody Else")
    with pytest.raises(CustomerUnknown):
        add_contact(
            organization=other,
            customer_id=customer.id,
            actor=member_actor(other),
            name="Rita",
        )
    rita = add_contact(organization=organization, customer_id=customer.id, actor=seller, name="Rita")
    for refused in (ContactUnknown, PermissionDenied):
        actor = member_actor(other) if refused is ContactUnknown else member_actor(organization, Role.VIEWER)
        room = other if refused is ContactUnknown else organization
        with pytest.raises(refused):
            change_contact(organization=room, contact_id=rita.id, actor=actor, name="Mine")
        with pytest.raises(refused):
            remove_contact(organization=room, contact_id=rita.id, actor=actor)
    with pytest.raises(ContactUnknown):
        get_contact(organization, new_id())
    assert get_contact(organization, rita.id).name == "Rita"


def test_mail_goes_to_those_who_are_to_get_it_else_to_the_customer(
    organization: Organization, customer: Customer, seller: Actor
) -> None:
    assert addresses(organization, customer, Post.INVOICES) == ["office@example.com"]
    for name, email, invoices, receipts in (
        ("Rita", "rita@example.com", True, False),
        ("Rita again", "RITA@example.com", True, False),
        ("Ben", "ben@example.com", True, True),
        ("Nobody", "", False, False),
    ):
        add_contact(
            organization=organization,
            customer_id=customer.id,
            actor=seller,
            name=name,
            email=email,
            gets_invoices=invoices,
            gets_receipts=receipts,
        )
    assert addresses(organization, customer, Post.INVOICES) == ["rita@example.com", "ben@example.com"]
    assert addresses(organization, customer, Post.RECEIPTS) == ["ben@example.com"]
    other = make_customer(organization, email="")
    assert recipients(organization, [other.id], Post.INVOICES) == {}
    assert addresses(organization, other, Post.INVOICES) == []
