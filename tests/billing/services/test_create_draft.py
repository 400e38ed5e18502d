from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allsquare.billing.lines import MOST_LINES, LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.selectors import get_invoice_with_lines
from allsquare.billing.services.create_draft import create_draft
from allsquare.catalog.services.create_item import create_item
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.ids import new_id
from allsquare.core.money import InvalidAmount
from allsquare.core.selectors import events_of
from allsquare.customers.errors import CustomerUnknown
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.tax.calculate import InvalidLine
from allsquare.tax.errors import RateMissing
from tests.billing.makers import WORK, draft, plain
from tests.factories import make_customer, make_organization, member_actor


def test_a_draft_has_sums_and_no_number(organization: Organization, customer: Customer, owner: Actor) -> None:
    made = create_draft(
        organization=organization,
        customer_id=customer.id,
        lines=[
            WORK,
            replace(WORK, description=" Book ", tax_percent=Decimal(7), discount_percent=Decimal(50)),
        ],
        notes="Thank you.",
        reference="PO 7",
        actor=owner,
    )
    stored = get_invoice_with_lines(organization, made.id)
    assert (stored.state, stored.number, stored.issued_on, stored.seller) == ("draft", None, None, {})
    assert (stored.net_minor, stored.tax_minor, stored.total_minor) == (30000, 4500, 34500)
    assert (stored.currency, stored.language, stored.payment_days) == ("EUR", "en", 30)
    lines = [
        (
            line.position,
            line.description,
            line.tax_percent,
            line.amount_minor,
            line.tax_minor,
            line.total_minor,
        )
        for line in stored.lines.all()
    ]
    assert lines == [(1, "Work", Decimal(19), 20000, 3800, 23800), (2, "Book", Decimal(7), 10000, 700, 10700)]
    taxes = {(tax.category, tax.percent): (tax.base_minor, tax.tax_minor) for tax in stored.taxes.all()}
    assert taxes == {("S", Decimal(19)): (20000, 3800), ("S", Decimal(7)): (10000, 700)}
    [event] = events_of(organization.id, [made.id])
    assert (event.kind, event.actor_id, event.data["total_minor"]) == ("invoice.created", owner.id, 34500)


def test_prices_with_tax_and_a_discount_on_everything(organization: Organization, customer: Customer) -> None:
    line = replace(WORK, quantity=Decimal(1), unit_price=Decimal("119.00"))
    made = draft(organization, customer, line, prices_include_tax=True, discount_percent=Decimal(10))
    assert (made.discount_minor, made.net_minor, made.tax_minor, made.total_minor) == (
        1190,
        9000,
        1710,
        10710,
    )


def test_the_customers_currency_and_the_tax_rate_of_the_day_of_supply(organization: Organization) -> None:
    customer = make_customer(organization, currency="JPY", language="ja")
    made = draft(organization, customer, replace(WORK, tax_percent=Decimal(10)))
    assert (made.currency, made.language, made.total_minor) == ("JPY", "ja", 220)
    with pytest.raises(RateMissing, match="Dec 31, 2019"):
        draft(organization, customer, supplied_on=date(2019, 12, 31))


def test_everything_wrong_is_named_at_once_and_nothing_is_kept(
    organization: Organization, customer: Customer
) -> None:
    bad = LineInput(
        description=" ",
        quantity=Decimal("0.1234567"),
        unit_price=Decimal("NaN"),
        unit="a piece",
        discount_percent=Decimal(101),
        tax_category="X",
        item_id=new_id(),
    )
    with pytest.raises(FieldErrors) as caught:
        draft(
            organization,
            customer,
            WORK,
            bad,
            currency="EURO",
            discount_percent=Decimal(-1),
            reference="x" * 101,
            notes="\0",
            payment_days=366,
        )
    head = {"currency", "discount_percent", "reference", "notes", "payment_days"}
    fields = {"description", "quantity", "unit_price", "unit", "discount_percent", "tax_category", "item"}
    assert caught.value.errors.keys() == head | {f"lines-1-{name}" for name in fields}
    assert not Invoice.objects.filter(organization=organization).exists()


