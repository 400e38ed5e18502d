"""Fault 42 at every provider: an old backup is restored, and the provider is ahead. Until it was asked, nothing is
charged; then what was paid and given back since is known, under the old attempt, and nobody can be charged again."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from allsquare.core import clock, restoration
from allsquare.payments.errors import GatewayUnavailable, RefundTooHigh
from allsquare.payments.gateway import RefundRequest, Status
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.services.recover import recover
from tests.faults.rails import RAILS, Rail, sandbox_rail
from tests.faults.shop import TOTAL
from tests.faults.works.hearing import forgotten, untold
from tests.payments.makers import a_key, eur
from tests.square import assert_all_square

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

BACK = 2_500


@pytest.fixture(params=["sandbox", *RAILS])
def rail(request: pytest.FixtureRequest, db: None) -> Iterator[Rail]:
    if request.param == "sandbox":
        yield sandbox_rail(request.getfixturevalue("sandbox"))
    else:
        yield from RAILS[request.param]()


def lost(rail: Rail) -> tuple[Payment, UUID]:
    """A payment, a part of which was given back, that the restored backup does not know; and its attempt."""
    payment = untold(rail)
    attempt = rail.key_of(payment)
    made = rail.hands.gateway.refund(
        RefundRequest(key=uuid4(), charge_reference=rail.charge_of(payment), amount=eur(BACK))
    )
    if made.status is Status.PENDING:
        rail.hands.banks_answer(made)
    forgotten(payment)
    return payment, attempt


def held(rail: Rail) -> GatewayAccount:
    """As a restore leaves the account."""
    taken_at = clock.now(None)
    restoration.begin(taken_at=taken_at)
    mine = GatewayAccount.objects.filter(organization=rail.organization, id=rail.account.id)
    mine.update(unknown_since=taken_at)
    return mine.get()


def test_nobody_is_charged_twice_and_what_went_back_is_known(rail: Rail) -> None:
    payment, attempt = lost(rail)
    account = held(rail)
    invoice = payment.invoice
    assert invoice is not None
    with pytest.raises(GatewayUnavailable):
        rail.pay(invoice, key=a_key(), saved=False)

    assert recover(organization=rail.organization, gateway_account=account)
    assert recover(organization=rail.organization, gateway_account=account), "again, which changes nothing"

    made = PaymentAttempt.objects.get(organization=rail.organization, id=attempt).payment
    assert (made.state, made.captured_minor, made.refunded_minor) == ("succeeded", TOTAL, BACK)
    invoice.refresh_from_db()
    assert invoice.paid_minor == TOTAL - BACK
    assert rail.charged(attempt) == [TOTAL]
    assert Payment.objects.filter(organization=rail.organization, invoice=invoice).count() == 1
    with pytest.raises(RefundTooHigh):
        rail.refund(made, key=a_key())
    assert_all_square()


def test_control_where_nothing_is_held_the_payer_is_charged_again(rail: Rail) -> None:
    payment, attempt = lost(rail)
    again = rail.finish(rail.pay(payment.invoice, key=a_key(), saved=False))
    assert (again.state, rail.charged(attempt), rail.charged(rail.key_of(again))) == (
        "succeeded",
        [TOTAL],
        [TOTAL],
    )
