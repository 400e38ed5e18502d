from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.tax.services.add_rate import add_rate
from tests.web.console.world import World, editor_data

NEW = "/invoices/new/"
WORK = {"description": "Work", "quantity": "3", "unit_price": "133.33"}
BOOK = {"description": "Book", "unit_price": "19.99", "discount_percent": "10"}


def only(world: World) -> Invoice:
    return Invoice.objects.get(organization=world.organization)


def page(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]  # a test client's response


def test_a_draft_is_written_from_what_was_typed(world: World, owner: Client) -> None:
    response = owner.post(
        NEW,
        editor_data(world.customer.id, WORK, {}, BOOK, reference="PO 7", notes="Thank you", payment_days="7"),
    )
    draft = only(world)
    assert response["Location"] == reverse("console:invoice", args=[draft.id])
    assert (draft.net_minor, draft.tax_minor, draft.total_minor) == (41798, 7942, 49740)
    assert (draft.reference, draft.notes, draft.payment_days, draft.currency) == (
        "PO 7",
        "Thank you",
        7,
        "EUR",
    )
    assert [(line.position, line.description) for line in draft.lines.all()] == [(1, "Work"), (2, "Book")]


def test_what_was_typed_stays_through_errors_and_each_stands_at_its_field(
    world: World, owner: Client
) -> None:
    row = {"description": "", "quantity": "1,5", "unit_price": "12.00", "discount_percent": "101"}
    response = owner.post(NEW, editor_data("", {}, row, notes="Long thought"))
    assert response.status_code == 422
    text = page(response)
    for kept in ("Long thought", 'value="1,5"', 'value="12.00"', 'value="101"'):
        assert kept in text
    for field in (
        "id_customer",
        "id_lines-1-description",
        "id_lines-1-quantity",
        "id_lines-1-discount_percent",
    ):
        assert f'id="{field}_error"' in text
        assert f'href="#{field}"' in text
    assert 'id="id_lines-0-description_error"' not in text
    assert not Invoice.objects.filter(organization=world.organization).exists()


def test_no_lines_is_an_error_in_words(world: World, owner: Client) -> None:
    response = owner.post(NEW, editor_data(world.customer.id, {}, {}))
    assert response.status_code == 422
    assert "An invoice needs at least one line." in page(response)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({**WORK, "quantity": "1e999"}, "lines-1-quantity"),
        ({**WORK, "quantity": "NaN"}, "lines-1-quantity"),
        ({**WORK, "unit_price": "9999999999999.99"}, "lines-1-unit_price"),
        ({**WORK, "tax_category": "X"}, "lines-1-tax_category"),
        ({**WORK, "unit": "<b>"}, "lines-1-unit"),
        ({**WORK, "item": "not an id"}, "lines-1-item"),
    ],
)
def test_absurd_figures_are_refused_by_name(
    world: World, owner: Client, row: dict[str, str], field: str
) -> None:
    response = owner.post(NEW, editor_data(world.customer.id, {}, row))
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in page(response)


def test_a_service_error_about_a_line_stands_in_the_row_of_the_page(world: World, owner: Client) -> None:
    """The second row is the first line for the service."""
    row = {**WORK, "quantity": "999999999999", "unit_price": "999999999999"}
    response = owner.post(NEW, editor_data(world.customer.id, {}, row))
    assert response.status_code == 422
    assert "Something needs another look" in page(response)
    assert not Invoice.objects.filter(organization=world.organization).exists()


def test_lines_are_added_and_removed_without_saving_and_without_losing_a_letter(
    world: World, owner: Client
) -> None:
    more = page(owner.post(NEW, {**editor_data("", {**WORK, "quantity": "x"}), "more": "3"}))
    assert 'name="lines-TOTAL_FORMS" value="4"' in more
    assert 'value="x"' in more
    assert "_error" not in more
    less = page(owner.post(NEW, {**editor_data("", WORK, BOOK), "remove": "0"}))
    assert 'name="lines-TOTAL_FORMS" value="1"' in less
    assert "Book" in less
    assert "133.33" not in less
    assert not Invoice.objects.filter(organization=world.organization).exists()


def test_choosing_an_item_fills_its_row(world: World, owner: Client) -> None:
    item = world.item(name="Consulting", price="80.00", unit="HUR")
    filled = page(owner.post(NEW, {**editor_data(world.customer.id, {"item": str(item.id)}), "fill": "0"}))
    assert 'value="80.00"' in filled
    assert ">Consulting</textarea>" in filled.replace("\n", "")
    assert '<option value="HUR" selected>' in filled


