"""Races around a provider that is down: it is told once, probed by one, and no attempt is both moved and repeated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from django.db import transaction

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.asking import call
from allsquare.payments.errors import OutcomeUnmatched
from allsquare.payments.gateway import MethodKind, Outcome, Status
from allsquare.payments.models import GatewayAccount, GatewayTrouble, Payment, PaymentAttempt
from allsquare.payments.services import check_payment as checking
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.note_trouble import note_trouble
from allsquare.payments.services.settle import settle
from allsquare.payments.services.start import start_payment
from allsquare.payments.settlement.locked import lock
from allsquare.payments.shares import is_for
from tests.concurrency.races import at_once, failures
from tests.payments.makers import AWAY, ScriptedGateway, a_key, charge, eur, issued_invoice, second_account
from tests.payments.several import begin, together
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

AT_ONCE = 8


@pytest.fixture
def second(organization: Organization, account: GatewayAccount) -> GatewayAccount:
    return second_account(organization)


def ask(invoice: Invoice, account: GatewayAccount, *spares: GatewayAccount) -> Payment:
    return start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        spare_account_ids=[each.id for each in spares],
        key=a_key(),
        actor=SYSTEM,
    )


def ask_several(invoice: Invoice, account: GatewayAccount, *spares: GatewayAccount) -> Payment:
    """As one payment with another invoice of the customer."""
    both = [invoice, issued_invoice(invoice.organization, invoice.customer)]
    spare_ids = tuple(each.id for each in spares)
    return begin(together(invoice.customer, account, both, spare_ids=spare_ids), invoice.customer)


ASKING = pytest.mark.parametrize("ask", [ask, ask_several], ids=["one invoice", "several"])
Asking = Callable[..., Payment]


def page() -> Outcome:
    return charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")


# -- told once ---------------------------------------------------------------------------------------------------


def silences(organization: Organization, customer: Customer, account: GatewayAccount) -> int:
    """Eight attempts have no answer in the same moment; how often was it said that the account is down?"""
    GatewayTrouble.objects.filter(organization=organization).delete()
    GatewayAccount.objects.filter(organization=organization).update(down_since=None, up_since=clock.now(None))
    account.refresh_from_db()
    ScriptedGateway.answers.extend([page() for _ in range(AT_ONCE)])
    paid = [ask(issued_invoice(organization, customer), account) for _ in range(AT_ONCE)]
    before = Event.objects.filter(organization_id=organization.id, kind="gateway_account.down").count()
    # As many troubles as answers are needed: the last ones find it at once.
    answers = at_once(
        [
            partial(
                note_trouble,
                organization=organization,
                account=account,
                payment_id=payment.id,
                attempt_id=PaymentAttempt.objects.get(organization=organization, payment=payment).id,
                outcome=charge(Status.UNKNOWN, code="no_answer"),
                probing=False,
                actor=SYSTEM,
            )
            for payment in paid
        ]
    )
    assert not failures(answers)
    return Event.objects.filter(organization_id=organization.id, kind="gateway_account.down").count() - before


def test_eight_silences_at_once_are_one_outage(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    for _ in range(5):
        assert silences(organization, customer, account) == 1


def test_control_without_the_accounts_lock_it_is_told_more_than_once(
    organization: Organization, customer: Customer, account: GatewayAccount, without_row_locks: None
) -> None:
    for _ in range(20):
        if silences(organization, customer, account) > 1:
            return
    pytest.fail("without its lock the outage was never told twice, so the test above proves nothing")


# -- probed by one -----------------------------------------------------------------------------------------------


def probes(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> int:
    """Eight payers come when a probe is due; how many of them were sent to try?"""
    now = clock.now(None)
    GatewayAccount.objects.filter(organization=organization, id=account.id).update(
        down_since=now, probe_at=now, probes=0
    )
    ScriptedGateway.answers.extend([page() for _ in range(AT_ONCE)])
    ScriptedGateway.delay = 0.2
    invoices = [issued_invoice(organization, customer) for _ in range(AT_ONCE)]
    answers = at_once([partial(ask, invoice, account, second) for invoice in invoices])
    assert not failures(answers)
    mine = Payment.objects.filter(organization=organization, invoice__in=invoices)
    return mine.filter(gateway_account=account).count()


def test_one_payer_of_eight_probes(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    assert probes(organization, customer, account, second) == 1
    assert_all_square()


def test_control_without_the_claim_many_probe(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    second: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("allsquare.payments.probing._claim", lambda organization, account: True)
    assert probes(organization, customer, account, second) > 1


# -- moved or repeated, never both ---------------------------------------------------------------------------------


def both_ask(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    second: GatewayAccount,
    ask: Asking,
    monkeypatch: pytest.MonkeyPatch,
) -> set[str]:
    """While the first asking comes to nothing, somebody looks the payment up and would send it once more, in the same
    moment. At which accounts was a request sent that may have arrived?"""
    sent: set[str] = set()

    def start(self: ScriptedGateway, request: object) -> Outcome:
        name = "second" if self.settings else "first"
        if name == "first" and not begun:
            begun.append(True)
            answers = at_once([look_and_repeat, lambda: None])
            assert not failures(answers)
            return _about(AWAY, request)
        sent.add(name)
        return _about(page(), request)

    def look_and_repeat() -> None:
        payment = Payment.objects.select_related("gateway_account").get(
            is_for(organization, [invoice.id]), organization=organization
        )
        check_payment(organization=organization, payment=payment)

    begun: list[bool] = []
    monkeypatch.setattr(ScriptedGateway, "start", start)
    monkeypatch.setattr(
        ScriptedGateway, "look_up", lambda self, *, key, reference, subject, act=True: _keyed(AWAY, key)
    )
    invoice = issued_invoice(organization, customer)
    ask(invoice, account, second)
    return sent


def _about(outcome: Outcome, request: object) -> Outcome:
    return _keyed(outcome, getattr(request, "key"))  # noqa: B009  # a stand-in's request


def _keyed(outcome: Outcome, key: object) -> Outcome:
    fields = {name: getattr(outcome, name) for name in Outcome.__slots__}
    return Outcome(**{**fields, "key": key})


@ASKING
def test_what_somebody_sends_again_is_not_made_anew_elsewhere(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    second: GatewayAccount,
    ask: Asking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert both_ask(organization, customer, account, second, ask, monkeypatch) == {"first"}
    assert_all_square()


@ASKING
def test_control_without_the_mark_both_are_asked(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    second: GatewayAccount,
    ask: Asking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody marks what is sent again, nothing says that the first one's news is old, and two pages can be paid."""
    monkeypatch.setattr(checking, "_may_repeat", lambda organization, attempt: True)
    monkeypatch.setattr(
        checking, "ask", lambda *, organization, payment, attempt, actor: _only_send(payment, attempt)
    )
    assert both_ask(organization, customer, account, second, ask, monkeypatch) == {"first", "second"}


