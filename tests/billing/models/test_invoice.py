"""The guards that the database itself keeps, tried with plain SQL past all services."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from allsquare.billing.models import Invoice
from allsquare.billing.services.pdf import PDF
from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from tests.billing.makers import draft, issued
from tests.factories import make_customer

Value = str | UUID | datetime

FROZEN = [
    "number = 'INV-99999'",
    "total_minor = total_minor + 1, net_minor = net_minor + 1",
    "net_minor = net_minor + 1, tax_minor = tax_minor - 1",
    "currency = 'USD'",
    "buyer = '{}'",
    "seller = '{}'",
    "issued_on = issued_on - 1",
    "due_on = due_on + 1",
    "notes = 'Other'",
    "base_rate = 2",
    "base_total_minor = 0",
    "issued_at = now()",
    "state = 'draft'",
]
MOVABLE = [
    "state = 'sent', sent_at = now()",
    "state = 'viewed', viewed_at = now()",
    "state = 'partly_paid', paid_minor = 1",
    "state = 'paid', paid_minor = total_minor, paid_at = now()",
    "state = 'void', voided_at = now(), void_reason = 'Twice'",
]


def run(statement: LiteralString | sql.Composed, *parameters: Value) -> int:
    """How many rows it touched."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def change_of(invoice: Invoice, change: LiteralString) -> int:
    return run(sql.SQL("UPDATE invoice SET {} WHERE id = %s").format(sql.SQL(change)), invoice.id)


def change_parts(part: str, change: LiteralString, *parameters: Value) -> None:
    """``change`` stands around the table's name."""
    run(sql.SQL(change).format(sql.Identifier(part)), *parameters)


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    return issued(organization, customer)


@pytest.fixture
def made(organization: Organization, customer: Customer) -> Invoice:
    return draft(organization, customer)


@pytest.mark.parametrize("change", FROZEN)
def test_an_issued_invoice_is_frozen(invoice: Invoice, change: LiteralString) -> None:
    with pytest.raises(DatabaseError, match=r"frozen|Cannot update"):
        change_of(invoice, change)


@pytest.mark.parametrize("change", FROZEN)
def test_a_draft_is_not(made: Invoice, change: LiteralString) -> None:
    assert change_of(made, change) == 1


@pytest.mark.parametrize("change", MOVABLE)
def test_what_its_payments_move_is_not_frozen(invoice: Invoice, change: LiteralString) -> None:
    assert change_of(invoice, change) == 1


def test_another_customer_cannot_be_billed_by_it(organization: Organization, invoice: Invoice) -> None:
    other = make_customer(organization)
    with pytest.raises(DatabaseError, match="frozen"):
        run("UPDATE invoice SET customer_id = %s WHERE id = %s", other.id, invoice.id)


@pytest.mark.parametrize("part", ["invoice_line", "invoice_tax"])
def test_the_parts_of_an_issued_invoice_stay(invoice: Invoice, part: str) -> None:
    with pytest.raises(DatabaseError, match="frozen"):
        change_parts(part, "UPDATE {} SET tax_minor = 0 WHERE invoice_id = %s", invoice.id)
    with pytest.raises(DatabaseError, match="frozen"):
        change_parts(part, "DELETE FROM {} WHERE invoice_id = %s", invoice.id)


@pytest.mark.parametrize("part", ["invoice_line", "invoice_tax"])
def test_a_drafts_parts_cannot_be_moved_into_an_issued_invoice(
    invoice: Invoice, made: Invoice, part: str
) -> None:
    with pytest.raises(DatabaseError, match="frozen"):
        change_parts(part, "UPDATE {} SET invoice_id = %s WHERE invoice_id = %s", invoice.id, made.id)
    with pytest.raises(DatabaseError, match="frozen"):
        change_parts(part, "UPDATE {} SET invoice_id = %s WHERE invoice_id = %s", made.id, invoice.id)


def add_tax(invoice: Invoice) -> None:
    run(
        """INSERT INTO invoice_tax (id, organization_id, invoice_id, category, percent, base_minor, tax_minor)
           VALUES (%s, %s, %s, 'Z', 0, 0, 0)""",
        new_id(),
        invoice.organization_id,
        invoice.id,
    )


def test_parts_are_added_to_drafts_only(invoice: Invoice, made: Invoice) -> None:
    add_tax(made)
    with pytest.raises(DatabaseError, match="frozen"):
        add_tax(invoice)


def test_only_drafts_are_deleted(invoice: Invoice, made: Invoice) -> None:
    for part in ("invoice_line", "invoice_tax"):
        change_parts(part, "DELETE FROM {} WHERE invoice_id = %s", made.id)
    run("DELETE FROM invoice WHERE id = %s", made.id)
    with pytest.raises(DatabaseError, match="Cannot delete"):
        run("DELETE FROM invoice WHERE id = %s", invoice.id)


@pytest.mark.parametrize("change", ["paid_minor = total_minor + 1", "paid_minor = -1"])
def test_no_more_than_the_total_and_no_less_than_nothing_is_paid(
    invoice: Invoice, change: LiteralString
) -> None:
    with pytest.raises(DatabaseError, match=r"invoice_(paid|credited)_range"):
        change_of(invoice, change)


def test_a_total_that_is_not_the_sum_is_refused(made: Invoice) -> None:
    with pytest.raises(DatabaseError, match="invoice_total"):
        run("UPDATE invoice SET total_minor = total_minor + 1 WHERE id = %s", made.id)


def test_no_invoice_is_issued_without_a_number(made: Invoice) -> None:
    with pytest.raises(DatabaseError, match="invoice_numbered"):
        run("UPDATE invoice SET state = 'issued' WHERE id = %s", made.id)


def store(invoice: Invoice, document_id: UUID) -> None:
    run(
        """INSERT INTO invoice_document (id, organization_id, invoice_id, kind, sha256, size, created_at)
           VALUES (%s, %s, %s, %s, %s, 1, %s)""",
        document_id,
        invoice.organization_id,
        invoice.id,
        PDF,
        "0" * 64,
        clock.now(None),
    )


def test_a_document_is_stored_once_and_for_ever(invoice: Invoice) -> None:
    document_id = new_id()
    store(invoice, document_id)
    with pytest.raises(DatabaseError, match="invoice_document_once"):
        store(invoice, new_id())
    with pytest.raises(DatabaseError, match="Cannot update"):
        run("UPDATE invoice_document SET sha256 = %s WHERE id = %s", "1" * 64, document_id)
    with pytest.raises(DatabaseError, match="Cannot update or delete"):
        run("DELETE FROM invoice_document WHERE id = %s", document_id)
