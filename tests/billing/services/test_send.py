from __future__ import annotations

import pytest

from allsquare.billing.models import Invoice
from allsquare.billing.selectors import get_invoice
from allsquare.billing.services.send import mark_sent
from allsquare.billing.services.view import mark_viewed
from allsquare.billing.services.void import void
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.billing.makers import draft, issued
from tests.factories import make_organization, member_actor


def kinds(organization: Organization, invoice: Invoice) -> list[str]:
    return [event.kind for event in events_of(organization.id, [invoice.id])]


def test_the_first_sending_is_noted_and_repeats_change_nothing(
    organization: Organization, customer: Customer
) -> None:
    first, second = issued(organization, customer), issued(organization, customer)
    for _ in range(2):
        mark_sent(organization=organization, invoice_ids=[first.id, second.id], actor=SYSTEM)
    stored = get_invoice(organization, first.id)
    assert stored.state == "sent"
    assert stored.sent_at is not None
    assert kinds(organization, first) == ["invoice.created", "invoice.issued", "invoice.sent"]
    event = events_of(organization.id, [second.id])[-1]
    assert event.data == {"number": "INV-00002"}  # no address: the log is never edited


def test_what_was_seen_or_is_void_keeps_its_state(organization: Organization, customer: Customer) -> None:
    seen, gone = issued(organization, customer), issued(organization, customer)
    mark_viewed(organization=organization, invoice_id=seen.id, actor=SYSTEM)
    void(organization=organization, invoice_id=gone.id, reason="Twice", actor=SYSTEM)
    mark_sent(organization=organization, invoice_ids=[seen.id, gone.id], actor=SYSTEM)
    states = [get_invoice(organization, invoice.id).state for invoice in (seen, gone)]
    assert states == ["viewed", "void"]


def test_a_draft_or_a_strangers_invoice_is_not_sent(organization: Organization, customer: Customer) -> None:
    made, invoice = draft(organization, customer), issued(organization, customer)
    mark_sent(organization=organization, invoice_ids=[made.id], actor=SYSTEM)
    mark_sent(organization=make_organization(), invoice_ids=[invoice.id], actor=SYSTEM)
    assert get_invoice(organization, made.id).state == "draft"
    assert get_invoice(organization, invoice.id).sent_at is None


def test_viewers_send_nothing(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    with pytest.raises(PermissionDenied):
        mark_sent(
            organization=organization, invoice_ids=[invoice.id], actor=member_actor(organization, Role.VIEWER)
        )
