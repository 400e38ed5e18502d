"""Asking for money: what is asked once, what is refused, and what a provider's answer makes of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, customer_actor, gateway_actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.idempotency import KeyInvalid, KeyReused
from allsquare.core.money import MAX_MINOR
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.errors import PeriodClosed, RateMissing
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.arrivals import LARGEST
from allsquare.payments.errors import (
    AmountChanged,
    GatewayUnavailable,
    InvalidPayment,
    InvoiceNotPayable,
    PaymentUnderWay,
)
from allsquare.payments.gateway import ChargeRequest, MethodKind, SavedMethod, Status
from allsquare.payments.models import CreditMovement, GatewayAccount, Payment, PaymentAttempt, PaymentMethod
from allsquare.payments.services.start import start_payment
from tests import factories
from tests.payments.flows import balances, pay, take
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice, offline_account, usd
from tests.square import assert_all_square

AT_PROVIDER = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/ch_1")


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    return issued_invoice(organization, customer)


@pytest.fixture
def by_hand(organization: Organization) -> GatewayAccount:
    return offline_account(organization)


def test_the_payer_is_sent_to_the_provider(invoice: Invoice, account: GatewayAccount) -> None:
    payment = pay(invoice, account, answer=AT_PROVIDER)
    assert (payment.state, payment.redirect) == ("needs_action", "https://pay.example/ch_1")
    (asked,) = ScriptedGateway.asked
    assert isinstance(asked, ChargeRequest)
    attempt = PaymentAttempt.objects.get(organization=invoice.organization, payment=payment)
    assert (asked.key, asked.amount, asked.metadata["attempt"]) == (attempt.id, eur(10000), str(attempt.id))
    assert attempt.status == "action_required"
    assert_all_square()


def test_the_same_key_with_the_same_input_asks_nobody_again(
    invoice: Invoice, account: GatewayAccount
) -> None:
    first = pay(invoice, account, key="k", answer=charge(reference="ch_1", amount=eur(10000), fee=eur(175)))
    again = pay(invoice, account, key="k", amount=eur(10000))
    assert first.id == again.id
    assert again.state == "succeeded"
    assert len(ScriptedGateway.asked) == 1
    assert_all_square()


def test_a_repeat_gets_its_answer_even_when_the_way_to_pay_was_switched_off(
    invoice: Invoice, account: GatewayAccount
) -> None:
    first = pay(invoice, account, key="k", answer=AT_PROVIDER)
    GatewayAccount.objects.filter(organization=invoice.organization).update(enabled=False)
    assert pay(invoice, account, key="k").id == first.id


@pytest.mark.parametrize("change", ["amount", "method", "invoice"])
def test_the_same_key_with_other_input_is_refused(
    organization: Organization, customer: Customer, invoice: Invoice, account: GatewayAccount, change: str
) -> None:
    pay(invoice, account, key="k", answer=AT_PROVIDER)
    other = issued_invoice(organization, customer) if change == "invoice" else invoice
    with pytest.raises(KeyReused):
        pay(
            other,
            account,
            key="k",
            amount=eur(9999 if change == "amount" else 10000),
            method=MethodKind.BANK_DEBIT if change == "method" else MethodKind.CARD,
        )
    assert Payment.objects.filter(organization=organization).count() == 1
    assert len(ScriptedGateway.asked) == 1


@pytest.mark.parametrize("key", ["", "  ", "x" * 201, "a\0b"])
def test_a_request_without_a_proper_name_is_refused(
    invoice: Invoice, account: GatewayAccount, key: str
) -> None:
    with pytest.raises(KeyInvalid) as refused:
        start_payment(
            organization=invoice.organization,
            invoice_id=invoice.id,
            amount=eur(100),
            method=MethodKind.CARD,
            gateway_account_id=account.id,
            key=key,
            actor=SYSTEM,
        )
    assert refused.value.field == "key"


@pytest.mark.parametrize("minor", [0, -1, -10000, LARGEST + 1, MAX_MINOR])
@pytest.mark.parametrize("recorded", [True, False])
def test_amounts_that_cannot_be_are_refused_by_name(
    invoice: Invoice, account: GatewayAccount, by_hand: GatewayAccount, minor: int, recorded: bool
) -> None:
    way, method = (by_hand, MethodKind.CASH) if recorded else (account, MethodKind.CARD)
    with pytest.raises(InvalidPayment) as refused:
        pay(invoice, way, method=method, amount=eur(minor))
    assert refused.value.field == "amount"
    assert not Payment.objects.filter(organization=invoice.organization).exists()
    assert not ScriptedGateway.asked


def test_more_than_is_open_is_refused_and_says_what_is_open(
    invoice: Invoice, account: GatewayAccount
) -> None:
    with pytest.raises(AmountChanged) as refused:
        pay(invoice, account, amount=eur(10001))
    assert refused.value.details == {"open_minor": 10000}
    assert not ScriptedGateway.asked


def test_another_currency_is_refused(invoice: Invoice, account: GatewayAccount) -> None:
    with pytest.raises(InvalidPayment, match="EUR"):
        pay(invoice, account, amount=usd(10000))


@pytest.mark.parametrize("status", [Status.PENDING, Status.UNKNOWN])
def test_a_second_payment_waits_for_the_first(
    invoice: Invoice, account: GatewayAccount, status: Status
) -> None:
    pay(invoice, account, answer=charge(status, reference="ch_1"))
    with pytest.raises(PaymentUnderWay):
        pay(invoice, account)
    assert len(ScriptedGateway.asked) == 1


def test_the_same_wish_goes_back_to_the_page_that_waits(invoice: Invoice, account: GatewayAccount) -> None:
    first = pay(invoice, account, answer=AT_PROVIDER)
    again = pay(invoice, account)
    assert first.id == again.id
    assert len(ScriptedGateway.asked) == 1


def test_nobody_is_sent_back_to_pay_what_is_paid(invoice: Invoice, account: GatewayAccount) -> None:
    """Two tabs: one at the card page, one paid by debit. The first must not be opened a second time."""
    pay(invoice, account, answer=AT_PROVIDER)
    pay(
        invoice,
        account,
        method=MethodKind.BANK_DEBIT,
        answer=charge(reference="ch_2", amount=eur(10000), fee=eur(0)),
    )
    with pytest.raises(InvoiceNotPayable, match="paid already"):
        pay(invoice, account, amount=eur(10000))
    assert_all_square()


def test_after_a_decline_the_payer_tries_again(invoice: Invoice, account: GatewayAccount) -> None:
    first = pay(
        invoice, account, answer=charge(Status.DECLINED, code="insufficient_funds", message="No funds.")
    )
    assert (first.state, first.failure_code, first.failure_message) == (
        "declined",
        "insufficient_funds",
        "No funds.",
    )
    second = pay(invoice, account, answer=charge(reference="ch_2", amount=eur(10000), fee=eur(0)))
    assert second.state == "succeeded"
    assert_all_square()


def test_no_answer_is_a_state_and_not_an_error(invoice: Invoice, account: GatewayAccount) -> None:
    payment = pay(invoice, account, answer=charge(Status.UNKNOWN, code="no_answer"))
    assert payment.state == "unknown"
    assert payment.next_check_at is not None
    assert payment.next_check_at - clock.now(None) < timedelta(seconds=4)
    assert_all_square()


def test_what_never_reached_the_provider_has_failed(invoice: Invoice, account: GatewayAccount) -> None:
    payment = pay(invoice, account, answer=charge(Status.NOT_SENT, code="unreachable"))
    assert (payment.state, payment.next_check_at) == ("failed", None)
    assert pay(invoice, account, answer=AT_PROVIDER).state == "needs_action"


def test_a_disabled_account_takes_no_payment(invoice: Invoice, account: GatewayAccount) -> None:
    GatewayAccount.objects.filter(organization=invoice.organization).update(enabled=False)
    with pytest.raises(GatewayUnavailable):
        pay(invoice, account)


def test_an_account_of_somebody_else_is_as_if_it_were_not_there(
    invoice: Invoice, account: GatewayAccount
) -> None:
    from_elsewhere = issued_invoice(
        elsewhere := factories.make_organization(), factories.make_customer(elsewhere)
    )
    with pytest.raises(GatewayUnavailable):
        pay(from_elsewhere, account)
    with pytest.raises(InvoiceNotPayable):
        start_payment(
            organization=invoice.organization,
            invoice_id=from_elsewhere.id,
            amount=eur(1),
            method=MethodKind.CARD,
            gateway_account_id=account.id,
            key=a_key(),
            actor=SYSTEM,
        )


def test_an_adapter_that_is_gone_is_unavailable(
    invoice: Invoice, account: GatewayAccount, settings: Settings
) -> None:
    settings.ALLSQUARE_GATEWAYS = {}
    with pytest.raises(GatewayUnavailable):
        pay(invoice, account)


def test_a_method_that_the_account_does_not_offer(invoice: Invoice, account: GatewayAccount) -> None:
    with pytest.raises(InvalidPayment) as refused:
        pay(invoice, account, method=MethodKind.CASH)
    assert refused.value.field == "method"


def test_a_draft_and_a_void_invoice_take_no_payment(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    void(organization=organization, invoice_id=invoice.id, reason="wrong", actor=SYSTEM)
    with pytest.raises(InvoiceNotPayable, match="void"):
        pay(invoice, account)
    assert not ScriptedGateway.asked


def test_who_may_start_and_who_may_record(
    organization: Organization, invoice: Invoice, account: GatewayAccount, by_hand: GatewayAccount
) -> None:
    organization.part_payments, organization.least_part_percent = True, 1
    payer = customer_actor(invoice.customer_id, "Grace")
    allowed = [(payer, account.id), (factories.member_actor(organization, Role.BILLING_CLERK), by_hand.id)]
    refused = [
        (payer, by_hand.id),  # whoever owes the money cannot say that it came
        (factories.member_actor(organization, Role.VIEWER), account.id),
        (factories.member_actor(factories.make_organization(), Role.OWNER), account.id),
        (gateway_actor("scripted"), account.id),
    ]

    def ask(actor: object, way: UUID) -> Payment:
        return start_payment(
            organization=organization,
            invoice_id=invoice.id,
            amount=eur(100),
            method=MethodKind.CARD if way == account.id else MethodKind.CASH,
            gateway_account_id=way,
            key=a_key(),
            actor=actor,  # type: ignore[arg-type]  # an actor
        )

    for actor, way in refused:
        with pytest.raises(PermissionDenied):
            ask(actor, way)
    assert not Payment.objects.filter(organization=organization).exists()
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(100), fee=eur(0)))
    assert [ask(actor, way).state for actor, way in allowed] == ["succeeded", "succeeded"]


def test_a_saved_method_is_the_customers_own(
    organization: Organization, customer: Customer, invoice: Invoice, account: GatewayAccount
) -> None:
    kept = SavedMethod("tok_1", MethodKind.CARD, "Visa", "4242", "2030-01")
    pay(invoice, account, amount=eur(100), answer=charge(reference="ch_1", amount=eur(100), method=kept))
    saved = PaymentMethod.objects.get(organization=organization)
    assert (saved.customer_id, saved.last_four) == (customer.id, "4242")

    def ask(whose: Invoice) -> None:
        start_payment(
            organization=organization,
            invoice_id=whose.id,
            amount=eur(100),
            method=MethodKind.CARD,
            gateway_account_id=account.id,
            key=a_key(),
            actor=SYSTEM,
            saved_method_id=saved.id,
        )

    ScriptedGateway.answers.append(charge(reference="ch_2", amount=eur(100), method=kept))
    ask(invoice)
    request = ScriptedGateway.asked[-1]
    assert isinstance(request, ChargeRequest)
    assert request.saved_method == "tok_1"
    assert PaymentMethod.objects.filter(organization=organization).count() == 1
    with pytest.raises(InvalidPayment) as refused:
        ask(issued_invoice(organization, factories.make_customer(organization)))
    assert refused.value.field == "saved_method"


# -- money that came by hand -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "account_used"),
    [
        (MethodKind.CASH, "cash"),
        (MethodKind.CHEQUE, "cheques"),
        (MethodKind.BANK_TRANSFER, "bank"),
    ],
)
def test_recorded_money_is_where_it_came_to(
    organization: Organization,
    invoice: Invoice,
    by_hand: GatewayAccount,
    method: MethodKind,
    account_used: str,
) -> None:
    arrived = clock.today(organization) - timedelta(days=3)
    payment = pay(invoice, by_hand, method=method, received_on=arrived)
    assert (payment.state, payment.received_on) == ("succeeded", arrived)
    assert balances(organization) == {account_used: 10000, "sales": -10000}
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    assert_all_square()


def test_recorded_money_above_what_is_open_is_credit(
    organization: Organization, invoice: Invoice, by_hand: GatewayAccount
) -> None:
    pay(invoice, by_hand, method=MethodKind.BANK_TRANSFER, amount=eur(11000))
    (movement,) = CreditMovement.objects.filter(organization=organization)
    assert (movement.amount_minor, movement.reason) == (1000, "overpayment")
    assert_all_square()


def test_money_cannot_have_come_tomorrow(
    organization: Organization, invoice: Invoice, by_hand: GatewayAccount
) -> None:
    tomorrow = clock.today(organization) + timedelta(days=1)
    with pytest.raises(InvalidPayment) as refused:
        pay(invoice, by_hand, method=MethodKind.CASH, received_on=tomorrow)
    assert refused.value.field == "received_on"


def test_today_is_the_organizations_own(
    organization: Organization, invoice: Invoice, by_hand: GatewayAccount
) -> None:
    """In Kiritimati it is a day later than in Pago Pago, always: one of the two is not the server's date."""
    days = []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        Organization.objects.filter(id=organization.id).update(time_zone=zone)
        invoice = Invoice.objects.select_related("organization").get(organization=organization, id=invoice.id)
        payment = pay(invoice, by_hand, method=MethodKind.CASH, amount=eur(100))
        assert payment.received_on is not None
        days.append(payment.received_on)
    assert days[0] > days[1]
    assert_all_square()


