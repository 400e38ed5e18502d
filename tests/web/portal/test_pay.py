"""The pay page, as a browser without scripts uses it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from allsquare.billing.models import InvoiceLine
from allsquare.billing.services.void import void
from allsquare.core import clock, payer_addresses
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_token
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability, ChargeRequest, MethodKind, SavedMethod, Status
from allsquare.payments.models import Consent, GatewayAccount, Payment, PaymentMethod
from allsquare.payments.services.start import start_payment
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    eur,
    issued_invoice,
    offline_account,
)
from tests.web.portal.conftest import Payer, payer_of

pytestmark = pytest.mark.django_db

HOSTED = "https://pay.provider.example/ch_1"
NEEDS_ACTION = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect=HOSTED)


def asked() -> ChargeRequest:
    (request,) = ScriptedGateway.asked
    assert isinstance(request, ChargeRequest)
    return request


def payments(payer: Payer) -> list[Payment]:
    return list(Payment.objects.filter(organization=payer.organization).order_by("id"))


def receive_by_hand(payer: Payer, minor: int) -> None:
    account = offline_account(payer.organization)
    start_payment(
        organization=payer.organization,
        invoice_id=payer.invoice.id,
        amount=eur(minor),
        method=MethodKind.CASH,
        gateway_account_id=account.id,
        key=a_key(),
        actor=SYSTEM,
    )


def test_the_page_says_who_asks_how_much_until_when_what_for_and_whom_to_ask(payer: Payer) -> None:
    page = payer.open()
    assert page.status == 200
    for words in (
        "Harbour & Pine",
        "Invoice INV-00001",
        "€1,234.00",
        "in 4 weeks",
        "Pay €1,234.00",
        "Work",
        "DE02 1203 0000 0000 2020 51",
        "billing@harbour.example",
        "The payment is handled by Scripted.",
    ):
        assert words in page.text
    assert page.fields["method"].startswith("card:"), "the usual way is chosen"
    assert "keep" not in page.fields, "consent is asked for, never assumed"


def test_pressing_pay_leads_to_the_provider_and_pays_what_was_shown(payer: Payer) -> None:
    ScriptedGateway.answers.append(NEEDS_ACTION)
    sent = payer.press(payer.open())
    assert (sent.status, sent.leads_to) == (303, HOSTED)
    assert (asked().amount, asked().method, asked().save_method) == (eur(123400), "card", False)
    assert asked().return_url.startswith("http://127.0.0.1:8000/pay/")
    (payment,) = payments(payer)
    assert payment.state == "needs_action"
    ScriptedGateway.lookups.append(charge(reference="ch_1", amount=eur(123400), fee=eur(300)))
    back = payer.client.get(asked().return_url.removeprefix("http://127.0.0.1:8000"), {"payment": "ch_1"})
    assert back.headers["Location"] == f"{payer.link}payment/{payment.id}/"
    assert "Paid" in payer.open(f"payment/{payment.id}/").text
    assert payer.now().state == "paid"


def test_pressing_twice_asks_the_provider_once(payer: Payer) -> None:
    ScriptedGateway.answers.append(NEEDS_ACTION)
    page = payer.open()
    answers = [payer.press(page) for _ in range(3)]
    assert {(answer.status, answer.leads_to) for answer in answers} == {(303, HOSTED)}
    assert len(ScriptedGateway.asked) == len(payments(payer)) == 1


def test_coming_back_and_pressing_again_returns_to_the_page_that_waits(payer: Payer) -> None:
    ScriptedGateway.answers.append(NEEDS_ACTION)
    payer.press(payer.open())
    ScriptedGateway.lookups.append(NEEDS_ACTION)
    again = payer.press(payer.open())
    assert again.leads_to == HOSTED
    assert len(payments(payer)) == 1


def test_another_choice_on_the_same_page_is_another_request(payer: Payer, account: GatewayAccount) -> None:
    ScriptedGateway.answers.extend([NEEDS_ACTION, charge(Status.PENDING, reference="db_1")])
    page = payer.open()
    payer.press(page)
    other = payer.press(page, method=f"bank_debit:{account.id}")
    assert [payment.method for payment in payments(payer)] == ["card", "bank_debit"]
    assert other.leads_to.endswith(f"/payment/{payments(payer)[1].id}/")


def tick(account: GatewayAccount) -> str:
    """What the tick beside the card sends, where ``account`` takes it."""
    return f"card:{account.id}/{account.id}"


def test_consent_to_keep_the_card_is_the_payers_of_this_press(
    payer: Payer, account: GatewayAccount, organization: Organization
) -> None:
    ScriptedGateway.answers.extend(
        [NEEDS_ACTION, charge(Status.ACTION_REQUIRED, reference="ch_2", redirect=HOSTED)]
    )
    page = payer.open()
    payer.press(page, keep=tick(account))
    payer.press(page)
    requests = [request for request in ScriptedGateway.asked if isinstance(request, ChargeRequest)]
    assert [request.save_method for request in requests] == [True, False]
    (consent,) = Consent.objects.filter(organization=organization)
    assert consent.text in page.text
    assert (consent.kind, consent.payment_id) == ("keep", payments(payer)[0].id)
    assert (consent.actor_kind, consent.actor_label, consent.address) == (
        "customer",
        payer.invoice.customer.name,
        "",
    )
    assert payer_addresses.known(organization.id, [consent.id]) == {consent.id: "127.0.0.1"}


def test_consent_is_only_heard_where_it_was_asked_for(payer: Payer, account: GatewayAccount) -> None:
    ScriptedGateway.answers.append(charge(Status.PENDING, reference="db_1"))
    payer.press(payer.open(), method=f"bank_debit:{account.id}", keep=tick(account))
    assert asked().save_method is False
    assert not Consent.objects.filter(organization=payer.organization).exists()


def test_a_debit_is_remembered_by_a_mandate_of_its_own(payer: Payer, account: GatewayAccount) -> None:
    ScriptedGateway.answers.append(charge(Status.PENDING, reference="db_1"))
    way = f"bank_debit:{account.id}"
    payer.press(payer.open(), method=way, keep=f"{way}/{account.id}")
    assert asked().save_method is True
    consent = Consent.objects.get(organization=payer.organization)
    assert consent.kind == "mandate"
    assert "collect by debit" in consent.text


def saved_card(payer: Payer, account: GatewayAccount, **more: str) -> PaymentMethod:
    facts = {"brand": "visa", "last_four": "4242", "expires": "2099-12", "token": a_key(), **more}
    return PaymentMethod.objects.create(
        organization=payer.organization,
        customer=payer.invoice.customer,
        gateway_account=account,
        kind="card",
        created_at=clock.now(None),
        **facts,
    )


def test_a_saved_card_stands_first_and_one_press_pays(payer: Payer, account: GatewayAccount) -> None:
    card = saved_card(payer, account)
    page = payer.open()
    assert page.fields["method"] == f"saved:{card.id}"
    assert page.text.index("Visa ending 4242") < page.text.index("Bank debit")
    ScriptedGateway.answers.append(
        charge(
            reference="ch_1",
            amount=eur(123400),
            fee=eur(300),
            method=SavedMethod("", MethodKind.CARD, "visa", "4242"),
        )
    )
    paid = payer.follow(payer.press(page))
    assert "Paid" in paid.text
    assert "Visa ending 4242" in paid.text
    assert asked().saved_method == card.token


def test_cards_that_are_over_removed_or_somebody_elses_are_not_offered(
    payer: Payer, account: GatewayAccount, organization: Organization, client: Client
) -> None:
    saved_card(payer, account, expires="2020-01", last_four="1111")
    removed = saved_card(payer, account, last_four="2222")
    PaymentMethod.objects.filter(organization=organization, id=removed.id).update(removed_at=clock.now(None))
    stranger = Customer.objects.create(
        organization=organization,
        name="Stranger",
        email="s@example.com",
        country="DE",
        language="en",
        currency="EUR",
        created_at=clock.now(None),
    )
    theirs = saved_card(payer_of(issued_invoice(organization, stranger), client), account, last_four="3333")
    page = payer.open()
    assert "ending" not in page.text
    forged = payer.press(page, method=f"saved:{theirs.id}")
    assert forged.status == 422
    assert "Nothing was charged" in forged.text
    assert ScriptedGateway.asked == []


@pytest.mark.parametrize(
    "changed",
    [
        {"method": ""},
        {"method": "card:1"},
        {"nonce": ""},
        {"nonce": "x"},
        {"amount": ""},
        {"amount": "-1"},
        {"amount": "x"},
    ],
)
def test_a_damaged_form_charges_nothing_and_can_be_sent_again(payer: Payer, changed: dict[str, str]) -> None:
    answer = payer.press(payer.open(), **changed)
    assert answer.status == 422
    assert "Nothing was charged" in answer.text
    assert ScriptedGateway.asked == []
    ScriptedGateway.answers.append(NEEDS_ACTION)
    assert payer.press(answer).leads_to == HOSTED


@pytest.mark.parametrize("amount", ["123401", "1", "99999999999999999999"])
def test_a_sum_that_is_not_the_open_one_is_never_charged(payer: Payer, amount: str) -> None:
    answer = payer.press(payer.open(), amount=amount)
    assert answer.status == 409
    assert ScriptedGateway.asked == []


def test_the_amount_changed_under_way(payer: Payer) -> None:
    page = payer.open()
    receive_by_hand(payer, 23400)
    changed = payer.press(page)
    assert changed.status == 409
    assert "The amount has changed" in changed.text
    assert "Nothing was charged" in changed.text
    assert "Go on with €1,000.00" in changed.text
    assert "€234.00 of €1,234.00 is paid already" in changed.text
    fresh = payer.open()
    assert "Pay €1,000.00" in fresh.text
    assert "€234.00 of €1,234.00 is paid already" in fresh.text
    assert fresh.fields["amount"] == "100000"


def test_paid_by_somebody_else_meanwhile(payer: Payer) -> None:
    page = payer.open()
    receive_by_hand(payer, 123400)
    pressed = payer.press(page)
    assert pressed.leads_to == payer.link
    paid = payer.follow(pressed)
    assert "Paid" in paid.text
    assert "cash" in paid.text
    assert "Pay €" not in paid.text
    assert ScriptedGateway.asked == []


def test_a_void_invoice_asks_for_nothing_and_says_whom_to_ask(payer: Payer) -> None:
    page = payer.open()
    void(organization=payer.organization, invoice_id=payer.invoice.id, reason="Wrong customer", actor=SYSTEM)
    pressed = payer.press(page)
    closed = payer.follow(pressed)
    assert closed.status == 200
    assert "Harbour & Pine withdrew invoice INV-00001" in closed.text
    assert "billing@harbour.example" in closed.text
    assert "Wrong customer" not in closed.text
    assert closed.forms == []


def test_while_a_payment_is_under_way_nobody_is_asked_again(payer: Payer, account: GatewayAccount) -> None:
    page = payer.open()
    ScriptedGateway.answers.append(charge(Status.PENDING, reference="db_1"))
    payer.press(page, method=f"bank_debit:{account.id}")
    (payment,) = payments(payer)
    ScriptedGateway.lookups.append(charge(Status.PENDING, reference="db_1"))
    opened = payer.open()
    assert opened.leads_to == f"{payer.link}payment/{payment.id}/"
    pressed = payer.press(page, nonce=new_token())
    assert pressed.leads_to == payer.link
    assert len(ScriptedGateway.asked) == 1


def test_who_paid_at_the_provider_and_reopens_the_mails_link_sees_it_paid(payer: Payer) -> None:
    """The tab was closed on the provider's page, and its webhook is slow."""
    ScriptedGateway.answers.append(NEEDS_ACTION)
    payer.press(payer.open())
    ScriptedGateway.lookups.append(charge(reference="ch_1", amount=eur(123400), fee=eur(300)))
    opened = payer.open()
    assert opened.leads_to == payer.link
    assert "Paid" in payer.follow(opened).text


