"""What has had no end for too long is a task, once, and done by itself when it has one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.by_hand import Came
from allsquare.payments.due import organizations_with_open_ends
from allsquare.payments.gateway import DisputeStage, MethodKind, Status
from allsquare.payments.left_open import (
    dispute_left_since,
    disputes_left_open,
    payment_left_since,
    payments_left_open,
    refund_left_since,
    refunds_left_open,
)
from allsquare.payments.models import Attention, GatewayAccount, Payment
from allsquare.payments.services.raise_left_open import raise_left_open
from allsquare.payments.services.resolve_attention import resolve_attention
from tests.payments.by_hand import (
    came_with,
    days_go_by,
    disputed,
    end_payment,
    hear,
    hear_of_case,
    hear_of_refund,
    refunding,
)
from tests.payments.flows import paid, pay, started, take
from tests.payments.makers import (
    SILENT,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    offline_account,
    open_tasks,
)
from tests.square import assert_all_square
from tests.statements import statements_sent


def raised(organization: Organization, days: float) -> list[str]:
    """The open tasks after so many days more and two rounds."""
    days_go_by(organization, days)
    raise_left_open(organization=organization)
    assert raise_left_open(organization=organization) == 0, "nothing is told twice"
    return sorted(task.kind for task in open_tasks(organization))


def silent(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    return pay(issued_invoice(organization, customer), account, answer=SILENT)


def test_a_payment_without_an_answer(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = silent(organization, customer, account)
    assert raised(organization, 6.9) == []
    assert raised(organization, 0.2) == ["payment_left_open"]
    (task,) = open_tasks(organization)
    assert "€100.00 through Scripted" in task.text
    told = Event.objects.filter(organization_id=organization.id, kind="attention.raised")
    assert told.count() == 1
    payment.organization = organization
    end_payment(payment, None)
    assert open_tasks(organization) == [], "done with it"
    assert raised(organization, 30) == []
    assert_all_square()


def test_one_that_ends_by_itself_is_done_by_the_next_round(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = silent(organization, customer, account)
    assert raised(organization, 8) == ["payment_left_open"]
    hear(payment, reference="ch_1")
    assert raised(organization, 0) == []
    event = Event.objects.get(organization_id=organization.id, kind="attention.resolved")
    assert (event.data["kind"], event.actor_kind) == ("payment_left_open", "system")
    assert_all_square()


def test_what_a_person_did_is_not_raised_again(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    silent(organization, customer, account)
    raised(organization, 8)
    (task,) = open_tasks(organization)
    resolve_attention(organization=organization, task_id=task.id, actor=SYSTEM)
    assert raised(organization, 8) == []


def test_a_debit_is_late_a_month_after_it_was_expected(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    expected = clock.today(organization) + timedelta(days=10)
    pending = charge(Status.PENDING, reference="ch_1", expected_on=expected)
    payment = pay(issued_invoice(organization, customer), account, answer=pending)
    assert raised(organization, 39) == []
    assert raised(organization, 2) == ["payment_left_open"]
    payment.refresh_from_db()
    since = payment_left_since(payment)
    assert since is not None
    assert since.date() == expected + timedelta(days=30)


def test_what_waits_as_wished_is_no_task(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """A page on which nobody paid, and a transfer to the business itself."""
    page = started(organization, customer, account)
    own = offline_account(organization)
    transfer = pay(issued_invoice(organization, customer), own, method=MethodKind.BANK_TRANSFER)
    Payment.objects.filter(id=transfer.id).update(state="pending", gateway="bank_transfer")
    assert raised(organization, 400) == []
    transfer.refresh_from_db()
    assert payment_left_since(transfer) is None
    page.refresh_from_db()
    assert payment_left_since(page) == page.created_at + timedelta(days=30), "it may be ended all the same"


def test_a_reader_that_never_let_go(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    Payment.objects.filter(id=payment.id).update(reader="Counter")
    assert raised(organization, 8) == ["payment_left_open"]


@pytest.mark.parametrize("came", [None, came_with(10000)])
def test_a_provider_that_is_not_installed_any_more(
    organization: Organization, customer: Customer, account: GatewayAccount, came: Came | None
) -> None:
    payment = silent(organization, customer, account)
    Payment.objects.filter(id=payment.id).update(gateway="gone", state="pending")
    GatewayAccount.objects.filter(id=account.id).update(gateway="gone")
    assert raised(organization, 31) == ["payment_left_open"]
    payment.refresh_from_db()
    payment.organization = organization
    assert end_payment(payment, came, answer=None).state == ("succeeded" if came else "failed")
    assert_all_square()


def test_a_refund(organization: Organization, customer: Customer, account: GatewayAccount) -> None:
    refund = refunding(paid(organization, customer, account), 6000)
    assert raised(organization, 13.9) == []
    assert raised(organization, 0.2) == ["refund_left_open"]
    hear_of_refund(refund, reference="re_1")
    assert raised(organization, 0) == []


@pytest.mark.parametrize("deadline", [None, 10])
def test_a_dispute(
    organization: Organization, customer: Customer, account: GatewayAccount, deadline: int | None
) -> None:
    payment = paid(organization, customer, account)
    by = clock.now(organization) + timedelta(days=deadline) if deadline else None
    opened = dispute_outcome(
        DisputeStage.OPENED,
        reference="dp_1",
        amount=eur(4000),
        charge_reference=payment.reference,
        evidence_by=by,
    )
    take(account, opened)
    late = 60 + (deadline or 30)
    assert raised(organization, late - 0.1) == ["dispute_opened"]
    assert raised(organization, 0.2) == ["dispute_left_open", "dispute_opened"]
    hear_of_case(payment, DisputeStage.WON)
    assert raised(organization, 0) == []


def test_pages_and_tasks_say_the_same(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """What counts row by row, and what is asked of the database."""
    payment = silent(organization, customer, account)
    whole = paid(organization, customer, account)
    refund, dispute = refunding(whole, 1000), disputed(whole)
    for days in range(0, 120, 3):
        now = clock.now(organization) + timedelta(days=days)
        for found, since in (
            (payments_left_open(organization, now), payment_left_since(payment)),
            (refunds_left_open(organization, now), refund_left_since(refund)),
            (disputes_left_open(organization, now), dispute_left_since(dispute)),
        ):
            assert since is not None
            assert found.exists() is (since <= now)


def test_a_round_asks_for_a_fixed_number_of_rows(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    silent(organization, customer, account)
    days_go_by(organization, 8)
    with statements_sent() as one:
        raise_left_open(organization=organization)
    Attention.objects.filter(organization=organization).delete()
    for _more in range(3):
        silent(organization, customer, account)
    days_go_by(organization, 8)
    with statements_sent() as many:
        assert raise_left_open(organization=organization) == 4
    assert one.call_count == many.call_count


def test_only_who_waits_for_something_is_asked(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    assert organization not in organizations_with_open_ends()
    refund = refunding(payment, 1000)
    assert organization in organizations_with_open_ends()
    hear_of_refund(refund, reference="re_1")
    assert organization not in organizations_with_open_ends()
    disputed(payment)
    assert organization in organizations_with_open_ends()
    hear_of_case(payment, DisputeStage.WON)
    assert organization not in organizations_with_open_ends()
    silent(organization, customer, account)
    assert organization in organizations_with_open_ends()
