"""Money that came by hand for several invoices of a customer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.shares import transfer_number
from tests.contracts.conftest import TRANSFERS
from tests.payments.makers import issued_invoice
from tests.payments.several import begin, together
from tests.square import assert_all_square
from tests.web.console.test_money_forms import key_of
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def url_of(world: World, code: str = "EUR") -> str:
    return reverse("console:several_record", args=[world.customer.id]) + f"?currency={code}"


def rate_of(world: World, code: str) -> None:
    set_rate(
        organization=world.organization,
        currency=code,
        valid_on=date(2026, 1, 5),
        rate=Decimal("0.5"),
        actor=SYSTEM,
    )


def issued_in(world: World, code: str) -> Invoice:
    rate_of(world, code)
    return issued_invoice(world.organization, world.customer, currency_code=code)


def sent(world: World, owner: Client, amount: str, *, code: str = "EUR", **shares: str) -> dict[str, str]:
    text = owner.get(url_of(world, code)).content.decode()
    given = {"amount": amount, "method": "bank_transfer", "received_on": "2026-01-05", "note": "Line 7"}
    return {**given, **shares, "key": key_of(text)}


def paid(invoices: list[Invoice]) -> list[int]:
    for invoice in invoices:
        invoice.refresh_from_db()
    return [invoice.paid_minor for invoice in invoices]


def test_what_was_due_first_is_paid_first(world: World, owner: Client) -> None:
    invoices = [world.issued() for _ in range(3)]
    data = sent(world, owner, "200.00")
    for _ in range(2):  # the form sent twice is one payment
        response = owner.post(url_of(world), data)
    (payment,) = Payment.objects.filter(organization=world.organization)
    assert response["Location"] == reverse("console:payment", args=[payment.id])
    assert (payment.captured_minor, payment.note) == (20000, "Line 7")
    assert paid(invoices) == [11900, 8100, 0]
    page = owner.get(response["Location"]).content.decode()
    for invoice in invoices[:2]:
        assert str(invoice.number) in page
    assert_all_square()


def test_a_clerk_says_how_much_is_for_which(world: World, owner: Client) -> None:
    invoices = [world.issued() for _ in range(3)]
    shares = {f"share_{invoices[2].id.hex}": "119.00", f"share_{invoices[0].id.hex}": "1.00"}
    assert owner.post(url_of(world), sent(world, owner, "125.00", **shares)).status_code == 302
    assert paid(invoices) == [100, 0, 11900]
    assert_all_square()


def test_invoices_take_no_more_than_came(world: World, owner: Client) -> None:
    invoice = world.issued()
    data = sent(world, owner, "10.00", **{f"share_{invoice.id.hex}": "11.00"})
    response = owner.post(url_of(world), data)
    assert response.status_code == 422
    assert "take more than this" in response.content.decode()
    assert not Payment.objects.filter(organization=world.organization).exists()


def test_a_share_of_what_was_settled_meanwhile_goes_to_no_other_invoice(world: World, owner: Client) -> None:
    first, second = (world.issued() for _ in range(2))
    data = sent(world, owner, "119.00", **{f"share_{first.id.hex}": "119.00", f"share_{second.id.hex}": ""})
    world.paid(first)
    refused = owner.post(url_of(world), data)
    assert refused.status_code == 422
    assert "An invoice that you chose is not open any more." in refused.text
    assert paid([second]) == [0]
    assert owner.post(url_of(world), sent(world, owner, "119.00")).status_code == 302
    assert paid([second]) == [11900]
    assert_all_square()


def test_the_form_sent_twice_with_its_shares_is_one_payment(world: World, owner: Client) -> None:
    """What it paid is not open any more when it comes again."""
    invoices = [world.issued() for _ in range(2)]
    data = sent(world, owner, "119.00", **{f"share_{invoices[0].id.hex}": "119.00"})
    first, second = (owner.post(url_of(world), data) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert paid(invoices) == [11900, 0]
    assert_all_square()


def test_without_a_word_it_is_the_currency_of_what_is_open(world: World, owner: Client) -> None:
    issued_in(world, "USD")
    there = url_of(world).partition("?")[0]
    assert f'action="{url_of(world, "USD")}"' in owner.get(there).text
    assert owner.get(url_of(world, "EURO")).status_code == 422
    refused = owner.post(there, sent(world, owner, "1.00"))
    assert refused.status_code == 422, "whoever sends a sum says of what"


def test_what_was_typed_in_one_currency_is_recorded_in_no_other(world: World, owner: Client) -> None:
    """The invoice in yen was settled meanwhile, and what is open is in another currency."""
    rate_of(world, "JPY")
    dollars = issued_in(world, "USD")
    data = sent(world, owner, "100", code="JPY")
    for _ in range(2):  # the form sent twice is one payment
        page = owner.post(url_of(world, "JPY"), data, follow=True).text
        assert "¥100 is recorded." in page
    (payment,) = Payment.objects.filter(organization=world.organization)
    assert (payment.currency, payment.captured_minor) == ("JPY", 100)
    assert paid([dollars]) == [0]
    again = owner.post(url_of(world, "EUR"), {**data, "amount": "1.00"})
    assert again.status_code == 422, "the same key is no wish in another currency"
    assert_all_square()


def test_a_transfer_that_was_announced_is_pointed_at_and_found(world: World, owner: Client) -> None:
    bank = add_gateway_account(
        organization=world.organization,
        gateway="bank_transfer",
        label="Bank",
        settings=TRANSFERS,
        actor=SYSTEM,
    )
    invoices = [world.issued() for _ in range(2)]
    asked = together(world.customer, bank, invoices, method=MethodKind.BANK_TRANSFER)
    payment = begin(asked, world.customer)
    assert "A transfer is waited for" in owner.get(url_of(world)).content.decode()
    page = owner.get(reverse("console:payment", args=[payment.id])).content.decode()
    assert reverse("console:payment_record", args=[invoices[0].id]) in page
    assert (
        'value="238.00"'
        in owner.get(reverse("console:payment_record", args=[invoices[1].id])).content.decode()
    )
    found = owner.get(reverse("console:payment_list"), {"q": transfer_number(payment)}).content.decode()
    assert str(payment.id) in found
    assert ", ".join(str(invoice.number) for invoice in invoices) in found
