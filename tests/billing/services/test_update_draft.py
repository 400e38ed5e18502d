from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from allsquare.billing.errors import DraftChanged, InvoiceUnknown, NotADraft
from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.selectors import get_invoice, get_invoice_with_lines, mark_of_draft
from allsquare.billing.services.update_draft import update_draft
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.billing.makers import WORK, draft, issued, plain
from tests.factories import make_customer, make_organization, member_actor


def update(
    organization: Organization, invoice: Invoice, *lines: LineInput, actor: Actor = SYSTEM, seen: str = ""
) -> Invoice:
    return update_draft(
        organization=organization,
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        lines=lines,
        actor=actor,
        seen=seen,
    )


def test_everything_is_given_anew(organization: Organization, customer: Customer, owner: Actor) -> None:
    made = draft(organization, customer, WORK, WORK, notes="Old", discount_percent=Decimal(10))
    other = make_customer(organization, currency="CHF", language="de")
    update_draft(
        organization=organization,
        invoice_id=made.id,
        customer_id=other.id,
        lines=[plain("7.50")],
        payment_days=0,
        actor=owner,
    )
    stored = get_invoice_with_lines(organization, made.id)
    assert (stored.customer, stored.currency, stored.language) == (other, "CHF", "de")
    assert (stored.notes, stored.discount_minor, stored.payment_days) == ("", 0, 0)
    assert (stored.net_minor, stored.tax_minor, stored.total_minor) == (750, 0, 750)
    assert [line.description for line in stored.lines.all()] == ["Plain"]
    assert [tax.category for tax in stored.taxes.all()] == ["Z"]
    kinds = [(event.kind, event.actor_id) for event in events_of(organization.id, [made.id])]
    assert kinds[1:] == [("invoice.changed", owner.id)]


def test_a_wrong_change_changes_nothing(organization: Organization, customer: Customer) -> None:
    made = draft(organization, customer)
    with pytest.raises(FieldErrors):
        update(organization, made, plain("1"), replace(WORK, description=""))
    stored = get_invoice_with_lines(organization, made.id)
    assert stored.total_minor == 23800
    assert [line.description for line in stored.lines.all()] == ["Work"]


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    organization: Organization, customer: Customer
) -> None:
    made = draft(organization, customer)
    seen = mark_of_draft(organization, get_invoice(organization, made.id))
    update(organization, made, plain("1"), seen=seen)
    with pytest.raises(DraftChanged):
        update(organization, made, plain("2"), seen=seen)
    stored = get_invoice_with_lines(organization, made.id)
    assert stored.total_minor == 100
    update(organization, made, plain("2"), seen=mark_of_draft(organization, stored))
    assert get_invoice_with_lines(organization, made.id).total_minor == 200


def test_an_issued_invoice_is_no_draft(organization: Organization, customer: Customer) -> None:
    with pytest.raises(NotADraft, match="INV-00001 was issued"):
        update(organization, issued(organization, customer), WORK)


def test_another_organizations_draft_is_unknown(organization: Organization, customer: Customer) -> None:
    with pytest.raises(InvoiceUnknown):
        update(make_organization(), draft(organization, customer), WORK)


def test_viewers_change_no_drafts(organization: Organization, customer: Customer) -> None:
    viewer = member_actor(organization, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        update(organization, draft(organization, customer), WORK, actor=viewer)
