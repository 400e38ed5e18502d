from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.models import Invoice
from allsquare.billing.services.delete_draft import delete_draft
from allsquare.billing.services.duplicate import duplicate
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.tax.selectors import list_rates
from allsquare.tax.services.add_rate import add_rate
from allsquare.tax.services.end_rate import end_rate
from tests.billing.makers import TOTAL_OF_WORK, WORK, draft, issued, plain
from tests.factories import make_organization, member_actor

REDUCED = replace(WORK, tax_percent=Decimal(7))


def copy(invoice: Invoice, actor: Actor, key: str = "press-1") -> Invoice:
    return duplicate(organization=invoice.organization, invoice_id=invoice.id, key=key, actor=actor)


def test_a_copy_has_the_same_lines_prices_and_terms_and_a_life_of_its_own(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    original = issued(
        organization,
        customer,
        WORK,
        REDUCED,
        plain("7.50"),
        notes="Thank you",
        terms="Net",
        reference="PO 7",
        payment_days=7,
        discount_percent=Decimal(10),
        supplied_on=date(2026, 1, 5),
    )
    made = copy(original, owner)
    assert (made.state, made.number, made.total_minor) == ("draft", None, original.total_minor)
    assert (made.notes, made.terms, made.payment_days, made.discount_percent) == (
        "Thank you",
        "Net",
        7,
        Decimal(10),
    )
    assert (made.reference, made.supplied_on) == ("", None)
    facts = ("description", "quantity", "unit", "unit_price", "tax_category", "tax_percent", "total_minor")
    rows = [list(each.lines.order_by("position").values_list(*facts)) for each in (original, made)]
    assert rows[0] == rows[1]
    (event,) = events_of(organization.id, [made.id])
    assert event.data["copy_of"] == str(original.id)


def test_the_standard_rate_is_todays_and_a_reduced_one_is_as_it_was(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    original = draft(organization, customer, WORK, REDUCED)
    today = clock.today(organization)
    standard = next(rate for rate in list_rates(organization) if rate.percent == 19)
    original.supplied_on = date(2026, 1, 5)
    original.save()
    end_rate(organization=organization, rate_id=standard.id, valid_until=date(2026, 2, 1), actor=SYSTEM)
    add_rate(
        organization=organization,
        name="VAT 21 %",
        country="DE",
        category="S",
        percent=Decimal(21),
        valid_from=min(today, date(2026, 2, 2)),
        actor=SYSTEM,
    )
    assert [line.tax_percent for line in copy(original, owner).lines.order_by("position")] == [21, 7]


def test_the_button_pressed_twice_makes_one(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    original, other = draft(organization, customer), draft(organization, customer)
    assert copy(original, owner).id == copy(original, owner).id
    assert copy(original, owner, key="press-2").id != copy(original, owner).id
    with pytest.raises(KeyReused):
        copy(other, owner)
    assert Invoice.objects.filter(organization=organization).count() == 4


def test_a_copy_that_was_thrown_away_does_not_come_back(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    original = draft(organization, customer)
    delete_draft(organization=organization, invoice_id=copy(original, owner).id, actor=owner)
    with pytest.raises(InvoiceUnknown):
        copy(original, owner)


def test_nobody_copies_what_is_not_theirs(
    organization: Organization, customer: Customer, owner: Actor
) -> None:
    original = issued(organization, customer)
    assert original.total_minor == TOTAL_OF_WORK
    with pytest.raises(PermissionDenied):
        copy(original, member_actor(organization, Role.SUPPORT))
    elsewhere = make_organization(name="Elsewhere")
    with pytest.raises(InvoiceUnknown):
        duplicate(
            organization=elsewhere,
            invoice_id=original.id,
            key="press-1",
            actor=member_actor(elsewhere),
        )
