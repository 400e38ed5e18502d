"""News of each provider that must be asked about: its objects are asked for together, and what their payers agreed to
is taken together. The stand-ins are slow in that none of their answers comes before so many were asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from allsquare.core import clock
from allsquare.payments.at_once import AT_ONCE
from allsquare.payments.models import InboxEvent, Payment
from allsquare.payments.services import drain as room
from allsquare.payments.services.drain import drain
from tests.fakes.http_server import Asked
from tests.faults.rails import Rail, gocardless_rail, paypal_rail, stripe_rail
from tests.payments.makers import a_key
from tests.square import assert_all_square

#: Never reached, unless what is tested does not work.
LONG = 60.0
#: Of a payment, until it is settled.
QUESTIONS = {"stripe": 2, "gocardless": 3, "paypal": 2}
KINDS = {
    "stripe": "checkout.session.completed",
    "gocardless": "billing_requests.fulfilled",
    "paypal": "CHECKOUT.ORDER.APPROVED",
}
RAILS: dict[str, Callable[[], Iterator[Rail]]] = {
    "stripe": stripe_rail,
    "gocardless": gocardless_rail,
    "paypal": paypal_rail,
}


@pytest.fixture(params=RAILS)
def rail(request: pytest.FixtureRequest, db: None) -> Iterator[Rail]:
    yield from RAILS[request.param]()


def agreed(rail: Rail) -> list[Payment]:
    """As many payments as are asked about at once, whose payers did their part; the news of it waits."""
    payments = [rail.pay(rail.invoice(), key=a_key(), saved=False) for _ in range(AT_ONCE)]
    now = clock.now(None)
    for payment in payments:
        if rail.account.gateway == "stripe":
            rail.hands.payer_pays(rail.asked(payment))
        else:
            rail.agrees(payment)
        reference = (payment.reference or "").removeprefix("order-")
        InboxEvent.objects.create(
            organization=rail.organization,
            gateway_account=rail.account,
            external_id=f"evt_{payment.id}",
            kind=KINDS[rail.account.gateway],
            object_reference=reference,
            payload={},
            received_at=now,
            next_try_at=now,
        )
    return payments


def slow(rail: Rail, monkeypatch: pytest.MonkeyPatch, together: int) -> list[int]:
    """Answers come when so many are asked for; each time that they do is in the list."""
    came: list[int] = []
    gate = threading.Barrier(together, action=lambda: came.append(together))

    def hold(asked: Asked) -> None:
        if not asked.path.endswith("/oauth2/token"):  # that all wait for, and one asks
            gate.wait(LONG)

    monkeypatch.setattr(rail.hands.fake, "hold", hold)  # type: ignore[attr-defined]  # each of these has one
    return came


def settled(rail: Rail, payments: list[Payment]) -> set[str]:
    assert drain(organization=rail.organization, gateway_account=rail.account) == len(payments)
    ids = [payment.id for payment in payments]
    return set(
        Payment.objects.filter(organization=rail.organization, id__in=ids).values_list("state", flat=True)
    )


def test_as_many_payments_in_the_time_that_one_takes(rail: Rail, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = {"pending"} if rail.account.gateway == "gocardless" else {"succeeded"}
    questions = QUESTIONS[rail.account.gateway]

    payments = agreed(rail)
    together = slow(rail, monkeypatch, AT_ONCE)
    assert settled(rail, payments) == ends
    assert len(together) == questions
    monkeypatch.undo()

    others = agreed(rail)
    monkeypatch.setattr(room, "AT_ONCE", 1)
    alone = slow(rail, monkeypatch, 1)
    assert settled(rail, others) == ends
    assert len(alone) == AT_ONCE * len(together)
    monkeypatch.undo()

    for payment in payments + others:
        assert len(rail.charged(rail.key_of(payment))) == 1
    assert_all_square()
