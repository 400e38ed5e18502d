"""Clerks credit the same invoice at once; and one credits what another pays or gives back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import DatabaseError, connection

from allsquare.billing.errors import NotCreditable
from allsquare.billing.models import CreditNote, Invoice
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.freed import FreedMoney, freed_by
from allsquare.payments.models import GatewayAccount, Refund
from allsquare.payments.services import refund as refund_module
from allsquare.payments.services import refund_freed as refund_freed_module
from allsquare.payments.services.refund_freed import refund_freed
from allsquare.payments.settlement import standing
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.crediting import credit, off
from tests.payments.flows import paid, pay, take
from tests.payments.makers import ScriptedGateway, charge, eur, issued_invoice, refund_outcome
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency


def credited(invoice: Invoice) -> int:
    notes = CreditNote.objects.filter(organization=invoice.organization, invoice=invoice)
    return sum(notes.values_list("total_minor", flat=True))


def race(invoice: Invoice, minor: int, clerks: int) -> list[CreditNote | Exception]:
    """Each with an invoice object of their own, as requests have."""
    works: list[Callable[[], CreditNote]] = [
        partial(
            credit, Invoice.objects.select_related("organization").get(id=invoice.id), off(invoice, minor)
        )
        for _ in range(clerks)
    ]
    return at_once(works)


@pytest.mark.parametrize("is_paid", [True, False])
def test_sixty_percent_is_credited_once(
    organization: Organization, customer: Customer, account: GatewayAccount, is_paid: bool
) -> None:
    invoice = issued_invoice(organization, customer)
    if is_paid:
        pay(invoice, account, answer=charge(reference="ch_1", amount=eur(10000)))
    answers = race(invoice, 6000, 8)
    assert len(succeeded(answers)) == 1
    assert {type(failure) for failure in failures(answers)} == {FieldErrors}
    assert credited(invoice) == 6000
    assert_all_square()


def test_as_many_as_there_is_room_for_and_numbers_without_a_gap(
    organization: Organization, customer: Customer
) -> None:
    invoice = issued_invoice(organization, customer)
    answers = race(invoice, 2500, 9)
    numbers = sorted(note.number for note in succeeded(answers))
    assert numbers == ["CN-00001", "CN-00002", "CN-00003", "CN-00004"]
    assert {type(failure) for failure in failures(answers)} <= {FieldErrors, NotCreditable}
    invoice.refresh_from_db()
    assert (invoice.state, invoice.credited_minor) == ("credited", 10000)
    assert_all_square()


@pytest.fixture
def without_invoice_locks(without_row_locks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "_INVOICES", standing._INVOICES.replace("FOR NO KEY UPDATE", ""))


@pytest.mark.usefixtures("without_invoice_locks")
def test_without_the_lock_the_database_refuses(organization: Organization, customer: Customer) -> None:
    """The guards alone: nobody is answered kindly, and still no cent is credited twice."""
    for _ in range(5):
        invoice = issued_invoice(organization, customer)
        answers = race(invoice, 6000, 8)
        assert credited(invoice) <= 6000
        if any(isinstance(failure, DatabaseError) for failure in failures(answers)):
            assert_all_square()
            return
    pytest.fail("without its lock no credit note met another, so this proves nothing")


@pytest.mark.usefixtures("without_invoice_locks")
def test_control_without_lock_and_guards_it_is_credited_twice(
    organization: Organization, customer: Customer
) -> None:
    """The race is there: with the guards of the database off as well, more than the invoice is credited."""
    guards = "ALTER TABLE credit_note {0} TRIGGER USER; ALTER TABLE credit_note_line {0} TRIGGER USER"
    with connection.cursor() as cursor:
        cursor.execute(guards.format("DISABLE"))
    try:
        for _ in range(10):
            invoice = issued_invoice(organization, customer)
            race(invoice, 6000, 8)
            if credited(invoice) > 10000:
                return
    finally:
        with connection.cursor() as cursor:
            cursor.execute(guards.format("ENABLE"))
    pytest.fail("without lock and guards nothing was credited twice, so the tests above prove nothing")


def test_a_double_click_is_one_credit_note(organization: Organization, customer: Customer) -> None:
    invoice = issued_invoice(organization, customer)
    press = partial(credit, invoice, off(invoice, 1000), key="press")
    assert len({note.id for note in succeeded(at_once([press] * 6))}) == 1
    assert credited(invoice) == 1000
    assert_all_square()


def test_crediting_paying_and_giving_back_at_once_ends_square(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Whoever comes first: 100.00 were paid, 70.00 are credited and 50.00 went back."""
    for number in range(6):
        payment = paid(organization, customer, account, captured=10000)
        assert payment.invoice
        back = refund_outcome(reference=f"re_{number}", amount=eur(5000), charge_reference=payment.reference)
        works: list[Callable[[], object]] = [
            partial(credit, payment.invoice, off(payment.invoice, 7000)),
            partial(take, account, back),
        ]
        assert not failures(at_once(works))
        payment.invoice.refresh_from_db()
        assert (payment.invoice.state, payment.invoice.paid_minor) == ("paid", 3000)
        assert_all_square()


@pytest.fixture
def free_again(organization: Organization, customer: Customer, account: GatewayAccount) -> CreditNote:
    """30.00 of 100.00 that were paid are free, and a provider that gives back all that it is asked for."""
    invoice = paid(organization, customer, account, captured=10000).invoice
    assert invoice
    ScriptedGateway.answers.extend(
        refund_outcome(reference=f"re_{number}", amount=eur(3000)) for number in range(3)
    )
    return credit(invoice, off(invoice, 3000))


def give_back_at_once(note: CreditNote) -> int:
    """Three clerks press once each; returns what is paid of the invoice afterwards."""
    works: list[Callable[[], object]] = [
        partial(
            refund_freed,
            organization=note.organization,
            credit_note_id=note.id,
            key=f"clerk-{number}",
            actor=SYSTEM,
        )
        for number in range(3)
    ]
    assert not failures(at_once(works))
    note.invoice.refresh_from_db()
    return note.invoice.paid_minor


def test_what_is_free_goes_back_once_however_many_press(free_again: CreditNote) -> None:
    assert give_back_at_once(free_again) == 7000
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 3000
    assert_all_square()


def test_control_unless_it_is_asked_under_the_lock_it_goes_back_again(
    free_again: CreditNote, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Barrier(3)

    def seen(organization: Organization, note: CreditNote) -> list[FreedMoney]:
        found = freed_by(organization, note)
        gate.wait(timeout=30)
        return found

    monkeypatch.setattr(refund_freed_module, "freed_by", seen)
    monkeypatch.setattr(refund_module, "_check_freed", lambda *_given: None)
    assert give_back_at_once(free_again) < 7000
