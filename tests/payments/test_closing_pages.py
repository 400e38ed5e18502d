"""A payer who takes another way leaves no page behind that could be paid too, where the provider can close it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.core.batch_acts import batch_act
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import AttemptRefused, InvoiceNotPayable, PaymentUnderWay
from allsquare.payments.gateway import Capability, MethodKind, Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.sweep import sweep
from allsquare.payments.services.use_credit import use_credit
from allsquare.payments.services.void_unpaid import void_unpaid
from allsquare.payments.services.write_off_and_close import write_off_and_close
from allsquare.risk.services.add_entry import add_entry
from tests.payments.crediting import credit, off
from tests.payments.flows import paid
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    eur,
    issued_invoice,
    offline_account,
    open_tasks,
)
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


def voided(invoice: Invoice) -> None:
    void_unpaid(organization=invoice.organization, invoice_id=invoice.id, reason="Twice", actor=SYSTEM)


def written_off(invoice: Invoice) -> None:
    write_off_and_close(
        organization=invoice.organization,
        invoice_id=invoice.id,
        reason="Moved away",
        tax_relief=False,
        actor=SYSTEM,
    )


def cash_came(invoice: Invoice, minor: int = 10000) -> None:
    record_money(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(minor),
        method=MethodKind.CASH,
        gateway_account_id=offline_account(invoice.organization).id,
        key=a_key(),
        actor=SYSTEM,
    )


def credit_was_used(invoice: Invoice) -> None:
    spare = paid(
        invoice.organization,
        invoice.customer,
        GatewayAccount.objects.get(organization=invoice.organization, gateway="scripted"),
        captured=20000,
    )
    assert spare.state == "succeeded"
    use_credit(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        key=a_key(),
        actor=SYSTEM,
    )


def cash_came_for_several(invoice: Invoice) -> None:
    other = issued_invoice(invoice.organization, invoice.customer)
    by_hand = offline_account(invoice.organization)
    begin(together(invoice.customer, by_hand, [invoice, other], method=MethodKind.CASH), invoice.customer)


@pytest.mark.parametrize(
    "ends",
    [voided, written_off, cash_came, credit_was_used, cash_came_for_several],
    ids=lambda it: it.__name__,
)
def test_a_page_is_closed_when_its_invoice_wants_no_money_any_more(
    invoice: Invoice, account: GatewayAccount, payer: Actor, ends: Callable[[Invoice], None]
) -> None:
    """The payer phoned while the page was open, and presses there afterwards."""
    ask(invoice, account, payer, page("ch_1"))
    ClosingScript.closings.append(gone("ch_1"))
    ends(invoice)
    assert ClosingScript.closed == ["ch_1"]
    assert "needs_action" not in states(invoice)
    assert_all_square()


def test_an_answer_that_nobody_can_read_is_no_error_of_the_press_that_did_its_work(
    invoice: Invoice, account: GatewayAccount, payer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(invoice, account, payer, page("ch_1"))

    def unread(_self: ClosingScript, **_about: object) -> Outcome:
        raise KeyError("status")

    monkeypatch.setattr(ClosingScript, "close", unread)
    voided(invoice)
    assert states(invoice) == ["needs_action"], "the sweep closes it"


def test_cash_for_a_part_closes_the_page_that_asks_for_all_and_leaves_one_that_still_fits(
    invoice: Invoice, account: GatewayAccount
) -> None:
    ask(invoice, account, SYSTEM, page("ch_1"), minor=6000)
    cash_came(invoice, 4000)
    assert ClosingScript.closed == []
    ClosingScript.closings.append(gone("ch_1"))
    cash_came(invoice, 1)
    assert ClosingScript.closed == ["ch_1"]


def test_a_page_that_could_not_be_closed_then_is_closed_by_the_sweep_soon(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    payment = ask(invoice, account, payer, page("ch_1"))
    Payment.objects.filter(id=payment.id).update(
        checks=20, next_check_at=clock.now(None) + timedelta(hours=6)
    )
    ClosingScript.closings.append(charge(Status.UNKNOWN, reference="ch_1"))
    voided(invoice)
    payment.refresh_from_db()
    assert payment.next_check_at is not None
    assert payment.next_check_at < clock.now(None) + timedelta(minutes=1)
    swept(invoice, payment, page("ch_1"))
    assert ClosingScript.closed == ["ch_1", "ch_1"]
    assert states(invoice) == ["canceled"]


def test_whatever_paid_the_invoice_the_sweep_closes_a_page_of_it(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    payment = ask(invoice, account, payer, page("ch_1"))
    Invoice.objects.filter(id=invoice.id).update(state="written_off")
    swept(invoice, payment, page("ch_1"))
    assert states(invoice) == ["canceled"]


def test_what_the_sweep_finds_paid_is_the_payment_and_not_closed(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    payment = ask(invoice, account, payer, page("ch_1"))
    Invoice.objects.filter(id=invoice.id).update(state="written_off")
    swept(invoice, payment, charge(reference="ch_1", amount=eur(10000)))
    assert ClosingScript.closed == []
    assert states(invoice) == ["succeeded"]


def swept(invoice: Invoice, payment: Payment, said: Outcome) -> None:
    """The page can be closed, unless the provider says that it was paid."""
    Payment.objects.filter(id=payment.id).update(next_check_at=clock.now(None))
    ScriptedGateway.lookups.append(said)
    ClosingScript.closings.append(gone("ch_1"))
    sweep(organization=invoice.organization)


def test_many_are_made_void_without_a_provider_being_called_and_the_sweep_closes_their_pages(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    payment = ask(invoice, account, payer, page("ch_1"))
    Payment.objects.filter(id=payment.id).update(
        checks=20, next_check_at=clock.now(None) + timedelta(hours=6)
    )
    batch_act("invoices.void").run(invoice.organization, SYSTEM, invoice.id, {"reason": "Twice"})
    assert ClosingScript.closed == []
    ScriptedGateway.lookups.append(page("ch_1"))
    ClosingScript.closings.append(gone("ch_1"))
    sweep(organization=invoice.organization)
    assert states(invoice) == ["canceled"]


def test_what_another_tab_opens_while_a_page_is_closed_is_closed_too(
    invoice: Invoice, account: GatewayAccount, payer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both would wait for the payer, who could pay twice."""
    ask(invoice, account, payer, page("ch_1"))
    real, tabs = ClosingScript.close, [page("ch_2")]

    def other_tab_first(self: ClosingScript, *, key: UUID, reference: str) -> Outcome:
        done = real(self, key=key, reference=reference)
        if tabs:
            Payment.objects.filter(organization=invoice.organization, reference="ch_1").update(
                state="canceled"
            )
            ask(invoice, account, payer, tabs.pop(), method=MethodKind.CARD)
            ScriptedGateway.answers.append(page("ch_3"))
        return done

    monkeypatch.setattr(ClosingScript, "close", other_tab_first)
    ClosingScript.closings.extend([gone("ch_1"), gone("ch_2")])
    ask(invoice, account, payer, None, method=MethodKind.BANK_DEBIT)
    assert ClosingScript.closed == ["ch_1", "ch_2"]
    assert states(invoice) == ["canceled", "canceled", "needs_action"]


def test_nobody_is_charged_by_agreement_beside_a_page_that_could_not_be_closed(
    invoice: Invoice, account: GatewayAccount, payer: Actor
) -> None:
    ask(invoice, account, payer, page("ch_1"))
    ClosingScript.closings.append(charge(Status.UNKNOWN, reference="ch_1"))
    with pytest.raises(PaymentUnderWay):
        ask(invoice, account, SYSTEM, None, method=MethodKind.BANK_DEBIT)
    assert states(invoice) == ["needs_action"]
