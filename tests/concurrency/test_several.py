"""Payers, clerks and presses that want the same invoices at once, in sets that overlap."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import DatabaseError

from allsquare.billing.models import Invoice
from allsquare.core.ids import new_id
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import PaymentUnderWay
from allsquare.payments.gateway import Status
from allsquare.payments.models import Allocation, GatewayAccount, Payment
from allsquare.payments.selectors import payments_under_way
from allsquare.payments.settlement import locked
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.flows import pay, take
from tests.payments.makers import ScriptedGateway, charge, eur, issued_invoice, refund_outcome
from tests.payments.several import begin, together
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency


@pytest.fixture
def invoices(organization: Organization, customer: Customer) -> list[Invoice]:
    """The provider takes its time, and would charge every request."""
    ScriptedGateway.delay = 0.2
    ScriptedGateway.answers.extend(charge(Status.PENDING, reference=f"ch_{number}") for number in range(40))
    return [issued_invoice(organization, customer) for _ in range(4)]


def test_one_key_is_one_charge(
    organization: Organization, customer: Customer, account: GatewayAccount, invoices: list[Invoice]
) -> None:
    asked = together(customer, account, invoices)
    answers = at_once([partial(begin, asked, customer, key="press")] * 12)
    assert not failures(answers)
    assert len({payment.id for payment in succeeded(answers)}) == 1
    assert len(ScriptedGateway.asked) == 1


def test_one_key_on_account_is_one_charge(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """No invoice is the queue in which the clicks stand: their key is."""
    ScriptedGateway.answers.extend(charge(Status.PENDING, reference=f"ch_{number}") for number in range(12))
    asked = together(customer, account, [], on_account=500)
    answers = at_once([partial(begin, asked, customer, key="press")] * 12)
    assert not failures(answers)
    assert len({payment.id for payment in succeeded(answers)}) == 1
    assert len(ScriptedGateway.asked) == 1


def overlapping(customer: Customer, account: GatewayAccount, invoices: list[Invoice]) -> list[list[Invoice]]:
    """Sets that have something in common, in orders that meet."""
    first, second, third, fourth = invoices
    return [[first, second], [second, third], [third, fourth], [fourth, first], [second, first]] * 2


def test_of_sets_that_overlap_no_invoice_is_asked_for_twice(
    organization: Organization, customer: Customer, account: GatewayAccount, invoices: list[Invoice]
) -> None:
    """Beside payers of a single one."""
    works = [
        *(
            partial(begin, together(customer, account, some), customer)
            for some in overlapping(customer, account, invoices)
        ),
        *(partial(pay, invoice, account) for invoice in invoices),
    ]
    answers = at_once(works)
    assert {type(failure) for failure in failures(answers)} == {PaymentUnderWay}
    for invoice in invoices:
        assert len(claims(organization, invoice)) <= 1
    assert len(ScriptedGateway.asked) == len(succeeded(answers))


def claims(organization: Organization, invoice: Invoice) -> list[Payment]:
    alone = Payment.objects.filter(organization=organization, invoice=invoice)
    several = Payment.objects.filter(organization=organization, shares__invoice=invoice)
    return [*alone, *several]


def test_control_without_the_invoices_locks_some_are_asked_for_twice(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    invoices: list[Invoice],
    without_row_locks: None,
) -> None:
    at_once(
        [
            partial(begin, together(customer, account, some), customer)
            for some in overlapping(customer, account, invoices)
        ]
    )
    twice = [invoice for invoice in invoices if len(claims(organization, invoice)) > 1]
    assert twice, "without its locks no invoice was asked for twice, so the test above proves nothing"


def parts(customer: Customer, account: GatewayAccount, invoices: list[Invoice]) -> list[partial[Payment]]:
    """Three fifths of each of some, in sets that overlap, and beside them of single ones: two are too much of any."""
    sets = overlapping(customer, account, invoices)
    return [
        *(
            partial(begin, together(customer, account, {each.id: 6000 for each in some}), customer)
            for some in sets
        ),
        *(partial(pay, invoice, account, amount=eur(6000)) for invoice in invoices),
    ]


def claimed(organization: Organization, invoice: Invoice) -> int:
    return sum(each.towards_minor for each in payments_under_way(organization, [invoice.id]))


def test_parts_in_sets_that_overlap_never_ask_for_more_than_is_open(
    organization: Organization, customer: Customer, account: GatewayAccount, invoices: list[Invoice]
) -> None:
    answers = at_once(parts(customer, account, invoices))
    assert {type(failure) for failure in failures(answers)} == {PaymentUnderWay}
    assert {claimed(organization, invoice) for invoice in invoices} <= {0, 6000}
    assert len(ScriptedGateway.asked) == len(succeeded(answers))
    for payment in succeeded(answers):
        take(account, charge(reference=payment.reference, amount=eur(payment.amount_minor), fee=eur(0)))
    assert set(counted(organization)) == {6000}, "each its share"
    assert_all_square()


def test_control_without_the_invoices_locks_parts_ask_for_more_than_is_open(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    invoices: list[Invoice],
    without_row_locks: None,
) -> None:
    for _ in range(20):
        ScriptedGateway.answers.extend(
            charge(Status.PENDING, reference=f"more_{new_id()}") for _number in range(20)
        )
        some = [issued_invoice(organization, customer) for _number in range(4)]
        at_once(parts(customer, account, some))
        if any(claimed(organization, invoice) > 10_000 for invoice in some):
            return
    pytest.fail("without its locks nothing was asked for twice, so the test above proves nothing")


def test_settling_sets_that_overlap_never_counts_more_than_is_open(
    organization: Organization, customer: Customer, account: GatewayAccount, invoices: list[Invoice]
) -> None:
    """All payers were at their pages before any paid; all pay in the same moment. What is over is credit."""
    payments = at_the_pages(customer, account, invoices)
    news = [charge(reference=each.reference, amount=eur(each.amount_minor), fee=eur(0)) for each in payments]
    answers = at_once([partial(take, account, one) for one in news])
    assert not failures(answers)
    assert counted(organization) == [10000] * 4
    assert_all_square()


def at_the_pages(customer: Customer, account: GatewayAccount, invoices: list[Invoice]) -> list[Payment]:
    ScriptedGateway.delay = 0
    ScriptedGateway.answers.clear()
    return [
        begin(
            together(customer, account, some, note=str(place)),
            customer,
            answer=charge(
                Status.ACTION_REQUIRED,
                reference=f"page_{invoices[0].id}_{place}",
                redirect="https://pay.example/",
            ),
        )
        for place, some in enumerate(overlapping(customer, account, invoices))
    ]


def counted(organization: Organization) -> list[int]:
    sums: dict[object, int] = {}
    for invoice, amount in Allocation.objects.filter(organization=organization).values_list(
        "invoice_id", "amount_minor"
    ):
        sums[invoice] = sums.get(invoice, 0) + amount
    return list(sums.values())


def test_control_without_locks_the_database_has_to_refuse(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    invoices: list[Invoice],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the door's locks more is counted than is open, or the guards of the database stop it."""
    monkeypatch.setattr(locked, "_LOCK", locked._LOCK.replace("FOR NO KEY UPDATE", ""))
    for _ in range(6):
        some = [issued_invoice(organization, customer) for _ in range(4)]
        payments = at_the_pages(customer, account, some)
        works = [
            partial(
                take, account, charge(reference=each.reference, amount=eur(each.amount_minor), fee=eur(0))
            )
            for each in payments
        ]
        if failures(at_once(works)) or any(minor > 10000 for minor in counted(organization)):
            return
    pytest.fail("without its locks nothing went wrong, so the test above proves nothing")


def test_giving_back_while_others_pay_ends_square(
    organization: Organization, customer: Customer, account: GatewayAccount, invoices: list[Invoice]
) -> None:
    payments = at_the_pages(customer, account, invoices)
    first = payments[0]
    take(account, charge(reference=first.reference, amount=eur(20000), fee=eur(0)))
    news = [
        refund_outcome(reference="re_1", amount=eur(20000), charge_reference=first.reference),
        *(
            charge(reference=each.reference, amount=eur(each.amount_minor), fee=eur(0))
            for each in payments[1:]
        ),
    ]
    answers = at_once([partial(take, account, one) for one in news])
    assert not [each for each in failures(answers) if isinstance(each, DatabaseError)]
    assert_all_square()
