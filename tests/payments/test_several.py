"""One payment for several invoices: what is asked, what each takes, and what happens to it afterwards."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.core.ids import new_id
from allsquare.core.models import Event
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger import selectors as ledger
from allsquare.ledger.services.set_rate import set_rate
from allsquare.notifications.receipt import receipt_document
from allsquare.payments.attention import LOST_INVOICE
from allsquare.payments.credit import usable_credit, uses_of_credit
from allsquare.payments.errors import (
    AmountChanged,
    InvalidPayment,
    InvoiceNotPayable,
    PaymentUnderWay,
)
from allsquare.payments.gateway import ChargeRequest, DisputeStage, MethodKind, Status
from allsquare.payments.gateway_abilities import Sighting
from allsquare.payments.models import Allocation, GatewayAccount, GatewayTrouble, Payment, PaymentShare
from allsquare.payments.selectors import payments_of_invoice, payments_under_way
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.count_towards import count_towards
from allsquare.payments.services.make_anew import make_anew
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.void_unpaid import void_unpaid
from tests.contracts.conftest import TRANSFERS
from tests.factories import make_customer, make_organization
from tests.payments.flows import pay, take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    offline_account,
    open_tasks,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.payments.several import begin, came, paid_together, together
from tests.square import assert_all_square


def three(organization: Organization, customer: Customer) -> list[Invoice]:
    return [issued_invoice(organization, customer, total=total) for total in ("100.00", "20.00", "3.00")]


def standing(invoices: list[Invoice]) -> list[tuple[str, int]]:
    for invoice in invoices:
        invoice.refresh_from_db()
    return [(invoice.state, invoice.paid_minor) for invoice in invoices]


def test_all_are_paid_by_one_payment(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    payment = paid_together(customer, account, invoices, fee=200)
    assert (payment.state, payment.captured_minor, payment.invoice_id) == ("succeeded", 12300, None)
    assert standing(invoices) == [("paid", 10000), ("paid", 2000), ("paid", 300)]
    rows = Allocation.objects.filter(organization=organization, payment=payment).order_by("id")
    assert [(row.invoice_id, row.source_id) for row in rows] == [(each.id, payment.id) for each in invoices]
    (entry,) = ledger.entries_of(organization, [payment.id])
    assert entry.entry.memo == "Invoices " + ", ".join(str(invoice.number) for invoice in invoices)
    assert description_asked() == entry.entry.memo
    assert usable_credit(organization, customer.id, "EUR") == 0
    assert_all_square()


def test_everything_is_told_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    payment = paid_together(customer, account, invoices)
    numbers = [invoice.number for invoice in invoices]
    told = {event.kind: event.data for event in events_of(organization.id, [payment.id])}
    assert told["payment.started"]["invoices"] == told["payment.succeeded"]["invoices"] == numbers
    for invoice in invoices:
        assert [event.kind for event in events_of(organization.id, [invoice.id])].count("invoice.paid") == 1
        (found,) = payments_of_invoice(organization, invoice)
        invoice.refresh_from_db()
        assert (found.id, found.towards_minor, found.towards_id) == (
            payment.id,
            invoice.paid_minor,
            invoice.id,
        )
        assert not uses_of_credit(organization, invoice)
    receipt = receipt_document(organization=organization, payment=payment, language="en", method="card")
    assert [line.invoice_number for line in receipt.lines] == numbers
    assert [line.applied.minor for line in receipt.lines] == [10000, 2000, 300]
    assert not any(line.balance for line in receipt.lines)


def test_what_was_due_first_is_paid_first(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Where less comes than was asked for."""
    invoices = three(organization, customer)[:2]
    customer.payment_days = 3
    customer.save()
    invoices.append(issued_invoice(organization, customer, total="3.00"))
    payment = paid_together(customer, account, invoices, captured=5300)
    assert standing(invoices) == [("partly_paid", 5000), ("issued", 0), ("paid", 300)]
    assert payment.captured_minor == 5300
    assert_all_square()


