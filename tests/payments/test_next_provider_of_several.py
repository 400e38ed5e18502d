"""A payment for several invoices whose provider was not reached: the next one takes it, with all that it is for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Consent, GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.several import Together
from tests.payments.makers import AWAY, PAGE, SILENT, ScriptedGateway, issued_invoice
from tests.payments.several import begin, came, together
from tests.payments.test_saved_methods import saved
from tests.payments.test_transfers import BANK
from tests.square import assert_all_square


@pytest.fixture
def invoices(organization: Organization, customer: Customer) -> list[Invoice]:
    return [issued_invoice(organization, customer) for _ in range(3)]


@pytest.fixture
def asked(
    customer: Customer, account: GatewayAccount, second: GatewayAccount, invoices: list[Invoice]
) -> Together:
    return together(customer, account, invoices, on_account=500, spare_ids=(second.id,))


def attempts(payment: Payment) -> list[PaymentAttempt]:
    mine = PaymentAttempt.objects.filter(organization=payment.organization, payment=payment)
    return list(mine.order_by("number"))


def test_what_surely_did_not_arrive_is_made_anew_at_the_next_and_pays_all_of_them(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    second: GatewayAccount,
    invoices: list[Invoice],
    asked: Together,
) -> None:
    ScriptedGateway.answers.extend([AWAY, PAGE])
    payment = begin(asked, customer)
    assert (payment.state, payment.gateway_account_id) == ("needs_action", second.id)
    first, anew = attempts(payment)
    assert (first.status, first.gateway_account_id) == ("not_sent", account.id)
    assert [request.key for request in ScriptedGateway.asked] == [first.id, anew.id]
    (event,) = Event.objects.filter(organization_id=organization.id, kind="payment.moved")
    assert (event.data["from"], event.data["to"]) == ("Scripted", "Second")
    came(payment, second, 30500)
    for invoice in invoices:
        invoice.refresh_from_db()
        assert (invoice.state, invoice.paid_minor) == ("paid", 10000)
    assert_all_square()


def test_whatever_may_have_arrived_stays(customer: Customer, asked: Together) -> None:
    payment = begin(asked, customer, answer=SILENT)
    assert (payment.state, payment.gateway_account_id) == ("unknown", asked.account_id)
    assert len(attempts(payment)) == len(ScriptedGateway.asked) == 1


def test_the_same_press_again_is_the_payment_that_moved(customer: Customer, asked: Together) -> None:
    ScriptedGateway.answers.extend([AWAY, PAGE])
    payment = begin(asked, customer, key="press")
    assert begin(asked, customer, key="press") == payment
    alone = replace(asked, spare_ids=())
    assert begin(alone, customer, key="press") == payment, "who stands in is no part of the wish"
    assert begin(alone, customer) == payment, "the page that waits is gone back to"
    assert len(ScriptedGateway.asked) == 2


def test_money_on_account_moves_too(
    customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    ScriptedGateway.answers.extend([AWAY, PAGE])
    payment = begin(together(customer, account, [], on_account=500, spare_ids=(second.id,)), customer)
    assert payment.gateway_account_id == second.id
    came(payment, second, 500)
    assert_all_square()


def test_one_that_is_down_is_not_asked(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    second: GatewayAccount,
    asked: Together,
) -> None:
    GatewayAccount.objects.filter(organization=organization, id=account.id).update(down_since=clock.now(None))
    payment = begin(asked, customer, answer=PAGE)
    assert payment.gateway_account_id == second.id
    assert len(attempts(payment)) == 1


def test_a_saved_method_never_moves(
    customer: Customer, account: GatewayAccount, second: GatewayAccount, invoices: list[Invoice]
) -> None:
    kept = saved(customer, account)
    asked = together(customer, account, invoices, spare_ids=(second.id,), saved_method_id=kept.id)
    ScriptedGateway.asked.clear()
    payment = begin(asked, customer, answer=AWAY)
    assert (payment.state, payment.gateway_account_id) == ("failed", account.id)
    assert len(ScriptedGateway.asked) == 1


def test_a_saved_method_is_asked_of_its_own_provider_even_where_that_is_down(
    customer: Customer, account: GatewayAccount, second: GatewayAccount, invoices: list[Invoice]
) -> None:
    """The other does not know it, or knows somebody else's by that name."""
    kept = saved(customer, account)
    GatewayAccount.objects.filter(organization=account.organization, id=account.id).update(
        down_since=clock.now(None)
    )
    asked = together(customer, account, invoices, spare_ids=(second.id,), saved_method_id=kept.id)
    assert begin(asked, customer, answer=PAGE).gateway_account_id == account.id


def test_consent_to_one_provider_is_none_to_another(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    asked: Together,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first is down, so that the second is asked at once: whose terms nobody read."""
    monkeypatch.setattr(
        "allsquare.payments.consent.keep_text", lambda asker, account, method: f"at {account.label}"
    )
    GatewayAccount.objects.filter(organization=organization, id=account.id).update(down_since=clock.now(None))
    payment = begin(replace(asked, save_method=True), customer, answer=PAGE, key="press")
    assert attempts(payment)[0].request["save_method"] is False
    assert not Consent.objects.filter(organization=organization, payment=payment).exists()
    again = begin(replace(asked, save_method=True), customer, key="press")
    assert again == payment, "the key stands for what was asked, not for what came of it"


def test_money_for_no_invoice_is_not_announced_as_a_transfer_in_the_place_of_another_way(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = add_gateway_account(
        organization=organization, gateway="bank_transfer", label="Bank", settings=BANK, actor=SYSTEM
    )
    monkeypatch.setattr(ScriptedGateway, "methods", (MethodKind.BANK_TRANSFER,))
    asked = together(
        customer, account, [], on_account=500, method=MethodKind.BANK_TRANSFER, spare_ids=(bank.id,)
    )
    payment = begin(asked, customer, answer=AWAY)
    assert (payment.state, payment.gateway_account_id) == ("failed", account.id)
    invoice = issued_invoice(organization, customer)
    asked = together(customer, account, [invoice], method=MethodKind.BANK_TRANSFER, spare_ids=(bank.id,))
    assert begin(asked, customer, answer=AWAY).gateway_account_id == bank.id
