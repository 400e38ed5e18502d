"""Mails about one payment for several invoices name each of them, with what it took."""

from __future__ import annotations

import pytest

from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization, Person
from allsquare.notifications import reader
from allsquare.notifications.compose import preview
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import MethodKind, Status
from allsquare.payments.models import GatewayAccount
from tests import factories
from tests.payments.flows import take
from tests.payments.makers import charge, eur, issued_invoice
from tests.payments.several import begin, paid_together, together

pytestmark = pytest.mark.django_db


def written(organization: Organization, kind: str) -> tuple[str, str]:
    """Subject and page of the newest mail of the kind."""
    reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))
    mail = Mail.objects.filter(organization=organization, kind=kind).latest("id")
    letter, html = preview(organization, mail)
    return letter.subject, html


@pytest.mark.parametrize("language", ["en", "de"])
def test_receipt_and_notice_name_all(
    organization: Organization, account: GatewayAccount, owner: Person, language: str
) -> None:
    customer = factories.make_customer(organization, language=language)
    invoices = [issued_invoice(organization, customer, total=total) for total in ("100.00", "20.00")]
    paid_together(customer, account, invoices, captured=12500)
    for kind in ("receipt", "payment_notice"):
        subject, html = written(organization, kind)
        assert {"en": "several invoices", "de": "mehrere Rechnungen"}[
            language
        ] in subject or kind != "receipt"
        for invoice in invoices:
            assert str(invoice.number) in html
        for minor in ("100", "20", "5"):
            assert f"{minor}.00" in html or f"{minor},00" in html


def test_a_debit_that_bounces_names_all_of_them(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = [issued_invoice(organization, customer, total=total) for total in ("100.00", "20.00")]
    asked = together(customer, account, invoices, method=MethodKind.BANK_DEBIT)
    begin(asked, customer, answer=charge(Status.PENDING, reference="ch_1"))
    assert str(invoices[1].number) in written(organization, "payment_pending")[1]
    take(account, charge(Status.DECLINED, reference="ch_1", code="account_closed"))
    _subject, html = written(organization, "payment_failed")
    for invoice in invoices:
        assert str(invoice.number) in html


def test_money_on_account_has_its_receipt(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    asked = together(customer, account, [], on_account=500)
    begin(asked, customer, answer=charge(reference="ch_1", amount=eur(500)))
    subject, html = written(organization, "receipt")
    assert "invoice" not in subject
    assert "5.00" in html


@pytest.mark.parametrize(
    ("language", "words"), [("en", "€40.00 (€60.00 still open)"), ("de", "40,00 € (noch 60,00 € offen)")]
)
def test_of_a_part_the_receipt_says_what_is_still_open(
    organization: Organization, account: GatewayAccount, language: str, words: str
) -> None:
    customer = factories.make_customer(organization, language=language)
    one, other = (issued_invoice(organization, customer, total=total) for total in ("100.00", "20.00"))
    asked = together(customer, account, {one.id: 4000, other.id: 2000})
    begin(asked, customer, answer=charge(reference="ch_1", amount=eur(6000), fee=eur(0)))
    _subject, html = written(organization, "receipt")
    text = html.replace("\xa0", " ").replace("&nbsp;", " ")
    assert words in text
    assert text.count("still open)") + text.count("offen)") == 1, "nothing is open of the other"
