from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.billing.errors import InvoiceUnknown, NotADraft, NotIssuable
from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice, InvoiceLine, PayLink
from allsquare.billing.selectors import get_invoice
from allsquare.billing.services.issue import issue
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.customers.services.change_customer import change_customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger import selectors as ledger
from allsquare.ledger.errors import PeriodClosed, RateMissing
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.set_rate import set_rate
from allsquare.tax.selectors import list_rates
from allsquare.tax.services.end_rate import end_rate
from tests.billing.makers import WORK, add_german_rates, draft, issued, plain
from tests.factories import make_customer, make_organization, member_actor
from tests.statements import statements_sent


def booked(organization: Organization, invoice: Invoice) -> list[tuple[str, int, int]]:
    """(account code, amount, base amount) of everything that the invoice booked."""
    entries = ledger.entries_of(organization, [invoice.id])
    return sorted(
        (line.account.role, line.amount_minor, line.base_minor)
        for entry in entries
        for line in entry.lines.all()
    )


def jobs(invoice: Invoice) -> list[dict[str, str]]:
    found = ProcrastinateJob.objects.filter(task_name="billing.render_pdf", args__invoice_id=str(invoice.id))
    return [job.args for job in found]


def test_number_dates_parties_books_link_event_and_job_come_together(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    organization.legal_name, organization.iban = "Söhne GmbH", "DE89370400440532013000"
    organization.save()
    made = draft(organization, customer, payment_days=14)
    [returned] = issue(organization=organization, invoice_ids=[made.id], actor=owner)
    invoice = get_invoice(organization, made.id)
    today = clock.today(organization)
    assert (returned, invoice.state, invoice.number) == (invoice, "issued", "INV-00001")
    assert (invoice.issued_on, invoice.supplied_on) == (today, today)
    assert invoice.due_on == today + timedelta(days=14)
    assert (invoice.base_rate, invoice.base_total_minor, invoice.paid_minor) == (Decimal(1), 23800, 0)
    assert (invoice.seller["name"], invoice.seller["iban"]) == ("Söhne GmbH", "DE89370400440532013000")
    assert (invoice.buyer["name"], invoice.buyer["city"]) == ("Grace Buyer", "Köln")
    assert booked(organization, invoice) == [
        ("receivable", 23800, 23800),
        ("sales", -20000, -20000),
        ("tax_payable", -3800, -3800),
    ]
    [entry] = ledger.entries_of(organization, [invoice.id])
    assert (entry.kind, entry.date, entry.memo) == ("invoice.issued", today, "Invoice INV-00001")
    owed = next(line for line in entry.lines.all() if line.amount_minor > 0)
    assert (owed.customer_id, owed.document_id) == (customer.id, invoice.id)
    link = PayLink.objects.get(organization=organization, invoice=invoice)
    assert (link.expires_at, link.revoked_at) == (None, None)
    event = events_of(organization.id, [invoice.id])[-1]
    assert (event.kind, event.data["number"], event.data["total_minor"]) == (
        "invoice.issued",
        "INV-00001",
        23800,
    )
    assert event.actor_id == owner.id
    assert jobs(invoice) == [{"organization_id": str(organization.id), "invoice_id": str(invoice.id)}]


def test_who_was_billed_stays_as_it_was(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    change_customer(
        organization=organization, customer_id=customer.id, name="Grace Moved", city="Bonn", actor=SYSTEM
    )
    stored = get_invoice(organization, invoice.id)
    assert (stored.buyer["name"], stored.buyer["city"]) == ("Grace Buyer", "Köln")


def test_a_sequence_gets_numbers_in_the_order_of_ids(organization: Organization, customer: Customer) -> None:
    first, second, third = (draft(organization, customer) for _ in range(3))
    ids = [third.id, first.id, second.id, third.id]
    made = issue(organization=organization, invoice_ids=ids, actor=SYSTEM)
    assert [(i.id, i.number) for i in made] == [
        (first.id, "INV-00001"),
        (second.id, "INV-00002"),
        (third.id, "INV-00003"),
    ]
    other = make_organization()
    add_german_rates(other)
    assert issued(other, make_customer(other)).number == "INV-00001"
    assert issue(organization=organization, invoice_ids=[], actor=SYSTEM) == []


def test_many_cost_no_more_statements_than_one(organization: Organization, customer: Customer) -> None:
    def statements(count: int) -> int:
        ids = [draft(organization, customer).id for _ in range(count)]
        with statements_sent() as sent:
            issue(organization=organization, invoice_ids=ids, actor=SYSTEM)
        return sent.call_count

    assert statements(1) == statements(12) == 11  # with a savepoint's two


def test_one_that_cannot_be_issued_stops_all_and_gives_the_numbers_back(
    organization: Organization, customer: Customer
) -> None:
    good, bad = draft(organization, customer), draft(organization, customer, plain("-1"))
    with pytest.raises(NotIssuable, match="less than nothing"):
        issue(organization=organization, invoice_ids=[good.id, bad.id], actor=SYSTEM)
    assert get_invoice(organization, good.id).state == "draft"
    assert jobs(good) == []
    assert issued(organization, customer).number == "INV-00001"


def test_a_draft_that_lost_its_lines_is_not_issued(organization: Organization, customer: Customer) -> None:
    whole, empty = draft(organization, customer), draft(organization, customer)
    InvoiceLine.objects.filter(organization=organization, invoice=empty).delete()
    with pytest.raises(NotIssuable, match="without lines"):
        issue(organization=organization, invoice_ids=[whole.id, empty.id], actor=SYSTEM)


def test_a_second_time_is_refused(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    with pytest.raises(NotADraft, match="INV-00001 was issued before"):
        issue(organization=organization, invoice_ids=[invoice.id], actor=SYSTEM)
    assert len(jobs(invoice)) == 1


def test_an_invoice_of_nothing_is_paid_at_once(organization: Organization, customer: Customer) -> None:
    free = issued(organization, customer, replace(WORK, discount_percent=Decimal(100)))
    assert (free.state, free.number, free.paid_at) == ("paid", "INV-00001", free.issued_at)
    assert booked(organization, free) == []


def test_no_line_of_nothing_is_booked(organization: Organization, customer: Customer) -> None:
    """Net nothing, tax twelve: two lines that cancel out but for their rates."""
    back = replace(WORK, unit_price=Decimal(-100), tax_percent=Decimal(7))
    invoice = issued(organization, customer, WORK, back)
    assert (invoice.net_minor, invoice.total_minor) == (0, 2400)
    assert booked(organization, invoice) == [
        ("receivable", 2400, 2400),
        ("tax_payable", -3800, -3800),
        ("tax_payable", 1400, 1400),
    ]


def test_a_foreign_currency_is_booked_at_the_rate_of_the_day(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    foreign = draft(organization, customer, currency="USD")
    with pytest.raises(RateMissing, match="USD"):
        issue(organization=organization, invoice_ids=[foreign.id], actor=SYSTEM)
    set_rate(
        organization=organization, currency="USD", valid_on=date(2026, 1, 1), rate=Decimal("0.9"), actor=owner
    )
    [invoice] = issue(organization=organization, invoice_ids=[foreign.id], actor=SYSTEM)
    assert (invoice.number, invoice.base_rate, invoice.base_total_minor) == (
        "INV-00001",
        Decimal("0.9"),
        21420,
    )
    assert booked(organization, invoice) == [
        ("receivable", 23800, 21420),
        ("sales", -20000, -18000),
        ("tax_payable", -3800, -3420),
    ]


def test_what_the_books_cannot_hold_in_base_currency_is_refused(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    set_rate(
        organization=organization,
        currency="USD",
        valid_on=date(2026, 1, 1),
        rate=Decimal(999_999_999),
        actor=owner,
    )
    huge = draft(organization, customer, plain("99999999999"), currency="USD")
    with pytest.raises(NotIssuable, match="EUR cannot hold"):
        issue(organization=organization, invoice_ids=[huge.id], actor=SYSTEM)


def test_a_rate_that_ended_before_the_supply_is_not_charged(
    organization: Organization, customer: Customer
) -> None:
    """As when a draft of December is issued in January, and the rate changed at new year."""
    made = draft(organization, customer)
    supplied_before = draft(organization, customer, supplied_on=clock.today(organization))
    standard = list_rates(organization)[0]
    end_rate(
        organization=organization, rate_id=standard.id, valid_until=clock.today(organization), actor=SYSTEM
    )
    organization.clock_offset = timedelta(days=1)
    organization.save()
    with pytest.raises(NotIssuable, match="rate of 19% is not valid"):
        issue(organization=organization, invoice_ids=[made.id], actor=SYSTEM)
    [invoice] = issue(organization=organization, invoice_ids=[supplied_before.id], actor=SYSTEM)
    assert (invoice.number, invoice.tax_minor) == ("INV-00001", 3800)


def test_a_closed_period_takes_no_invoice(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    day = clock.today(organization) - timedelta(days=1)
    close_period(organization=organization, starts_on=day, ends_on=day, actor=owner)
    made = draft(organization, customer)
    with pytest.raises(PeriodClosed):
        issue(organization=organization, invoice_ids=[made.id], actor=SYSTEM, on=day)
    assert get_invoice(organization, made.id).state == "draft"


def test_another_organizations_draft_is_unknown(organization: Organization, customer: Customer) -> None:
    made = draft(organization, customer)
    with pytest.raises(InvoiceUnknown):
        issue(organization=make_organization(), invoice_ids=[made.id], actor=SYSTEM)


def test_sales_people_prepare_but_do_not_issue(organization: Organization, customer: Customer) -> None:
    sales = member_actor(organization, Role.SALES)
    made = draft(organization, customer, actor=sales)
    with pytest.raises(PermissionDenied):
        issue(organization=organization, invoice_ids=[made.id], actor=sales)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.builds(
            LineInput,
            description=st.just("Thing"),
            quantity=st.decimals(0, 1000, places=2),
            unit_price=st.decimals(0, 5000, places=3),
            tax_percent=st.sampled_from([None, Decimal(7), Decimal("5.5"), Decimal("19.6")]),
        ),
        min_size=1,
        max_size=6,
    ),
    rate=st.decimals("0.0001", 200, places=6),
    prices_include_tax=st.booleans(),
)
def test_what_is_booked_balances_and_comes_to_the_total(
    organization: Organization, lines: list[LineInput], rate: Decimal, prices_include_tax: bool
) -> None:
    customer = make_customer(organization, currency="USD")
    set_rate(organization=organization, currency="USD", valid_on=date(2026, 1, 1), rate=rate, actor=SYSTEM)
    with transaction.atomic():
        invoice = issued(organization, customer, *lines, prices_include_tax=prices_include_tax)
        with connection.cursor() as cursor:
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE"
            )  # the database's own judgement, before the test ends
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    rows = booked(organization, invoice)
    assert sum(amount for _, amount, _ in rows) == 0 == sum(base for _, _, base in rows)
    owed = [(amount, base) for role, amount, base in rows if role == "receivable"]
    assert owed == ([(invoice.total_minor, invoice.base_total_minor)] if invoice.total_minor else [])
    assert -sum(amount for role, amount, _ in rows if role == "tax_payable") == invoice.tax_minor


def test_the_database_refuses_a_number_used_twice(organization: Organization, customer: Customer) -> None:
    first, second = issued(organization, customer), draft(organization, customer)
    with pytest.raises(IntegrityError, match="invoice_number_once"), transaction.atomic():
        Invoice.objects.filter(organization=organization, id=second.id).update(number=first.number)
