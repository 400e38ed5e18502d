from __future__ import annotations

import pytest

from allsquare.billing.errors import InvoiceUnknown, NotADraft
from allsquare.billing.models import Invoice, InvoiceLine
from allsquare.billing.services.delete_draft import delete_draft
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.billing.makers import draft, issued
from tests.factories import make_organization, member_actor


def test_a_draft_goes_with_its_lines_and_leaves_word(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    made = draft(organization, customer)
    delete_draft(organization=organization, invoice_id=made.id, actor=owner)
    assert not Invoice.objects.filter(organization=organization).exists()
    assert not InvoiceLine.objects.filter(organization=organization).exists()
    told = [(event.kind, event.data) for event in events_of(organization.id, [made.id])]
    assert told[1:] == [("invoice.deleted", {"total_minor": 23800})]
    with pytest.raises(InvoiceUnknown):
        delete_draft(organization=organization, invoice_id=made.id, actor=owner)


def test_what_was_issued_stays(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    with pytest.raises(NotADraft):
        delete_draft(organization=organization, invoice_id=invoice.id, actor=SYSTEM)


def test_another_organizations_draft_is_unknown(organization: Organization, customer: Customer) -> None:
    made = draft(organization, customer)
    with pytest.raises(InvoiceUnknown):
        delete_draft(organization=make_organization(), invoice_id=made.id, actor=SYSTEM)


def test_viewers_delete_nothing(organization: Organization, customer: Customer) -> None:
    made = draft(organization, customer)
    with pytest.raises(PermissionDenied):
        delete_draft(
            organization=organization, invoice_id=made.id, actor=member_actor(organization, Role.VIEWER)
        )
