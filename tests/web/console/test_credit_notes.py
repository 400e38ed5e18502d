"""Crediting an invoice at the console: by line, with live totals; and what was paid is kept or given back."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.numbering import CREDIT_NOTES
from allsquare.billing.services.change_numbering import change_numbering
from allsquare.core import document_store
from allsquare.core.actor import SYSTEM
from allsquare.identity.roles import Role
from allsquare.payments.errors import RefundTooHigh
from allsquare.payments.models import Refund
from allsquare.payments.services.refund import refund
from allsquare.payments.services.refund_freed import GivenBack, NotMade
from allsquare.web.console import credit_notes as module
from tests.payments.makers import eur
from tests.square import assert_all_square
from tests.web.console.test_money_forms import key_of
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def words(response: object) -> str:
    """Without tags, which stand for a space."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())  # type: ignore[attr-defined]  # a response


def new(invoice: Invoice) -> str:
    return reverse("console:credit_note_new", args=[invoice.id])


def press(client: Client, invoice: Invoice, **typed: str) -> object:
    key = key_of(client.get(new(invoice)).content.decode())
    return client.post(new(invoice), {"reason": "Sent back", "key": key, **typed})


def only_note(world: World) -> CreditNote:
    return CreditNote.objects.select_related("invoice").get(organization=world.organization)


def test_a_line_is_credited_and_the_page_says_what_that_did(world: World, owner: Client) -> None:
    invoice = world.issued()
    response = press(owner, invoice, **{"quantity-1": "0.5"})
    note = only_note(world)
    assert response["Location"] == reverse("console:credit_note", args=[note.id])  # type: ignore[index]  # as above
    assert (note.net_minor, note.tax_minor, note.invoice.open_minor) == (5000, 950, 5950)
    shown = words(owner.get(reverse("console:credit_note", args=[note.id])))
    assert "CN-00001" in shown
    assert "Sent back" in shown
    assert "Credit note issued" in shown
    about = words(owner.get(reverse("console:invoice", args=[invoice.id])))
    assert "Credited -€59.50" in about
    assert "€59.50 of invoice INV-00001 credited" in about
    assert_all_square()


def test_totals_are_the_servers_while_one_types(world: World, owner: Client) -> None:
    invoice = world.issued()
    url = reverse("console:credit_note_totals", args=[invoice.id])
    assert "Credited €11.90 Open afterwards €107.10" in words(owner.post(url, {"amount-1": "10.00"}))
    assert "Of this line €100.00 is left" in words(owner.post(url, {"amount-1": "100.01"}))
    assert "not both" in words(owner.post(url, {"amount-1": "1.00", "quantity-1": "1"}))
    assert words(owner.post(url, {"amount-1": "x"})) == words(owner.post(url, {})) == "Credited –"
    assert not CreditNote.objects.exists()


def test_everything_is_filled_in_when_it_is_asked_for(world: World, owner: Client) -> None:
    invoice = world.issued()
    shown = owner.get(new(invoice), {"all": "1"})
    assert 'name="quantity-1" value="1"' in shown.content.decode()
    assert "Credited €119.00" in words(shown)


def test_a_free_line_is_left_out_when_everything_is_credited(world: World, owner: Client) -> None:
    invoice = world.issued(lines=[("Work", "100.00"), ("Coffee with it", "0.00")])
    shown = owner.get(new(invoice), {"all": "1"})
    assert "Credited €119.00" in words(shown)
    assert "is credited already" not in words(shown)
    press(owner, invoice, **{"quantity-1": "1"})
    assert only_note(world).invoice.state == "credited"
    assert_all_square()


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(world: World, owner: Client) -> None:
    invoice = world.issued()
    response = press(owner, invoice, **{"amount-1": "500"})
    assert response.status_code == 422  # type: ignore[attr-defined]  # a response
    text = response.content.decode()  # type: ignore[attr-defined]  # as above
    assert 'name="amount-1" value="500"' in text
    assert "Of this line €100.00 is left to credit." in text
    assert not CreditNote.objects.exists()
    assert "Say what is credited: a quantity" in words(press(owner, invoice))


def test_the_form_sent_twice_is_one_credit_note(world: World, owner: Client) -> None:
    invoice = world.issued()
    data = {"reason": "Sent back", "amount-1": "10", "key": "k"}
    assert owner.post(new(invoice), data)["Location"] == owner.post(new(invoice), data)["Location"]
    assert only_note(world).net_minor == 1000


def test_pressed_twice_for_all_of_it_leads_to_the_same_note_and_gives_back_once(
    world: World, owner: Client
) -> None:
    """After the first press nothing is left to credit, which is no fault of the second."""
    payment = world.paid(world.issued())
    assert payment.invoice
    data = {"reason": "Sent back", "quantity-1": "1", "surplus": "give_back", "key": "k"}
    first = owner.post(new(payment.invoice), data)
    second = owner.post(new(payment.invoice), data, follow=True)
    assert second.redirect_chain == [(first["Location"], 302)]
    assert "CN-00001 was issued by this form already" in words(second)
    assert only_note(world).total_minor == 11900
    assert Refund.objects.get(organization=world.organization).amount_minor == 11900
    assert_all_square()


