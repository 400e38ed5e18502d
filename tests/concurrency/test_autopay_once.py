"""Two workers, one charge."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import IntegrityError

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Status
from allsquare.payments.models import AutopayCharge, GatewayAccount, Payment
from allsquare.payments.saved import default_method
from allsquare.payments.services import charge_autopay, end_attempt
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.charge_autopay import PATIENCE, charge_due
from allsquare.payments.services.plan_autopay import plan_autopay
from allsquare.payments.services.stop_autopay import stop_autopay
from tests.concurrency.races import at_once, failures
from tests.payments.makers import ScriptedGateway, charge, issued_invoice
from tests.payments.test_saved_methods import saved
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

WORKERS = 6


@pytest.fixture
def due(organization: Organization, customer: Customer, account: GatewayAccount) -> Invoice:
    """Announced, and due today; the provider takes its time and would charge every request."""
    ScriptedGateway.delay = 0.3
    ScriptedGateway.answers.extend(charge(Status.PENDING, reference=f"ch_{n}") for n in range(WORKERS * 2))
    saved(customer, account)
    agree_autopay(organization=organization, customer_id=customer.id, actor=SYSTEM, note="Contract")
    invoice = issued_invoice(organization, customer)
    organization.clock_offset = timedelta(days=28)
    organization.save()
    plan_autopay(organization=organization)
    organization.clock_offset = timedelta(days=30)
    organization.save()
    return invoice


def test_many_workers_plan_once_and_charge_once(organization: Organization, due: Invoice) -> None:
    AutopayCharge.objects.filter(organization=organization).delete()
    answers = at_once([partial(plan_autopay, organization=organization)] * WORKERS)
    assert not failures(answers)
    AutopayCharge.objects.filter(organization=organization).update(planned_on=clock.today(organization))
    answers = at_once([partial(charge_due, organization=organization)] * WORKERS)
    assert not failures(answers)
    assert len(ScriptedGateway.asked) == 1
    (row,) = AutopayCharge.objects.filter(organization=organization)
    assert (row.number, row.state) == (1, "started")
    assert Payment.objects.filter(organization=organization).count() == 1
    assert_all_square()


def test_many_workers_take_up_what_a_dead_one_left(organization: Organization, due: Invoice) -> None:
    row = AutopayCharge.objects.select_related("invoice").get(organization=organization)
    charge_autopay._claim(organization, row)
    AutopayCharge.objects.filter(organization=organization).update(started_at=clock.now(None) - PATIENCE)
    at_once([partial(charge_due, organization=organization)] * WORKERS)
    assert len(ScriptedGateway.asked) == 1
    assert_all_square()


def test_control_without_claim_key_and_lock_it_is_charged_more_than_once(
    organization: Organization, due: Invoice, without_row_locks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker asks under a key of its own, and none claims the attempt: what the row and its key prevent."""

    def claim(organization: Organization, row: AutopayCharge) -> AutopayCharge:
        row.method = default_method(organization, row.customer_id)
        row.amount_minor, row.key = row.invoice.open_minor, f"autopay-{new_id()}"
        return row

    monkeypatch.setattr(charge_autopay, "_claim", claim)
    at_once([partial(charge_due, organization=organization)] * WORKERS)
    assert len(ScriptedGateway.asked) > 1


def stop_while_an_attempt_ends(invoice: Invoice, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """The attempt fails, and is about to write the next one, when the payer wants no more."""
    organization = invoice.organization
    row = AutopayCharge.objects.select_related("invoice").get(organization=organization)
    assert charge_autopay._claim(organization, row) is not None
    real = end_attempt._again
    amid, stopped = threading.Event(), threading.Event()

    def slowly(organization: Organization, row: AutopayCharge, reason: str) -> date | None:
        found = real(organization, row, reason)
        amid.set()
        stopped.wait(timeout=0.6)  # nobody can, while the rows are locked
        return found

    def stop_in_the_middle() -> bool:
        amid.wait(timeout=30)
        did = stop_autopay(
            organization=organization, invoice_id=invoice.id, customer_id=invoice.customer_id, actor=SYSTEM
        )
        stopped.set()
        return did

    monkeypatch.setattr(end_attempt, "_again", slowly)
    end = partial(
        end_attempt.end_attempt, organization=organization, charge_id=row.id, reason="insufficient_funds"
    )
    works: list[Callable[[], bool]] = [end, stop_in_the_middle]
    return failures(at_once(works))


def test_a_stop_is_heard_while_an_attempt_ends(
    organization: Organization, due: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stop_while_an_attempt_ends(due, monkeypatch) == []
    rows = AutopayCharge.objects.filter(organization=organization).order_by("number")
    assert list(rows.values_list("state", flat=True)) == ["failed", "stopped"]


def test_control_without_row_locks_stop_and_end_write_the_same_attempt(
    due: Invoice, without_row_locks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [type(each) for each in stop_while_an_attempt_ends(due, monkeypatch)] == [IntegrityError]
