from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.models import Invoice
from allsquare.billing.selectors import (
    OpenSum,
    document_of,
    get_invoice,
    get_invoice_with_lines,
    invoices_by_id,
    list_invoices,
    open_sums,
    open_sums_of_customers,
)
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.services.set_rate import set_rate
from tests.billing.makers import draft, issued, plain
from tests.factories import make_customer, make_organization


def found(organization: Organization, **wanted: object) -> list[Invoice]:
    return list_invoices(organization, **wanted)  # type: ignore[arg-type]  # a test's shorthand


def test_one_is_got_in_its_organization_only(organization: Organization, customer: Customer) -> None:
    invoice, stranger = issued(organization, customer), make_organization()
    assert get_invoice(organization, invoice.id).customer == customer
    assert len(get_invoice_with_lines(organization, invoice.id).lines.all()) == 1
    for get in (get_invoice, get_invoice_with_lines):
        with pytest.raises(InvoiceUnknown):
            get(stranger, invoice.id)
    assert found(stranger) == []
    assert invoices_by_id(stranger, [invoice.id]) == {}
    assert invoices_by_id(organization, [invoice.id]) == {invoice.id: invoice}
    assert document_of(organization, invoice.id) is None


def test_pages_from_the_newest_down_miss_and_repeat_nothing(
    organization: Organization, customer: Customer
) -> None:
    made = [draft(organization, customer) for _ in range(5)]
    # The same instant: the id decides.
    Invoice.objects.filter(organization=organization).update(created_at=clock.now(organization))
    pages: list[list[Invoice]] = [found(organization, limit=2)]
    while pages[-1]:
        last = pages[-1][-1]
        pages.append(found(organization, limit=2, before=(last.created_at, last.id)))
    assert [invoice for page in pages for invoice in page] == made[::-1]


def test_search_by_number_customer_reference_and_total(
    organization: Organization, customer: Customer
) -> None:
    yen = make_customer(organization, name="Ōta & Co", currency="JPY")
    first = issued(organization, customer, plain("1190.50"), reference="PO-77")
    second = draft(organization, yen, plain("1190"))
    third = draft(organization, customer, plain("1190"))
    expected = {
        "inv-00001": [first],
        "INV-0001": [first],
        "inv 1": [first],
        "0001": [first],
        "grace@": [third, first],
        "grace": [third, first],
        "ōta": [second],
        "po-77": [first],
        "1190.50": [first],
        "1190,5": [first],
        "1190": [third, second],
        "%": [],
        "_": [],
        "119050": [],
        "0002": [],
        "elephant": [],
    }
    assert {text: found(organization, search=text) for text in expected} == expected


def test_by_state_overdue_and_open(organization: Organization, customer: Customer) -> None:
    made = draft(organization, customer)
    fresh = issued(organization, customer)
    late = issued(organization, customer, payment_days=0)
    gone = issued(organization, customer)
    void(organization=organization, invoice_id=gone.id, reason="Twice", actor=SYSTEM)
    assert found(organization, state="overdue") == []
    organization.clock_offset = timedelta(days=1)
    organization.save()
    assert found(organization, state="overdue") == [late]
    assert found(organization, state="open") == [late, fresh]
    assert found(organization, state="void") == [gone]
    assert found(organization, state="draft") == [made]
    assert found(organization, customer_id=make_customer(organization).id) == []


def test_what_is_owed_by_currency_and_customer(organization: Organization, customer: Customer) -> None:
    other = make_customer(organization, currency="USD")
    today = clock.today(organization)
    set_rate(
        organization=organization,
        currency="USD",
        valid_on=today,
        rate=1 / plain("2").unit_price,
        actor=SYSTEM,
    )
    issued(organization, customer, plain("10"))
    issued(organization, customer, plain("5"), payment_days=0)
    part = issued(organization, other, plain("7"))
    Invoice.objects.filter(organization=organization, id=part.id).update(state="partly_paid", paid_minor=200)
    draft(organization, customer, plain("99"))
    organization.clock_offset = timedelta(days=1)
    euros, dollars = OpenSum("EUR", 1500, 500, 2), OpenSum("USD", 500, 0, 1)
    assert open_sums(organization) == [euros, dollars]
    assert open_sums(organization, customer_id=other.id) == [dollars]
    by_customer = open_sums_of_customers(
        organization, [customer.id, other.id, make_customer(organization).id]
    )
    assert by_customer == {customer.id: [euros], other.id: [dollars]}
    assert open_sums(make_organization()) == []
