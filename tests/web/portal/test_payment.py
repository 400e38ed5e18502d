"""Every end of a payment has its page, and each is true."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.formatting import format_date
from allsquare.core.ids import new_id
from allsquare.core.models import RateCounter
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import Outcome, SavedMethod, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.refund import refund
from allsquare.web.portal.reasons import BY_CODE
from allsquare.web.ui.latest import CHECKS
from tests import factories
from tests.payments.by_hand import came_with, days_go_by, end_payment, take_back
from tests.payments.makers import SILENT, ScriptedGateway, a_key, charge, eur, issued_invoice, refund_outcome
from tests.web.portal.conftest import Payer, payer_of
from tests.web.portal.pages import Shown

pytestmark = pytest.mark.django_db

HOSTED = "https://pay.provider.example/ch_1"
ACTION = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect=HOSTED)
PAID = charge(
    reference="ch_1",
    amount=eur(123400),
    fee=eur(300),
    method=SavedMethod("", "card", "visa", "4242"),  # type: ignore[arg-type]  # the enum takes its value
)


def pay(payer: Payer, outcome: Outcome, **changed: str) -> Shown:
    """Press Pay; the provider answers ``outcome`` at once. Returns the page that the payer then sees."""
    ScriptedGateway.answers.append(outcome)
    return payer.follow(payer.press(payer.open(), **changed))


def payment_of(payer: Payer) -> Payment:
    return Payment.objects.get(organization=payer.organization)


def page_of(payer: Payer) -> str:
    return f"payment/{payment_of(payer).id}/"


def forget_checks() -> None:
    """As if some seconds had passed."""
    RateCounter.objects.all().delete()


def test_paid(payer: Payer) -> None:
    page = pay(payer, PAID)
    for words in (
        "Paid",
        "€1,234.00",
        "Visa ending 4242",
        "Receipt",
        "Invoice as PDF",
        "Nothing is left to do",
    ):
        assert words in page.text
    assert "Pay €" not in page.text


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("sent", "The receipt was sent to grace@example.com."),
        ("queued", "The receipt is on its way to grace@example.com."),
        ("sending", "The receipt is on its way to grace@example.com."),
        ("failed", None),
    ],
)
def test_where_the_receipt_went(payer: Payer, state: str, sentence: str | None) -> None:
    pay(payer, PAID)
    Mail.objects.create(
        organization=payer.organization,
        kind="receipt",
        subject_type="payment",
        subject_id=payment_of(payer).id,
        recipient="grace@example.com",
        language="en",
        message_id="<1@example.com>",
        state=state,
        created_at=clock.now(None),
    )
    text = payer.open(page_of(payer)).text
    assert sentence in text if sentence else "grace@example.com" not in text


def test_a_part_was_paid(payer: Payer) -> None:
    page = pay(payer, charge(reference="ch_1", amount=eur(100000), fee=eur(0)))
    assert "€1,000.00" in page.text
    assert "€234.00 of this invoice is still to be paid" in page.text
    assert "Pay the rest" in page.text


def test_what_was_given_back_is_said(payer: Payer) -> None:
    pay(payer, PAID)
    ScriptedGateway.answers.append(refund_outcome(reference="rf_1", amount=eur(20000)))
    refund(
        organization=payer.organization,
        payment_id=payment_of(payer).id,
        amount=eur(20000),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
    assert "€200.00 was given back" in payer.open(page_of(payer)).text


def test_what_a_colleague_entered_and_took_back_was_not_given_back(payer: Payer) -> None:
    ScriptedGateway.lookups.append(SILENT)  # the page asks
    pay(payer, SILENT)
    days_go_by(payer.organization, 10)
    payment = end_payment(payment_of(payer), came_with(123400))
    take_back(payment)
    text = payer.open(page_of(payer)).text
    assert "The payment did not arrive" in text
    assert "Nothing was charged" not in text
    assert "given back" not in text
    assert "Try again" in text


def test_a_bank_debit_is_under_way(payer: Payer, account: GatewayAccount) -> None:
    expected = clock.today(payer.organization) + timedelta(days=3)
    outcome = charge(Status.PENDING, reference="db_1", expected_on=expected)
    ScriptedGateway.lookups.append(outcome)
    page = pay(payer, outcome, method=f"bank_debit:{account.id}")
    assert "Your payment is under way" in page.text
    assert f"The money should arrive by {format_date(expected, 'en')} ." in page.text
    assert "Do not pay again" in page.text
    assert "refresh" not in page.html, "nobody waits for days in front of a page"


def test_a_bank_debit_bounced(payer: Payer, account: GatewayAccount) -> None:
    pending = charge(Status.PENDING, reference="db_1", expected_on=date(2099, 1, 1))
    ScriptedGateway.lookups.append(pending)
    pay(payer, pending, method=f"bank_debit:{account.id}")
    forget_checks()
    ScriptedGateway.lookups.append(charge(Status.DECLINED, reference="db_1", code="no_such_code"))
    page = payer.open(page_of(payer))
    assert "Your bank did not carry out the debit" in page.text
    assert "Nothing was charged." in page.text
    assert "Try again" in page.text


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_declined_says_why_what_to_try_and_that_nothing_was_charged(payer: Payer, code: str) -> None:
    page = pay(
        payer, charge(Status.DECLINED, reference="ch_1", code=code, message="Raw words of the provider")
    )
    assert str(BY_CODE[code].title) in page.text
    assert str(BY_CODE[code].remedy) in page.text
    assert ("Nothing was charged." in page.text) is BY_CODE[code].is_sure
    assert "Raw words" not in page.text
    assert "Pay €1,234.00" in payer.open().text


@pytest.mark.parametrize("code", ["card_declined", "stolen_card", "never_heard_of", ""])
def test_declined_without_a_reason_for_the_payer(payer: Payer, code: str) -> None:
    page = pay(payer, charge(Status.DECLINED, reference="ch_1", code=code))
    assert "Your bank declined the card" in page.text
    assert "stolen" not in page.text


def test_given_up_on_the_providers_page(payer: Payer) -> None:
    page = pay(payer, charge(Status.DECLINED, reference="ch_1", code="canceled"))
    assert "You did not finish paying" in page.text
    assert "Nothing was charged." in page.text


def test_the_provider_is_down(payer: Payer) -> None:
    page = pay(payer, charge(Status.NOT_SENT, code="unreachable", message="[Errno 111] 10.0.0.3"))
    assert "The payment could not be started" in page.text
    assert "Nothing was charged." in page.text
    assert "Errno" not in page.text


def test_the_provider_did_not_answer(payer: Payer) -> None:
    ScriptedGateway.lookups.append(charge(Status.UNKNOWN))
    page = pay(payer, charge(Status.UNKNOWN, code="no_answer"))
    assert "We are asking the payment provider" in page.text
    assert "Do not pay again: nothing is charged twice." in page.text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page.html
    forget_checks()
    ScriptedGateway.lookups.append(PAID)
    assert "Paid" in payer.open(page_of(payer)).text


def test_the_page_loses_patience_slowly(payer: Payer) -> None:
    ScriptedGateway.lookups.extend([charge(Status.UNKNOWN)] * 4)
    pay(payer, charge(Status.UNKNOWN))
    for age, seconds in ((30, 3), (300, 15), (3000, 60)):
        Payment.objects.filter(organization=payer.organization).update(
            created_at=clock.now(payer.organization) - timedelta(seconds=age)
        )
        assert f'data-look-again="{seconds}"' in payer.open(page_of(payer)).html


def test_not_finished(payer: Payer) -> None:
    ScriptedGateway.answers.append(ACTION)
    payer.press(payer.open())
    ScriptedGateway.lookups.append(ACTION)
    page = payer.open(page_of(payer))
    assert "Not paid yet" in page.text
    assert "Nothing was charged so far." in page.text
    assert f'href="{HOSTED}"' in page.html


def test_however_often_a_page_is_loaded_the_provider_is_asked_now_and_then(payer: Payer) -> None:
    ScriptedGateway.answers.append(ACTION)
    payer.press(payer.open())
    ScriptedGateway.lookups.extend([ACTION] * CHECKS.most)
    for _ in range(20):  # one look-up more would find the script empty
        assert payer.open(page_of(payer)).status == 200
    assert ScriptedGateway.lookups == []


def test_a_provider_that_tells_nonsense_does_not_break_the_page(payer: Payer) -> None:
    ScriptedGateway.answers.append(ACTION)
    payer.press(payer.open())
    for nothing in ("EUR", "USD"):
        forget_checks()
        ScriptedGateway.lookups.append(charge(reference="ch_1", amount=Money.zero(nothing)))
        assert "Not paid yet" in payer.open(page_of(payer)).text
    assert payer.now().paid_minor == 0


def test_a_double_click_waits_for_the_first_and_then_goes_on_to_the_provider(payer: Payer) -> None:
    """The second press comes while the first is still at the provider."""
    ScriptedGateway.answers.append(ACTION)
    page = payer.open()
    payer.press(page)
    Payment.objects.filter(organization=payer.organization).update(state="started", redirect="")
    second = payer.press(page)
    assert second.leads_to == f"{payer.link}{page_of(payer)}?onward"
    assert "We are asking the payment provider" in payer.follow(second).text
    Payment.objects.filter(organization=payer.organization).update(state="needs_action", redirect=HOSTED)
    ScriptedGateway.lookups.append(ACTION)
    assert payer.follow(second).leads_to == HOSTED


def test_the_way_back_finds_its_payment_and_nothing_else(payer: Payer) -> None:
    assert payer.open("back/unknown/").leads_to == payer.link
    pay(payer, PAID)
    mark = payment_of(payer).key.removeprefix("pay-")
    assert payer.open(f"back/{mark}/").leads_to == payer.link + page_of(payer)


def test_payments_of_other_invoices_and_organizations_are_not_there(
    client: Client, payer: Payer, organization: Organization, customer: Customer
) -> None:
    pay(payer, PAID)
    other = payer_of(issued_invoice(organization, customer), client)
    elsewhere = factories.make_organization()
    foreign = payer_of(issued_invoice(elsewhere, factories.make_customer(elsewhere)), client)
    mark = payment_of(payer).key.removeprefix("pay-")
    for stranger in (other, foreign):
        assert stranger.open(page_of(payer)).status == 404
        assert stranger.open(f"receipt/{payment_of(payer).id}.pdf").status == 404
        assert stranger.open(f"back/{mark}/").leads_to == stranger.link
    assert payer.open(f"payment/{uuid4()}/").status == 404
    assert payer.open(f"payment/{new_id()}/").status == 404


def test_a_redirect_of_the_provider_leads_to_web_pages_alone(payer: Payer) -> None:
    ScriptedGateway.answers.append(
        charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="javascript:alert(1)")
    )
    assert payer.press(payer.open()).status == 400


def test_who_stands_at_a_reader_is_told_so_and_pays_no_other_way(payer: Payer) -> None:
    ScriptedGateway.answers.append(ACTION)
    payer.press(payer.open())
    Payment.objects.filter(organization=payer.organization).update(reader="Front <desk>", redirect="")
    ScriptedGateway.lookups.extend([charge(Status.ACTION_REQUIRED, reference="ch_1")] * 3)
    shown = payer.open(page_of(payer))
    assert "Hold your card to the reader “Front <desk>”." in shown.text
    assert "Hold your card" in payer.open(page_of(payer) + "?onward").text, "there is no page to go to"
    assert payer.open().leads_to.endswith(page_of(payer)), "nothing else is asked for meanwhile"
