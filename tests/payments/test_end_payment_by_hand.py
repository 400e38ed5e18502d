"""A payment of which its provider never says the end: a colleague says it, and the provider may say it after all."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.models import JournalEntry
from allsquare.notifications.news import mails_for
from allsquare.payments.by_hand import Came
from allsquare.payments.comparing import Kind, differences, said_by_provider, said_here_of_payment
from allsquare.payments.errors import (
    HasEnded,
    InvalidPayment,
    NotLeftOpen,
    OutcomeContradicts,
    PaymentUnderWay,
    PaymentUnknown,
    ProviderAnswers,
)
from allsquare.payments.gateway import SAID_BY_PERSON, Converted, MethodKind, Status
from allsquare.payments.models import CreditMovement, GatewayAccount, Payment, Refund
from allsquare.payments.services.void_unpaid import void_unpaid
from tests import factories
from tests.payments.by_hand import (
    came_with,
    days_go_by,
    end_payment,
    end_refund,
    hear,
    news_of,
    refunding,
    take_back,
)
from tests.payments.flows import balances, paid, pay, started
from tests.payments.makers import (
    SILENT,
    ScriptedGateway,
    charge,
    eur,
    issued_invoice,
    offline_account,
    open_tasks,
    usd,
)
from tests.square import assert_all_square


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    return issued_invoice(organization, customer)


@pytest.fixture
def payment(invoice: Invoice, account: GatewayAccount, organization: Organization) -> Payment:
    """Of 100.00, asked for ten days ago, and the provider is silent since."""
    payment = pay(invoice, account, answer=SILENT)
    days_go_by(organization, 10)
    payment.refresh_from_db()
    payment.organization = organization
    return payment


def tasks(organization: Organization) -> list[str]:
    return [task.kind for task in open_tasks(organization)]


def settlements(organization: Organization) -> int:
    return JournalEntry.objects.filter(organization=organization, kind="payment.settled").count()


def test_it_did_not_come_and_the_invoice_is_free_again(
    organization: Organization, invoice: Invoice, payment: Payment
) -> None:
    with pytest.raises(PaymentUnderWay):
        void_unpaid(organization=organization, invoice_id=invoice.id, reason="x", actor=SYSTEM)
    ended = end_payment(payment, None)
    assert (ended.state, ended.failure_code, ended.next_check_at) == ("failed", SAID_BY_PERSON, None)
    void_unpaid(organization=organization, invoice_id=invoice.id, reason="x", actor=SYSTEM)
    told = Event.objects.get(organization_id=organization.id, kind="payment.not_come_by_hand")
    assert told.data["reason"] == "Their support says so."
    assert_all_square()


def test_it_came_and_pays_what_it_was_for(
    organization: Organization, invoice: Invoice, payment: Payment
) -> None:
    ended = end_payment(payment, came_with(10000, 230, reference="ch_seen"))
    assert (ended.state, ended.captured_minor, ended.fee_minor) == ("succeeded", 10000, 230)
    assert (ended.reference, ended.failure_code) == ("ch_seen", SAID_BY_PERSON)
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    assert balances(organization)["clearing"] == 9770
    assert_all_square()


@pytest.mark.parametrize("came", [None, came_with(10000, 230)])
def test_the_same_key_again_changes_nothing(organization: Organization, payment: Payment, came: Came) -> None:
    end_payment(payment, came, key="k")
    before = Event.objects.filter(organization_id=organization.id).count()
    end_payment(payment, came, key="k", answer=None)
    assert Event.objects.filter(organization_id=organization.id).count() == before
    with pytest.raises(KeyReused):
        end_payment(payment, came, key="k", answer=None, reason="another")
    assert_all_square()


def test_who_may_not_record_payments_may_not_end_them(organization: Organization, payment: Payment) -> None:
    clerk = factories.member_actor(organization, Role.SALES)
    with pytest.raises(PermissionDenied):
        end_payment(payment, None, answer=None, actor=clerk)
    with pytest.raises(PermissionDenied):
        take_back(payment, answer=None, actor=clerk)
    ended = end_payment(payment, None, actor=factories.member_actor(organization, Role.BILLING_CLERK))
    assert ended.state == "failed"
    told = Event.objects.get(organization_id=organization.id, kind="payment.failed")
    assert told.actor_kind == "person"


def test_another_organization_finds_nothing(payment: Payment) -> None:
    payment.organization = factories.make_organization()
    with pytest.raises(PaymentUnknown):
        end_payment(payment, None, answer=None)


@pytest.mark.parametrize(
    ("came", "field"),
    [
        (Came(eur(0), eur(0)), "amount"),
        (Came(usd(10000), usd(0)), "amount"),
        (Came(eur(10000), eur(10001)), "fee"),
        (Came(eur(10000), eur(-1)), "fee"),
        (Came(eur(10000), eur(0), date(2999, 1, 1)), "received_on"),
        (Came(eur(10000), eur(0), None, "x" * 121), "reference"),
        (Came(eur(10000), eur(0), None, "ch_other"), "reference"),
    ],
)
def test_what_cannot_be_is_refused(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    payment: Payment,
    came: Came,
    field: str,
) -> None:
    other = paid(organization, customer, account)
    Payment.objects.filter(id=other.id).update(reference="ch_other")
    with pytest.raises(InvalidPayment) as refused:
        end_payment(payment, came, answer=None)
    assert refused.value.field == field
    with pytest.raises(InvalidPayment) as refused:
        end_payment(payment, came_with(10000), answer=None, reason="  ")
    assert refused.value.field == "reason"
    assert not ScriptedGateway.looked_up


def test_a_name_that_the_provider_gave_stays(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    payment = pay(invoice, account, answer=charge(Status.PENDING, reference="ch_1"))
    days_go_by(organization, 40)
    payment.organization = organization
    with pytest.raises(InvalidPayment):
        end_payment(payment, came_with(10000, reference="ch_2"), answer=None)
    assert end_payment(payment, came_with(10000)).reference == "ch_1"


def test_before_its_time_the_provider_is_waited_for(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    payment = pay(invoice, account, answer=SILENT)
    days_go_by(organization, 6.9)
    payment.organization = organization
    with pytest.raises(NotLeftOpen):
        end_payment(payment, None, answer=None)


def test_what_has_ended_by_the_providers_word_is_not_ended(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    days_go_by(organization, 100)
    payment.organization = organization
    for end in (end_payment, lambda payment, _came, answer: take_back(payment, answer=answer)):
        with pytest.raises(NotLeftOpen):
            end(payment, None, answer=None)


def test_a_transfer_to_the_business_itself_has_its_own_end(
    organization: Organization, invoice: Invoice
) -> None:
    payment = pay(invoice, offline_account(organization), method=MethodKind.BANK_TRANSFER, received_on=None)
    days_go_by(organization, 100)
    payment.organization = organization
    with pytest.raises(NotLeftOpen):
        end_payment(payment, None, answer=None)


def test_what_the_provider_answers_counts_and_not_the_person(
    organization: Organization, invoice: Invoice, payment: Payment
) -> None:
    answer = charge(reference="ch_1", amount=eur(10000), fee=eur(175))
    with pytest.raises(ProviderAnswers) as told:
        end_payment(payment, None, answer=answer)
    assert "Scripted answered just now: Succeeded" in told.value.message
    payment.refresh_from_db()
    assert (payment.state, payment.fee_minor, payment.failure_code) == ("succeeded", 175, "")
    assert_all_square()


def test_while_the_provider_says_that_it_is_under_way_nobody_ends_it(payment: Payment) -> None:
    with pytest.raises(ProviderAnswers, match="still under way"):
        end_payment(payment, None, answer=charge(Status.PENDING, reference="ch_1"))
    payment.refresh_from_db()
    assert payment.state == "pending"


def test_an_answer_that_nobody_can_take_in_is_silence(payment: Payment) -> None:
    ended = end_payment(payment, None, answer=charge(reference="ch_1", amount=usd(10000)))
    assert ended.state == "failed"


# -- the provider says it after all --------------------------------------------------------------------------


def test_it_came_after_all(organization: Organization, invoice: Invoice, payment: Payment) -> None:
    end_payment(payment, None)
    hear(payment, reference="ch_1", amount=eur(10000), fee=eur(175))
    invoice.refresh_from_db()
    assert (payment.state, payment.failure_code, invoice.state) == ("succeeded", "", "paid")
    assert_all_square()


def test_it_came_after_all_for_an_invoice_that_is_void(
    organization: Organization, invoice: Invoice, payment: Payment
) -> None:
    end_payment(payment, None)
    void(organization=organization, invoice_id=invoice.id, reason="x", actor=SYSTEM)
    hear(payment, reference="ch_1", amount=eur(10000))
    assert tasks(organization) == ["money_for_void_invoice"]
    assert_all_square()


@pytest.mark.parametrize("typed", ["", "ch_1", "pay_mistyped"])
def test_news_of_what_a_person_saw_is_no_second_charge(
    organization: Organization, payment: Payment, typed: str
) -> None:
    end_payment(payment, came_with(10000, 175, reference=typed))
    for _time in range(2):
        hear(payment, reference="ch_1", amount=eur(10000), fee=eur(175))
    assert (payment.reference, payment.failure_code, payment.captured_minor) == ("ch_1", "", 10000)
    assert (settlements(organization), tasks(organization)) == (1, [])
    assert Event.objects.filter(organization_id=organization.id, kind="payment.confirmed").count() == 1
    hear(payment, reference="ch_2", amount=eur(10000), fee=eur(175))
    assert tasks(organization) == ["second_charge"], "from now on it has its name"
    assert_all_square()


@pytest.mark.parametrize(
    ("captured", "fee", "more"), [(10000, 175, "€1.75"), (9000, 350, "-€10.00"), (9825, 175, "€0.00")]
)
def test_a_person_is_told_what_the_provider_says_otherwise(
    organization: Organization, payment: Payment, captured: int, fee: int, more: str
) -> None:
    end_payment(payment, came_with(10000, 350))
    hear(payment, reference="ch_1", amount=eur(captured), fee=eur(fee))
    (task,) = open_tasks(organization)
    assert task.kind == "came_otherwise"
    assert more in task.text
    assert_all_square()


@pytest.mark.parametrize("status", [Status.DECLINED, Status.NOT_SENT])
def test_it_did_not_come_after_all_and_is_taken_back(
    organization: Organization, invoice: Invoice, payment: Payment, status: Status
) -> None:
    end_payment(payment, came_with(10000, 175))
    hear(payment, status, code="card_declined")
    assert (payment.state, tasks(organization)) == ("succeeded", ["came_not"])
    taken = take_back(payment, answer=news_of(payment, status), key="k")
    assert tasks(organization) == [], "it is corrected"
    take_back(payment, answer=None, key="k")
    invoice.refresh_from_db()
    assert (taken.refunded_minor, invoice.paid_minor, invoice.state) == (10000, 0, "viewed")
    assert not {"clearing", "gateway_fees"} & balances(organization).keys(), "as if nothing had come"
    event = Event.objects.get(organization_id=organization.id, kind="refund.succeeded")
    assert not mails_for(organization, [event]), "nobody gets money back"
    with pytest.raises(HasEnded):
        take_back(taken)
    assert_all_square()


def test_what_the_provider_converted_is_told_as_well(organization: Organization, payment: Payment) -> None:
    """It stands there in the currency of the account, and here in that of the payment."""
    end_payment(payment, came_with(10000, 175))
    there = Converted(usd(10900), usd(190))
    hear(payment, reference="ch_1", amount=eur(10000), fee=eur(175), converted=(there,))
    assert tasks(organization) == ["came_otherwise"]


def test_what_was_taken_back_and_came_after_all(
    organization: Organization, invoice: Invoice, payment: Payment
) -> None:
    end_payment(payment, came_with(10000, 175))
    take_back(payment)
    hear(payment, reference="ch_1", amount=eur(10000), fee=eur(175))
    assert tasks(organization) == ["came_after_all"]
    end_refund(Refund.objects.get(organization=organization), went=False)
    told = {task.kind: task.text for task in open_tasks(organization)}
    assert "-€1.75" in told["came_otherwise"], "the fee had been taken back as well"
    credit = CreditMovement.objects.filter(organization=organization)
    assert [(row.amount_minor, row.reason) for row in credit] == [(10000, "refund_failed")]
    assert balances(organization)["clearing"] == 10000
    assert_all_square()


def test_what_was_taken_back_already_needs_no_correction(
    organization: Organization, payment: Payment
) -> None:
    end_payment(payment, came_with(10000))
    take_back(payment)
    hear(payment, Status.DECLINED, code="card_declined")
    assert tasks(organization) == []


def test_that_it_did_not_come_is_no_task_once_it_came(organization: Organization, payment: Payment) -> None:
    end_payment(payment, came_with(10000))
    hear(payment, Status.DECLINED, code="card_declined")
    hear(payment, reference="ch_1", amount=eur(10000), fee=eur(0))
    assert tasks(organization) == []


def test_a_refund_that_went_by_hand_is_none_that_was_taken_back(
    organization: Organization, payment: Payment
) -> None:
    """Both waited for the same silent provider, which says of the payment first that it came."""
    end_payment(payment, came_with(10000, 175, reference="ch_1"))
    refund = refunding(payment, 6000)
    days_go_by(organization, 21)
    end_refund(refund, went=True)
    hear(payment, reference="ch_1", amount=eur(10000), fee=eur(175))
    assert tasks(organization) == []


def test_nobody_takes_back_what_the_provider_says_too(payment: Payment) -> None:
    end_payment(payment, came_with(10000, 175))
    with pytest.raises(ProviderAnswers):
        take_back(payment, answer=charge(reference="ch_1", amount=eur(10000), fee=eur(175)))
    payment.refresh_from_db()
    assert (payment.reference, payment.refunded_minor) == ("ch_1", 0)


def test_whoever_said_that_it_did_not_come_can_say_that_it_did(
    organization: Organization, invoice: Invoice, payment: Payment
) -> None:
    end_payment(payment, None)
    with pytest.raises(NotLeftOpen):
        end_payment(payment, None, answer=None)
    assert end_payment(payment, came_with(10000)).state == "succeeded"
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    assert_all_square()


@pytest.mark.parametrize("asked", [True, False])
def test_what_the_provider_says_too_did_not_come_is_corrected_by_nobody(
    organization: Organization, payment: Payment, asked: bool
) -> None:
    end_payment(payment, None)
    said = news_of(payment, Status.DECLINED, code="card_declined")
    if asked:
        with pytest.raises(ProviderAnswers):
            end_payment(payment, came_with(10000), answer=said)
    else:
        hear(payment, Status.DECLINED, code="card_declined")
        with pytest.raises(NotLeftOpen):
            end_payment(payment, came_with(10000), answer=None)
    payment.refresh_from_db()
    assert (payment.state, payment.failure_code) == ("failed", "card_declined")
    assert Event.objects.filter(organization_id=organization.id, kind="payment.confirmed_not_come").exists()


def test_two_names_at_the_same_moment_are_one_refusal(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    payment: Payment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other payment got its name after it was looked for; the database says so."""
    other = started(organization, customer, account)

    def ask(*given: object, **more: object) -> None:
        Payment.objects.filter(id=other.id).update(reference="ch_seen")

    monkeypatch.setattr("allsquare.payments.services.end_payment_by_hand.check_payment", ask)
    with pytest.raises(InvalidPayment) as refused:
        end_payment(payment, came_with(10000, reference="ch_seen"), answer=None)
    assert refused.value.field == "reference"