def test_what_an_invoice_no_longer_takes_is_credit(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """One was paid in cash meanwhile, another was voided: the rest is the customer's, and a person is told of the
    void one."""
    invoices = three(organization, customer)
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/")
    payment = begin(together(customer, account, invoices), customer, answer=waiting)
    pay(invoices[0], offline_account(organization), amount=eur(9000), method=MethodKind.CASH)
    void(organization=organization, invoice_id=invoices[1].id, reason="Mistake", actor=SYSTEM)
    came(payment, account, 12300)
    assert standing(invoices) == [("paid", 10000), ("void", 0), ("paid", 300)]
    assert usable_credit(organization, customer.id, "EUR") == 11000
    (task,) = open_tasks(organization)
    assert (task.kind, task.data) == ("money_for_void_invoice", {"invoice": invoices[1].number})
    assert_all_square()


def test_more_than_was_asked_for_is_credit(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    paid_together(customer, account, invoices, captured=13000)
    assert standing(invoices) == [("paid", 10000), ("paid", 2000), ("paid", 300)]
    assert usable_credit(organization, customer.id, "EUR") == 700
    assert not open_tasks(organization)
    assert_all_square()


def test_each_in_its_own_rate(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """What stood on the receivable account goes, invoice by invoice, whatever the rate of the day."""
    invoices = []
    for rate in ("0.90", "0.95", "0.80"):
        organization.clock_offset += timedelta(days=1)
        organization.save()
        today = clock.today(organization)
        set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal(rate), actor=SYSTEM)
        invoices.append(issued_invoice(organization, customer, total="33.33", currency_code="USD"))
    del invoices[2]
    asked = together(customer, account, invoices, code="USD")
    payment = begin(asked, customer, answer=charge(reference="ch_1", amount=usd(6666)))
    assert payment.state == "succeeded"
    assert standing(invoices) == [("paid", 3333), ("paid", 3333)]
    assert_all_square()


def test_money_goes_back_from_the_last_one_first(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    payment = paid_together(customer, account, invoices)
    take(account, refund_outcome(reference="re_1", amount=eur(2000), charge_reference=payment.reference))
    assert standing(invoices) == [("paid", 10000), ("partly_paid", 300), ("viewed", 0)]
    assert_all_square()
    take(account, refund_outcome(reference="re_2", amount=eur(10300), charge_reference=payment.reference))
    assert standing(invoices) == [("viewed", 0)] * 3
    assert_all_square()


@pytest.mark.parametrize("stage", [DisputeStage.WON, DisputeStage.LOST])
def test_a_dispute_takes_all_or_nothing(
    organization: Organization, customer: Customer, account: GatewayAccount, stage: DisputeStage
) -> None:
    invoices = three(organization, customer)
    payment = paid_together(customer, account, invoices)
    about = {"reference": "dp_1", "amount": eur(12300), "charge_reference": payment.reference}
    take(account, dispute_outcome(DisputeStage.OPENED, **about))
    take(account, dispute_outcome(stage, **about))
    lost = stage is DisputeStage.LOST
    assert [state for state, _paid in standing(invoices)] == ["viewed" if lost else "paid"] * 3
    assert_all_square()


def test_two_payments_for_the_same_in_one_batch(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Both payers were at a page before either paid: nothing is allocated twice."""
    invoices = three(organization, customer)
    first, second = (
        begin(
            together(customer, account, invoices, note=str(number)),
            customer,
            answer=charge(Status.ACTION_REQUIRED, reference=f"ch_{number}", redirect="https://pay.example/"),
        )
        for number in range(2)
    )
    take(
        account,
        *(charge(reference=each.reference, amount=eur(12300), fee=eur(0)) for each in (first, second)),
    )
    assert standing(invoices) == [("paid", 10000), ("paid", 2000), ("paid", 300)]
    assert usable_credit(organization, customer.id, "EUR") == 12300
    assert_all_square()


def test_nothing_is_asked_for_twice(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """While all are being paid together, no single one of them is, and the other way round."""
    invoices = three(organization, customer)
    asked = together(customer, account, invoices)
    begin(asked, customer, answer=charge(Status.PENDING, reference="ch_1"))
    assert {each.towards_id for each in payments_under_way(organization, [i.id for i in invoices])} == {
        invoice.id for invoice in invoices
    }
    with pytest.raises(PaymentUnderWay):
        pay(invoices[1], account)
    with pytest.raises(PaymentUnderWay):
        begin(together(customer, account, invoices[1:]), customer)
    with pytest.raises(PaymentUnderWay):
        void_unpaid(organization=organization, invoice_id=invoices[0].id, reason="x", actor=SYSTEM)
    other = issued_invoice(organization, customer)
    pay(other, account, answer=charge(Status.PENDING, reference="ch_2"))
    with pytest.raises(PaymentUnderWay):
        begin(together(customer, account, [other, issued_invoice(organization, customer)]), customer)
    assert len(ScriptedGateway.asked) == 2


def test_the_same_key_is_the_same_payment(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    asked = together(customer, account, invoices)
    first = begin(asked, customer, answer=charge(Status.PENDING, reference="ch_1"), key="press")
    assert begin(asked, customer, key="press").id == first.id
    with pytest.raises(KeyReused):
        begin(together(customer, account, invoices[:2]), customer, key="press")
    assert len(ScriptedGateway.asked) == 1


def test_whoever_asks_for_the_same_again_goes_back_to_the_page(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    asked = together(customer, account, three(organization, customer))
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/")
    first = begin(asked, customer, answer=waiting)
    assert begin(asked, customer).id == first.id


@pytest.mark.parametrize("change", ["paid", "void", "another customer", "twice"])
def test_what_changed_between_choosing_and_paying(
    organization: Organization, customer: Customer, account: GatewayAccount, change: str
) -> None:
    invoices = three(organization, customer)
    asked = together(customer, account, invoices)
    if change == "paid":
        pay(invoices[0], offline_account(organization), amount=eur(5000), method=MethodKind.CASH)
    elif change == "void":
        void(organization=organization, invoice_id=invoices[0].id, reason="x", actor=SYSTEM)
    elif change == "another customer":
        asked = dataclasses.replace(
            asked,
            shares={**asked.shares, issued_invoice(organization, make_customer(organization)).id: 10000},
        )
    else:
        paid_together(customer, account, invoices)
    with pytest.raises((AmountChanged, InvoiceNotPayable)):
        begin(asked, customer)
    assert Payment.objects.filter(organization=organization, state="started").count() == 0


def description_asked() -> str:
    first = ScriptedGateway.asked[0]
    assert isinstance(first, ChargeRequest)
    return first.description


def payer(customer: Customer) -> Actor:
    return customer_actor(customer.id, customer.name, address="203.0.113.9", request="r")


def test_a_business_may_want_each_paid_by_itself(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    organization.several_invoices = False
    organization.save()
    asked = together(customer, account, three(organization, customer))
    with pytest.raises(InvalidPayment):
        begin(asked, customer, actor=payer(customer))
    with pytest.raises(InvalidPayment):  # on account is off unless somebody switched it on
        begin(together(customer, account, [], on_account=500), customer, actor=payer(customer))


def test_nobody_pays_for_somebody_else_by_their_link(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    asked = together(customer, account, three(organization, customer))
    with pytest.raises(PermissionDenied):
        begin(asked, customer, actor=payer(make_customer(organization)))


def test_money_on_account(organization: Organization, customer: Customer, account: GatewayAccount) -> None:
    """Alone, and beside an invoice."""
    organization.on_account = True
    organization.save()
    alone = begin(
        together(customer, account, [], on_account=500),
        customer,
        answer=charge(reference="ch_1", amount=eur(500)),
        actor=payer(customer),
    )
    assert alone.state == "succeeded"
    assert description_asked() == "Payment on account"
    invoice = issued_invoice(organization, customer)
    begin(
        together(customer, account, [invoice], on_account=700),
        customer,
        answer=charge(reference="ch_2", amount=eur(10700)),
        actor=payer(customer),
    )
    assert standing([invoice]) == [("paid", 10000)]
    assert usable_credit(organization, customer.id, "EUR") == 1200
    assert not open_tasks(organization)
    assert_all_square()


def test_a_clerk_divides_what_came_by_bank(organization: Organization, customer: Customer) -> None:
    """Recorded money is there with all its invoices, or not at all; parts as the payer's letter says."""
    invoices = three(organization, customer)
    till = offline_account(organization)
    shares = {invoices[0].id: 4000, invoices[1].id: 2000}
    asked = together(customer, till, shares, on_account=100, method=MethodKind.BANK_TRANSFER)
    payment = begin(asked, customer)
    assert (payment.state, payment.captured_minor) == ("succeeded", 6100)
    assert standing(invoices) == [("partly_paid", 4000), ("paid", 2000), ("issued", 0)]
    assert usable_credit(organization, customer.id, "EUR") == 100
    assert_all_square()


def test_a_payment_with_shares_is_for_them_alone(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    payment = paid_together(customer, account, invoices[:2])
    shares = PaymentShare.objects.filter(organization=organization, payment=payment).order_by("place")
    assert [(share.invoice_id, share.amount_minor) for share in shares] == [
        (invoices[0].id, 10000),
        (invoices[1].id, 2000),
    ]
    assert not payments_of_invoice(organization, invoices[2])


def test_no_account_of_another_organization(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    stranger = scripted_account(make_organization())
    with pytest.raises(Exception, match="not available"):
        begin(together(customer, stranger, three(organization, customer)), customer)


def test_a_transfer_announced_for_several_is_that_one(organization: Organization, customer: Customer) -> None:
    """Recorded at any of its invoices."""
    bank = add_gateway_account(
        organization=organization, gateway="bank_transfer", label="Bank", settings=TRANSFERS, actor=SYSTEM
    )
    invoices = three(organization, customer)
    waiting = begin(together(customer, bank, invoices, method=MethodKind.BANK_TRANSFER), customer)
    assert waiting.state == "pending"
    came_in = record_money(
        organization=organization,
        invoice_id=invoices[1].id,
        amount=eur(12300),
        method=MethodKind.BANK_TRANSFER,
        gateway_account_id=offline_account(organization).id,
        key=a_key(),
        actor=SYSTEM,
    )
    assert came_in.id == waiting.id
    assert [state for state, _minor in standing(invoices)] == ["paid"] * 3
    assert_all_square()


def test_a_transfer_for_several_takes_no_money_for_one_alone(
    organization: Organization, customer: Customer
) -> None:
    bank = add_gateway_account(
        organization=organization, gateway="bank_transfer", label="Bank", settings=TRANSFERS, actor=SYSTEM
    )
    invoices = three(organization, customer)
    waiting = begin(together(customer, bank, invoices, method=MethodKind.BANK_TRANSFER), customer)
    record_money(
        organization=organization,
        invoice_id=invoices[1].id,
        amount=eur(2000),
        method=MethodKind.BANK_TRANSFER,
        gateway_account_id=offline_account(organization).id,
        key=a_key(),
        actor=SYSTEM,
    )
    assert standing(invoices) == [("issued", 0), ("paid", 2000), ("issued", 0)]
    waiting.refresh_from_db()
    assert waiting.state == "pending"
    assert_all_square()


def test_what_it_is_for_is_told_with_refund_and_dispute(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    payment = paid_together(customer, account, invoices[:2])
    numbers = [invoice.number for invoice in invoices[:2]]
    charged = str(payment.reference)
    take(
        account,
        dispute_outcome(DisputeStage.OPENED, reference="dp_1", amount=eur(1000), charge_reference=charged),
    )
    take(account, refund_outcome(reference="re_1", amount=eur(500), charge_reference=charged))
    told = Event.objects.filter(organization_id=organization.id)
    for kind in ("dispute.opened", "refund.succeeded"):
        assert told.get(kind=kind).data["invoices"] == numbers
    (task,) = open_tasks(organization)
    assert task.data["invoice"] == ", ".join(map(str, numbers))


def test_trouble_with_its_provider_is_noted(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    begin(together(customer, account, invoices), customer, answer=charge(Status.UNKNOWN, code="no_answer"))
    assert GatewayTrouble.objects.filter(organization=organization, gateway_account=account).count() == 1


def test_made_anew_it_is_credit_and_a_person_is_told(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The provider knows only that it was for several."""
    invoices = three(organization, customer)
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/")
    begin(together(customer, account, invoices), customer, answer=waiting)
    (request,) = ScriptedGateway.asked
    assert isinstance(request, ChargeRequest)
    anew = new_id()
    sighting = Sighting(
        charge(reference="ch_2"), eur(12300), MethodKind.CARD, {**request.metadata, "attempt": str(anew)}
    )
    make_anew(organization=organization, gateway_account=account, sighting=sighting, key=anew, actor=SYSTEM)
    (task,) = open_tasks(organization)
    assert task.kind == LOST_INVOICE


def test_it_is_not_the_payment_of_one_invoice_afterwards(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoices = three(organization, customer)
    payment = paid_together(customer, account, invoices[:2], captured=13000)
    with pytest.raises(InvalidPayment, match="something else"):
        count_towards(
            organization=organization, payment_id=payment.id, invoice_id=invoices[2].id, actor=SYSTEM
        )
