"""A tip that is given at a reader is income with an invoice of its own, and never the customer's credit for long."""

from __future__ import annotations

import pytest

from allsquare.billing.models import Invoice, InvoiceLine
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.models import JournalLine
from allsquare.notifications.receipt import receipt_document
from allsquare.payments.errors import InvalidPayment
from allsquare.payments.gateway import Capability, ChargeRequest
from allsquare.payments.models import CreditMovement, GatewayAccount, Payment, Tip
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.refund import refund
from allsquare.payments.tips import tip_minor
from allsquare.selling.services.invoice_tip import invoice_tip
from tests import factories
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    eur,
    issued_invoice,
    open_tasks,
    refund_outcome,
)
from tests.payments.test_take_card import WAITS, CounterGateway, counter, take
from tests.selling.makers import close_today, read_news
from tests.square import assert_all_square

__all__ = ["counter"]


@pytest.fixture
def clerk(organization: Organization) -> Actor:
    return factories.member_actor(organization, Role.BILLING_CLERK)


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return factories.make_customer(organization)


def tipped(account: GatewayAccount, customer: Customer, clerk: Actor, tip: int = 500) -> Payment:
    """A payment of 100.00 and the tip; nobody has read the news of it yet."""
    invoice = issued_invoice(account.organization, customer)
    ScriptedGateway.answers.append(WAITS)
    payment = take(account, invoice.id, clerk, tips=True)
    ScriptedGateway.lookups.append(
        charge(reference="ch_1", amount=eur(10000 + tip), fee=eur(100), tip=eur(tip))
    )
    check_payment(organization=account.organization, payment=payment)
    payment.refresh_from_db()
    return payment


def free_credit(payment: Payment) -> int:
    return sum(each.amount_minor for each in CreditMovement.objects.filter(payment=payment))


def test_it_is_invoiced_and_paid_once(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = tipped(account, customer, clerk)
    (request,) = ScriptedGateway.asked
    assert isinstance(request, ChargeRequest)
    assert request.tips
    assert (payment.captured_minor, tip_minor(organization, payment)) == (10500, 500)
    for _time in range(2):
        read_news(organization)
    tip = Tip.objects.get(organization=organization, payment=payment)
    assert (tip.invoice.state, tip.invoice.total_minor, tip.invoice.paid_minor) == ("paid", 500, 500)
    served = payment.invoice
    assert served is not None
    served.refresh_from_db()
    assert (served.state, served.paid_minor) == ("paid", 10000)
    assert Invoice.objects.filter(organization=organization).count() == 2
    (line,) = InvoiceLine.objects.filter(organization=organization, invoice=tip.invoice)
    like = InvoiceLine.objects.get(organization=organization, invoice=served)
    assert (line.description, line.tax_category) == ("Tip", like.tax_category)
    booked = JournalLine.objects.filter(
        organization=organization, account__role=AccountRole.SALES, entry__source_id=tip.invoice_id
    )
    assert sum(each.amount_minor for each in booked) == -line.net_minor
    assert free_credit(payment) == 0
    assert open_tasks(organization) == []
    assert_all_square()


def test_the_receipt_names_both_invoices_and_no_credit(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = tipped(account, customer, clerk)
    read_news(organization)
    receipt = receipt_document(organization=organization, payment=payment, language="en", method="Card")
    tip = Tip.objects.get(organization=organization, payment=payment)
    assert receipt.amount == eur(10500)
    assert [(each.invoice_number, each.applied) for each in receipt.lines] == [
        (payment.invoice.number if payment.invoice else "", eur(10000)),
        (tip.invoice.number, eur(500)),
    ]
    assert receipt.credit is None


def test_where_none_can_be_written_it_is_credit_and_a_person_is_told(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = tipped(account, customer, clerk)
    close_today(organization)
    read_news(organization)
    (task,) = open_tasks(organization)
    assert (task.kind, task.subject_id, task.data["amount_minor"]) == ("tip_not_invoiced", payment.id, 500)
    assert not Tip.objects.filter(organization=organization).exists()
    assert Invoice.objects.filter(organization=organization).count() == 1, "no number is lost"
    assert free_credit(payment) == 500


def test_all_of_it_goes_back_with_the_tip(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = tipped(account, customer, clerk)
    read_news(organization)
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(10500)))
    refund(
        organization=organization,
        payment_id=payment.id,
        amount=eur(10500),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
    payment.refresh_from_db()
    assert payment.refunded_minor == 10500
    assert_all_square()


def test_a_part_that_goes_back_is_of_the_goods_and_not_of_the_tip(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = tipped(account, customer, clerk)
    read_news(organization)
    for part, still_open, of_the_tip in ((1000, 1000, 0), (9200, 10000, 200), (300, 10000, 500)):
        ScriptedGateway.answers.append(refund_outcome(reference=a_key(), amount=eur(part)))
        refund(
            organization=organization,
            payment_id=payment.id,
            amount=eur(part),
            reason="A cup was broken.",
            key=a_key(),
            actor=SYSTEM,
        )
        tip = Tip.objects.select_related("invoice").get(organization=organization, payment=payment)
        payment.refresh_from_db()
        assert payment.invoice is not None
        assert (payment.invoice.open_minor, tip.invoice.open_minor) == (still_open, of_the_tip)
    assert_all_square()


def test_no_tip_no_invoice(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    invoice = issued_invoice(organization, customer)
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(10000), fee=eur(100)))
    payment = take(account, invoice.id, clerk)
    assert invoice_tip(organization=organization, payment_id=payment.id, actor=SYSTEM) is None
    told = Event.objects.get(organization_id=organization.id, kind="payment.succeeded")
    assert "tip_minor" not in told.data
    reader = factories.member_actor(organization, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        invoice_tip(organization=organization, payment_id=payment.id, actor=reader)


def test_readers_that_ask_for_no_tip_are_not_asked_to(
    customer: Customer, account: GatewayAccount, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = CounterGateway.capabilities - {Capability.TIPS}
    monkeypatch.setattr(CounterGateway, "capabilities", without)
    with pytest.raises(InvalidPayment) as refused:
        take(account, issued_invoice(account.organization, customer).id, clerk, tips=True)
    assert refused.value.field == "tips"
    assert ScriptedGateway.asked == []
