from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import models, transaction
from django.db.utils import IntegrityError

from allsquare.billing.models import Invoice, InvoiceLine, InvoiceTax, PayLink
from allsquare.core import bulk, clock, rows
from allsquare.core.ids import new_id, new_token, token_digest
from allsquare.customers.models import Customer
from allsquare.identity.models import Membership, Organization, Person
from allsquare.notifications.models import Mail
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.tax.models import TaxRate
from tests.factories import make_customer, make_organization, make_person, member_actor
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db


def values(row: models.Model) -> dict[str, object]:
    """Every column, with what a column of bytes holds in one form."""
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in found.items()}


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def invoice(organization: Organization) -> Invoice:
    """With every kind of column: text, JSON, numbers with decimals, days, instants, and nothing."""
    made = Invoice(
        organization=organization,
        customer=make_customer(organization),
        currency="EUR",
        language="de",
        reference="O'Brien; 50 % {}",
        prices_include_tax=True,
        discount_percent=Decimal("2.5"),
        notes="Grüße ✓",
        supplied_on=date(1999, 12, 31),
        base_rate=Decimal("0.0000012345"),
        buyer={"name": "Ä", "n": [1, None]},
        total_minor=2**53 + 1,
        net_minor=2**53 + 1,
        created_at=clock.now(organization),
    )
    rows.insert([made])
    return made


def test_a_row_is_written_and_read_as_django_does_it(organization: Organization, invoice: Invoice) -> None:
    by_django = Invoice.objects.get(organization=organization, id=invoice.id)
    (read,) = rows.ask(Invoice, organization.id, "id = %b", [invoice.id]).all()
    assert values(read) == values(by_django)
    assert (read.discount_percent, read.base_rate) == (Decimal("2.5000"), Decimal("0.0000012345"))
    assert (read.buyer, read.notes, read.total_minor) == (invoice.buyer, "Grüße ✓", 2**53 + 1)
    assert read == invoice
    assert not read._state.adding
    assert not invoice._state.adding


def test_what_is_kept_encrypted_is_readable_in_the_row_alone(
    organization: Organization, invoice: Invoice
) -> None:
    token = new_token()
    link = PayLink(
        organization=organization,
        invoice=invoice,
        token=token,
        token_hash=token_digest(token),
        created_at=clock.now(organization),
    )
    rows.insert([link])
    (read,) = rows.ask(PayLink, organization.id, "invoice_id = %b", [invoice.id]).all()
    assert (read.token, bytes(read.token_hash)) == (token, token_digest(token))
    ((kept,),) = bulk.run(
        "SELECT token FROM pay_link WHERE organization_id = %b AND id = %b", [organization.id, link.id]
    )
    assert token not in kept


def test_only_rows_of_the_organization_are_found(invoice: Invoice) -> None:
    other = make_organization()
    assert rows.ask(Invoice, other.id, "id = %b", [invoice.id]).first() is None


def test_many_rows_are_one_statement_and_none_are_none(organization: Organization, invoice: Invoice) -> None:
    lines = [
        InvoiceLine(
            organization=organization,
            invoice=invoice,
            position=number,
            description=f"Line {number}",
            quantity=Decimal(number) / 8,
            unit_price=Decimal(-1),
            tax_percent=0,
        )
        for number in range(1, 31)
    ]
    with statements_sent() as sent:
        rows.insert(lines)
        rows.insert([])
    assert sent.call_count == 1
    found = list(InvoiceLine.objects.filter(organization=organization, invoice=invoice))
    assert [values(line) for line in found] == [
        {**values(line), "discount_percent": Decimal("0.0000"), "tax_percent": Decimal("0.0000")}
        for line in lines
    ]


def test_several_questions_travel_together(organization: Organization, invoice: Invoice) -> None:
    with bulk.pipelined():
        invoices = rows.ask(Invoice, organization.id, "id = %b FOR NO KEY UPDATE", [invoice.id])
        customers = rows.ask(Customer, organization.id, "TRUE ORDER BY id")
        rates = rows.ask(TaxRate, organization.id, "TRUE")
    assert invoices.first() == invoice
    assert customers.all() == [invoice.customer]
    assert rates.all() == []


def test_rows_bring_what_they_name_and_what_is_left_out_comes_when_needed() -> None:
    person, organizations = make_person(), [make_organization(name=name) for name in ("One", "Two")]
    for organization in organizations:
        Organization.objects.filter(id=organization.id).update(logo=b"picture")
        member_actor(organization, person=person)
    member_actor(organizations[0])
    with statements_sent() as sent:
        found = rows.with_one(
            Membership, "organization", "m.person_id = %b ORDER BY o.name", [person.id], leave_out=("logo",)
        )
    assert sent.call_count == 1
    assert [row.organization for row in found] == organizations
    by_django = list(Membership.objects.filter(person=person).order_by("organization__name"))
    assert [values(row) for row in found] == [values(row) for row in by_django]
    assert found[0].organization.get_deferred_fields() == {"logo"}
    assert [bytes(row.organization.logo or b"") for row in found] == [b"picture"] * 2
    assert values(found[1].organization) == values(by_django[1].organization)


def test_a_person_is_found_by_key_as_django_finds_them() -> None:
    person = make_person()
    with statements_sent() as sent:
        found = Person.objects.get(pk=person.id)
    assert b"$1" in sent.call_args.args[1], "a prepared statement"
    assert values(found) == values(Person.objects.get(email=person.email))
    with pytest.raises(Person.DoesNotExist):
        Person.objects.get(pk=new_id())


def test_the_database_has_the_last_word(organization: Organization, invoice: Invoice) -> None:
    invoice._state.adding = True
    with pytest.raises(IntegrityError, match="invoice_pkey"), transaction.atomic():
        rows.insert([invoice])


@pytest.mark.parametrize("model", [Invoice, GatewayAccount, Payment, PaymentAttempt, Customer, TaxRate])
def test_every_column_of_what_is_read_so_has_a_known_type(
    model: type[models.Model], organization: Organization
) -> None:
    assert rows.ask(model, organization.id, "id = %b", [new_id()]).all() == []


@pytest.mark.parametrize("model", [Invoice, InvoiceLine, InvoiceTax, PayLink, Payment, PaymentAttempt, Mail])
def test_every_value_that_was_given_is_written(model: type[models.Model]) -> None:
    """Also where the database has a default for the release before: what is given counts."""
    assert [column.name for column in rows._writable(model)] == [
        field.column for field in model._meta.concrete_fields
    ]