def test_a_mistyped_name_of_another_charge_is_in_the_way_until_it_is_corrected(
    organization: Organization, customer: Customer, account: GatewayAccount, payment: Payment
) -> None:
    other = pay(issued_invoice(organization, customer), account, answer=SILENT)
    end_payment(payment, came_with(10000, reference="ch_other"))
    with pytest.raises(OutcomeContradicts, match="another one is called"), transaction.atomic():
        hear(other, reference="ch_other", amount=eur(10000), fee=eur(0))
    taken = take_back(payment)
    assert taken.reference is None
    hear(other, reference="ch_other", amount=eur(10000), fee=eur(0))
    assert (other.state, other.reference) == ("succeeded", "ch_other")
    assert_all_square()


def test_comparing_with_the_provider_sees_what_it_did_not_say_yet(payment: Payment) -> None:
    end_payment(payment, came_with(10000, 175))
    payment.refresh_from_db()
    news = news_of(payment, reference="ch_1", amount=eur(10000), fee=eur(175))
    assert differences(said_here_of_payment(payment), said_by_provider(news)) == [Kind.STATE]
    hear(payment, reference="ch_1", amount=eur(10000), fee=eur(175))
    assert differences(said_here_of_payment(payment), said_by_provider(news)) == []


def test_of_a_debit_that_did_not_come_no_bank_is_blamed(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    payment = pay(invoice, account, answer=charge(Status.PENDING, reference="ch_1"))
    days_go_by(organization, 40)
    payment.organization = organization
    end_payment(payment, None)
    event = Event.objects.get(organization_id=organization.id, kind="payment.failed")
    assert not mails_for(organization, [event])
