"""A payer who takes another way leaves no page behind that could be paid too, where the provider can close it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import AttemptRefused, InvoiceNotPayable, PaymentUnderWay
from allsquare.payments.gateway import Capability, MethodKind, Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.start import start_payment
from allsquare.risk.services.add_entry import add_entry
from tests.payments.crediting import credit, off
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice, open_tasks
from tests.payments.several import begin, together
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


class ClosingScript(ScriptedGateway):
    """Also closes pages, as ``closings`` says."""

    capabilities = ScriptedGateway.capabilities | {Capability.CLOSES}
    page_life = timedelta(days=1)
    closings: list[Outcome] = []  # the test's script
    closed: list[str] = []  # which pages it was asked to close

    def close(self, *, key: UUID, reference: str) -> Outcome:
        self.closed.append(reference)
        said = self.closings.pop(0)
        return Outcome(**{**{name: getattr(said, name) for name in Outcome.__slots__}, "key": key})


@pytest.fixture(autouse=True)
def closing(settings: Settings) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_closing_pages.ClosingScript",
    }
    ClosingScript.closings.clear()
    ClosingScript.closed.clear()


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    return issued_invoice(organization, customer, total="100.00")


@pytest.fixture
def payer(invoice: Invoice) -> Actor:
    return customer_actor(invoice.customer_id, "Grace")


def ask(
    invoice: Invoice,
    account: GatewayAccount,
    payer: Actor,
    answer: Outcome | None,
    *,
    minor: int = 10000,
    method: MethodKind = MethodKind.CARD,
) -> Payment:
    if answer is not None:
        ScriptedGateway.answers.append(answer)
    return start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(minor),
        method=method,
        gateway_account_id=account.id,
        key=a_key(),
        actor=payer,
    )


def page(reference: str) -> Outcome:
    return charge(Status.ACTION_REQUIRED, reference=reference, redirect="https://pay.provider.example/")


def gone(reference: str) -> Outcome:
    return charge(Status.DECLINED, reference=reference, code="canceled")


def states(invoice: Invoice) -> list[str]:
    found = Payment.objects.filter(organization=invoice.organization, invoice=invoice).order_by("id")
    return [payment.state for payment in found]


def test_another_way_closes_the_page_before_it_is_asked_for(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    ask(invoice, account, payer, page("ch_1"))
    ClosingScript.closings.append(gone("ch_1"))
    ask(invoice, account, payer, page("ch_2"), method=MethodKind.BANK_DEBIT)
    assert ClosingScript.closed == ["ch_1"]
    assert states(invoice) == ["canceled", "needs_action"]


def test_the_same_way_again_leads_back_to_the_page_and_closes_nothing(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    first = ask(invoice, account, payer, page("ch_1"))
    assert ask(invoice, account, payer, None).id == first.id
    assert ClosingScript.closed == []


def test_whoever_is_stopped_closes_nobodys_page(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    ask(invoice, account, payer, page("ch_1"))
    add_entry(
        organization=invoice.organization,
        verdict="blocked",
        kind="address",
        value="203.0.113.7",
        actor=SYSTEM,
    )
    thief = customer_actor(invoice.customer_id, "Grace", address="203.0.113.7")
    with pytest.raises(AttemptRefused):
        ask(invoice, account, thief, None, method=MethodKind.BANK_DEBIT)
    assert ClosingScript.closed == []
    assert states(invoice) == ["needs_action"]


def test_a_page_that_was_paid_meanwhile_is_the_payment(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    ask(invoice, account, payer, page("ch_1"))
    ClosingScript.closings.append(charge(reference="ch_1", amount=eur(10000), fee=eur(30)))
    with pytest.raises(InvoiceNotPayable):
        ask(invoice, account, payer, None, method=MethodKind.BANK_DEBIT)
    assert states(invoice) == ["succeeded"]
    assert len(ScriptedGateway.asked) == 1, "nothing else was asked of the provider"
    assert_all_square()


def test_a_debit_that_was_given_there_meanwhile_is_under_way(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    ask(invoice, account, payer, page("ch_1"))
    ClosingScript.closings.append(charge(Status.PENDING, reference="ch_1"))
    with pytest.raises(PaymentUnderWay):
        ask(invoice, account, payer, None, method=MethodKind.BANK_DEBIT)
    assert states(invoice) == ["pending"]


def test_without_an_answer_the_page_stays_and_the_payer_still_pays(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    ask(invoice, account, payer, page("ch_1"))
    ClosingScript.closings.append(charge(Status.UNKNOWN, reference="ch_1"))
    ask(invoice, account, payer, page("ch_2"), method=MethodKind.BANK_DEBIT)
    assert states(invoice) == ["needs_action", "needs_action"]


def test_two_parts_that_fit_may_both_be_open(
    organization: Organization, invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    Organization.objects.filter(id=organization.id).update(part_payments=True)
    invoice.organization.refresh_from_db()
    ask(invoice, account, payer, page("ch_1"), minor=4000)
    ask(invoice, account, payer, page("ch_2"), minor=6000)
    assert ClosingScript.closed == []
    ClosingScript.closings.extend([gone("ch_1"), gone("ch_2")])
    ask(invoice, account, payer, page("ch_3"), minor=5000)
    assert ClosingScript.closed == ["ch_1", "ch_2"], "with the third it would be more than is open"


def test_a_credit_note_closes_a_page_that_asks_for_more_than_it_leaves(
    invoice: Invoice, account: GatewayAccount
) -> None:
    ask(invoice, account, SYSTEM, page("ch_1"), minor=6000)
    credit(invoice, off(invoice, 4000))
    assert ClosingScript.closed == []
    ClosingScript.closings.append(gone("ch_1"))
    credit(invoice, off(invoice, 1))
    assert ClosingScript.closed == ["ch_1"]
    assert states(invoice) == ["canceled"]
    assert_all_square()


def test_a_credit_note_counts_what_is_under_way_beside_the_page(
    invoice: Invoice, account: GatewayAccount
) -> None:
    """A debit on its way for the other part leaves less for the page than it asks for."""
    ask(invoice, account, SYSTEM, page("ch_1"), minor=4000)
    ask(invoice, account, SYSTEM, charge(Status.PENDING, reference="ch_2"), minor=6000)
    assert ClosingScript.closed == []
    ClosingScript.closings.append(gone("ch_1"))
    credit(invoice, off(invoice, 1))
    assert ClosingScript.closed == ["ch_1"]
    assert states(invoice) == ["canceled", "pending"]
    assert_all_square()


def test_a_credit_note_stands_where_the_page_cannot_be_closed_any_more(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    """The payer was faster: what came is told, and kept for them."""
    ask(invoice, account, payer, page("ch_1"))
    ClosingScript.closings.append(charge(reference="ch_1", amount=eur(10000)))
    credit(invoice)
    assert (invoice.state, invoice.paid_minor) == ("credited", 0)
    assert states(invoice) == ["succeeded"]
    assert [task.kind for task in open_tasks(invoice.organization)] == ["money_for_credited_invoice"]
    assert_all_square()


def test_paying_several_closes_the_pages_of_each_of_them_and_those_of_a_part_that_still_fits_stay(
    invoice: Invoice, account: GatewayAccount
) -> None:
    customer = invoice.customer
    other, third = (issued_invoice(invoice.organization, customer) for _ in range(2))
    for number, (each, minor) in enumerate(((invoice, 10000), (other, 10000), (third, 4000)), start=1):
        ask(each, account, SYSTEM, page(f"ch_{number}"), minor=minor)
    ClosingScript.closings.extend([gone("ch_1"), gone("ch_2")])
    shares = {invoice.id: 10000, other.id: 1, third.id: 6000}
    begin(together(customer, account, shares), customer, answer=page("ch_4"))
    assert sorted(ClosingScript.closed) == ["ch_1", "ch_2"]
    assert [states(each) for each in (invoice, other, third)] == [
        ["canceled"],
        ["canceled"],
        ["needs_action"],
    ]
