"""What a provider says is kept as far as it can be: no money waits for a word that the database does not take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allsquare.core import jobs
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event, JobTrouble
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Checkup, DisputeStage, Outcome, SavedMethod, Status
from allsquare.payments.gateway import MethodKind as Kind
from allsquare.payments.models import Dispute, GatewayAccount, PaymentAttempt, PaymentMethod, Payout, Refund
from allsquare.payments.services.check_gateway_account import check_gateway_account
from allsquare.payments.services.refund import refund
from tests.payments.flows import pay, take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    payout_outcome,
    refund_outcome,
)
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "No\x00t\x1b[31m now \ud800!\r\nReally."
KEPT = "Not[31m now ?!\nReally."


def test_a_declined_charge_is_declined(
    organization: Organization, account: GatewayAccount, customer: Customer
) -> None:
    invoice = issued_invoice(organization, customer)
    payment = pay(
        invoice, account, answer=charge(Status.DECLINED, code="x" * 61, message=WORDS + "y" * 10_000)
    )
    payment.refresh_from_db()
    assert (payment.state, payment.failure_code) == ("declined", "x" * 60)
    assert payment.failure_message.startswith(KEPT)
    assert len(payment.failure_message) == 1000
    tried = PaymentAttempt.objects.get(organization=organization, payment=payment)
    assert (tried.code, tried.message) == (payment.failure_code, payment.failure_message)


@pytest.mark.parametrize(("token", "saved"), [("pm_1", 1), ("pm_\x00", 0), ("pm_\ud800", 0), ("p" * 121, 0)])
def test_a_method_with_a_long_name_is_paid_with(
    organization: Organization, account: GatewayAccount, customer: Customer, token: str, saved: int
) -> None:
    method = SavedMethod(token, Kind.CARD, "Visa\x00 " + "a" * 40, "042421", "2030-01-31", "m" * 61)
    paid = charge(reference="ch_1", amount=eur(10000), fee=eur(30), method=method)
    payment = pay(issued_invoice(organization, customer), account, answer=paid)
    payment.refresh_from_db()
    assert (payment.state, payment.method_brand, payment.method_last_four) == (
        "succeeded",
        "Visa " + "a" * 35,
        "0424",
    )
    kept = PaymentMethod.objects.filter(organization=organization)
    assert [(each.brand, each.expires, each.mandate) for each in kept] == [
        (payment.method_brand, "2030-01", "m" * 60)
    ] * saved
    assert_all_square()


def test_refund_dispute_and_payout_are_taken_in(
    organization: Organization, account: GatewayAccount, customer: Customer
) -> None:
    paid = charge(reference="ch_1", amount=eur(10000), fee=eur(30))
    payment = pay(issued_invoice(organization, customer), account, answer=paid)
    ScriptedGateway.answers.append(refund_outcome(Status.DECLINED, amount=eur(100), message=WORDS))
    refund(
        organization=organization,
        payment_id=payment.id,
        amount=eur(100),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
    take(
        account,
        dispute_outcome(
            DisputeStage.OPENED, reference="dp_1", charge_reference="ch_1", amount=eur(100), message=WORDS
        ),
        payout_outcome(Status.DECLINED, reference="po_1", amount=eur(9870), message=WORDS),
    )
    assert Refund.objects.get(organization=organization).failure_message == KEPT
    assert Dispute.objects.get(organization=organization).reason == KEPT
    assert Payout.objects.get(organization=organization).failure_message == KEPT
    assert_all_square()


def test_what_a_check_of_the_settings_found_is_told(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScriptedGateway, "check", lambda _self: Checkup(False, WORDS), raising=False)
    check_gateway_account(organization=organization, account_id=account.id, actor=SYSTEM)
    event = Event.objects.get(organization_id=organization.id, kind="gateway_account.checked")
    assert event.data["text"] == KEPT


def test_why_a_job_failed_is_kept(organization: Organization) -> None:
    jobs.remember(
        7, "payments.forget_method", {"organization_id": str(organization.id)}, tries=1, error=WORDS
    )
    assert JobTrouble.objects.get(organization_id=organization.id).error == KEPT


def test_cleaned_words_stay_as_they_are() -> None:
    once: Outcome = charge(Status.DECLINED, message=WORDS)
    assert replace(once, code="a").message == once.message == KEPT
