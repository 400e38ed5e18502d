"""A card that was held to a reader is kept: agreed to before a clerk, saved once, and charged like any other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.identity.roles import Role
from allsquare.payments.errors import InvalidPayment
from allsquare.payments.gateway import Capability, ChargeRequest, MethodKind, Outcome, SavedMethod
from allsquare.payments.models import Consent, GatewayAccount, Payment, PaymentMethod
from allsquare.payments.saved import Keeping, default_method, keeping_at_reader, kept_methods, removed_methods
from allsquare.payments.services import take_card as service
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.remove_method import remove_method
from allsquare.payments.services.settle import settle
from allsquare.payments.services.start import start_payment
from tests import factories
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice
from tests.payments.test_saved_letters import mailed, text_of
from tests.payments.test_take_card import WAITS, CounterGateway, counter, take
from tests.square import assert_all_square

__all__ = ["counter"]

VISA = SavedMethod("cus_1/pm_twin", MethodKind.CARD, "visa", "4242", "2031-07")
READ = charge(reference="ch_1", amount=eur(10000), fee=eur(100), method=VISA)
WALLET = replace(READ, method=replace(VISA, token=""))


@pytest.fixture(autouse=True)
def address(customer: Customer) -> None:
    customer.email = "payer@example.com"
    customer.save()


@pytest.fixture
def clerk(organization: Organization) -> Actor:
    return factories.member_actor(organization, Role.BILLING_CLERK)


def waiting(account: GatewayAccount, customer: Customer, clerk: Actor, *, keep: bool = True) -> Payment:
    ScriptedGateway.answers.append(WAITS)
    invoice = issued_invoice(account.organization, customer)
    return take(account, invoice.id, clerk, key="till-1", keep=keep)


def held(payment: Payment, outcome: Outcome) -> Payment:
    """The card is read, and somebody asks."""
    ScriptedGateway.lookups.append(outcome)
    check_payment(organization=payment.organization, payment=payment)
    payment.refresh_from_db()
    return payment


def methods(organization: Organization) -> list[PaymentMethod]:
    return list(PaymentMethod.objects.filter(organization=organization))


def test_what_was_agreed_to_is_kept_with_who_noted_it(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = waiting(account, customer, replace(clerk, address="198.51.100.7", request="req-9"))
    (request,) = ScriptedGateway.asked
    assert isinstance(request, ChargeRequest)
    assert request.save_method
    consent = Consent.objects.get(organization=organization)
    assert (consent.kind, consent.payment_id, consent.customer_id) == ("keep", payment.id, customer.id)
    assert (consent.actor_kind, consent.actor_id, consent.actor_label) == ("person", clerk.id, clerk.label)
    assert consent.text == (
        f"Keep this card at Scripted, so that I can pay {organization.name} with one press. "
        "I can end this at any time."
    )
    assert (consent.note, consent.language) == ("In person, at the reader “Front desk”", "en")
    assert (consent.address, consent.request) == ("198.51.100.7", "req-9")
    assert methods(organization) == [], "nothing was held to it yet"
    assert keeping_at_reader(organization, payment) is Keeping.ASKED


def test_it_is_saved_once_however_often_it_is_told(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = held(waiting(account, customer, clerk), READ)
    key = payment.attempts.get().id
    news = replace(READ, key=key)
    settle(organization=organization, gateway_account=account, outcomes=[news, news], actor=SYSTEM)
    settle(organization=organization, gateway_account=account, outcomes=[news], actor=SYSTEM)
    (method,) = methods(organization)
    assert (method.token, method.last_four, method.expires) == ("cus_1/pm_twin", "4242", "2031-07")
    assert (method.customer_id, method.saved_by) == (customer.id, payment.id)
    assert keeping_at_reader(organization, payment) is Keeping.KEPT
    (kept,) = kept_methods(organization, customer.id)
    assert (kept.reader, kept.consent and kept.consent.note) == (
        "Front desk",
        "In person, at the reader “Front desk”",
    )
    assert_all_square()


def test_it_pays_by_one_press_and_by_itself_until_it_is_removed(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = held(waiting(account, customer, clerk), READ)
    method = default_method(organization, customer.id)
    assert method is not None
    ScriptedGateway.answers.append(charge(reference="ch_2", amount=eur(10000), fee=eur(100)))
    pressed = start_payment(
        organization=organization,
        invoice_id=issued_invoice(organization, customer).id,
        amount=eur(10000),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=a_key(),
        actor=customer_actor(customer.id, customer.name),
        return_url="https://shop.example/back",
        saved_method_id=method.id,
    )
    asked = ScriptedGateway.asked[-1]
    assert isinstance(asked, ChargeRequest)
    assert (pressed.state, asked.saved_method, asked.reader) == ("succeeded", "cus_1/pm_twin", "")
    agreed = agree_autopay(
        organization=organization, customer_id=customer.id, actor=clerk, note="Said so at the till"
    )
    assert agreed.customer_id == customer.id

    remove_method(organization=organization, customer_id=customer.id, method_id=method.id, actor=clerk)
    news = replace(READ, key=payment.attempts.get().id)
    settle(organization=organization, gateway_account=account, outcomes=[news], actor=SYSTEM)

    assert kept_methods(organization, customer.id) == [], "late news brings it back to nobody"
    (gone,) = removed_methods(organization, customer.id)
    assert gone.reader == "Front desk"
    assert gone.consent is not None
    assert keeping_at_reader(organization, payment) is Keeping.REMOVED


def test_of_what_cannot_be_kept_nothing_is_saved_and_nothing_is_told_to_be(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = held(waiting(account, customer, clerk), WALLET)
    assert payment.state == "succeeded"
    assert methods(organization) == []
    assert keeping_at_reader(organization, payment) is Keeping.NOT_KEPT
    assert "you let" not in receipt(payment)


def test_the_receipt_says_what_was_agreed_to(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = held(waiting(account, customer, clerk), READ)
    said = receipt(payment)
    assert f"you let {organization.name} keep your payment method" in said
    assert "with one press" in said


def test_nobody_is_asked_where_the_clerk_did_not_tick_it(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = held(waiting(account, customer, clerk, keep=False), WALLET)
    assert not Consent.objects.filter(organization=organization).exists()
    assert keeping_at_reader(organization, payment) is Keeping.NOT_ASKED


def test_a_repeat_of_the_press_says_the_same(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = waiting(account, customer, clerk)
    assert payment.invoice_id is not None
    assert take(account, payment.invoice_id, clerk, key="till-1", keep=True).id == payment.id
    with pytest.raises(KeyReused):
        take(account, payment.invoice_id, clerk, key="till-1")
    assert Consent.objects.filter(organization=organization).count() == 1


def test_readers_that_keep_no_card_are_not_asked_to(
    customer: Customer, account: GatewayAccount, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = CounterGateway.capabilities - {Capability.KEEPS_AT_READERS}
    monkeypatch.setattr(CounterGateway, "capabilities", without)
    with pytest.raises(InvalidPayment) as refused:
        waiting(account, customer, clerk)
    assert refused.value.field == "keep"
    assert ScriptedGateway.asked == []
    assert not Consent.objects.filter(organization=account.organization).exists()


def test_who_may_take_cards_and_no_more_keeps_none(
    customer: Customer, account: GatewayAccount, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No role of today is so."""

    def require(_organization: Organization, _actor: Actor, permission: Permission) -> None:
        if permission is Permission.MANAGE_METHODS:
            raise PermissionDenied("no", permission=permission.value)

    monkeypatch.setattr(service, "require", require)
    with pytest.raises(PermissionDenied):
        waiting(account, customer, clerk)
    assert waiting(account, customer, clerk, keep=False).state == "needs_action"


def receipt(payment: Payment) -> str:
    """The mail that the payer gets, as far as they are told in words."""
    (mail,) = mailed(payment.organization, "receipt")
    return text_of(payment.organization, mail)