def test_what_is_said_is_what_the_refunds_came_to(
    world: World, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = world.paid(world.issued())
    note = world.credit_note(payment.invoice)
    url = reverse("console:credit_note_refund", args=[note.id])
    gone = NotMade(payment, eur(400), RefundTooHigh("It is gone."))
    back, unheard, failed = (
        Refund(amount_minor=minor, state=state, failure_message=message)
        for minor, state, message in (
            (100, "pending", ""),
            (200, "unknown", ""),
            (300, "failed", "The bank said no."),
        )
    )

    def said(made: list[Refund], not_made: list[NotMade]) -> str:
        monkeypatch.setattr(module, "refund_freed", lambda **_given: GivenBack(made, not_made))
        return words(owner.post(url, {"key": "k"}, follow=True))

    mixed = said([back, unheard, failed], [gone])
    assert "€1.00 goes back by the way it was paid." in mixed
    assert "did not say yet whether €2.00 goes back" in mixed
    assert "€7.00 was not given back and is kept as customer credit. The bank said no. It is gone." in mixed
    assert "Nothing was given back" not in mixed
    assert "Nothing was given back: it is kept as customer credit. The bank said no." in said([failed], [])
    assert "so nothing was given back" in said([], [])


def test_what_is_paid_too_much_is_kept_as_credit(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    assert payment.invoice
    press(owner, payment.invoice, **{"quantity-1": "1", "surplus": "keep"})
    assert not Refund.objects.exists()
    shown = words(owner.get(reverse("console:credit_note", args=[only_note(world).id])))
    assert "Became credit" in shown
    assert "€119.00 goes back to" in shown
    assert_all_square()


def test_or_goes_back_by_the_way_it_came(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    assert payment.invoice
    press(owner, payment.invoice, **{"amount-1": "10", "surplus": "give_back"})
    found = Refund.objects.get(organization=world.organization)
    assert (found.payment_id, found.amount_minor, found.state) == (payment.id, 1190, "succeeded")
    assert found.reason == "CN-00001: Sent back"
    note = only_note(world)
    assert (note.invoice.state, note.invoice.paid_minor, note.invoice.open_minor) == ("paid", 10710, 0)
    assert "goes back to" not in words(owner.get(reverse("console:credit_note", args=[note.id])))
    assert_all_square()


def test_later_it_can_still_go_back_once_and_never_more_than_is_left(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    note = world.credit_note(payment.invoice, minor=5000)
    refund(
        organization=world.organization,
        payment_id=payment.id,
        amount=eur(4000),
        reason="",
        key="by-hand",
        actor=SYSTEM,
    )
    url = reverse("console:credit_note_refund", args=[note.id])
    for _time in range(2):
        owner.post(url, {"key": "press"})
    assert "nothing was given back" in words(owner.post(url, {"key": "other"}, follow=True))
    given = Refund.objects.filter(organization=world.organization).values_list("amount_minor", flat=True)
    assert sorted(given) == [1950, 4000]
    assert_all_square()


def test_who_may_not_refund_is_not_asked(world: World) -> None:
    payment = world.paid(world.issued())
    assert payment.invoice
    clerk = world.client(Role.BILLING_CLERK)
    assert clerk.get(new(payment.invoice)).status_code == 403
    assert (
        "Credit</a>" not in clerk.get(reverse("console:invoice", args=[payment.invoice.id])).content.decode()
    )
    assert "Give back by the way it was paid" in words(
        world.client(Role.ACCOUNTANT).get(new(payment.invoice))
    )


def test_what_cannot_be_credited_leads_back_with_the_reason(world: World, owner: Client) -> None:
    invoice = world.issued()
    world.credit_note(invoice)
    assert "Nothing of this invoice is left to credit." in words(owner.get(new(invoice), follow=True))
    assert "Void" not in owner.get(reverse("console:invoice", args=[invoice.id])).content.decode()


def test_the_document_is_frozen_and_names_the_invoice(world: World, owner: Client) -> None:
    note = world.credit_note()
    url = reverse("console:credit_note_pdf", args=[note.id])
    first, second = owner.get(url), owner.get(url)
    assert first.content == second.content
    assert first.content.startswith(b"%PDF-")
    note.refresh_from_db()
    assert document_store.get(note.document.sha256) == first.content


def test_the_document_is_saved_under_its_number_whatever_it_begins_with(world: World, owner: Client) -> None:
    change_numbering(
        organization=world.organization,
        kind=CREDIT_NOTES,
        begins_with="Gutschrift/Ä-",
        width=3,
        next_number=1,
        actor=SYSTEM,
    )
    note = world.credit_note()
    response = owner.get(reverse("console:credit_note_pdf", args=[note.id]))
    assert response["Content-Disposition"] == "inline; filename*=utf-8''Gutschrift-%C3%84-001.pdf"


def test_it_is_in_the_list_and_found_by_its_number_and_its_invoices(world: World, owner: Client) -> None:
    note = world.credit_note()
    world.credit_note(minor=100)
    url = reverse("console:credit_note_list")
    assert "CN-00002" in words(owner.get(url))
    for text in (note.number, "cn 1", str(note.invoice)):
        found = words(owner.get(url, {"q": text}))
        assert "CN-00001" in found
        assert "CN-00002" not in found
    assert "CN-00001" in words(owner.get(reverse("console:search"), {"q": "cn-00001"}))


def test_a_key_that_names_no_request_is_refused_and_credits_nothing(world: World, owner: Client) -> None:
    invoice = world.issued()
    response = owner.post(new(invoice), {"reason": "Sent back", "key": "a\0b", "quantity-1": "0.5"})
    assert response.status_code == 422
    assert not CreditNote.objects.filter(organization=world.organization).exists()
