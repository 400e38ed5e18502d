"""An invoice paid in parts, as a browser without scripts pays it."""

from __future__ import annotations

import pytest
from django.utils import translation

from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_token
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.models import JournalLine
from allsquare.payments.gateway import ChargeRequest, Status
from allsquare.payments.models import CreditMovement, GatewayAccount, Payment
from allsquare.payments.services.allow_parts import allow_parts
from tests.payments.makers import ScriptedGateway, charge, eur, issued_invoice
from tests.web.portal.conftest import Payer, payer_of
from tests.web.portal.pages import Shown, shown
from tests.web.portal.test_pay import saved_card

pytestmark = pytest.mark.django_db

HOSTED = "https://pay.provider.example/ch_1"


@pytest.fixture(autouse=True)
def by_parts(organization: Organization) -> None:
    Organization.objects.filter(id=organization.id).update(part_payments=True)


def choose(payer: Payer, typed: str) -> Shown:
    return shown(payer.client.get(payer.link, {"sum": typed}))


def asked() -> list[int]:
    return [request.amount.minor for request in ScriptedGateway.asked if isinstance(request, ChargeRequest)]


def pay(payer: Payer, typed: str, minor: int, reference: str) -> Shown:
    """A card that is charged at once."""
    ScriptedGateway.answers.append(charge(reference=reference, amount=eur(minor), fee=eur(10)))
    page = choose(payer, typed) if typed else payer.open()
    return payer.follow(payer.press(page))


def test_the_button_says_the_part_and_the_page_what_stays_open(payer: Payer) -> None:
    assert "Pay a part of it" in payer.open().text
    page = choose(payer, "400")
    assert "Pay €400.00" in page.text
    assert "€834.00 stays open after it" in page.text
    assert page.fields["amount"] == "40000"


def test_part_then_part_then_rest_pays_the_invoice_exactly(payer: Payer) -> None:
    first = pay(payer, "400.00", 40000, "ch_1")
    assert "€400.00" in first.text
    assert "€834.00 of this invoice is still to be paid" in first.text
    assert payer.now().state == "partly_paid"
    pay(payer, "500", 50000, "ch_2")
    assert "Pay €334.00" in payer.open().text
    pay(payer, "", 33400, "ch_3")
    invoice = payer.now()
    assert (invoice.state, invoice.paid_minor) == ("paid", 123400)
    assert asked() == [40000, 50000, 33400]
    lines = JournalLine.objects.filter(organization=payer.organization, document_id=payer.invoice.id)
    owed = lines.filter(account__role=AccountRole.RECEIVABLE).order_by("id")
    assert [line.amount_minor for line in owed] == [123400, -40000, -50000, -33400]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0", "pay at least €123.40"),
        ("-5", "pay at least €123.40"),
        ("123.39", "pay at least €123.40"),
        ("1234.01", "€1,234.00 at most"),
        ("4.005", "has too many decimals"),
        ("400,00", "is not an amount"),
        ("lots", "is not an amount"),
        ("9" * 60, "is not an amount"),
        ("9" * 12, "at most"),
        ("9" * 25, "An amount of this size"),
    ],
)
def test_a_sum_that_cannot_be_is_refused_in_a_sentence_and_kept(payer: Payer, typed: str, said: str) -> None:
    page = choose(payer, typed)
    assert said in page.text
    assert f'value="{typed[:40]}"' in page.html
    assert page.fields["amount"] == "123400", "the button asks for all of it"


def test_the_sum_is_typed_as_the_payer_writes(
    organization: Organization, customer: Customer, account: GatewayAccount, payer: Payer
) -> None:
    Customer.objects.filter(organization=organization).update(language="de")
    customer.refresh_from_db()
    german = payer_of(issued_invoice(organization, customer, total="1234.00"), payer.client)
    with translation.override("de"):
        page = choose(german, "1.000,50")
    assert page.fields["amount"] == "100050"
    assert "1.000,50" in page.text


def test_a_forged_part_is_refused_by_the_server(payer: Payer) -> None:
    page = choose(payer, "400")
    assert payer.press(page, amount="100").status == 409
    assert payer.press(page, amount="0").status == 422
    assert payer.press(page, amount="-40000").status == 422
    assert payer.press(page, amount="123401").status == 409
    assert payer.press(page, amount="9" * 25).status == 409
    assert asked() == []


