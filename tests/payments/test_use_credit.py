from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import permutations

import pytest

from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.models import Invoice
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.billing.services.void import void
from allsquare.billing.services.write_off import write_off
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.core.money import Money
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.credit import usable_credit, uses_of_credit
from allsquare.payments.errors import CreditGone, InvalidPayment, InvoiceNotPayable
from allsquare.payments.gateway import DisputeStage, Status
from allsquare.payments.models import Allocation, CreditMovement, GatewayAccount, Payment
from allsquare.payments.services.refund import refund
from allsquare.payments.services.use_credit import use_credit
from tests.factories import make_customer, make_organization, member_actor
from tests.payments.flows import balances, final_state, paid, pay, take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.square import assert_all_square


def use(invoice: Invoice, amount: Money, *, key: str = "") -> bool:
    made = use_credit(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=amount,
        key=key or a_key(),
        actor=SYSTEM,
    )
    invoice.refresh_from_db()
    return made


def give_back(payment: Payment, minor: int, name: str) -> None:
    news = refund_outcome(reference=name, amount=eur(minor), charge_reference=payment.reference)
    take(payment.gateway_account, news)


def lose(payment: Payment, minor: int, name: str) -> None:
    about = {"reference": name, "amount": eur(minor), "charge_reference": payment.reference}
    take(payment.gateway_account, dispute_outcome(DisputeStage.LOST, **about))