def test_without_scripts_the_item_fills_its_line_when_saved(world: World, owner: Client) -> None:
    item = world.item(name="Consulting", price="80.00", unit="HUR")
    owner.post(NEW, editor_data(world.customer.id, {"item": str(item.id), "quantity": "2"}))
    (line,) = only(world).lines.all()
    assert (line.description, line.unit, line.unit_price, line.item_id) == (
        "Consulting",
        "HUR",
        Decimal(80),
        item.id,
    )


def test_an_item_priced_in_another_currency_needs_a_price_by_hand(world: World, owner: Client) -> None:
    item = world.item(name="Consulting", currency="USD")
    response = owner.post(NEW, editor_data(world.customer.id, {"item": str(item.id)}))
    assert response.status_code == 422
    assert "Give its price in EUR." in page(response)


def test_totals_come_from_the_one_calculation_while_typing(world: World, owner: Client) -> None:
    url = reverse("console:invoice_totals")
    text = page(owner.post(url, editor_data(world.customer.id, WORK, {}, BOOK)))
    for sum_ in ("€417.98", "€79.42", "€497.40", "€399.99", "€17.99"):
        assert sum_ in text
    half = page(owner.post(url, editor_data("", WORK, {**BOOK, "unit_price": "19,99"})))
    assert "1 line is not counted yet" in half
    assert "€475.99" in half
    included = page(owner.post(url, editor_data("", WORK, prices_include_tax="on", discount_percent="10")))
    assert "€359.99" in included
    assert "€399.99" in included


def test_an_edited_draft_shows_what_is_kept_and_saves_what_is_typed(world: World, owner: Client) -> None:
    draft = world.draft(price="33.333", text="Fine work")
    url = reverse("console:invoice_edit", args=[draft.id])
    text = page(owner.get(url))
    assert "Fine work" in text
    assert 'value="33.333"' in text
    owner.post(url, editor_data(world.customer.id, WORK, seen=_seen(text)))
    draft.refresh_from_db()
    assert draft.total_minor == 47599


def _seen(text: str) -> str:
    return text.split('name="seen" value="')[1].split('"')[0]


def test_who_saves_over_a_change_of_somebody_else_is_told_first(world: World, owner: Client) -> None:
    draft = world.draft()
    url = reverse("console:invoice_edit", args=[draft.id])
    mine = _seen(page(owner.get(url)))
    owner.post(url, editor_data(world.customer.id, BOOK, seen=mine))
    response = owner.post(url, editor_data(world.customer.id, WORK, seen=mine))
    assert response.status_code == 422
    assert "You changed this draft at" in page(response)
    assert "Nothing of yours is lost" in page(response)
    assert draft.lines.get().description == "Book"
    owner.post(url, editor_data(world.customer.id, WORK, seen=_seen(page(response))))
    assert draft.lines.get().description == "Work"


def test_an_invoice_that_was_issued_meanwhile_is_not_edited(world: World, owner: Client) -> None:
    issued = world.issued()
    url = reverse("console:invoice_edit", args=[issued.id])
    for response in (owner.get(url), owner.post(url, editor_data(world.customer.id, WORK))):
        assert response["Location"] == reverse("console:invoice", args=[issued.id])
    assert "can no longer be changed" in page(owner.get(reverse("console:invoice", args=[issued.id])))


def test_reduced_rates_are_offered_and_kept(world: World, owner: Client) -> None:
    add_rate(
        organization=world.organization,
        name="VAT 7 %",
        country="DE",
        category="S",
        percent=Decimal(7),
        valid_from=date(2020, 1, 1),
        actor=SYSTEM,
    )
    owner.post(NEW, editor_data(world.customer.id, {**WORK, "tax_category": "S:7"}))
    draft = only(world)
    assert draft.lines.get().tax_percent == 7
    text = page(owner.get(reverse("console:invoice_edit", args=[draft.id])))
    assert '<option value="S:7" selected>' in text


def test_the_customers_page_begins_an_invoice_for_them(world: World, owner: Client) -> None:
    text = page(owner.get(NEW, {"customer": str(world.customer.id)}))
    assert f'<option value="{world.customer.id}" selected>' in text
