"""Transfers that payers send by themselves: waited for, recorded as what they are, given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.idempotency import KeyReused
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.announced import still_owed
from allsquare.payments.errors import InvalidPayment, InvoiceNotPayable
from allsquare.payments.gateway import MethodKind, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.offers import offers_to
from allsquare.payments.selectors import waiting_transfers
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.change_gateway_account import change_gateway_account
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.stop_waiting import stop_waiting
from allsquare.payments.states import PaymentState
from tests.payments.crediting import credit, off
from tests.payments.flows import balances, pay
from tests.payments.makers import a_key, charge, eur, issued_invoice, offline_account, usd
from tests.payments.several import begin, together

pytestmark = pytest.mark.django_db
BANK = {"holder": "Harbour", "iban": "DE02120300000000202051", "days": "14"}


@pytest.fixture
def bank(organization: Organization) -> GatewayAccount:
    return add_gateway_account(
        organization=organization, gateway="bank_transfer", label="Bank", settings=BANK, actor=SYSTEM
    )


@pytest.fixture
def by_hand(organization: Organization) -> GatewayAccount:
    return offline_account(organization)


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    return issued_invoice(organization, customer, total="100.00")


def announced(invoice: Invoice, bank: GatewayAccount, amount: Money | None = None) -> Payment:
    return pay(invoice, bank, method=MethodKind.BANK_TRANSFER, amount=amount)


def record(
    invoice: Invoice,
    by_hand: GatewayAccount,
    amount: Money,
    *,
    key: str = "",
    method: MethodKind = MethodKind.BANK_TRANSFER,
    days_ago: int = 0,
) -> Payment:
    return record_money(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=amount,
        method=method,
        gateway_account_id=by_hand.id,
        key=key or a_key(),
        actor=SYSTEM,
        received_on=clock.today(invoice.organization) - timedelta(days=days_ago),
        note="statement 7",
    )


def state_of(payment: Payment) -> str:
    payment.refresh_from_db()
    return payment.state


def test_it_waits_and_books_nothing(invoice: Invoice, bank: GatewayAccount) -> None:
    payment = announced(invoice, bank)

    assert payment.state == PaymentState.PENDING
    assert payment.reference
    assert balances(invoice.organization) == {"receivable": 10000, "sales": -10000}
    check_payment(organization=invoice.organization, payment=payment)
    assert state_of(payment) == PaymentState.PENDING


def test_announcing_it_twice_is_one_transfer(invoice: Invoice, bank: GatewayAccount) -> None:
    assert announced(invoice, bank).id == announced(invoice, bank).id
    assert len(waiting_transfers(invoice.organization, invoice.id)) == 1


def test_what_is_recorded_is_the_transfer_that_was_waited_for(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    waiting = announced(invoice, bank)
    came = record(invoice, by_hand, eur(10000), days_ago=2)

    assert came.id == waiting.id
    assert (came.state, came.captured_minor, came.note) == ("succeeded", 10000, "statement 7")
    assert came.received_on == clock.today(invoice.organization) - timedelta(days=2)
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    assert balances(invoice.organization) == {"bank": 10000, "sales": -10000}
    assert Payment.objects.count() == 1


def test_the_form_sent_twice_records_once(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    announced(invoice, bank)
    first = record(invoice, by_hand, eur(4000), key="form-1")
    again = record(invoice, by_hand, eur(4000), key="form-1")

    assert first.id == again.id
    invoice.refresh_from_db()
    assert invoice.paid_minor == 4000
    with pytest.raises(KeyReused):
        record(invoice, by_hand, eur(4001), key="form-1")


def test_a_second_sum_is_a_payment_of_its_own(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    announced(invoice, bank)
    record(invoice, by_hand, eur(4000))
    second = record(invoice, by_hand, eur(6000), key="form-2")

    assert second.gateway == "offline"
    assert record(invoice, by_hand, eur(6000), key="form-2").id == second.id
    invoice.refresh_from_db()
    assert (invoice.state, invoice.paid_minor) == ("paid", 10000)


def test_of_several_the_one_of_just_that_sum_arrived(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    """Announced in two parts: the older one comes first."""
    first = announced(invoice, bank, eur(6000))
    second = announced(invoice, bank, eur(4000))
    assert record(invoice, by_hand, eur(6000)).id == first.id
    assert (state_of(first), state_of(second)) == ("succeeded", "pending")
    assert record(invoice, by_hand, eur(3900)).id == second.id, "of no such sum: the newest"


def test_a_transfer_for_several_does_not_hide_the_one_for_this_invoice(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    own = announced(invoice, bank)
    other = issued_invoice(invoice.organization, invoice.customer)
    both = begin(
        together(invoice.customer, bank, [invoice, other], method=MethodKind.BANK_TRANSFER), invoice.customer
    )
    assert record(invoice, by_hand, eur(10000)).id == own.id
    assert state_of(both) == "pending"


@pytest.mark.parametrize("state", ["paid", "void", "written_off"])
def test_money_for_an_invoice_that_takes_none_is_recorded_elsewhere(
    invoice: Invoice, by_hand: GatewayAccount, state: str
) -> None:
    """It is here, so whoever records it is told where."""
    Invoice.objects.filter(id=invoice.id).update(state=state)
    for method in (MethodKind.BANK_TRANSFER, MethodKind.CASH):
        with pytest.raises(InvoiceNotPayable, match="on account, with the customer"):
            record(invoice, by_hand, eur(10000), method=method)
    with pytest.raises(InvoiceNotPayable, match="on account, with the customer"):
        begin(together(invoice.customer, by_hand, [invoice], method=MethodKind.CASH), invoice.customer)


def test_cash_is_not_the_transfer(invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount) -> None:
    waiting = announced(invoice, bank)
    record(invoice, by_hand, eur(4000), method=MethodKind.CASH)

    assert state_of(waiting) == PaymentState.PENDING
    assert balances(invoice.organization)["cash"] == 4000


def test_more_than_was_asked_for_becomes_credit(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    announced(invoice, bank)
    record(invoice, by_hand, eur(11000))
    assert balances(invoice.organization)["customer_credit"] == -1000


@pytest.mark.parametrize("amount", [eur(0), eur(-1), eur(10**15 + 1)])
def test_absurd_sums_leave_it_waiting(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount, amount: Money
) -> None:
    waiting = announced(invoice, bank)
    with pytest.raises(InvalidPayment):
        record(invoice, by_hand, amount)
    assert state_of(waiting) == PaymentState.PENDING


def test_money_from_the_future_leaves_it_waiting(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    waiting = announced(invoice, bank)
    with pytest.raises(InvalidPayment):
        record(invoice, by_hand, eur(10000), days_ago=-1)
    assert state_of(waiting) == PaymentState.PENDING


def test_it_blocks_no_other_way_to_pay_and_is_then_given_up(
    invoice: Invoice, bank: GatewayAccount, account: GatewayAccount
) -> None:
    waiting = announced(invoice, bank)
    card = pay(invoice, account, answer=charge(Status.SUCCEEDED, reference="ch_1", amount=eur(10000)))
    assert card.state == PaymentState.SUCCEEDED

    check_payment(organization=invoice.organization, payment=waiting)

    assert state_of(waiting) == PaymentState.CANCELED


def test_after_its_days_it_is_given_up_and_still_welcome(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    waiting = announced(invoice, bank)
    Payment.objects.filter(id=waiting.id).update(created_at=waiting.created_at - timedelta(days=15))
    waiting.refresh_from_db()

    check_payment(organization=invoice.organization, payment=waiting)

    assert state_of(waiting) == PaymentState.CANCELED
    assert waiting.next_check_at is None
    assert record(invoice, by_hand, eur(10000)).gateway == "offline"


def test_a_person_stops_waiting_once_and_for_transfers_only(
    invoice: Invoice, bank: GatewayAccount, account: GatewayAccount, customer: Customer
) -> None:
    organization = invoice.organization
    waiting = announced(invoice, bank)
    for _ in range(2):
        stop_waiting(organization=organization, payment_id=waiting.id, actor=SYSTEM)
        assert state_of(waiting) == PaymentState.CANCELED
    other = issued_invoice(organization, customer)
    debit = pay(other, account, answer=charge(Status.PENDING, reference="dd_1"))
    stop_waiting(organization=organization, payment_id=debit.id, actor=SYSTEM)
    assert state_of(debit) == PaymentState.PENDING


def test_only_what_can_be_sent_is_offered(organization: Organization, bank: GatewayAccount) -> None:
    assert [offer.account for offer in offers_to(organization, amount=eur(100))] == [bank]
    assert offers_to(organization, amount=usd(100)) == []


def test_only_what_the_business_chose_is_offered(account: GatewayAccount, invoice: Invoice) -> None:
    organization = account.organization
    change_gateway_account(
        organization=organization,
        account_id=account.id,
        label="Scripted",
        settings={},
        methods=["bank_debit"],
        actor=SYSTEM,
    )
    assert [offer.method for offer in offers_to(organization, amount=eur(100))] == [MethodKind.BANK_DEBIT]
    with pytest.raises(InvalidPayment):
        pay(invoice, account, method=MethodKind.CARD)


def test_what_it_should_bring_follows_what_is_owed(
    invoice: Invoice, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    organization = invoice.organization
    payment = announced(invoice, bank)
    assert still_owed(organization, payment) == 10000
    credit(invoice, off(invoice, 3000))
    record(invoice, by_hand, eur(2000), method=MethodKind.CASH)
    payment = Payment.objects.get(organization=organization, id=payment.id)
    assert still_owed(organization, payment) == 5000
    came = record(invoice, by_hand, eur(5000))
    assert (came.id, came.captured_minor) == (payment.id, 5000)
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    assert still_owed(organization, Payment.objects.get(organization=organization, id=payment.id)) == 10000


def test_who_wants_to_pay_more_still_does(invoice: Invoice, bank: GatewayAccount) -> None:
    organization = invoice.organization
    organization.on_account = True
    organization.save(update_fields=["on_account"])
    more = start_payment(
        organization=organization,
        invoice_id=invoice.id,
        amount=eur(15000),
        method=MethodKind.BANK_TRANSFER,
        gateway_account_id=bank.id,
        key=a_key(),
        actor=SYSTEM,
        more=True,
    )
    assert still_owed(organization, more) == 15000
    credit(invoice, off(invoice, 3000))
    more = Payment.objects.get(organization=organization, id=more.id)
    assert still_owed(organization, more) == 12000


def test_one_for_several_is_known_by_the_sum_that_it_should_bring(
    invoice: Invoice, customer: Customer, bank: GatewayAccount, by_hand: GatewayAccount
) -> None:
    other = issued_invoice(invoice.organization, customer, total="50.00")
    asked = together(customer, bank, [invoice, other], method=MethodKind.BANK_TRANSFER)
    payment = begin(asked, customer)
    credit(invoice, off(invoice, 3000))
    assert still_owed(invoice.organization, payment) == 12000
    came = record(other, by_hand, eur(12000))
    assert came.id == payment.id
    for each in (invoice, other):
        each.refresh_from_db()
        assert each.state == "paid"
