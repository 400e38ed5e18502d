"""A provider that is down: the next account takes new attempts, and only those that surely did not reach the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.attention import GATEWAY_BACK, GATEWAY_DOWN, KEYS_REFUSED
from allsquare.payments.gateway import ChargeRequest, MethodKind, Outcome, SavedMethod, Status
from allsquare.payments.health import LEAST, WINDOW
from allsquare.payments.models import (
    Attention,
    Consent,
    GatewayAccount,
    GatewayTrouble,
    Payment,
    PaymentAttempt,
    PaymentMethod,
)
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.start import start_payment
from tests.payments.flows import lines_of, take
from tests.payments.makers import (
    AWAY,
    PAGE,
    SILENT,
    ScriptedGateway,
    a_key,
    charge,
    eur,
    issued_invoice,
)
from tests.square import assert_all_square


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    return issued_invoice(organization, customer)


def ask(
    invoice: Invoice, accounts: Sequence[GatewayAccount], *answers: Outcome, key: str = "", keep: bool = False
) -> Payment:
    ScriptedGateway.answers.extend(answers)
    return start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        method=MethodKind.CARD,
        gateway_account_id=accounts[0].id,
        spare_account_ids=[each.id for each in accounts[1:]],
        key=key or a_key(),
        actor=SYSTEM,
        save_method=keep,
    )


def attempts(payment: Payment) -> list[PaymentAttempt]:
    return list(
        PaymentAttempt.objects.filter(organization=payment.organization, payment=payment).order_by("number")
    )


def told(organization: Organization, kind: str) -> list[Event]:
    return list(Event.objects.filter(organization_id=organization.id, kind=kind).order_by("id"))


def keys_asked_for(organization: Organization) -> list[bool]:
    """Of each task of this kind, whether it is open."""
    tasks = Attention.objects.filter(organization=organization, kind=KEYS_REFUSED)
    return [task.resolved_at is None for task in tasks]


def test_keys_that_are_refused_are_somebodys_task_from_the_first_payment_on(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    """A small shop has no three payments within minutes, after which the provider would count as down."""
    refused = charge(Status.NOT_SENT, code=KEYS_REFUSED, message="This key was revoked.")
    for _again in range(2):
        payment = ask(
            issued_invoice(organization, customer),
            [account, second],
            refused,
            replace(PAGE, reference=a_key()),
        )
        assert payment.gateway_account_id == second.id, "the payer notices nothing"
    assert keys_asked_for(organization) == [True]
    assert [event.data["kind"] for event in told(organization, "attention.raised")] == [KEYS_REFUSED]


def test_what_surely_did_not_arrive_is_made_anew_at_the_next(
    invoice: Invoice, account: GatewayAccount, second: GatewayAccount
) -> None:
    payment = ask(invoice, [account, second], AWAY, PAGE)
    assert (payment.state, payment.gateway_account_id) == ("needs_action", second.id)
    first, anew = attempts(payment)
    assert (first.status, first.code, first.gateway_account_id) == ("not_sent", "unreachable", account.id)
    assert (anew.status, anew.number, anew.gateway_account_id) == ("action_required", 2, None)
    assert [request.key for request in ScriptedGateway.asked] == [first.id, anew.id]
    (event,) = told(invoice.organization, "payment.moved")
    assert (event.data["from"], event.data["to"]) == ("Scripted", "Second")

    take(second, charge(key=anew.id, reference="ch_1", amount=eur(10000), fee=eur(175)))
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert lines_of(payment)["clearing"] == 9825
    assert_all_square()


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.DECLINED, Status.PENDING])
def test_whatever_may_have_arrived_stays(
    invoice: Invoice, account: GatewayAccount, second: GatewayAccount, status: Status
) -> None:
    payment = ask(invoice, [account, second], charge(status, code="http_503"))
    assert payment.gateway_account_id == account.id
    assert len(attempts(payment)) == len(ScriptedGateway.asked) == 1
    assert_all_square()


def test_the_same_press_again_is_the_payment_that_moved(
    invoice: Invoice, account: GatewayAccount, second: GatewayAccount
) -> None:
    payment = ask(invoice, [account, second], AWAY, PAGE, key="press")
    assert ask(invoice, [account, second], key="press") == payment
    assert ask(invoice, [account], key="press") == payment, "who stands in is no part of the wish"
    assert ask(invoice, [account, second]) == payment, "the page that waits is gone back to"
    assert len(ScriptedGateway.asked) == 2
    assert_all_square()


def test_each_stands_in_once_and_in_the_end_it_has_failed(
    invoice: Invoice, account: GatewayAccount, second: GatewayAccount
) -> None:
    payment = ask(invoice, [account, second], AWAY, AWAY)
    assert (payment.state, payment.gateway_account_id) == ("failed", second.id)
    assert [each.status for each in attempts(payment)] == ["not_sent", "not_sent"]
    assert_all_square()


def test_a_saved_method_never_moves(
    invoice: Invoice, account: GatewayAccount, second: GatewayAccount
) -> None:
    kept = PaymentMethod.objects.create(
        organization=invoice.organization,
        customer_id=invoice.customer_id,
        gateway_account=account,
        kind="card",
        token="pm_1",
        created_at=clock.now(None),
    )
    ScriptedGateway.answers.append(AWAY)
    payment = start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        spare_account_ids=[second.id],
        key=a_key(),
        actor=SYSTEM,
        saved_method_id=kept.id,
    )
    assert (payment.state, payment.gateway_account_id) == ("failed", account.id)
    assert len(ScriptedGateway.asked) == 1


def test_what_is_asked_for_again_does_not_move(
    invoice: Invoice, account: GatewayAccount, second: GatewayAccount
) -> None:
    """The sweep sends it under its key once more, and it may arrive by that: whoever asked first moves nothing."""
    ScriptedGateway.lookups.append(AWAY)

    def sweep_in_between(self: ScriptedGateway, request: ChargeRequest) -> Outcome:
        if not meddled:
            meddled.append(True)
            payment = Payment.objects.get(organization=invoice.organization)
            ScriptedGateway.answers.append(SILENT)
            check_payment(organization=invoice.organization, payment=payment)
        return answer_of(self, request)

    meddled: list[bool] = []
    answer_of = ScriptedGateway.start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptedGateway, "start", sweep_in_between)
        payment = ask(invoice, [account, second], AWAY)
    payment.refresh_from_db()
    assert payment.gateway_account_id == account.id
    assert len(attempts(payment)) == 1
    assert payment.state != "needs_action"


def test_consent_to_one_provider_is_none_to_another(
    invoice: Invoice, account: GatewayAccount, second: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "allsquare.payments.consent.keep_text", lambda asker, at, method: f"keep it at {at.label}"
    )
    payment = ask(invoice, [account, second], AWAY, PAGE, keep=True)
    first, anew = attempts(payment)
    assert (first.request["save_method"], anew.request["save_method"]) == (True, False)
    take(
        second,
        charge(
            key=anew.id, reference="ch_1", amount=eur(10000), method=SavedMethod("", MethodKind.CARD, "visa")
        ),
    )
    assert not PaymentMethod.objects.filter(organization=invoice.organization).exists()
    assert Consent.objects.get(organization=invoice.organization).text == "keep it at Scripted"


# -- health ----------------------------------------------------------------------------------------------------


def go_down(organization: Organization, customer: Customer, accounts: Sequence[GatewayAccount]) -> None:
    for _ in range(LEAST):
        ask(issued_invoice(organization, customer), accounts, SILENT)
    accounts[0].refresh_from_db()
    assert accounts[0].down_since is not None


def test_after_enough_silence_new_attempts_go_to_the_next_and_administrators_hear_of_it_once(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    go_down(organization, customer, [account, second])
    (event,) = told(organization, "gateway_account.down")
    assert (event.subject_id, event.data["troubled"]) == (account.id, LEAST)
    for _ in range(3):
        payment = ask(issued_invoice(organization, customer), [account, second], a_page())
        assert payment.gateway_account_id == second.id
    assert Attention.objects.filter(organization=organization, kind=GATEWAY_DOWN).count() == 1
    assert len(told(organization, "attention.raised")) == 1
    assert_all_square()


def a_page() -> Outcome:
    """A fresh one each time."""
    name = a_key()
    return charge(Status.ACTION_REQUIRED, reference=name, redirect=f"https://pay.example/{name}")


def test_a_few_silences_among_many_answers_are_no_outage(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    for _ in range(LEAST + 1):
        ask(issued_invoice(organization, customer), [account], a_page())
    for _ in range(LEAST):
        ask(issued_invoice(organization, customer), [account], SILENT)
    account.refresh_from_db()
    assert account.down_since is None
    assert GatewayTrouble.objects.filter(organization=organization).count() == LEAST


def test_troubles_of_long_ago_do_not_count(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    for _ in range(LEAST - 1):
        ask(issued_invoice(organization, customer), [account], SILENT)
    GatewayTrouble.objects.filter(organization=organization).update(
        at=clock.now(None) - WINDOW - timedelta(seconds=1)
    )
    ask(issued_invoice(organization, customer), [account], SILENT)
    account.refresh_from_db()
    assert account.down_since is None


def test_without_another_account_the_one_that_is_down_is_asked_all_the_same(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    go_down(organization, customer, [account])
    payment = ask(issued_invoice(organization, customer), [account], a_page())
    assert (payment.state, payment.gateway_account_id) == ("needs_action", account.id)
    account.refresh_from_db()
    assert account.down_since is not None, "only a probe brings it back"


def test_a_probe_that_is_answered_brings_it_back_and_that_is_told_once(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    go_down(organization, customer, [account, second])
    make_due(account)
    payment = ask(issued_invoice(organization, customer), [account, second], a_page())
    assert payment.gateway_account_id == account.id
    account.refresh_from_db()
    assert (account.down_since, account.probe_at) == (None, None)
    assert len(told(organization, "gateway_account.back")) == 1
    tasks = Attention.objects.filter(organization=organization)
    assert {task.kind for task in tasks} == {GATEWAY_DOWN, GATEWAY_BACK}
    assert all(task.resolved_at for task in tasks), "there is nothing to do"
    # What was before it came back is over: it takes as much again to be down.
    for _ in range(LEAST - 1):
        ask(issued_invoice(organization, customer), [account, second], SILENT)
    account.refresh_from_db()
    assert account.down_since is None


def test_a_probe_in_vain_is_the_payers_no_loss_and_the_next_one_waits_longer(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    go_down(organization, customer, [account, second])
    make_due(account)
    payment = ask(issued_invoice(organization, customer), [account, second], AWAY, a_page())
    assert (payment.state, payment.gateway_account_id) == ("needs_action", second.id)
    account.refresh_from_db()
    assert account.probes == 1
    assert account.probe_at is not None
    assert account.probe_at > clock.now(None) + timedelta(seconds=90)
    another = ask(issued_invoice(organization, customer), [account, second], a_page())
    assert another.gateway_account_id == second.id, "one probe at a time"
    assert len(told(organization, "gateway_account.down")) == 1


def make_due(account: GatewayAccount) -> None:
    GatewayAccount.objects.filter(organization=account.organization, id=account.id).update(
        probe_at=clock.now(None)
    )


def test_whoever_read_it_before_it_moved_asks_the_first_for_nothing(
    invoice: Invoice, account: GatewayAccount, second: GatewayAccount
) -> None:
    """The first provider must not hear of the attempt that is the second one's: both could take the money."""
    stale = ask(invoice, [account, second], AWAY, SILENT)
    stale.gateway_account, stale.gateway, stale.state = account, account.gateway, "started"
    asked = len(ScriptedGateway.asked)
    ScriptedGateway.lookups.append(AWAY)
    ScriptedGateway.answers.append(PAGE)
    check_payment(organization=invoice.organization, payment=stale)
    assert (len(ScriptedGateway.asked), ScriptedGateway.looked_up) == (asked, [])
    (_first, anew) = attempts(stale)
    assert anew.repeated_at is None


def test_what_was_never_sent_brings_nobody_back(invoice: Invoice, account: GatewayAccount) -> None:
    since = clock.now(None)
    GatewayAccount.objects.filter(organization=invoice.organization, id=account.id).update(
        down_since=since, probe_at=since
    )
    ask(invoice, [account], charge(Status.NOT_SENT, code="amount_unsupported"))
    account.refresh_from_db()
    assert account.down_since == since
    assert not told(invoice.organization, "gateway_account.back")
