"""Recording, refunding and voiding: errors keep what was typed, and a form sent twice is one request."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from allsquare.core import clock
from allsquare.payments.models import Payment, Refund
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def key_of(text: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', text)
    assert found
    return found[1]


def payments(world: World) -> list[Payment]:
    return list(Payment.objects.filter(organization=world.organization))


def test_money_that_came_by_hand_pays_the_invoice(world: World, owner: Client) -> None:
    invoice = world.issued()
    url = reverse("console:payment_record", args=[invoice.id])
    text = owner.get(url).content.decode()
    assert 'value="119.00"' in text
    data = {
        "amount": "119.00",
        "method": "cheque",
        "received_on": "2026-01-05",
        "note": "No. 12",
        "key": key_of(text),
    }
    response = owner.post(url, data)
    (payment,) = payments(world)
    assert response["Location"] == reverse("console:payment", args=[payment.id])
    assert (payment.method, payment.captured_minor, payment.note) == ("cheque", 11900, "No. 12")
    invoice.refresh_from_db()
    assert invoice.state == "paid"


def test_what_nothing_is_left_of_offers_no_form(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    url = reverse("console:payment_refund", args=[payment.id])
    assert 'name="amount"' in owner.get(url).text
    Payment.objects.filter(id=payment.id).update(disputed_minor=payment.captured_minor)
    text = owner.get(url).text
    assert "The payer has disputed it." in text
    assert 'name="amount"' not in text


def test_the_form_sent_twice_makes_one_payment(world: World, owner: Client) -> None:
    invoice = world.issued()
    url = reverse("console:payment_record", args=[invoice.id])
    data = {
        "amount": "50.00",
        "method": "cash",
        "received_on": "2026-01-05",
        "key": key_of(owner.get(url).content.decode()),
    }
    first, second = owner.post(url, data), owner.post(url, data)
    assert first["Location"] == second["Location"]
    assert len(payments(world)) == 1


def test_two_forms_are_two_payments(world: World, owner: Client) -> None:
    """The twin of the test above: it is the key that makes one of two."""
    invoice = world.issued()
    url = reverse("console:payment_record", args=[invoice.id])
    for _ in range(2):
        key = key_of(owner.get(url).content.decode())
        owner.post(url, {"amount": "50.00", "method": "cash", "received_on": "2026-01-05", "key": key})
    assert len(payments(world)) == 2


def test_the_form_sent_again_with_other_entries_is_refused(world: World, owner: Client) -> None:
    invoice = world.issued()
    url = reverse("console:payment_record", args=[invoice.id])
    data = {"amount": "50.00", "method": "cash", "received_on": "2026-01-05", "key": "k"}
    owner.post(url, data)
    response = owner.post(url, {**data, "amount": "60.00"})
    assert response.status_code == 422
    assert "sent before with other entries" in response.content.decode()
    assert len(payments(world)) == 1


@pytest.mark.parametrize("amount", ["", "0", "-5", "12,50", "1.234", "1e5", "99999999999999999999", "abc"])
def test_an_amount_that_is_none_is_refused_and_kept(world: World, owner: Client, amount: str) -> None:
    invoice = world.issued()
    url = reverse("console:payment_record", args=[invoice.id])
    data = {"amount": amount, "method": "cash", "received_on": "2026-01-05", "note": "Kept", "key": "k"}
    response = owner.post(url, data)
    assert response.status_code == 422
    text = response.content.decode()
    assert 'id="id_amount_error"' in text
    assert f'value="{amount}"' in text or not amount
    assert 'value="Kept"' in text
    assert payments(world) == []


def test_money_cannot_have_come_tomorrow(world: World, owner: Client) -> None:
    invoice = world.issued()
    tomorrow = clock.today(world.organization) + timedelta(days=1)
    data = {"amount": "5", "method": "cash", "received_on": tomorrow.isoformat(), "key": "k"}
    response = owner.post(reverse("console:payment_record", args=[invoice.id]), data)
    assert response.status_code == 422
    assert 'id="id_received_on_error"' in response.content.decode()


def test_a_draft_takes_no_payment(world: World, owner: Client) -> None:
    data = {"amount": "5", "method": "cash", "received_on": "2026-01-05", "key": "k"}
    draft = world.draft()
    response = owner.post(reverse("console:payment_record", args=[draft.id]), data, follow=True)
    assert response.redirect_chain == [(reverse("console:invoice", args=[draft.id]), 302)]
    assert "Issue it first." in response.content.decode()
    assert not Payment.objects.filter(organization=world.organization).exists()


def test_a_refund_goes_back_once_however_often_the_dialog_is_sent(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    page = owner.get(reverse("console:payment", args=[payment.id])).content.decode()
    assert 'id="refund-dialog"' in page
    url = reverse("console:payment_refund", args=[payment.id])
    data = {"amount": "19.00", "reason": "Too much", "key": key_of(page)}
    assert owner.post(url, data).status_code == 302
    assert owner.post(url, data).status_code == 302
    refund = Refund.objects.get(organization=world.organization)
    assert (refund.amount_minor, refund.reason, refund.state) == (1900, "Too much", "succeeded")
    after = owner.get(reverse("console:payment", args=[payment.id])).content.decode()
    assert "partly refunded" in after
    assert 'value="100.00"' in after


def test_more_than_is_left_is_not_given_back(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    data = {"amount": "119.01", "reason": "Kept", "key": "k"}
    response = owner.post(reverse("console:payment_refund", args=[payment.id]), data)
    assert response.status_code == 422
    text = response.content.decode()
    assert 'id="id_amount_error"' in text
    assert 'value="Kept"' in text
    assert not Refund.objects.filter(organization=world.organization).exists()


def test_an_invoice_is_voided_with_a_reason_and_never_without(world: World, owner: Client) -> None:
    invoice = world.issued()
    url = reverse("console:invoice_void", args=[invoice.id])
    assert owner.post(url, {"reason": ""}).status_code == 422
    assert owner.post(url, {"reason": "Wrong customer"}).status_code == 302
    invoice.refresh_from_db()
    assert (invoice.state, invoice.void_reason) == ("void", "Wrong customer")
    again = owner.post(url, {"reason": "Again"})
    assert again.status_code == 422
    assert "cannot be made void" in again.content.decode()


def test_an_invoice_is_written_off_and_that_is_taken_back(world: World, owner: Client) -> None:
    invoice = world.issued()
    page, url = (reverse(f"console:{name}", args=[invoice.id]) for name in ("invoice", "invoice_write_off"))
    assert 'id="write-off-dialog"' in owner.get(page).content.decode()
    assert owner.post(url, {"reason": ""}).status_code == 422
    assert owner.post(url, {"reason": "Insolvent", "tax_relief": "on"}).status_code == 302
    invoice.refresh_from_db()
    assert invoice.state == "written_off"
    text = owner.get(page).content.decode()
    for words in ("This invoice is written off", "Insolvent", "Take the write-off back", "Bad debts"):
        assert words in text
    listed = owner.get(reverse("console:invoice_list"), {"state": "written_off"}).content.decode()
    assert "INV-00001" in listed
    again = owner.post(url, {"reason": "Again"})
    assert again.status_code == 422
    assert "cannot be written off" in again.content.decode()
    back = reverse("console:invoice_take_back", args=[invoice.id])
    assert "is open again" in owner.post(back, follow=True).content.decode()
    invoice.refresh_from_db()
    assert invoice.state == "issued"
    assert "is not written off" in owner.post(back, follow=True).content.decode()


def test_credit_is_used_for_an_invoice_once(world: World, owner: Client) -> None:
    payment = world.paid(world.issued(), minor=15000)
    invoice = world.issued()
    page, url = (reverse(f"console:{name}", args=[invoice.id]) for name in ("invoice", "credit_use"))
    assert "Use credit (€31.00)" in strip_tags(owner.get(page).content.decode())
    customer = owner.get(reverse("console:customer", args=[world.customer.id])).content.decode()
    assert "Use credit for invoice INV-00002" in customer
    assert 'value="31.00"' in owner.get(url).content.decode()
    too_much = owner.post(url, {"amount": "31.01", "key": "k1"})
    assert too_much.status_code == 422
    assert "€31.00 of the customer" in too_much.content.decode()
    for _ in range(2):
        assert owner.post(url, {"amount": "31.00", "key": "k"}).status_code == 302
    invoice.refresh_from_db()
    assert (invoice.state, invoice.paid_minor) == ("partly_paid", 3100)
    text = owner.get(page).content.decode()
    for words in (
        "a payment of invoice INV-00001",
        "€31.00 of credit used for invoice INV-00002",
        "Credit used",
    ):
        assert words in text
    assert "INV-00002" in owner.get(reverse("console:payment", args=[payment.id])).content.decode()


def test_issuing_twice_issues_once_and_says_so(world: World, owner: Client) -> None:
    draft = world.draft()
    url = reverse("console:invoice_issue", args=[draft.id])
    first = owner.post(url, follow=True).content.decode()
    second = owner.post(url, follow=True).content.decode()
    assert "INV-00001 is issued and on its way to" in first
    assert "was issued already" in second


def test_a_draft_is_deleted_and_an_issued_invoice_is_not(world: World, owner: Client) -> None:
    draft, issued = world.draft(), world.issued()
    owner.post(reverse("console:invoice_delete", args=[draft.id]))
    response = owner.post(reverse("console:invoice_delete", args=[issued.id]), follow=True)
    assert "is frozen" in response.content.decode()
    assert owner.get(reverse("console:invoice", args=[draft.id])).status_code == 404
    assert owner.get(reverse("console:invoice", args=[issued.id])).status_code == 200


def test_the_pdf_of_an_invoice_and_the_preview_of_a_draft(world: World, owner: Client) -> None:
    for invoice, name in ((world.draft(), "draft.pdf"), (world.issued(), "INV-00001.pdf")):
        response = owner.get(reverse("console:invoice_pdf", args=[invoice.id]))
        assert response.content.startswith(b"%PDF")
        assert response["Content-Disposition"] == f'inline; filename="{name}"'
