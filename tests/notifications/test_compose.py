from __future__ import annotations

import io
import re
import struct
import zlib
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pypdf
import pytest
from django.urls import resolve
from django.utils.html import escape
from pytest_django.fixtures import Settings

from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization, Person
from allsquare.notifications import selectors
from allsquare.notifications.compose import compose
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import MethodKind, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.refund import refund
from tests import factories
from tests.notifications.makers import begun, paid, read_all, settled
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice, refund_outcome

K = MailKind


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


#: A picture of one grey pixel.
PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    + _chunk(b"IEND", b"")
)
PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ letter.subject }}",
    "{amount}",
    "&amp;<b>",
]


def on_the_wire(organization: Organization, mail: Mail) -> EmailMessage:
    """The message as a mail program parses it."""
    parsed = message_from_bytes(compose(organization, mail).message().as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def subject(message: EmailMessage) -> str:
    """Python keeps the blank of a subject that was folded right behind its name."""
    return str(message["Subject"]).strip()


def body(message: EmailMessage, kind: str) -> str:
    found = message.get_body(preferencelist=(kind,))
    assert found is not None
    return str(found.get_content())


def pdf_text(message: EmailMessage) -> str:
    (pdf,) = [part for part in message.iter_attachments() if part.get_content_type() == "application/pdf"]
    pages = pypdf.PdfReader(io.BytesIO(pdf.get_content())).pages
    # Long references may break anywhere, and the marks for that cling to a glyph.
    return "\n".join(page.extract_text() for page in pages).replace("\N{ZERO WIDTH SPACE}", "")


def mail_of(organization: Organization, kind: MailKind) -> Mail:
    (mail,) = [mail for mail in read_all(organization) if mail.kind == kind]
    return mail


def test_an_invoice_mail_asks_shows_and_links(
    organization: Organization, customer: Customer, settings: Settings
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Some Server <post@mail.example>"
    issued_invoice(organization, customer, total="1234.00")
    mail = mail_of(organization, K.INVOICE)
    message = on_the_wire(organization, mail)
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Test & Söhne", "post@mail.example")
    assert message["To"] == customer.email
    assert message["Reply-To"] == "billing@example.com"
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert subject(message).startswith("Invoice INV-00001 from Test & Söhne: €1,234.00, due ")
    for text in (body(message, "html"), body(message, "plain")):
        assert "Pay €1,234.00" in text
        (link,) = set(re.findall(re.escape(settings.BASE_URL) + r"(/pay/[\w-]+/)", text))
        assert resolve(link).view_name == "portal:pay"
    assert "INV-00001" in pdf_text(message)


def test_the_same_in_german(organization: Organization) -> None:
    customer = factories.make_customer(organization, language="de-AT")
    issued_invoice(organization, customer, total="1234.00")
    message = on_the_wire(organization, mail_of(organization, K.INVOICE))
    assert subject(message).startswith("Rechnung INV-00001 von Test & Söhne: € 1.234,00, fällig am ")
    assert "Guten Tag," in body(message, "plain")
    assert '<html lang="de-AT"' in body(message, "html")


def test_a_language_without_words_gets_english_amounts_too(organization: Organization) -> None:
    issued_invoice(organization, factories.make_customer(organization, language="fr"), total="1234.00")
    message = on_the_wire(organization, mail_of(organization, K.INVOICE))
    assert "€1,234.00" in subject(message)


def test_a_receipt_says_what_came_and_what_is_open(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account, total="1234.00", pay_minor=100000)
    message = on_the_wire(organization, mail_of(organization, K.RECEIPT))
    text = body(message, "plain")
    assert subject(message) == "Receipt from Test & Söhne: €1,000.00 for invoice INV-00001"
    assert "€234.00 of the invoice is still open" in text
    assert "Visa ending 4242" in text
    assert "Pay €234.00" in text
    assert "1,000.00" in pdf_text(message)


def test_a_receipt_of_too_much_names_the_credit(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account, total="100.00", captured_minor=11000)
    message = on_the_wire(organization, mail_of(organization, K.RECEIPT))
    text = body(message, "plain")
    assert "€10.00 of it was not needed" in text
    assert "paid in full" in text
    assert "Pay €" not in text
    assert "€10.00" in pdf_text(message)


def test_receipts_of_one_invoice_each_say_what_was_open_then(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    first = paid(organization, customer, account, total="100.00", pay_minor=3000)
    assert first.invoice is not None
    second = paid(organization, customer, account, pay_minor=7000, invoice=first.invoice)
    mails = {mail.payment_id: mail for mail in read_all(organization) if mail.kind == K.RECEIPT}
    assert "€70.00" in pdf_text(on_the_wire(organization, mails[first.id]))
    assert "€70.00" in pdf_text(on_the_wire(organization, mails[second.id]))
    assert "€0.00" in pdf_text(on_the_wire(organization, mails[second.id]))
    assert "€0.00" not in pdf_text(on_the_wire(organization, mails[first.id]))


def test_the_owner_is_told_fee_net_and_where_to_look(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person, settings: Settings
) -> None:
    payment = paid(organization, customer, account)
    message = on_the_wire(organization, mail_of(organization, K.PAYMENT_NOTICE))
    text = body(message, "plain")
    assert subject(message) == "€1,234.00 from Grace Buyer for invoice INV-00001"
    assert "Fee of the provider: €1.75\nNet to you: €1,232.25" in text
    assert "Invoice is now: paid" in text
    assert f"{settings.BASE_URL}/payments/{payment.id}/" in text
    assert "/pay/" not in text
    assert resolve(f"/payments/{payment.id}/").view_name == "console:payment"


def test_a_bounced_debit_says_why_and_how_to_pay(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    answer = charge(Status.PENDING, reference="debit")
    payment = begun(organization, customer, account, method=MethodKind.BANK_DEBIT, answer=answer)
    assert "under way" in on_the_wire(organization, mail_of(organization, K.PAYMENT_PENDING))["Subject"]
    settled(payment, charge(Status.DECLINED, reference="debit", message="The account has no cover."))
    mail = mail_of(organization, K.PAYMENT_FAILED)
    text = body(on_the_wire(organization, mail), "plain")
    assert "The reason given: The account has no cover." in text
    assert "Pay €1,234.00" in text
    Payment.objects.filter(id=payment.id).update(failure_code="insufficient_funds")
    mail.language = "de"
    assert "Auf dem Konto war nicht genug Geld." in body(on_the_wire(organization, mail), "plain")


def test_a_refund_says_where_the_money_goes(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    ScriptedGateway.answers.append(refund_outcome(reference="back", amount=eur(5000)))
    refund(
        organization=organization,
        payment_id=payment.id,
        amount=eur(5000),
        reason="inner note",
        key=a_key(),
        actor=SYSTEM,
    )
    message = on_the_wire(organization, mail_of(organization, K.REFUND))
    assert subject(message) == "Test & Söhne refunded €50.00"
    assert "Visa ending 4242" in body(message, "plain")
    assert "inner note" not in message.as_string()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_typed_is_inert(
    organization: Organization, account: GatewayAccount, owner: Person, payload: str
) -> None:
    Organization.objects.filter(id=organization.id).update(name=payload, legal_name=payload, city=payload)
    organization.refresh_from_db()
    customer = factories.make_customer(organization, name=payload)
    payment = paid(organization, customer, account)
    assert payment.state == "succeeded"
    for mail in read_all(organization):
        message = on_the_wire(organization, mail)
        html = body(message, "html")
        assert [tag for tag in ("<script", "<img", "<b>") if tag in html] == []
        assert escape(payload) in html
        assert payload in body(message, "plain")


@pytest.mark.parametrize(
    "name", ["Evil\r\nBcc: victim@example.com", "Evil\x00\nSubject: other", "Evil\u2028Bcc: x"]
)
def test_a_name_cannot_bring_a_header(organization: Organization, customer: Customer, name: str) -> None:
    issued_invoice(organization, customer)
    mail = mail_of(organization, K.INVOICE)
    organization.name = name
    message = on_the_wire(organization, mail)
    assert message["Bcc"] is None
    assert message.get_all("Subject") == [message["Subject"]]
    assert message["To"] == customer.email
    assert "\n" not in message["From"]


def test_a_name_cannot_pose_as_an_address(
    organization: Organization, customer: Customer, settings: Settings
) -> None:
    settings.DEFAULT_FROM_EMAIL = "post@mail.example"
    issued_invoice(organization, customer)
    mail = mail_of(organization, K.INVOICE)
    organization.name = 'bank@real.example>, "x'
    (address,) = on_the_wire(organization, mail)["From"].addresses
    assert (address.addr_spec, address.display_name) == ("post@mail.example", organization.name)


def test_the_logo_travels_with_the_mail(organization: Organization, customer: Customer) -> None:
    organization.logo, organization.logo_type = PNG, "image/png"
    organization.save()
    issued_invoice(organization, customer)
    mail = mail_of(organization, K.INVOICE)
    message = on_the_wire(organization, mail)
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture.get_content() == PNG
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in body(message, "html")
    assert "data:image/png;base64," in selectors.preview(organization, mail).html


def test_a_preview_is_what_would_be_sent(organization: Organization, customer: Customer) -> None:
    issued_invoice(organization, customer)
    mail = mail_of(organization, K.INVOICE)
    message, preview = compose(organization, mail), selectors.preview(organization, mail)
    assert (preview.subject, preview.text) == (message.subject, message.body)
    assert preview.html == message.alternatives[0][0]


def test_a_mail_whose_document_is_gone_says_so(organization: Organization) -> None:
    mail = Mail(organization=organization, kind=K.RECEIPT, recipient="a@example.com", language="en")
    with pytest.raises(NothingToSay):
        compose(organization, mail)
