"""What else may be done with one invoice: copies and mails, each made once, and one next step."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.identity.roles import Role
from allsquare.notifications.models import Mail
from allsquare.payments.models import Payment
from tests.factories import make_customer
from tests.web.console.world import World


def page(client: Client, invoice: Invoice) -> str:
    return client.get(reverse("console:invoice", args=[invoice.id])).content.decode()


def filled(text: str) -> list[str]:
    """The filled buttons of a page, those in closed dialogs aside."""
    outside = re.sub(r"<dialog.*?</dialog>", "", text, flags=re.DOTALL)
    found = re.findall(r'class="btn btn-primary"[^>]*>(.*?)</(?:a|button)>', outside, flags=re.DOTALL)
    return [re.sub(r"<[^>]+>|\s+", " ", words).strip() for words in found]


def test_the_copy_button_pressed_twice_makes_one_copy(world: World, owner: Client) -> None:
    issued = world.issued()
    key = re.search(r'name="key" value="([^"]+)"', page(owner, issued))
    assert key
    url = reverse("console:invoice_duplicate", args=[issued.id])
    first, second = (owner.post(url, {"key": key[1]}) for _ in range(2))
    copy = Invoice.objects.get(organization=world.organization, state="draft")
    assert first["Location"] == second["Location"] == reverse("console:invoice_edit", args=[copy.id])
    assert owner.post(url, {"key": "another press"})["Location"] != first["Location"]


def test_there_is_one_next_step_and_it_is_the_filled_button(world: World, owner: Client) -> None:
    paid = world.issued()
    world.paid(paid)
    steps = {invoice: filled(page(owner, invoice)) for invoice in (world.draft(), world.issued(), paid)}
    assert list(steps.values()) == [["Review and send"], ["Record payment"], []]
    assert filled(page(world.client(Role.SALES), world.draft())) == ["Edit"]


def test_an_invoice_goes_out_again_once_however_often_the_button_is_pressed(
    world: World, owner: Client
) -> None:
    invoice = world.issued()
    sent = world.mail(invoice, state=Mail.State.SENT)
    url = reverse("console:invoice_mail", args=[invoice.id])
    for _ in range(2):
        owner.post(url, {"recipient": sent.recipient})
    owner.post(url, {"recipient": "second@example.com"})
    mails = Mail.objects.filter(organization=world.organization).order_by("id")
    assert [(mail.recipient, mail.repeat) for mail in mails] == [
        (sent.recipient, 0),
        (sent.recipient, 1),
        ("second@example.com", 0),
    ]


def test_who_had_no_address_at_issue_gets_it_by_hand(world: World, owner: Client) -> None:
    invoice = world.issued(customer=make_customer(world.organization, email=""))
    text = page(owner, invoice)
    assert "Send by mail" in text
    url = reverse("console:invoice_mail", args=[invoice.id])
    for _ in range(2):
        owner.post(url, {"recipient": "found@example.com"})
    mail = Mail.objects.get(organization=world.organization)
    assert (mail.recipient, mail.kind, mail.invoice_id) == ("found@example.com", "invoice", invoice.id)
    assert "found@example.com" in page(owner, invoice)


@pytest.mark.parametrize("recipient", ["", "nobody", "a@b", "x" * 300 + "@example.com"])
def test_what_is_no_address_is_refused_in_words(world: World, owner: Client, recipient: str) -> None:
    invoice = world.issued()
    refused = owner.post(reverse("console:invoice_mail", args=[invoice.id]), {"recipient": recipient})
    assert refused.status_code == 422
    assert "not an e-mail address" in refused.text
    assert not Mail.objects.filter(organization=world.organization).exists()


def test_a_draft_and_a_void_invoice_are_not_mailed(world: World, owner: Client) -> None:
    void = world.issued()
    owner.post(reverse("console:invoice_void", args=[void.id]), {"reason": "Mistake"})
    for invoice in (world.draft(), void):
        there = reverse("console:invoice_mail", args=[invoice.id])
        assert "Only an issued invoice" in owner.post(there, {"recipient": "a@example.com"}).text
    assert not Mail.objects.filter(organization=world.organization).exists()


def test_the_page_tells_everything_that_happened(world: World, owner: Client) -> None:
    invoice = world.issued()
    owner.post(reverse("console:invoice_mail", args=[invoice.id]), {"recipient": "a@example.com"})
    world.paid(invoice)
    text = page(owner, invoice)
    for words in (
        "Draft begun",
        "Invoice INV-00001 issued",
        "Mail queued",
        "Payment of €119.00 succeeded",
        "Invoice INV-00001 paid",
        "What this did",
        "See what the customer sees",
    ):
        assert words in text


def test_an_invoice_that_somebody_is_paying_is_not_voided(world: World, owner: Client) -> None:
    invoice = world.issued()
    payment = world.paid(world.issued())
    Payment.objects.filter(id=payment.id).update(invoice=invoice, state="pending", gateway="sandbox")
    refused = owner.post(reverse("console:invoice_void", args=[invoice.id]), {"reason": "Twice"})
    assert refused.status_code == 422
    assert "is under way" in refused.text
    invoice.refresh_from_db()
    assert invoice.state == "issued"


@pytest.mark.parametrize(
    "act", ["invoice_void", "invoice_write_off", "credit_use", "payment_record", "card_take"]
)
def test_what_needs_an_issued_invoice_leads_back_to_a_draft(world: World, owner: Client, act: str) -> None:
    draft = world.draft()
    answer = owner.get(reverse(f"console:{act}", args=[draft.id]), follow=True)
    assert answer.redirect_chain == [(reverse("console:invoice", args=[draft.id]), 302)]
    assert "This is a draft. Issue it first." in answer.content.decode()
    assert owner.get(reverse(f"console:{act}", args=[world.issued().id])).status_code == 200
