"""A customer agrees that invoices are charged by themselves, on the page that only their mail opens."""

from __future__ import annotations

from datetime import timedelta

from allsquare.core import clock
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.notifications import reader
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from allsquare.payments.gateway import Status
from allsquare.payments.models import AutopayCharge, Consent, GatewayAccount
from allsquare.payments.services.run_autopay import run_autopay
from tests import factories
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice
from tests.smtp import Smtp, smtp
from tests.web.portal.conftest import Payer
from tests.web.portal.pages import shown
from tests.web.portal.test_methods import key
from tests.web.portal.test_pay import saved_card

__all__ = ["smtp"]  # a fixture


def on(organization: Organization, days: int) -> None:
    """The worker, so many days from now."""
    organization.clock_offset = timedelta(days=days)
    organization.save(update_fields=["clock_offset"])
    for _ in range(2):
        run_autopay(organization=organization)


def sent(organization: Organization, smtp: Smtp) -> list[str]:
    """The subjects of what is mailed now, by real SMTP."""
    before = len(smtp.mails)
    reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))
    for mail in Mail.objects.filter(organization=organization, state="queued").order_by("id"):
        send(organization=organization, mail_id=mail.id)
    return [mail.subject for mail in smtp.mails[before:]]


def test_from_agreeing_to_the_receipt(payer: Payer, account: GatewayAccount, smtp: Smtp) -> None:
    organization = payer.organization
    saved_card(payer, account)
    link = key(payer, smtp)
    page = shown(payer.client.get(link))
    (button,) = [form for form in page.forms if form.action.endswith("/agree")]
    for _ in range(2):
        assert shown(payer.client.post(button.action)).leads_to == link
    consent = Consent.objects.get(organization=organization, kind="autopay")
    assert consent.text in page.text
    run_autopay(organization=organization)
    planned = shown(payer.client.get(link))
    assert f"€1,234.00 for invoice {payer.invoice.number}" in planned.text
    assert "Will be charged on" in planned.text
    sent(organization, smtp)

    on(organization, 28)
    assert "Will be charged by itself" in payer.open().text
    (subject,) = sent(organization, smtp)
    assert subject.startswith(
        f"€1,234.00 for invoice {payer.invoice.number} of Harbour & Pine will be charged on"
    )
    assert "Visa ending 4242" in smtp.mails[-1].text

    ScriptedGateway.answers.append(charge(Status.DECLINED, code="insufficient_funds"))
    on(organization, 30)
    (subject,) = sent(organization, smtp)
    assert "could not be charged" in subject
    text = smtp.mails[-1].text
    for words in (
        "There was not enough money for it.",
        "Nothing was charged.",
        "It is tried again on",
        payer.link,
    ):
        assert words in text

    ScriptedGateway.answers.append(charge(reference=a_key(), amount=eur(123400), fee=eur(100)))
    on(organization, 33)
    subjects = sent(organization, smtp)
    assert any(subject.startswith("Receipt from Harbour & Pine") for subject in subjects)
    (receipt,) = [mail for mail in smtp.mails if mail.subject.startswith("Receipt")]
    assert "It was charged by itself, as you agreed." in receipt.text
    assert "Paid" in payer.open().text


def test_a_mail_that_waited_too_long_says_nothing_false(
    payer: Payer, account: GatewayAccount, smtp: Smtp
) -> None:
    """It was announced, and paid before the mail went out."""
    organization = payer.organization
    saved_card(payer, account)
    link = key(payer, smtp)
    payer.client.post(f"{link}agree")
    on(organization, 28)
    reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))
    payer.client.post(f"{link}stop/{payer.invoice.id}")
    assert all("will be charged" not in subject for subject in sent(organization, smtp))
    assert "will be charged" not in payer.open().text.lower()


def test_who_ends_it_is_charged_no_more(payer: Payer, account: GatewayAccount, smtp: Smtp) -> None:
    saved_card(payer, account)
    link = key(payer, smtp)
    payer.client.post(f"{link}agree")
    run_autopay(organization=payer.organization)
    payer.client.post(f"{link}end")
    assert "Nothing is charged by itself any more." in shown(payer.client.get(link)).text
    on(payer.organization, 40)
    assert ScriptedGateway.asked == []
    (row,) = AutopayCharge.objects.filter(organization=payer.organization)
    assert (row.state, row.reason) == ("stopped", "ended")


def test_without_a_method_there_is_nothing_to_agree_to(
    payer: Payer, account: GatewayAccount, smtp: Smtp
) -> None:
    card = saved_card(payer, account)
    link = key(payer, smtp)
    card.removed_at = clock.now(None)
    card.save()
    assert "Automatic payment" not in shown(payer.client.get(link)).text
    payer.client.post(f"{link}agree")
    assert "No payment method is saved that could be charged." in shown(payer.client.get(link)).text
    assert not Consent.objects.filter(organization=payer.organization).exists()


def test_nobody_stops_the_invoice_of_another(payer: Payer, account: GatewayAccount, smtp: Smtp) -> None:
    theirs = issued_invoice(payer.organization, factories.make_customer(payer.organization))
    saved_card(payer, account)
    link = key(payer, smtp)
    assert payer.client.post(f"{link}stop/{theirs.id}").status_code == 404
    assert not AutopayCharge.objects.filter(organization=payer.organization).exists()
