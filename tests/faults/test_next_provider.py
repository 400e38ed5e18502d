"""Two providers as real processes' accounts, one behind a bad network: whatever happens, nobody is charged twice.

The first account is reached through a lossy proxy, or not at all; the second stands in. After each fault the provider's
own books, of both accounts together, hold each invoice's money once.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import Any

import pytest

from allsquare.payments import asking_in_turn
from allsquare.payments.gateway import Status
from allsquare.payments.health import LEAST
from allsquare.payments.models import PaymentAttempt
from allsquare.payments.services import move_payment
from tests.faults.dying import POINTS, Mortal
from tests.faults.pair import PATIENCE, Pair, pair
from tests.faults.shop import Shop
from tests.lossy_proxy import LossyProxy, Weather, make_proxy
from tests.payments.makers import a_key
from tests.sandbox_process import SandboxAccount

__all__ = ["make_proxy"]

pytestmark = pytest.mark.faults


@pytest.fixture
def proxy(sandbox: SandboxAccount, make_proxy: list[LossyProxy]) -> LossyProxy:
    made = LossyProxy(sandbox.base_url)
    make_proxy.append(made)
    made.delay = 2 * float(PATIENCE)
    return made


@pytest.fixture
def lossy(transactional_db: None, sandbox: SandboxAccount, other: SandboxAccount, proxy: LossyProxy) -> Pair:
    """The first provider is behind the proxy."""
    return pair(Shop.open(sandbox, base_url=proxy.url, timeout=PATIENCE), other)


def test_what_cannot_be_connected_to_is_asked_of_the_next_at_once(unreachable: Pair) -> None:
    invoice = unreachable.shop.invoice()
    payment = unreachable.pay(invoice)
    assert (payment.state, payment.gateway_account_id) == ("needs_action", unreachable.second.id)
    assert len(unreachable.pages()) == 1
    unreachable.assert_paid_once(payment, invoice)


@pytest.mark.parametrize(
    "weather", [Weather.LOSE_REPLY, Weather.DELAY, Weather.LOSE_REQUEST, Weather.HOLD, Weather.DUPLICATE]
)
def test_whatever_was_sent_stays_where_it_was_sent(lossy: Pair, proxy: LossyProxy, weather: Weather) -> None:
    """The request left us, so it may arrive, now or later: the second is not asked whatever the sweep finds."""
    invoice = lossy.shop.invoice()
    proxy.orders.append(weather)
    payment = lossy.pay(invoice)
    lossy.shop.sweep()
    proxy.let_through()
    payment.refresh_from_db()
    assert payment.gateway_account_id == lossy.shop.account.id
    assert PaymentAttempt.objects.filter(payment=payment, organization=payment.organization).count() == 1
    assert lossy.other.get("/charges", limit="100")["data"] == []
    lossy.assert_paid_once(payment, invoice)


def test_control_if_silence_were_taken_for_not_sent_the_payer_would_be_charged_twice(
    lossy: Pair, proxy: LossyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The protection is taken away: an attempt without an answer is made anew at the next account."""
    moves = move_payment.move_payment

    def credulous(*, outcome: Any, **more: Any) -> Any:
        return moves(outcome=replace(outcome, status=Status.NOT_SENT), **more)

    monkeypatch.setattr(asking_in_turn, "move_payment", credulous)
    invoice = lossy.shop.invoice()
    proxy.orders.append(Weather.LOSE_REPLY)
    payment = lossy.pay(invoice)
    lossy.payers_pay()
    assert len(lossy.pages()) == 2
    assert lossy.charged() == [payment.id, payment.id]


def test_after_some_silence_new_payments_go_to_the_second_and_the_old_ones_are_settled_at_the_first(
    lossy: Pair, proxy: LossyProxy
) -> None:
    proxy.orders.extend([Weather.LOSE_REPLY, Weather.LOSE_REQUEST, Weather.LOSE_REPLY])
    silent = [(invoice, lossy.pay(invoice)) for invoice in (lossy.shop.invoice() for _ in range(LEAST))]
    assert {payment.state for _, payment in silent} == {"unknown"}
    lossy.shop.account.refresh_from_db()
    assert lossy.shop.account.down_since is not None
    asked = len(proxy.asked)
    invoice = lossy.shop.invoice()
    payment = lossy.pay(invoice)
    assert payment.gateway_account_id == lossy.second.id
    assert len(proxy.asked) == asked, "the first is left alone"
    lossy.shop.sweep()
    for each, paid in [*silent, (invoice, payment)]:
        lossy.assert_paid_once(paid, each)
    assert sorted(lossy.charged()) == sorted([*(paid.id for _, paid in silent), payment.id])


PLACES = [point for point in POINTS if point.startswith(("charge.", "settle."))]


def test_killed_at_every_step_between_the_attempts(
    unreachable: Pair, nowhere: str, forks: subprocess.Popen[str], request: pytest.FixtureRequest
) -> None:
    """The payer presses again, the sweep looks: one payment, one charge, wherever it was killed."""
    mortal, deaths = Mortal(forks, unreachable.shop), 0
    for point in PLACES:
        for time in (1, 2):  # the first attempt's, and the second's
            unreachable.first_is_up()
            invoice, key = unreachable.shop.invoice(), a_key()
            died = mortal.may_die(
                "pay",
                f"{point}:{time}",
                invoice=str(invoice.id),
                key=key,
                card=None,
                spares=[str(unreachable.second.id)],
            )
            if not died:
                unreachable.payers_pay()
                continue
            deaths += 1
            unreachable.first_is_up()
            if deaths % 2:
                unreachable.shop.sweep()
            payment = unreachable.pay(invoice, key=key)
            unreachable.shop.sweep()
            payment.refresh_from_db()
            if (
                payment.state == "unknown"
            ):  # killed before it moved: nobody can say whether the first was reached
                assert unreachable.pages_of(payment) == 0
                unreachable.first_is_at(unreachable.shop.merchant.base_url)
                unreachable.shop.sweep()
            unreachable.assert_paid_once(payment, invoice)
            unreachable.first_is_at(nowhere)
    assert deaths >= 6
    print(f"\n{request.node.name}: {deaths} kills, each invoice was paid once")  # noqa: T201 - the figure
