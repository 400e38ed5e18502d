from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from allsquare.billing.errors import InvoiceUnknown, NotWritable
from allsquare.billing.models import WriteOff
from allsquare.billing.selectors import get_invoice, open_sums_of_customers, write_offs_of
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.billing.services.write_off import write_off
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger import selectors as ledger
from allsquare.ledger.services.set_rate import set_rate
from tests.billing.makers import WORK, draft, issued, plain
from tests.factories import make_organization, member_actor
from tests.payments.flows import balances
from tests.square import assert_all_square


def test_the_debt_becomes_an_expense(organization: Organization, customer: Customer, owner: Actor) -> None:
    invoice = issued(organization, customer)
    made = write_off(
        organization=organization,
        invoice_id=invoice.id,
        reason=" Insolvent. ",
        tax_relief=False,
        actor=owner,
    )
    stored = get_invoice(organization, invoice.id)
    assert (stored.state, stored.paid_minor) == ("written_off", 0)
    assert (made.amount_minor, made.tax_minor, made.reason) == (23800, 0, "Insolvent.")
    assert balances(organization) == {"bad_debts": 23800, "sales": -20000, "tax_payable": -3800}
    assert not open_sums_of_customers(organization, [customer.id]).get(customer.id)
    event = events_of(organization.id, [invoice.id])[-1]
    assert (event.kind, event.actor_id) == ("invoice.written_off", owner.id)
    assert (event.data["reason"], event.data["amount_minor"]) == ("Insolvent.", 23800)
    assert_all_square()


def test_the_tax_in_it_is_taken_back_when_a_person_says_so(
    organization: Organization, customer: Customer
) -> None:
    invoice = issued(organization, customer)
    write_off(
        organization=organization, invoice_id=invoice.id, reason="Insolvent", tax_relief=True, actor=SYSTEM
    )
    assert balances(organization) == {"bad_debts": 20000, "sales": -20000}
    assert_all_square()


def test_in_a_foreign_currency_the_receivable_is_gone_at_the_rate_of_issue(
    organization: Organization, customer: Customer
) -> None:
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.9137"), actor=SYSTEM)
    invoice = issued(organization, customer, replace(WORK, unit_price=Decimal("33.33")), currency="USD")
    write_off(organization=organization, invoice_id=invoice.id, reason="Gone", tax_relief=True, actor=SYSTEM)
    assert "receivable" not in balances(organization)
    assert "tax_payable" not in balances(organization)
    assert balances(organization, "USD") == {"bad_debts": 6666, "sales": -6666}
    assert_all_square()


def test_taken_back_it_is_open_as_before_and_the_facts_stay(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    invoice = issued(organization, customer)
    before = balances(organization)
    for _ in range(2):
        write_off(
            organization=organization, invoice_id=invoice.id, reason="Too early", tax_relief=True, actor=owner
        )
        take_back_write_off(organization=organization, invoice_id=invoice.id, actor=owner)
    assert get_invoice(organization, invoice.id).state == "issued"
    assert balances(organization) == before
    facts = write_offs_of(organization, invoice)
    assert [fact.amount_minor for fact in facts] == [23800, -23800] * 2
    assert [fact.takes_back_id for fact in facts] == [None, facts[0].id, None, facts[2].id]
    kinds = [booked.entry.kind for booked in ledger.entries_of(organization, [fact.id for fact in facts])]
    assert kinds == ["invoice.written_off", "invoice.write_off_reversed"] * 2
    assert events_of(organization.id, [invoice.id])[-1].kind == "invoice.write_off_reversed"
    assert_all_square()


def test_what_was_sent_or_viewed_is_so_again(organization: Organization, customer: Customer) -> None:
    for field, state in (("sent_at", "sent"), ("viewed_at", "viewed")):
        invoice = issued(organization, customer)
        type(invoice).objects.filter(organization=organization, id=invoice.id).update(
            state=state, **{field: clock.now(organization)}
        )
        write_off(
            organization=organization, invoice_id=invoice.id, reason="Gone", tax_relief=False, actor=SYSTEM
        )
        take_back_write_off(organization=organization, invoice_id=invoice.id, actor=SYSTEM)
        assert get_invoice(organization, invoice.id).state == state


def test_facts_cannot_be_edited(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    write_off(organization=organization, invoice_id=invoice.id, reason="Gone", tax_relief=False, actor=SYSTEM)
    with pytest.raises(DatabaseError), transaction.atomic():
        WriteOff.objects.filter(organization=organization).update(amount_minor=1)


def test_only_what_is_open_can_be_written_off(organization: Organization, customer: Customer) -> None:
    twice = issued(organization, customer)
    write_off(organization=organization, invoice_id=twice.id, reason="Gone", tax_relief=False, actor=SYSTEM)
    for invoice in (draft(organization, customer), issued(organization, customer, plain("0")), twice):
        with pytest.raises(NotWritable):
            write_off(
                organization=organization, invoice_id=invoice.id, reason="No", tax_relief=False, actor=SYSTEM
            )
    assert WriteOff.objects.filter(organization=organization).count() == 1


def test_only_what_is_written_off_can_be_taken_back(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    with pytest.raises(NotWritable, match="not written off"):
        take_back_write_off(organization=organization, invoice_id=invoice.id, actor=SYSTEM)


def test_a_reason_is_needed(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    for reason in ("  ", "x" * 201, "\0"):
        with pytest.raises(FieldErrors) as caught:
            write_off(
                organization=organization,
                invoice_id=invoice.id,
                reason=reason,
                tax_relief=False,
                actor=SYSTEM,
            )
        assert caught.value.errors.keys() == {"reason"}


def test_another_organizations_invoice_is_unknown(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    other = make_organization()
    with pytest.raises(InvoiceUnknown):
        write_off(organization=other, invoice_id=invoice.id, reason="No", tax_relief=False, actor=SYSTEM)
    with pytest.raises(InvoiceUnknown):
        take_back_write_off(organization=other, invoice_id=invoice.id, actor=SYSTEM)


def test_who_may(organization: Organization, customer: Customer) -> None:
    for role in (Role.BILLING_CLERK, Role.SALES, Role.SUPPORT, Role.VIEWER):
        actor = member_actor(organization, role)
        invoice = issued(organization, customer)
        with pytest.raises(PermissionDenied):
            write_off(
                organization=organization, invoice_id=invoice.id, reason="No", tax_relief=False, actor=actor
            )
        with pytest.raises(PermissionDenied):
            take_back_write_off(organization=organization, invoice_id=invoice.id, actor=actor)
    accountant = member_actor(organization, Role.ACCOUNTANT)
    write_off(
        organization=organization, invoice_id=invoice.id, reason="Gone", tax_relief=False, actor=accountant
    )
    take_back_write_off(organization=organization, invoice_id=invoice.id, actor=accountant)
