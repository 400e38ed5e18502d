from __future__ import annotations

import pytest

from allsquare.billing.selectors import get_invoice
from allsquare.billing.services.send import mark_sent
from allsquare.billing.services.view import mark_viewed
from allsquare.core.actor import SYSTEM, customer_actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.billing.makers import draft, issued, plain
from tests.factories import make_organization, member_actor


def test_the_payers_first_look_is_noted_once(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    mark_sent(organization=organization, invoice_ids=[invoice.id], actor=SYSTEM)
    payer = customer_actor(customer.id, customer.name)
    mark_viewed(organization=organization, invoice_id=invoice.id, actor=payer)
    first = get_invoice(organization, invoice.id)
    assert first.state == "viewed"
    mark_viewed(organization=organization, invoice_id=invoice.id, actor=payer)
    assert get_invoice(organization, invoice.id).viewed_at == first.viewed_at is not None
    told = [(event.kind, event.actor_id) for event in events_of(organization.id, [invoice.id])]
    assert told[3:] == [("invoice.viewed", str(customer.id))]


def test_a_paid_invoice_stays_paid(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer, plain("0"))
    mark_viewed(organization=organization, invoice_id=invoice.id, actor=SYSTEM)
    stored = get_invoice(organization, invoice.id)
    assert stored.state == "paid"
    assert stored.viewed_at is not None


def test_a_draft_or_a_strangers_invoice_is_not_viewed(organization: Organization, customer: Customer) -> None:
    made, invoice = draft(organization, customer), issued(organization, customer)
    mark_viewed(organization=organization, invoice_id=made.id, actor=SYSTEM)
    mark_viewed(organization=make_organization(), invoice_id=invoice.id, actor=SYSTEM)
    assert get_invoice(organization, made.id).viewed_at is None
    assert get_invoice(organization, invoice.id).viewed_at is None


def test_staff_who_only_look_are_no_payers(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    with pytest.raises(PermissionDenied):
        mark_viewed(
            organization=organization, invoice_id=invoice.id, actor=member_actor(organization, Role.VIEWER)
        )