@pytest.mark.parametrize(
    ("count", "says"), [(0, "at least one line"), (MOST_LINES + 1, "at most 1000 lines")]
)
def test_too_few_or_too_many_lines(
    organization: Organization, customer: Customer, count: int, says: str
) -> None:
    with pytest.raises(FieldErrors, match=says) as caught:
        draft(organization, customer, lines=[WORK] * count)
    assert caught.value.errors.keys() == {"lines"}


def test_as_many_lines_as_are_allowed(organization: Organization, customer: Customer) -> None:
    made = draft(organization, customer, *[WORK] * MOST_LINES)
    assert made.total_minor == MOST_LINES * 23800


def test_what_the_calculation_refuses_names_the_line(organization: Organization, customer: Customer) -> None:
    with pytest.raises(InvalidLine, match="Line 2: category Z") as caught:
        draft(organization, customer, WORK, replace(plain("1"), tax_percent=Decimal(7)))
    assert (caught.value.field, caught.value.details["line"]) == ("tax_rate", 2)
    with pytest.raises(InvalidAmount, match="more than can be kept"):
        draft(organization, customer, replace(plain("999999999999"), quantity=Decimal(999_999_999_999)))
    assert not Invoice.objects.filter(organization=organization).exists()


def test_an_item_of_another_organization_is_no_item(organization: Organization, customer: Customer) -> None:
    def item_of(owner: Organization) -> LineInput:
        made = create_item(organization=owner, name="Lamp", unit_price=Decimal(1), actor=SYSTEM)
        return replace(WORK, item_id=made.id)

    assert draft(organization, customer, item_of(organization)).total_minor == 23800
    with pytest.raises(FieldErrors, match="no longer there"):
        draft(organization, customer, item_of(make_organization()))


def test_another_organizations_customer_is_unknown(customer: Customer) -> None:
    with pytest.raises(CustomerUnknown):
        draft(make_organization(), customer)


def test_viewers_write_no_drafts(organization: Organization, customer: Customer) -> None:
    with pytest.raises(PermissionDenied):
        draft(organization, customer, actor=member_actor(organization, Role.VIEWER))


LINES = st.lists(
    st.builds(
        LineInput,
        description=st.just("Thing"),
        quantity=st.decimals(-1000, 1000, places=3),
        unit_price=st.decimals(-10_000, 10_000, places=4),
        discount_percent=st.sampled_from([Decimal(0), Decimal("2.5"), Decimal("33.3333"), Decimal(100)]),
        tax_percent=st.sampled_from([None, Decimal(7), Decimal("5.5"), Decimal("19.6")]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    prices_include_tax=st.booleans(),
    discount_percent=st.sampled_from([Decimal(0), Decimal("3.3333"), Decimal(50)]),
    tax_rounding=st.sampled_from(["per_document", "per_line"]),
)
def test_the_stored_parts_always_sum_to_the_whole(
    organization: Organization,
    customer: Customer,
    lines: list[LineInput],
    currency: str,
    prices_include_tax: bool,
    discount_percent: Decimal,
    tax_rounding: str,
) -> None:
    organization.tax_rounding = tax_rounding
    made = draft(
        organization,
        customer,
        *lines,
        currency=currency,
        prices_include_tax=prices_include_tax,
        discount_percent=discount_percent,
    )
    stored = get_invoice_with_lines(organization, made.id)
    rows, taxes = list(stored.lines.all()), list(stored.taxes.all())
    assert len(rows) == len(lines)
    assert stored.net_minor + stored.tax_minor == stored.total_minor
    assert sum(row.net_minor for row in rows) == stored.net_minor == sum(tax.base_minor for tax in taxes)
    assert sum(row.tax_minor for row in rows) == stored.tax_minor == sum(tax.tax_minor for tax in taxes)
    assert sum(row.total_minor for row in rows) == stored.total_minor
    before_discount = sum(row.amount_minor for row in rows)
    kept = stored.total_minor if prices_include_tax else stored.net_minor
    assert before_discount - stored.discount_minor == kept


def test_the_customers_own_days_to_pay_come_before_the_organizations(
    organization: Organization, customer: Customer
) -> None:
    assert draft(organization, customer).payment_days == organization.payment_days
    customer.payment_days = 0
    customer.save()
    assert draft(organization, customer).payment_days == 0
    assert draft(organization, customer, payment_days=7).payment_days == 7