def test_only_recorded_money_has_a_day_of_arrival(invoice: Invoice, account: GatewayAccount) -> None:
    with pytest.raises(InvalidPayment) as refused:
        pay(invoice, account, received_on=date(2020, 1, 1))
    assert refused.value.field == "received_on"


def test_money_for_a_closed_period_leaves_nothing_half_done(
    organization: Organization, invoice: Invoice, by_hand: GatewayAccount
) -> None:
    last = clock.today(organization) - timedelta(days=1)
    close_period(organization=organization, starts_on=date(2000, 1, 1), ends_on=last, actor=SYSTEM)
    with pytest.raises(PeriodClosed):
        pay(invoice, by_hand, method=MethodKind.CASH, received_on=last)
    assert not Payment.objects.filter(organization=organization).exists()
    assert pay(invoice, by_hand, method=MethodKind.CASH).state == "succeeded"
    assert_all_square()


def test_money_before_the_first_rate_leaves_nothing_half_done(
    organization: Organization, customer: Customer, by_hand: GatewayAccount
) -> None:
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.9"), actor=SYSTEM)
    invoice = issued_invoice(organization, customer, currency_code="USD")
    with pytest.raises(RateMissing):
        pay(invoice, by_hand, method=MethodKind.CASH, received_on=today - timedelta(days=1))
    assert not Payment.objects.filter(organization=organization).exists()


def test_the_rest_can_be_paid_in_several_ways(
    organization: Organization, invoice: Invoice, account: GatewayAccount, by_hand: GatewayAccount
) -> None:
    pay(invoice, by_hand, method=MethodKind.CASH, amount=eur(2500))
    invoice.refresh_from_db()
    online = pay(invoice, account, answer=AT_PROVIDER)
    assert online.amount_minor == 7500
    take(account, charge(reference="ch_1", amount=eur(7500), fee=eur(150)))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.open_minor) == ("paid", 0)
    assert balances(organization) == {"cash": 2500, "clearing": 7350, "gateway_fees": 150, "sales": -10000}
    assert_all_square()
