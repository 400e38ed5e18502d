"""All that is open in the hands of whoever reads the customer's mail, and of a stranger who got one invoice's link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from django.test import Client

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.notifications import reader
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from allsquare.payments.gateway import MethodKind, Status
from allsquare.payments.models import Consent, GatewayAccount, MethodLink, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.ask_method_link import ask_method_link
from tests import factories
from tests.payments.flows import pay, take
from tests.payments.makers import (
    ScriptedGateway,
    charge,
    eur,
    issued_invoice,
    offline_account,
    second_account,
)
from tests.payments.several import begin, together
from tests.smtp import Smtp, smtp
from tests.square import assert_all_square
from tests.web.portal.conftest import Payer, payer_of
from tests.web.portal.pages import Shown, shown
from tests.web.portal.test_pay import saved_card

__all__ = ["smtp"]  # a fixture


@dataclass(frozen=True)
class Owner:
    """The customer with the mailed link."""

    client: Client
    organization: Organization
    link: str

    def open(self, path: str = "", **choice: object) -> Shown:
        query = urlencode({"currency": "EUR", **choice}, doseq=True) if choice else ""
        return shown(self.client.get(f"{self.link}{path}?{query}"))

    def press(self, page: Shown, invoices: list[Invoice], **changed: str) -> Shown:
        data = {**page.fields, "invoice": [str(each.id) for each in invoices], **changed}
        return shown(self.client.post(self.link, data))

    def follow(self, page: Shown) -> Shown:
        return shown(self.client.get(page.leads_to))


@pytest.fixture
def invoices(payer: Payer) -> list[Invoice]:
    customer = payer.invoice.customer
    return [
        payer.invoice,
        *(issued_invoice(payer.organization, customer, total=t) for t in ("60.00", "6.00")),
    ]


@pytest.fixture
def owner(payer: Payer) -> Owner:
    link = ask_method_link(
        organization=payer.organization,
        customer_id=payer.invoice.customer_id,
        actor=SYSTEM,
        purpose=MethodLink.Purpose.OPEN,
    )
    return Owner(Client(), payer.organization, f"/pay/open/{link.token}/")


def ids(invoices: list[Invoice]) -> list[str]:
    return [str(invoice.id) for invoice in invoices]


def test_the_key_comes_by_mail_to_the_address_that_the_business_knows(
    payer: Payer, invoices: list[Invoice], smtp: Smtp
) -> None:
    assert "Pay several invoices together" in payer.open().text
    page = payer.open("open/")
    assert str(invoices[1].number) not in page.text, "one invoice's link says nothing of others"
    shown(payer.client.post(f"{payer.link}open/"))
    reader.read(list(Event.objects.filter(organization_id=payer.organization.id).order_by("id")))
    for mail in Mail.objects.filter(organization=payer.organization, kind="open_link"):
        send(organization=payer.organization, mail_id=mail.id)
    assert smtp.mails[-1].recipients == (payer.invoice.customer.email,)
    found = re.search(r"(/pay/open/[\w-]{22}/)", smtp.mails[-1].text)
    assert found
    text = shown(payer.client.get(found[1])).text
    for invoice in invoices:
        assert f"Invoice {invoice.number}" in text
    assert "€1,300.00" in text


def test_they_are_chosen_paid_at_once_and_named(
    owner: Owner, invoices: list[Invoice], account: GatewayAccount
) -> None:
    some = invoices[:2]
    page = owner.open(invoice=ids(some))
    assert "Pay €1,294.00" in page.text
    assert str(invoices[2].number) not in page.text
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/")
    ScriptedGateway.answers.append(waiting)
    assert owner.press(page, some).leads_to == "https://pay.example/"
    assert owner.press(page, some).leads_to == "https://pay.example/", "pressed twice"
    payment = Payment.objects.get(organization=owner.organization)
    take(account, charge(reference="ch_1", amount=eur(129400), fee=eur(0)))
    back = ScriptedGateway.asked[0].return_url.partition("//")[2].partition("/")[2]  # type: ignore[union-attr]  # a charge
    paid = owner.follow(shown(owner.client.get(f"/{back}")))
    assert "Paid" in paid.text
    for invoice in some:
        assert f"Invoice {invoice.number}" in paid.text
    receipt = owner.client.get(f"{owner.link}receipt/{payment.id}.pdf")
    assert receipt.content.startswith(b"%PDF")
    assert [row.state for row in Invoice.objects.filter(organization=owner.organization).order_by("id")] == [
        "paid",
        "paid",
        "issued",
    ]
    left = owner.open().text
    assert str(invoices[2].number) in left
    assert str(invoices[0].number) not in left
    assert_all_square()


def test_a_saved_card_pays_all_by_one_press(
    payer: Payer, owner: Owner, invoices: list[Invoice], account: GatewayAccount
) -> None:
    card = saved_card(payer, account)
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(130000), fee=eur(0)))
    page = owner.open(invoice=ids(invoices))
    assert page.fields["method"] == f"saved:{card.id}"
    assert "Paid" in owner.follow(owner.press(page, invoices)).text
    assert_all_square()


def test_who_agreed_to_the_words_of_one_provider_keeps_no_card_at_another(
    owner: Owner, invoices: list[Invoice], account: GatewayAccount
) -> None:
    second = second_account(owner.organization)
    page, tick = owner.open(invoice=ids(invoices)), f"card:{account.id}/{account.id}"
    begun = owner.open(invoice=ids(invoices))
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/")
    ScriptedGateway.answers.append(waiting)
    assert owner.press(begun, invoices, keep=tick).leads_to == "https://pay.example/"
    GatewayAccount.objects.filter(organization=owner.organization, id=account.id).update(
        down_since=clock.now(None), probe_at=None
    )
    again = owner.press(page, invoices, keep=tick)
    assert again.status == 409
    assert "Another provider takes this payment by now" in again.text
    assert f'name="keep" value="card:{account.id}/{second.id}"' in again.html
    assert owner.press(begun, invoices, keep=tick).leads_to == "https://pay.example/", "pressed twice"
    assert len(ScriptedGateway.asked) == 1
    (consent,) = Consent.objects.filter(organization=owner.organization)
    payment = Payment.objects.get(organization=owner.organization)
    assert (consent.payment_id, payment.gateway_account) == (payment.id, account)


def test_a_second_press_is_the_first_whoever_takes_payments_by_then(
    owner: Owner, invoices: list[Invoice], account: GatewayAccount
) -> None:
    second_account(owner.organization)
    page = owner.open(invoice=ids(invoices))
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/")
    ScriptedGateway.answers.append(waiting)
    assert owner.press(page, invoices).leads_to == "https://pay.example/"
    GatewayAccount.objects.filter(organization=owner.organization, id=account.id).update(
        down_since=clock.now(None), probe_at=None
    )
    assert owner.press(page, invoices).leads_to == "https://pay.example/"
    assert len(ScriptedGateway.asked) == 1


def test_one_transfer_has_one_reference(owner: Owner, invoices: list[Invoice]) -> None:
    bank = add_gateway_account(
        organization=owner.organization,
        gateway="bank_transfer",
        label="Bank",
        settings={"holder": "Harbour & Pine GmbH", "iban": "DE02120300000000202051"},
        actor=SYSTEM,
    )
    page = owner.open(invoice=ids(invoices))
    slip = owner.follow(owner.press(page, invoices, method=f"bank_transfer:{bank.id}"))
    payment = Payment.objects.get(organization=owner.organization)
    reference = f"P{payment.id.hex[-12:].upper()}"
    assert "€1,300.00" in slip.text
    assert reference in slip.text.replace(" ", "")
    shown(owner.client.post(f"{owner.link}payment/{payment.id}/stop"))
    payment.refresh_from_db()
    assert payment.state == "canceled"


def test_what_changed_since_is_shown_before_anything_is_charged(
    owner: Owner, invoices: list[Invoice]
) -> None:
    page = owner.open(invoice=ids(invoices))
    pay(invoices[1], offline_account(owner.organization), amount=eur(6000), method=MethodKind.CASH)
    again = owner.press(page, invoices)
    assert again.status == 409
    assert "has changed" in again.text
    assert "Pay €1,240.00" in again.text
    assert not ScriptedGateway.asked


def test_what_is_under_way_is_not_asked_for_again(
    owner: Owner, invoices: list[Invoice], account: GatewayAccount
) -> None:
    pay(invoices[0], account, answer=charge(Status.PENDING, reference="ch_9"))
    page = owner.open()
    assert "is being paid already" in page.text
    assert "€66.00" in page.text


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"invoice": []}, "Choose at least one invoice"),
        ({"invoice": ["nonsense", "1"]}, "Choose at least one"),
    ],
)
def test_nonsense_is_answered(
    owner: Owner, invoices: list[Invoice], choice: dict[str, list[str]], words: str
) -> None:
    page = owner.open("", **choice, on_account="")
    assert page.status == 422
    assert words in page.text


def test_on_account_where_it_is_allowed(
    owner: Owner, payer: Payer, invoices: list[Invoice], account: GatewayAccount
) -> None:
    assert "on account" not in owner.open().text
    Organization.objects.filter(id=owner.organization.id).update(on_account=True)
    assert "More, on account" in owner.open().text
    assert owner.open(on_account="a lot").status == 422
    bank = add_gateway_account(
        organization=owner.organization,
        gateway="bank_transfer",
        label="Bank",
        settings={"holder": "Harbour & Pine GmbH", "iban": "DE02120300000000202051"},
        actor=SYSTEM,
    )
    page = owner.open(on_account="12.50")
    assert str(bank.id) not in page.html, "nobody could say of which money that transfer is"
    assert "Pay €12.50" in page.text
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(1250), fee=eur(0)))
    paid = owner.follow(owner.press(page, []))
    assert "Kept for you as credit" in paid.text
    assert_all_square()


def test_the_link_of_one_invoice_shows_only_its_share(
    payer: Payer, invoices: list[Invoice], account: GatewayAccount
) -> None:
    """Who got it forwarded sees no other invoice, no sum of all, no receipt, and stops nothing."""
    customer = payer.invoice.customer
    asked = together(customer, account, invoices)
    payment = begin(asked, customer, answer=charge(Status.PENDING, reference="ch_1"))
    ScriptedGateway.lookups.extend(charge(Status.PENDING, reference="ch_1") for _ in range(4))
    page = payer.follow(payer.open())
    assert "being paid together with others" in page.text
    assert "€1,234.00" in page.text
    assert "1,300" not in page.text
    take(account, charge(reference="ch_1", amount=eur(130000), fee=eur(0)))
    page = payer.open()
    assert page.leads_to == "", page.leads_to
    assert "Paid together with other invoices" in page.text
    for text in ("1,300", str(invoices[1].number)):
        assert text not in page.html
    assert payer.open(f"receipt/{payment.id}.pdf").status == 404
    assert payer.open(f"payment/{payment.id}/").leads_to == payer.link
    assert payer.client.post(f"{payer.link}payment/{payment.id}/stop").status_code == 404


def test_it_is_not_offered_where_the_business_does_not_want_it(payer: Payer, invoices: list[Invoice]) -> None:
    Organization.objects.filter(id=payer.organization.id).update(several_invoices=False)
    assert "Pay several invoices together" not in payer.open().text
    assert payer.open("open/").leads_to == payer.link


def test_a_nul_in_the_address_of_a_good_link_is_answered(owner: Owner) -> None:
    assert owner.open("back/%00/").status == 400
    assert owner.open("back/nothing/").leads_to == owner.link


def test_the_mailed_link_shows_nothing_more_where_the_business_does_not_want_it_any_more(
    owner: Owner, invoices: list[Invoice], account: GatewayAccount
) -> None:
    """What was begun before stays visible."""
    page = owner.open(invoice=ids(invoices))
    ScriptedGateway.answers.append(charge(Status.PENDING, reference="ch_1"))
    there = owner.press(page, invoices).leads_to
    ScriptedGateway.lookups.append(charge(Status.PENDING, reference="ch_1"))
    Organization.objects.filter(id=owner.organization.id).update(several_invoices=False, on_account=False)
    for answer in (owner.open(), owner.press(page, invoices)):
        assert answer.status == 404
        assert "its time is over" in answer.text
        assert str(invoices[0].number) not in answer.text
    assert "Your payment is under way" in shown(owner.client.get(there)).text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("10000000000001", "An amount of this size cannot be right."),
        ("10000000000000", "An amount of this size cannot be right."),
        ("90000000000000000", "An amount of this size cannot be right."),
        ("9" * 38, ""),
        ("0", "Enter an amount above zero."),
        ("-5", "Enter an amount above zero."),
    ],
)
def test_a_sum_on_account_that_cannot_be_is_said_at_its_field(
    owner: Owner, invoices: list[Invoice], typed: str, words: str
) -> None:
    """Be it too large by itself, or with what is paid beside it; what was chosen stays chosen."""
    Organization.objects.filter(id=owner.organization.id).update(on_account=True)
    page = owner.open(invoice=ids(invoices[:1]), on_account=typed)
    assert page.status == 422
    assert words in page.text
    assert f'value="{typed}"' in page.html
    assert "is-invalid" in page.html
    assert page.html.count(" checked") == 1
    alone = owner.open(on_account=typed)
    if typed == "10000000000000":
        assert alone.status == 200, "the largest that is believed"
    else:
        assert alone.status == 422
        assert " checked" not in alone.html, "what was unticked stays so"


def test_nobody_sees_what_another_customer_owes(owner: Owner, invoices: list[Invoice]) -> None:
    other = issued_invoice(owner.organization, factories.make_customer(owner.organization))
    assert str(other.number) not in owner.open().text
    assert owner.open(invoice=[str(other.id)]).status == 422
    theirs = pay(other, offline_account(owner.organization), method=MethodKind.CASH)
    assert owner.open(f"payment/{theirs.id}/").status == 404
    assert payer_of(other, Client()).open().status == 200