def test_where_no_parts_are_taken_none_is(payer: Payer) -> None:
    page = choose(payer, "400")
    allow_parts(organization=payer.organization, invoice_id=payer.invoice.id, allowed=False, actor=SYSTEM)
    refused = payer.press(page)
    assert refused.status == 409
    assert asked() == []
    fresh = choose(payer, "400")
    assert "Pay a part" not in fresh.text
    assert fresh.fields["amount"] == "123400"


def test_one_invoice_may_be_paid_in_parts_where_others_may_not(
    organization: Organization, payer: Payer
) -> None:
    Organization.objects.filter(id=organization.id).update(part_payments=False)
    assert "Pay a part" not in payer.open().text
    assert allow_parts(organization=organization, invoice_id=payer.invoice.id, allowed=True, actor=SYSTEM)
    assert not allow_parts(organization=organization, invoice_id=payer.invoice.id, allowed=True, actor=SYSTEM)
    assert "Pay a part" in payer.open().text


def test_a_part_under_way_does_not_block_the_rest_and_never_more_is_asked(
    payer: Payer, account: GatewayAccount
) -> None:
    whole = payer.open()
    ScriptedGateway.answers.append(charge(Status.PENDING, reference="db_1"))
    payer.press(choose(payer, "400"), method=f"bank_debit:{account.id}")
    (debit,) = Payment.objects.filter(organization=payer.organization)
    assert debit.state == "pending"
    # The page that was open before asks for all of it: that would be more than is open beyond the debit.
    assert payer.press(whole, nonce=new_token()).leads_to == payer.link
    ScriptedGateway.lookups.append(charge(Status.PENDING, reference="db_1"))
    page = payer.open()
    assert "€400.00 is being paid already" in page.text
    assert page.fields["amount"] == "83400"
    ScriptedGateway.answers.append(charge(reference="ch_2", amount=eur(83400), fee=eur(10)))
    assert "Paid" in payer.follow(payer.press(page)).text
    ScriptedGateway.lookups.append(charge(Status.PENDING, reference="db_1"))
    assert payer.open().leads_to == f"{payer.link}payment/{debit.id}/", "nothing is left to ask for"
    assert asked() == [40000, 83400]


def test_the_part_is_asked_for_again_when_the_debit_bounces(payer: Payer, account: GatewayAccount) -> None:
    ScriptedGateway.answers.append(charge(Status.PENDING, reference="db_1"))
    payer.press(choose(payer, "400"), method=f"bank_debit:{account.id}")
    ScriptedGateway.lookups.append(charge(Status.DECLINED, reference="db_1"))
    payer.open()
    assert payer.open().fields["amount"] == "123400"


def test_more_than_is_open_becomes_credit_where_that_is_allowed(
    organization: Organization, payer: Payer
) -> None:
    assert "at most" in choose(payer, "1300").text
    Organization.objects.filter(id=organization.id).update(on_account=True)
    page = choose(payer, "1300")
    assert "€66.00 more is kept for you as credit" in page.text
    assert "Pay €1,300.00" in page.text
    pay(payer, "1300", 130000, "ch_1")
    assert payer.now().state == "paid"
    (credit,) = CreditMovement.objects.filter(organization=organization)
    assert credit.amount_minor == 6600
    assert asked() == [130000]


def test_a_page_of_more_left_open_charges_nothing_when_it_is_no_longer_allowed(
    organization: Organization, payer: Payer
) -> None:
    Organization.objects.filter(id=organization.id).update(on_account=True)
    page = choose(payer, "1300")
    Organization.objects.filter(id=organization.id).update(on_account=False)
    assert payer.press(page).status == 409
    assert asked() == []


def test_nobody_with_the_link_charges_a_saved_card_for_more_than_is_owed(
    organization: Organization, payer: Payer, account: GatewayAccount
) -> None:
    """Links are forwarded (decision 0021)."""
    card = saved_card(payer, account)
    Organization.objects.filter(id=organization.id).update(on_account=True)
    page = choose(payer, "1300")
    assert "ending 4242" not in page.text
    forged = payer.press(page, method=f"saved:{card.id}")
    assert forged.status == 409
    assert asked() == []
    assert not Payment.objects.filter(organization=organization).exists()
    part = choose(payer, "400")
    assert part.fields["method"] == f"saved:{card.id}", "what is owed may be paid with it, and a part of that"
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(40000), fee=eur(10)))
    payer.press(part)
    assert asked() == [40000]