def test_a_way_that_was_switched_off_meanwhile(payer: Payer) -> None:
    page = payer.open()
    GatewayAccount.objects.filter(organization=payer.organization).update(enabled=False)
    answer = payer.press(page)
    assert answer.status == 422
    assert "Nothing was charged" in answer.text


def test_without_a_provider_the_page_says_how_to_transfer(client: Client, payer: Payer) -> None:
    GatewayAccount.objects.filter(organization=payer.organization).update(enabled=False)
    page = payer.open()
    assert page.forms == []
    assert '<details class="card transfer" open>' in page.html


def test_overdue_is_said(payer: Payer) -> None:
    Organization.objects.filter(id=payer.organization.id).update(clock_offset=timedelta(days=40))
    page = payer.open()
    assert "overdue" in page.text
    assert "Was due" in page.text


def test_what_people_typed_stays_text(
    client: Client, account: GatewayAccount, organization: Organization, customer: Customer
) -> None:
    evil = "<script>alert(1)</script>\"'{{ 7|add:7 }}"
    Organization.objects.filter(id=organization.id).update(name=evil)
    invoice = issued_invoice(organization, customer)
    assert InvoiceLine.objects.filter(organization=organization, invoice=invoice).exists()
    page = payer_of(invoice, client).open()
    assert "<script>alert" not in page.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.html
    assert "{{ 7|add:7 }}" in page.html


def test_a_press_without_the_pages_own_token_is_refused(payer: Payer) -> None:
    page = payer.open()
    strict = Client(enforce_csrf_checks=True)
    refused = strict.post(
        payer.link, {name: text for name, text in page.fields.items() if "csrf" not in name}
    )
    assert refused.status_code == 403
    assert ScriptedGateway.asked == []


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(payer: Payer, method: str) -> None:
    assert getattr(payer.client, method)(payer.link).status_code == 405


def test_the_card_says_which_wallets_its_provider_has(
    payer: Payer, provider: type[ScriptedGateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "Apple Pay and Google Pay are offered there, where your device has them."
    assert words not in payer.open().text
    monkeypatch.setattr(provider, "capabilities", provider.capabilities | {Capability.WALLETS})
    assert payer.open().text.count(words) == 1, "not beside the bank debit"
