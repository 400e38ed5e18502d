"""One payment for several invoices moves from a provider that is down to the next, and the process dies on the way.

Wherever it was: one charge at both providers together, of each invoice what was meant for it, and no invoice ahead of
the others. Each invoice has another share, and there is money on account, so that nothing is right by chance.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from allsquare.gateways.sandbox import SandboxGateway, adapter, replies
from allsquare.payments.models import Payment, PaymentShare
from allsquare.payments.settlement import charges
from tests.faults.dying import POINTS, Mortal
from tests.faults.pair import Pair
from tests.faults.shop import TOTAL
from tests.payments.makers import a_key

pytestmark = pytest.mark.faults

#: What such a payment may come by; at which it really dies is found out.
PLACES = [point for point in POINTS if point.startswith(("several.", "charge.", "settle."))]
SETTLING = [point for point in POINTS if point.startswith(("sweep.payment_", "settle."))]
SHARES = (TOTAL, 6_000, 2_501)
ON_ACCOUNT = 499


@pytest.fixture
def mortal(unreachable: Pair, forks: subprocess.Popen[str]) -> Mortal:
    return Mortal(forks, unreachable.shop)


def shares_of(pair: Pair) -> dict[UUID, int]:
    return {pair.shop.invoice().id: minor for minor in SHARES}


def may_die(mortal: Mortal, pair: Pair, point: str, shares: Mapping[UUID, int], key: str) -> bool:
    return mortal.may_die(
        "pay several",
        point,
        shares={str(name): minor for name, minor in shares.items()},
        on_account=ON_ACCOUNT,
        customer=str(pair.shop.customer.id),
        key=key,
        card=None,
        spares=[str(pair.second.id)],
    )


def press(pair: Pair, shares: Mapping[UUID, int], key: str) -> Payment:
    return pair.pay_together(shares, on_account=ON_ACCOUNT, key=key)


def assert_right(pair: Pair, payment: Payment, shares: Mapping[UUID, int]) -> None:
    pair.assert_shares_paid_once(payment, shares, on_account=ON_ACCOUNT)
    kept = PaymentShare.objects.filter(organization=pair.shop.organization, payment=payment)
    assert dict(kept.values_list("invoice_id", "amount_minor")) == shares


def test_killed_at_every_step_while_it_moves(
    unreachable: Pair, mortal: Mortal, nowhere: str, request: pytest.FixtureRequest
) -> None:
    """The payer presses again or the sweep comes first: one payment, one charge, every invoice its share."""
    died_at: list[str] = []
    for point in PLACES:
        for time in (1, 2):  # the first attempt's, and the second's
            unreachable.first_is_up()
            shares, key = shares_of(unreachable), a_key()
            if not may_die(mortal, unreachable, f"{point}:{time}", shares, key):
                unreachable.payers_pay()
                continue
            died_at.append(f"{point}:{time}")
            assert set(unreachable.paid(shares).values()) == {0}, "nothing is paid before anybody paid"
            unreachable.first_is_up()
            if len(died_at) % 2:
                unreachable.shop.sweep()
            payment = press(unreachable, shares, key)
            unreachable.shop.sweep()
            payment.refresh_from_db()
            if payment.state == "unknown":  # killed before it moved: nobody can say if the first was reached
                assert unreachable.pages_of(payment) == 0
                unreachable.first_is_at(unreachable.shop.merchant.base_url)
                unreachable.shop.sweep()
            unreachable.payers_pay()
            unreachable.shop.sweep()
            assert_right(unreachable, payment, shares)
            unreachable.first_is_at(nowhere)
    assert {"several.intent_written:1", "several.intent_committed:1", "charge.answered:1"} <= set(died_at)
    assert {"charge.move_written:1", "charge.moved:1", "charge.asking:2", "charge.answered:2"} <= set(died_at)
    assert {"settle.begun:1", "settle.written:1", "settle.committed:1"} <= set(died_at)
    print(f"\n{request.node.name}: {len(died_at)} kills, each invoice got its share once")  # noqa: T201 - the figure


def test_killed_at_every_step_while_the_money_that_moved_is_counted(
    unreachable: Pair, mortal: Mortal
) -> None:
    """All of the invoices are paid by it, or none is."""
    for point in SETTLING:
        unreachable.first_is_up()
        shares = shares_of(unreachable)
        payment = press(unreachable, shares, a_key())
        assert payment.gateway_account_id == unreachable.second.id
        unreachable.payers_pay()
        unreachable.shop.time_passes()
        mortal.dies("sweep", point)
        paid = unreachable.paid(shares)
        assert paid == (shares if point == "settle.committed" else dict.fromkeys(shares, 0)), point
        unreachable.shop.sweep()
        assert_right(unreachable, payment, shares)


def test_control_without_the_attempts_key_the_sweep_after_the_death_begins_a_second_charge(
    unreachable: Pair, mortal: Mortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second provider made its page and the process died: the protection is taken from the look that follows."""
    shares, key = shares_of(unreachable), a_key()
    assert may_die(mortal, unreachable, "charge.answered:2", shares, key)
    monkeypatch.setattr(SandboxGateway, "capabilities", frozenset())
    ask = replies.ask

    def without_our_key(http: Any, method: str, path: str, **more: Any) -> Any:
        return ask(http, method, path, **{**more, "key": a_key()})

    monkeypatch.setattr(adapter, "ask", without_our_key)
    unreachable.shop.sweep()
    monkeypatch.undo()
    unreachable.payers_pay()
    unreachable.shop.sweep()
    payment = Payment.objects.get(organization=unreachable.shop.organization, key=key)
    assert unreachable.charged() == [payment.id, payment.id]
    with pytest.raises(AssertionError):
        assert_right(unreachable, payment, shares)


def test_control_money_that_is_not_divided_by_its_shares_is_found(
    unreachable: Pair, mortal: Mortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes once and books are square, but the first invoices take what was meant for the last."""
    shares, key = shares_of(unreachable), a_key()
    assert may_die(mortal, unreachable, "charge.moved", shares, key)
    unreachable.shop.sweep()
    unreachable.payers_pay()

    def greedy(captured: int, meant: Any) -> list[int]:
        taken = []
        for _, open_minor in meant:
            taken.append(min(captured, open_minor))
            captured -= taken[-1]
        return taken

    monkeypatch.setattr(charges, "split_shares", greedy)
    unreachable.shop.sweep()
    payment = Payment.objects.get(organization=unreachable.shop.organization, key=key)
    assert payment.state == "succeeded"
    with pytest.raises(AssertionError):
        assert_right(unreachable, payment, shares)
