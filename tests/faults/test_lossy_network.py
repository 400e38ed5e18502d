"""Faults 1 and 2: the network between Allsquare and the provider loses, delays and repeats what is sent through it.

Every try ends with one charge (or refund) at the provider, booked once.
"""

from __future__ import annotations

import pytest

from tests.faults.shop import TOTAL, Shop
from tests.lossy_proxy import LossyProxy, Weather, make_proxy
from tests.sandbox_process import SandboxAccount

__all__ = ["make_proxy"]

pytestmark = pytest.mark.faults

#: Seconds that the adapter waits for an answer here.
PATIENCE = "3"  # a healthy one is slow, too, on a machine that stands still for a moment


@pytest.fixture
def proxy(sandbox: SandboxAccount, make_proxy: list[LossyProxy]) -> LossyProxy:
    made = LossyProxy(sandbox.base_url)
    make_proxy.append(made)
    made.delay = 2 * float(PATIENCE)
    return made


@pytest.fixture
def shop(transactional_db: None, sandbox: SandboxAccount, proxy: LossyProxy) -> Shop:
    """Its provider is reached through the proxy alone."""
    return Shop.open(sandbox, base_url=proxy.url, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("weather", "charged"),
    [
        (Weather.LOSE_REPLY, 1),  # fault 1
        (Weather.DELAY, 1),  # fault 1, as a provider does it that is overloaded
        (Weather.LOSE_REQUEST, 0),  # fault 2
    ],
)
def test_a_charge_without_an_answer_is_unknown_then_paid_once(
    shop: Shop, proxy: LossyProxy, weather: Weather, charged: int
) -> None:
    invoice = shop.invoice()
    proxy.orders.append(weather)
    payment = shop.pay(invoice, key="press")
    assert payment.state == "unknown"
    assert len(shop.charges()) == charged

    shop.sweep()
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.state, invoice.state) == ("succeeded", "paid")
    assert len(shop.charges()) == 1
    assert len({asked.key for asked in proxy.asked}) == 1, "asked again under another key"
    assert len(proxy.asked) == 2 - charged, "what the provider did is looked up, not asked for again"
    assert shop.pay(invoice, key="press") == payment
    shop.assert_square()


@pytest.mark.parametrize(
    ("weather", "given"), [(Weather.LOSE_REPLY, 1), (Weather.DELAY, 1), (Weather.LOSE_REQUEST, 0)]
)
def test_a_refund_without_an_answer_is_unknown_then_given_once(
    shop: Shop, proxy: LossyProxy, weather: Weather, given: int
) -> None:
    payment = shop.pay(shop.invoice())
    proxy.orders.append(weather)
    made = shop.refund(payment, minor=4_000, key="press")
    assert made.state == "unknown"
    assert len(shop.refunds()) == given

    shop.sweep()
    made.refresh_from_db()
    assert made.state == "succeeded"
    assert shop.refund(payment, minor=4_000, key="press") == made
    assert [one["amount"] for one in shop.refunds()] == [4_000]
    shop.assert_square()


def test_a_request_that_was_held_on_its_way_and_arrives_after_its_repeat(
    shop: Shop, proxy: LossyProxy
) -> None:
    """The provider truly says "never heard of it", is asked again, and then hears of it a second time."""
    invoice = shop.invoice()
    proxy.orders.append(Weather.HOLD)
    payment = shop.pay(invoice)
    assert (payment.state, shop.charges()) == ("unknown", [])
    shop.sweep()
    proxy.let_through()
    assert [asked.answers for asked in proxy.asked] == [[201], [201]]
    assert len(shop.charges()) == 1
    shop.assert_square()


def test_a_request_that_arrives_twice_charges_once(shop: Shop, proxy: LossyProxy) -> None:
    proxy.orders.append(Weather.DUPLICATE)
    assert shop.pay(shop.invoice()).state == "succeeded"
    assert len(shop.charges()) == 1
    shop.assert_square()


def test_control_without_its_key_a_request_that_arrives_twice_charges_twice(
    shop: Shop, proxy: LossyProxy
) -> None:
    proxy.orders.append(Weather.DUPLICATE_WITHOUT_KEY)
    shop.pay(shop.invoice())
    assert [one["amount"] for one in shop.charges()] == [TOTAL, TOTAL]
    with pytest.raises(AssertionError):
        shop.assert_square()
