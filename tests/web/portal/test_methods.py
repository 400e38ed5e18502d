"""Saved methods in the hands of their owner, and of a stranger who got the link of an invoice."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from allsquare.core import clock
from allsquare.core.models import Event
from allsquare.customers.models import Contact
from allsquare.identity.models import Organization
from allsquare.notifications import reader
from allsquare.notifications.compose import preview
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from allsquare.payments.models import GatewayAccount, MethodLink, PaymentMethod
from tests import factories
from tests.smtp import Smtp, smtp
from tests.web.portal.conftest import Payer
from tests.web.portal.pages import shown
from tests.web.portal.test_pay import saved_card

__all__ = ["smtp"]  # a fixture


def send_all(organization: Organization) -> list[Mail]:
    """What the worker does: read the log, send what is new."""
    reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))
    mails = list(Mail.objects.filter(organization=organization, kind="method_link").order_by("id"))
    for mail in mails:
        send(organization=organization, mail_id=mail.id)
    return mails


def key(payer: Payer, smtp: Smtp) -> str:
    """Press the button on the page of the invoice and take the link out of the mail."""
    payer.client.post(f"{payer.link}methods/")
    send_all(payer.organization)
    found = re.search(r"(/pay/methods/[\w-]{22}/)", smtp.mails[-1].text)
    assert found, smtp.mails[-1].text
    return found[1]


def test_the_owner_gets_a_key_by_mail_and_changes_their_methods(
    payer: Payer, account: GatewayAccount, smtp: Smtp
) -> None:
    old = saved_card(payer, account, last_four="1111", expires="2031-05")
    new = saved_card(payer, account, last_four="2222")
    page = payer.open()
    assert "Change saved payment methods" in page.text
    asked = payer.open("methods/")
    assert "Visa ending 1111" in asked.text
    assert "05/2031" not in asked.text, (
        "a link that may have been forwarded says no more than brand and last four"
    )
    link = key(payer, smtp)
    assert smtp.mails[-1].recipients == (payer.invoice.customer.email,)
    mine = shown(payer.client.get(link))
    assert "Good until 05/2031" in mine.text
    first = shown(payer.client.post(f"{link}{old.id}/first"))
    assert first.leads_to == link
    assert "Visa ending 1111 comes first now." in shown(payer.client.get(link)).text
    assert payer.open().fields["method"] == f"saved:{old.id}"
    for _ in range(2):
        payer.client.post(f"{link}{old.id}/remove")
    after = shown(payer.client.get(link))
    assert "Good until 05/2031" not in after.text
    assert payer.open().fields["method"] == f"saved:{new.id}"
    told = Event.objects.filter(organization_id=payer.organization.id, kind="payment_method.removed")
    assert [event.actor_label for event in told] == [payer.invoice.customer.name]


def test_a_stranger_with_the_invoices_link_changes_nothing(
    payer: Payer, account: GatewayAccount, client: Client
) -> None:
    card = saved_card(payer, account)
    answer = shown(client.post(f"{payer.link}methods/"))
    assert answer.status == 200
    link = MethodLink.objects.get(organization=payer.organization)
    assert link.token not in answer.html
    assert payer.invoice.customer.email not in answer.html
    for guess in (payer.link.split("/")[2], "x" * 22):
        for act in ("", f"{card.id}/first", f"{card.id}/remove"):
            assert client.post(f"/pay/methods/{guess}/{act}").status_code in (404, 405)
            assert client.get(f"/pay/methods/{guess}/").status_code in (404, 429)
    card.refresh_from_db()
    assert card.removed_at is None


def test_a_key_opens_the_methods_of_one_customer_of_one_organization(
    payer: Payer, account: GatewayAccount, smtp: Smtp
) -> None:
    other = factories.make_customer(payer.organization)
    saved_card(payer, account)
    theirs = PaymentMethod.objects.create(
        organization=payer.organization,
        customer=other,
        gateway_account=account,
        kind="card",
        token="tok_theirs",
        last_four="9999",
        created_at=clock.now(None),
    )
    link = key(payer, smtp)
    assert "9999" not in shown(payer.client.get(link)).text
    for act in ("first", "remove"):
        assert payer.client.post(f"{link}{theirs.id}/{act}").status_code == 404
    theirs.refresh_from_db()
    assert theirs.removed_at is None


def test_three_mails_an_hour_and_the_page_says_the_same(payer: Payer, account: GatewayAccount) -> None:
    saved_card(payer, account)
    texts = {shown(payer.client.post(f"{payer.link}methods/")).text for _ in range(5)}
    assert len(texts) == 1
    assert Event.objects.filter(organization_id=payer.organization.id, kind="method_link.asked").count() == 3


def test_a_key_is_over_after_an_hour_and_no_mail_is_sent_then(
    payer: Payer, account: GatewayAccount, smtp: Smtp
) -> None:
    saved_card(payer, account)
    link = key(payer, smtp)
    MethodLink.objects.filter(organization=payer.organization).update(expires_at=clock.now(None))
    over = shown(payer.client.get(link))
    assert (over.status, "its time is over" in over.text) == (404, True)
    payer.client.post(f"{payer.link}methods/")
    MethodLink.objects.filter(organization=payer.organization).update(expires_at=clock.now(None))
    send_all(payer.organization)
    assert len(smtp.mails) == 1


def test_the_key_goes_to_the_contacts_who_get_receipts_and_no_page_shows_it(
    payer: Payer, account: GatewayAccount, smtp: Smtp
) -> None:
    Contact.objects.create(
        organization=payer.organization,
        customer=payer.invoice.customer,
        name="Rita",
        email="rita@example.com",
        language="de",
        gets_receipts=True,
        created_at=clock.now(None),
    )
    saved_card(payer, account)
    payer.client.post(f"{payer.link}methods/")
    (mail,) = send_all(payer.organization)
    assert smtp.mails[-1].recipients == ("rita@example.com",)
    letter, html = preview(payer.organization, mail)
    link = MethodLink.objects.get(organization=payer.organization)
    assert (letter.button, link.token in html) == (None, False)


def test_without_an_address_the_business_is_to_be_asked(payer: Payer, account: GatewayAccount) -> None:
    saved_card(payer, account)
    customer = payer.invoice.customer
    customer.email = ""
    customer.save()
    page = shown(payer.client.post(f"{payer.link}methods/"))
    assert "knows no mail address of yours" in page.text
    assert not MethodLink.objects.filter(organization=payer.organization).exists()


@pytest.mark.parametrize("path", ["methods/"])
def test_who_saved_nothing_is_told_so(payer: Payer, path: str) -> None:
    assert "Change saved payment methods" not in payer.open().text
    assert "Nothing is saved." in payer.open(path).text