def _only_send(payment: Payment, attempt: PaymentAttempt) -> None:
    """The repeat is with the provider, its answer has not come yet."""
    call(payment, attempt)


# -- an answer that waits while the payment moves ------------------------------------------------------------------


def answered_while_moving(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> Payment:
    """What the first provider says of its attempt waits at the door for the lock of whoever moves the payment."""
    ScriptedGateway.answers.append(page())
    payment = ask(issued_invoice(organization, customer), account)
    Payment.objects.filter(organization=organization, id=payment.id).update(state="started")
    attempt = PaymentAttempt.objects.get(organization=organization, payment=payment)
    locked = threading.Event()

    def move() -> None:
        with transaction.atomic():
            found = lock(organization=organization, account=account, payment_ids=[payment.id])
            assert found.payments
            Payment.objects.filter(organization=organization, id=payment.id).update(gateway_account=second)
            locked.set()
            time.sleep(0.5)

    def answer() -> None:
        locked.wait(timeout=30)
        outcome = _keyed(charge(Status.UNKNOWN, code="no_answer"), attempt.id)
        with suppress(OutcomeUnmatched):
            settle(organization=organization, gateway_account=account, outcomes=[outcome], actor=SYSTEM)

    assert not failures(at_once([move, answer]))
    payment.refresh_from_db()
    return payment


def test_the_first_provider_says_nothing_of_a_payment_that_moved_meanwhile(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    payment = answered_while_moving(organization, customer, account, second)
    assert (payment.state, payment.gateway_account_id) == ("started", second.id)


def test_control_without_a_look_after_the_lock_it_does(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    second: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("allsquare.payments.settlement.locked._has_moved", lambda row, account: False)
    assert answered_while_moving(organization, customer, account, second).state == "unknown"
