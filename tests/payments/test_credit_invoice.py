"""Credit notes and what becomes of the money: the invoice asks for less, what is paid too much is the customer's."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import DatabaseError, connection, transaction

from allsquare.billing.crediting import Wanted, lines_left
from allsquare.billing.errors import InvoiceUnknown, NotCreditable, NotVoidable
from allsquare.billing.lines import LineInput
from allsquare.billing.models import CreditNote, CreditNoteLine, Invoice
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.billing.services.void import void
from allsquare.billing.services.write_off import write_off
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger import selectors as ledger
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.credit import usable_credit
from allsquare.payments.gateway import DisputeStage
from allsquare.payments.models import CreditMovement, Freed, GatewayAccount, Payment
from tests import factories
from tests.billing.makers import PLAIN, WORK, add_german_rates, issued
from tests.payments.crediting import credit, off, pieces
from tests.payments.flows import balances, paid, pay, take
from tests.payments.makers import (
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.square import assert_all_square

#: 3 × 33.33 at 7 %.
BOOKS = LineInput(
    description="Books", quantity=Decimal(3), unit_price=Decimal("33.33"), tax_percent=Decimal(7)
)


@pytest.fixture
def german(organization: Organization) -> Organization:
    add_german_rates(organization)
    return organization


def state_of(invoice: Invoice) -> tuple[str, int, int, int]:
    """State, credited, paid and open."""
    return invoice.state, invoice.credited_minor, invoice.paid_minor, invoice.open_minor


def reopened_by(payment: Payment, minor: int) -> None:
    back = refund_outcome(reference=f"re_{minor}", amount=eur(minor), charge_reference=payment.reference)
    take(payment.gateway_account, back)


def test_one_of_two_pieces_of_an_open_invoice(german: Organization, customer: Customer) -> None:
    invoice = issued(german, customer, WORK, BOOKS)
    note = credit(invoice, pieces(invoice, "1"))
    assert (note.number, note.net_minor, note.tax_minor, note.total_minor) == ("CN-00001", 10000, 1900, 11900)
    assert state_of(invoice) == ("issued", 11900, 0, invoice.total_minor - 11900)
    (entry,) = ledger.entries_of(german, [note.id])
    assert {line.account.role: line.base_minor for line in entry.lines} == {
        "receivable": -11900,
        "sales": 10000,
        "tax_payable": 1900,
    }
    assert [event.kind for event in events_of(german.id, [note.id])] == ["credit_note.issued"]
    assert events_of(german.id, [invoice.id])[-1].kind == "invoice.credit_note"
    assert_all_square()


def test_line_by_line_until_nothing_is_left(german: Organization, customer: Customer) -> None:
    invoice = issued(german, customer, WORK, BOOKS, discount_percent=Decimal("3.3"))
    for wanted in (
        pieces(invoice, "1", position=2),
        off(invoice, 1234),
        pieces(invoice, "0.5"),
        pieces(invoice, "2", position=2),
    ):
        credit(invoice, wanted)
    credit(invoice)
    assert state_of(invoice) == ("credited", invoice.total_minor, 0, 0)
    assert not balances(german)
    notes = CreditNote.objects.filter(organization=german).order_by("id")
    assert [note.number for note in notes] == [f"CN-0000{number}" for number in range(1, 6)]
    assert sum(note.tax_minor for note in notes) == invoice.tax_minor
    assert all(each.is_gone for each in lines_left(german, invoice))
    with pytest.raises(NotCreditable, match="Nothing of this invoice is left"):
        credit(invoice, pieces(invoice, "1"))
    assert_all_square()


def test_what_is_paid_too_much_is_the_customers_and_stays_with_its_payment(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account, captured=10000)
    invoice = payment.invoice
    assert invoice
    was_paid_at = invoice.paid_at
    note = credit(invoice, off(invoice, 3000))
    assert state_of(invoice) == ("paid", 3000, 7000, 0)
    assert invoice.paid_at == was_paid_at
    movement = CreditMovement.objects.get(organization=organization)
    assert (movement.payment_id, movement.amount_minor, movement.reason) == (payment.id, 3000, "credit_note")
    freed = Freed.objects.get(organization=organization)
    assert (freed.credit_note_id, freed.id, freed.amount_minor) == (note.id, movement.source_id, 3000)
    assert usable_credit(organization, customer.id, "EUR") == 3000
    assert balances(organization)["customer_credit"] == -3000
    kinds = [event.kind for event in events_of(organization.id, [invoice.id])]
    assert kinds[-2:] == ["invoice.paid", "invoice.credit_note"]
    assert_all_square()


def test_all_of_what_is_paid(organization: Organization, customer: Customer, account: GatewayAccount) -> None:
    payment = paid(organization, customer, account, captured=10000)
    assert payment.invoice
    credit(payment.invoice)
    assert state_of(payment.invoice) == ("credited", 10000, 0, 0)
    assert payment.invoice.paid_at is None
    assert usable_credit(organization, customer.id, "EUR") == 10000
    kinds = [event.kind for event in events_of(organization.id, [payment.invoice.id])]
    assert kinds.count("invoice.credited") == 1
    assert "invoice.reopened" not in kinds
    assert_all_square()


def test_of_two_payments_the_latest_is_free_first(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoice = issued_invoice(organization, customer)
    first = pay(invoice, account, amount=eur(6000), answer=charge(reference="ch_1", amount=eur(6000)))
    invoice.refresh_from_db()
    second = pay(invoice, account, amount=eur(2500), answer=charge(reference="ch_2", amount=eur(2500)))
    invoice.refresh_from_db()
    credit(invoice, off(invoice, 5000))
    assert state_of(invoice) == ("paid", 5000, 5000, 0)
    freed = dict(Freed.objects.values_list("payment_id", "amount_minor").filter(organization=organization))
    assert freed == {second.id: 2500, first.id: 1000}
    assert_all_square()


def test_the_rest_of_a_partly_paid_one_is_paid_by_it(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoice = issued_invoice(organization, customer)
    pay(invoice, account, amount=eur(6000), answer=charge(reference="ch_1", amount=eur(6000)))
    credit(invoice, off(invoice, 4000))
    assert state_of(invoice) == ("paid", 4000, 6000, 0)
    assert invoice.paid_at is not None
    assert not CreditMovement.objects.filter(organization=organization).exists()
    assert events_of(organization.id, [invoice.id])[-1].kind == "invoice.paid"
    assert_all_square()


def test_money_that_comes_later_than_the_credit_note_is_credit(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoice = issued_invoice(organization, customer)
    credit(invoice, off(invoice, 9000))
    payment = pay(invoice, account, amount=eur(1000), answer=charge(reference="ch_1", amount=eur(10000)))
    invoice.refresh_from_db()
    assert payment.captured_minor == 10000
    assert state_of(invoice) == ("paid", 9000, 1000, 0)
    assert usable_credit(organization, customer.id, "EUR") == 9000
    assert_all_square()


def test_crediting_giving_back_and_losing_end_the_same_in_any_order(db: None) -> None:
    """A credit note of 30.00, a refund of 20.00 and a lost dispute of 25.00 of 100.00 that were paid."""
    ends = []
    acts: list[Callable[[Payment], object]] = [
        lambda payment: credit(payment.invoice, off(payment.invoice, 3000)),  # type: ignore[arg-type]  # it has one
        lambda payment: reopened_by(payment, 2000),
        lambda payment: take(
            payment.gateway_account,
            dispute_outcome(
                DisputeStage.LOST, reference="dp", amount=eur(2500), charge_reference=payment.reference
            ),
        ),
    ]
    for order in permutations(acts):
        organization = factories.make_organization()
        account = scripted_account(organization)
        payment = paid(organization, factories.make_customer(organization), account, captured=10000)
        for act in order:
            act(payment)
        assert payment.invoice
        payment.invoice.refresh_from_db()
        credit_left = usable_credit(organization, payment.customer_id, "EUR")
        ends.append((state_of(payment.invoice), balances(organization), credit_left))
    assert ends[0][0] == ("partly_paid", 3000, 5500, 1500)
    assert all(end == ends[0] for end in ends)
    assert_all_square()


def test_in_a_foreign_currency_every_cent_of_base_currency_comes_back(
    german: Organization, customer: Customer, account: GatewayAccount
) -> None:
    day = clock.today(german)
    set_rate(organization=german, currency="USD", valid_on=day, rate=Decimal("0.912345"), actor=SYSTEM)
    invoice = issued(german, customer, WORK, BOOKS, currency="USD")
    pay(invoice, account, amount=usd(7777), answer=charge(reference="ch_1", amount=usd(7777)))
    set_rate(organization=german, currency="USD", valid_on=day, rate=Decimal("0.95"), actor=SYSTEM)
    for wanted in (pieces(invoice, "1", position=2), off(invoice, 4321), None):
        credit(invoice, wanted)
        assert_all_square()
    left = balances(german)
    assert not {"receivable", "sales", "tax_payable"} & left.keys()
    assert balances(german, "USD") == {"clearing": 7777, "customer_credit": -7777}


def test_a_cent_of_base_currency_does_not_stay_with_what_was_set_free(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """92.35 of base currency for 100.00: each half rounds up, and together they would be a cent too much."""
    invoice = in_dollars(organization, customer)
    pay(invoice, account, answer=charge(reference="ch_1", amount=usd(10000)))
    credit(invoice, off(invoice, 5000))
    assert "receivable" not in balances(organization)
    assert_all_square()


@pytest.mark.parametrize("seed", range(12))
def test_payments_and_credit_notes_in_any_order_leave_no_base_on_a_settled_invoice(
    organization: Organization, customer: Customer, account: GatewayAccount, seed: int
) -> None:
    chance = random.Random(seed)
    invoice = in_dollars(organization, customer)
    while invoice.state != "credited":
        most = min(10000 - invoice.credited_minor, chance.choice([1, 777, 3333, 5000]))
        if invoice.open_minor and chance.random() < 0.5:
            part = usd(min(invoice.open_minor, most))
            pay(invoice, account, amount=part, answer=charge(reference=a_key(), amount=part))
        else:
            credit(invoice, off(invoice, most))
        invoice.refresh_from_db()
        if invoice.state in {"paid", "credited"}:
            assert "receivable" not in balances(organization)
    assert_all_square()


def in_dollars(organization: Organization, customer: Customer) -> Invoice:
    rate = Decimal("0.9235")
    day = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=day, rate=rate, actor=SYSTEM)
    return issued(organization, customer, PLAIN, currency="USD")


@pytest.mark.parametrize("relief", [True, False])
def test_what_is_left_of_a_credited_invoice_is_written_off_with_the_tax_that_is_left(
    german: Organization, customer: Customer, relief: bool
) -> None:
    invoice = issued(german, customer, WORK, BOOKS)
    credit(invoice, pieces(invoice, "2"))
    write_off(organization=german, invoice_id=invoice.id, reason="Gone", tax_relief=relief, actor=SYSTEM)
    invoice.refresh_from_db()
    assert balances(german).get("tax_payable", 0) == (0 if relief else -700)
    assert "receivable" not in balances(german)
    with pytest.raises(NotCreditable, match="written off"):
        credit(invoice)
    assert_all_square()
    take_back_write_off(organization=german, invoice_id=invoice.id, actor=SYSTEM)
    invoice.refresh_from_db()
    credit(invoice)
    assert invoice.state == "credited"
    assert_all_square()


def test_what_cannot_be_credited_is_refused_and_changes_nothing(
    german: Organization, customer: Customer
) -> None:
    invoice = issued(german, customer, WORK, replace(WORK, quantity=Decimal(-1)))
    first, second = (each.line.id for each in lines_left(german, invoice))
    for wanted, sentence in (
        ({}, "Say what is credited"),
        (pieces(invoice, "2.000001"), "2 are left"),
        (pieces(invoice, "-1"), "2 are left"),
        (pieces(invoice, "0"), "2 are left"),
        (pieces(invoice, "0.0000001"), "at most 6 decimals"),
        (off(invoice, 20001), "€200.00 is left"),
        (off(invoice, 1, position=2), "-€100.00 is left"),
        ({first: Wanted()}, "not both"),
        ({first: Wanted(Decimal(1), 1)}, "not both"),
        (pieces(invoice, "2"), "Only €119.00 of this invoice is left"),
        ({second: Wanted(quantity=Decimal(-1))}, "Say what is credited"),
    ):
        with pytest.raises(FieldErrors, match=sentence):
            credit(invoice, wanted)
    with pytest.raises(FieldErrors, match="why"):
        credit(invoice, reason="  ")
    other = factories.make_organization()
    with pytest.raises(InvoiceUnknown):
        credit(replace_organization(invoice, other), {first: Wanted(quantity=Decimal(1))})
    assert not CreditNote.objects.exists()
    credit(invoice)
    assert invoice.state == "credited"
    assert_all_square()


def replace_organization(invoice: Invoice, other: Organization) -> Invoice:
    found = Invoice.objects.get(id=invoice.id)
    found.organization = other
    return found


def test_void_and_credited_exclude_each_other(organization: Organization, customer: Customer) -> None:
    gone, invoice = issued_invoice(organization, customer), issued_invoice(organization, customer)
    void(organization=organization, invoice_id=gone.id, reason="Twice", actor=SYSTEM)
    gone.refresh_from_db()
    with pytest.raises(NotCreditable, match="void cannot be credited"):
        credit(gone)
    credit(invoice, off(invoice, 1))
    with pytest.raises(NotVoidable, match="credited"):
        void(organization=organization, invoice_id=invoice.id, reason="Wrong", actor=SYSTEM)
    assert_all_square()


def test_the_same_key_is_the_same_credit_note(organization: Organization, customer: Customer) -> None:
    invoice = issued_invoice(organization, customer)
    wanted = off(invoice, 1000)
    assert credit(invoice, wanted, key="press") == credit(invoice, wanted, key="press")
    assert invoice.credited_minor == 1000
    with pytest.raises(KeyReused):
        credit(invoice, off(invoice, 2000), key="press")


@pytest.mark.parametrize("role", [Role.BILLING_CLERK, Role.SALES, Role.SUPPORT, Role.VIEWER])
def test_who_may_not(organization: Organization, customer: Customer, role: Role) -> None:
    invoice = issued_invoice(organization, customer)
    with pytest.raises(PermissionDenied, match="issue credit notes"):
        credit(invoice, actor=factories.member_actor(organization, role))


def test_an_accountant_may(organization: Organization, customer: Customer) -> None:
    invoice = issued_invoice(organization, customer)
    credit(invoice, actor=factories.member_actor(organization, Role.ACCOUNTANT))
    assert invoice.state == "credited"


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        (
            "UPDATE credit_note SET total_minor = total_minor + 1, net_minor = net_minor + 1",
            "update or delete",
        ),
        ("DELETE FROM credit_note_line", "update or delete"),
        ("UPDATE invoice SET credited_minor = total_minor + 1", "invoice_credited_range"),
        (
            "INSERT INTO credit_note_line (id, organization_id, credit_note_id, invoice_line_id, quantity, net_minor, "
            "tax_minor, total_minor) SELECT gen_random_uuid(), c.organization_id, c.credit_note_id, l.id, 0, 1, 0, 1 "
            "FROM credit_note_line c JOIN invoice_line l ON l.id <> c.invoice_line_id LIMIT 1",
            "does not fit",
        ),
    ],
)
def test_the_database_keeps_it_frozen(
    german: Organization, customer: Customer, statement: str, guard: str
) -> None:
    invoice = issued(german, customer, WORK, BOOKS)
    credit(invoice, pieces(invoice, "1"))
    with pytest.raises(DatabaseError, match=guard):
        at_once(statement)
    assert CreditNoteLine.objects.get(organization=german).net_minor == 10000


@transaction.atomic
def at_once(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_lets_no_line_be_credited_beyond_itself(
    german: Organization, customer: Customer
) -> None:
    """Even by a mistake of ours: a note of its own right sums, counted by its invoice, over a line that is credited."""
    invoice = issued(german, customer, PLAIN, replace(PLAIN, description="Other"))
    note = credit(invoice, pieces(invoice, "1"))
    with pytest.raises(DatabaseError, match="than was charged"):
        written_past_the_service(note)


@transaction.atomic
def written_past_the_service(note: CreditNote) -> None:
    invoice, line = note.invoice, note.lines.get()
    CreditNote.objects.create(
        organization=note.organization,
        invoice=invoice,
        customer=note.customer,
        number="CN-00002",
        currency="EUR",
        reason="Again",
        issued_on=note.issued_on,
        net_minor=1,
        tax_minor=0,
        total_minor=1,
        base_total_minor=1,
        created_at=note.created_at,
    ).lines.create(
        organization=note.organization,
        invoice_line_id=line.invoice_line_id,
        quantity=0,
        net_minor=1,
        tax_minor=0,
        total_minor=1,
    )
    Invoice.objects.filter(organization=note.organization, id=invoice.id).update(credited_minor=10001)
    connection.check_constraints()
