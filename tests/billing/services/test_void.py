from __future__ import annotations

import pytest

from allsquare.billing.errors import InvoiceUnknown, NotVoidable
from allsquare.billing.models import Invoice
from allsquare.billing.selectors import get_invoice
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger import selectors as ledger
from tests.billing.makers import draft, issued, plain
from tests.factories import make_organization, member_actor


def test_a_void_invoice_keeps_its_number_and_owes_nothing(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    invoice = issued(organization, customer)
    void(organization=organization, invoice_id=invoice.id, reason=" Sent twice. ", actor=owner)
    stored = get_invoice(organization, invoice.id)
    assert (stored.state, stored.number, stored.total_minor) == ("void", "INV-00001", 23800)
    assert stored.void_reason == "Sent twice."
    assert stored.voided_at is not None
    balance = ledger.trial_balance(organization, clock.today(organization))
    assert {row.debit_minor + row.credit_minor for row in balance.rows} == {0}
    booked = [each.entry for each in ledger.entries_of(organization, [invoice.id])]
    assert [entry.kind for entry in booked] == ["invoice.issued", "invoice.voided"]
    assert booked[1].reverses_id == booked[0].id
    event = events_of(organization.id, [invoice.id])[-1]
    assert (event.kind, event.actor_id) == ("invoice.voided", owner.id)
    assert event.data == {"number": "INV-00001", "reason": "Sent twice."}
    assert issued(organization, customer).number == "INV-00002"


def test_a_second_time_is_refused_and_books_nothing(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    void(organization=organization, invoice_id=invoice.id, reason="Twice", actor=SYSTEM)
    with pytest.raises(NotVoidable, match="that is void"):
        void(organization=organization, invoice_id=invoice.id, reason="Twice", actor=SYSTEM)
    assert len(ledger.entries_of(organization, [invoice.id])) == 2


def test_drafts_and_paid_invoices_cannot_be_void(organization: Organization, customer: Customer) -> None:
    for invoice in (draft(organization, customer), issued(organization, customer, plain("0"))):
        with pytest.raises(NotVoidable):
            void(organization=organization, invoice_id=invoice.id, reason="No", actor=SYSTEM)


def test_what_is_partly_paid_must_be_given_back_first(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    rows = Invoice.objects.filter(organization=organization, id=invoice.id)
    rows.update(state="partly_paid", paid_minor=1)
    with pytest.raises(NotVoidable, match="back first"):
        void(organization=organization, invoice_id=invoice.id, reason="No", actor=SYSTEM)


def test_a_reason_is_needed(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    for reason in ("  ", "x" * 201, "\0"):
        with pytest.raises(FieldErrors) as caught:
            void(organization=organization, invoice_id=invoice.id, reason=reason, actor=SYSTEM)
        assert caught.value.errors.keys() == {"reason"}
    assert get_invoice(organization, invoice.id).state == "issued"


def test_another_organizations_invoice_is_unknown(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    with pytest.raises(InvoiceUnknown):
        void(organization=make_organization(), invoice_id=invoice.id, reason="No", actor=SYSTEM)


def test_billing_clerks_make_nothing_void(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    with pytest.raises(PermissionDenied):
        void(
            organization=organization,
            invoice_id=invoice.id,
            reason="No",
            actor=member_actor(organization, Role.BILLING_CLERK),
        )
