from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, InvalidInput, PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.customers.models import Customer
from allsquare.customers.services.add_contact import add_contact
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.notifications.compose import compose
from allsquare.notifications.models import Mail
from allsquare.notifications.services.mail_statement import mail_statement
from allsquare.payments.models import GatewayAccount
from tests import factories
from tests.billing.documents.samples import words
from tests.notifications.makers import paid
from tests.payments.makers import issued_invoice


def send(customer: Customer, *, key: str = "k", days: int = 30, **added: Any) -> list[Mail]:
    today = clock.today(customer.organization)
    return mail_statement(
        organization=customer.organization,
        customer_id=customer.id,
        start=today - timedelta(days=days),
        end=today,
        key=key,
        actor=SYSTEM,
        **added,
    )


def test_it_goes_to_those_who_get_receipts_in_their_language_with_the_pdf(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    people = (("Rita", "rita@example.com", "de", True), ("Ben", "ben@example.com", "", False))
    for name, email, language, receipts in people:
        add_contact(
            organization=organization,
            customer_id=customer.id,
            actor=SYSTEM,
            name=name,
            email=email,
            language=language,
            gets_receipts=receipts,
        )
    paid(organization, customer, account, total="1234.00", pay_minor=23400)
    [mail] = send(customer)
    assert (mail.recipient, mail.language, mail.state) == ("rita@example.com", "de", "queued")
    message = compose(organization, mail)
    assert message.subject.startswith("Kontoauszug von")
    assert "1.000,00" in str(message.body)
    [(name, pdf, kind)] = message.attachments
    assert (str(name).startswith("statement-"), kind) == (True, "application/pdf")
    assert isinstance(pdf, bytes)
    assert "1.000,00" in words(pdf)


def test_who_owes_nothing_is_told_so(organization: Organization, customer: Customer) -> None:
    [mail] = send(customer)
    assert "Nothing is owed" in str(compose(organization, mail).body)


def test_one_press_is_one_mail(organization: Organization, customer: Customer) -> None:
    issued_invoice(organization, customer)
    assert [mail.id for mail in send(customer)] == [mail.id for mail in send(customer)]
    with pytest.raises(KeyReused):
        send(customer, days=31)
    send(customer, key="another")
    assert Mail.objects.filter(organization=organization).count() == 2


def test_a_copy_goes_with_one_of_the_mails_and_the_words_stand_in_all(
    organization: Organization, customer: Customer
) -> None:
    for name in ("Rita", "Ben"):
        add_contact(
            organization=organization,
            customer_id=customer.id,
            actor=SYSTEM,
            name=name,
            email=f"{name.lower()}@example.com",
            gets_receipts=True,
        )
    added: dict[str, Any] = {
        "copies": ["books@example.com", "BEN@example.com"],
        "note": "As we said on the phone.",
    }
    mails = send(customer, **added)
    assert sorted(mail.copies for mail in mails) == [[], ["books@example.com"]]
    for mail in mails:
        message = compose(organization, mail)
        assert "As we said on the phone." in str(message.body)
        assert message.cc == mail.copies
    assert [mail.id for mail in send(customer, **added)] == [mail.id for mail in mails]
    with pytest.raises(KeyReused):
        send(customer, note="Something else")


def test_what_is_no_address_gets_no_copy(organization: Organization, customer: Customer) -> None:
    with pytest.raises(FieldErrors):
        send(customer, copies=["nobody"])
    assert not Mail.objects.filter(organization=organization).exists()


def test_nobody_to_send_to_is_said_and_the_press_may_be_repeated(
    organization: Organization, customer: Customer
) -> None:
    Customer.objects.filter(id=customer.id).update(email="")
    with pytest.raises(InvalidInput, match="has no e-mail address"):
        send(customer)
    Customer.objects.filter(id=customer.id).update(email="now@example.com")
    assert [mail.recipient for mail in send(customer)] == ["now@example.com"]


def test_viewers_send_nothing(organization: Organization, customer: Customer) -> None:
    today = clock.today(organization)
    with pytest.raises(PermissionDenied):
        mail_statement(
            organization=organization,
            customer_id=customer.id,
            start=today,
            end=today,
            key="k",
            actor=factories.member_actor(organization, Role.VIEWER),
        )