@pytest.fixture
def overpaid(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    """130.00 for an invoice of 100.00: 30.00 credit."""
    return paid(organization, customer, account, captured=13000)


def test_credit_pays_another_invoice_of_the_customer(
    organization: Organization, customer: Customer, overpaid: Payment
) -> None:
    other = issued_invoice(organization, customer)
    assert use(other, eur(3000))
    assert (other.state, other.paid_minor) == ("partly_paid", 3000)
    allocation = Allocation.objects.get(organization=organization, invoice=other)
    movement = CreditMovement.objects.get(organization=organization, reason="used")
    assert (allocation.payment_id, allocation.amount_minor) == (overpaid.id, 3000)
    assert (movement.payment_id, movement.amount_minor) == (overpaid.id, -3000)
    assert movement.source_id == allocation.source_id
    assert uses_of_credit(organization, other) == [allocation]
    assert "customer_credit" not in balances(organization)
    assert balances(organization)["receivable"] == 7000
    assert usable_credit(organization, customer.id, "EUR") == 0
    kinds = [event.kind for event in events_of(organization.id, [other.id])]
    assert kinds[-2:] == ["invoice.credit_used", "invoice.partly_paid"]
    assert_all_square()


def test_it_is_used_up_payment_by_payment_the_oldest_first(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    first, second, _third = (paid(organization, customer, account, captured=11000) for _ in range(3))
    other = issued_invoice(organization, customer)
    use(other, eur(1500))
    rows = Allocation.objects.filter(organization=organization, invoice=other).order_by("payment_id")
    assert [(row.payment_id, row.amount_minor) for row in rows] == [(first.id, 1000), (second.id, 500)]
    assert usable_credit(organization, customer.id, "EUR") == 1500
    assert_all_square()


def test_the_same_key_uses_once(organization: Organization, customer: Customer, overpaid: Payment) -> None:
    other = issued_invoice(organization, customer)
    assert use(other, eur(1000), key="press")
    assert not use(other, eur(1000), key="press")
    assert other.paid_minor == 1000
    with pytest.raises(KeyReused):
        use(other, eur(2000), key="press")


def test_what_cannot_be_is_refused_and_changes_nothing(
    organization: Organization, customer: Customer, account: GatewayAccount, overpaid: Payment
) -> None:
    other, small = (
        issued_invoice(organization, customer),
        issued_invoice(organization, customer, total="5.00"),
    )
    stranger = issued_invoice(organization, make_customer(organization))
    gone = issued_invoice(organization, customer)
    void(organization=organization, invoice_id=gone.id, reason="Wrong", actor=SYSTEM)
    begun = issued_invoice(organization, customer)
    pay(
        begun,
        account,
        amount=eur(9000),
        answer=charge(reference="ch_part", amount=eur(9000), fee=eur(0)),
    )
    assert overpaid.invoice is not None
    for invoice, amount, refusal in (
        (begun, eur(1001), CreditGone),
        (other, eur(3001), CreditGone),
        (small, eur(501), CreditGone),
        (stranger, eur(1), CreditGone),
        (other, eur(0), InvalidPayment),
        (other, usd(100), InvalidPayment),
        (gone, eur(100), InvoiceNotPayable),
        (overpaid.invoice, eur(100), InvoiceNotPayable),
    ):
        with pytest.raises(refusal):
            use(invoice, amount)
    with pytest.raises(InvoiceUnknown):
        use_credit(
            organization=make_organization(), invoice_id=other.id, amount=eur(1), key="k", actor=SYSTEM
        )
    assert not CreditMovement.objects.filter(organization=organization, reason="used").exists()
    assert_all_square()


def test_who_may(organization: Organization, customer: Customer, overpaid: Payment) -> None:
    other = issued_invoice(organization, customer)
    for role, may in ((Role.SALES, False), (Role.SUPPORT, False), (Role.BILLING_CLERK, True)):
        press = partial(
            use_credit,
            organization=organization,
            invoice_id=other.id,
            amount=eur(100),
            key=a_key(),
            actor=member_actor(organization, role),
        )
        if may:
            assert press()
        else:
            with pytest.raises(PermissionDenied):
                press()


def test_what_is_on_its_way_back_or_disputed_cannot_be_used(
    organization: Organization, customer: Customer, overpaid: Payment
) -> None:
    ScriptedGateway.answers.append(refund_outcome(Status.PENDING, reference="re_1"))
    refund(
        organization=organization,
        payment_id=overpaid.id,
        amount=eur(11000),
        reason="",
        key="k",
        actor=SYSTEM,
    )
    assert usable_credit(organization, customer.id, "EUR") == 2000
    with pytest.raises(CreditGone, match="20"):
        use(issued_invoice(organization, customer), eur(3000))
    about = {"reference": "dp_1", "amount": eur(2000), "charge_reference": overpaid.reference}
    take(overpaid.gateway_account, dispute_outcome(DisputeStage.OPENED, **about))
    assert usable_credit(organization, customer.id, "EUR") == 0


@pytest.mark.parametrize(("first", "second"), [(500, 1000), (3000, 4000), (13000, None), (700, 12300)])
@pytest.mark.parametrize("take_back", [give_back, lose])
def test_giving_back_and_using_end_the_same_in_any_order(
    db: None, take_back: Callable[[Payment, int, str], None], first: int, second: int | None
) -> None:
    """Parts of 130.00 go back, and whatever credit is left is used for another invoice: before, between or after."""
    acts: list[Callable[[Payment, Invoice], object]] = [
        lambda payment, _other: take_back(payment, first, "back_1"),
        lambda payment, other: use(
            other, eur(usable_credit(payment.organization, payment.customer_id, "EUR") or 1)
        ),
    ]
    if second:
        acts.append(lambda payment, _other: take_back(payment, second, "back_2"))
    ends = []
    for order in permutations(acts):
        organization = make_organization()
        customer = make_customer(organization)
        payment = paid(organization, customer, scripted_account(organization), captured=13000)
        other = issued_invoice(organization, customer)
        for act in order:
            try:
                act(payment, other)
            except CreditGone:  # nothing was left to use
                assert not usable_credit(organization, customer.id, "EUR")
        end = final_state(organization)
        del end["credit"]  # its movements tell the order; their sum is on the account
        ends.append(
            (end, sorted(Invoice.objects.filter(organization=organization).values_list("paid_minor")))
        )
    assert_all_square()
    books = [end["books"] for end, _ in ends]
    assert all(each == books[0] for each in books)
    assert all(paid_sums == ends[0][1] for _, paid_sums in ends)


def test_money_that_goes_back_reopens_the_latest_invoice_that_it_paid_first(
    organization: Organization, customer: Customer, overpaid: Payment
) -> None:
    earlier, later = (issued_invoice(organization, customer) for _ in range(2))
    use(earlier, eur(1000))
    use(later, eur(2000))
    give_back(overpaid, 2500, "re_1")
    for invoice, open_again in ((earlier, 500), (later, 0)):
        invoice.refresh_from_db()
        assert invoice.paid_minor == open_again
    assert later.state == "viewed"
    assert_all_square()
    lose(overpaid, 10500, "dp_1")
    paid_now = Invoice.objects.filter(organization=organization).values_list("paid_minor", flat=True)
    assert set(paid_now) == {0}
    assert_all_square()


def test_what_one_refund_took_from_an_invoice_is_not_there_for_the_next_of_its_batch(
    organization: Organization, customer: Customer, overpaid: Payment
) -> None:
    other = issued_invoice(organization, customer)
    use(other, eur(3000))
    take(
        overpaid.gateway_account,
        refund_outcome(reference="re_1", amount=eur(2000), charge_reference=overpaid.reference),
        refund_outcome(reference="re_2", amount=eur(2000), charge_reference=overpaid.reference),
    )
    other.refresh_from_db()
    assert overpaid.invoice
    overpaid.invoice.refresh_from_db()
    assert (other.paid_minor, overpaid.invoice.paid_minor) == (0, 9000)
    assert_all_square()


def test_late_money_for_a_written_off_invoice_pays_it_after_all(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoice = issued_invoice(organization, customer)
    payment = pay(invoice, account, answer=charge(Status.PENDING, reference="ch_1"))
    write_off(organization=organization, invoice_id=invoice.id, reason="Gone", tax_relief=False, actor=SYSTEM)
    take(account, charge(reference="ch_1", amount=eur(10000)))
    take_back_write_off(organization=organization, invoice_id=invoice.id, actor=SYSTEM)
    use(invoice, eur(10000))
    assert (invoice.state, invoice.open_minor) == ("paid", 0)
    assert_all_square()
    payment.refresh_from_db()
    give_back(payment, 4000, "re_1")
    invoice.refresh_from_db()
    assert (invoice.state, invoice.open_minor) == ("partly_paid", 4000)
    assert_all_square()


def test_in_a_foreign_currency_the_difference_is_of_exchange(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.9"), actor=SYSTEM)
    first = issued_invoice(organization, customer, currency_code="USD")
    pay(first, account, amount=usd(10000), answer=charge(reference="ch_1", amount=usd(13333)))
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.8"), actor=SYSTEM)
    other = issued_invoice(organization, customer, currency_code="USD", total="33.33")
    use(other, usd(3333))
    assert other.state == "paid"
    assert not balances(organization).keys() & {"receivable", "customer_credit"}
    assert_all_square()
