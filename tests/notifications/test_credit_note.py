"""A credit note reaches whoever gets the customer's invoices, with its document."""

from __future__ import annotations

import pytest

from allsquare.billing.models import CreditNote
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import InvalidInput
from allsquare.customers.models import Customer
from allsquare.customers.services.add_contact import add_contact
from allsquare.identity.models import Organization
from allsquare.notifications.compose import compose
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.services.mail_credit_note import mail_credit_note
from allsquare.payments.models import GatewayAccount
from tests.notifications.makers import read_all
from tests.payments.crediting import credit, off
from tests.payments.flows import paid
from tests.payments.makers import issued_invoice


def told(organization: Organization) -> list[Mail]:
    return [mail for mail in read_all(organization) if mail.kind == MailKind.CREDIT_NOTE]


def test_it_says_what_is_credited_and_what_is_open(organization: Organization, customer: Customer) -> None:
    note = credit(issued_invoice(organization, customer), reason="Two cups were broken")
    (mail,) = told(organization)
    assert (mail.recipient, mail.subject_id) == (customer.email, note.id)
    message = compose(organization, mail)
    assert message.subject == f"Credit note CN-00001 from {organization.name}: €100.00 for invoice INV-00001"
    assert "Two cups were broken" in message.body
    assert "Nothing of the invoice is left to pay." in message.body
    assert "You had paid" not in message.body
    (attached,) = [each for each in message.attachments if each[2] == "application/pdf"]
    assert attached[0] == "CN-00001.pdf"


def test_what_was_paid_for_it_is_said_and_no_second_mail_is_written(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    assert payment.invoice
    credit(payment.invoice, off(payment.invoice, 3000))
    (mail,) = told(organization)
    assert "You had paid €30.00 of it." in compose(organization, mail).body
    assert told(organization) == [mail]


def test_whoever_gets_invoices_gets_it_in_their_language(
    organization: Organization, customer: Customer
) -> None:
    add_contact(
        organization=organization,
        customer_id=customer.id,
        name="Rita",
        email="rita@example.com",
        language="de",
        gets_invoices=True,
        actor=SYSTEM,
    )
    credit(issued_invoice(organization, customer))
    (mail,) = told(organization)
    assert mail.recipient == "rita@example.com"
    assert compose(organization, mail).subject.startswith("Rechnungskorrektur CN-00001 von")


def test_a_person_sends_it_once_more_and_a_double_click_once(
    organization: Organization, customer: Customer
) -> None:
    note: CreditNote = credit(issued_invoice(organization, customer))

    def send(recipient: str) -> Mail:
        return mail_credit_note(
            organization=organization, credit_note_id=note.id, recipient=recipient, actor=SYSTEM
        )

    first = send("ada@example.com")
    assert (first.kind, first.subject_id) == (MailKind.CREDIT_NOTE, note.id)
    assert send("ada@example.com") == first
    with pytest.raises(InvalidInput, match="not an e-mail address"):
        send("ada")
