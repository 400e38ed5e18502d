"""Fault 3 at the readers in the shop: the process dies at every step of waking one up, and of hearing what it read.

For every provider that has readers, also where they ask for a tip and the card is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.gateway_abilities import InPersonGateway
from allsquare.payments.models import Consent, InboxEvent, Payment, PaymentAttempt, PaymentMethod, Tip
from allsquare.payments.services.check_payment import WAKING
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from allsquare.payments.services.take_card import take_card
from allsquare.payments.tips import tip_minor
from tests.contracts.test_in_person import Shop as Counter
from tests.faults.rails import Rail, sandbox_rail, stripe_rail
from tests.faults.shop import TOTAL, Shop
from tests.faults.test_failpoints import Mortal, passed_by
from tests.payments.makers import a_key
from tests.selling.makers import read_news
from tests.square import assert_all_square
from tests.webhook_catcher import Caught, WebhookCatcher

pytestmark = pytest.mark.faults

GIVEN = 150


@pytest.fixture(params=["sandbox", "stripe"])
def rail(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Rail]:
    if request.param == "stripe":
        yield from stripe_rail()
    else:
        yield sandbox_rail(request.getfixturevalue("sandbox"))


@pytest.fixture
def mortal(rail: Rail, forks: Any) -> Mortal:
    return Mortal(forks, cast(Shop, rail))


@pytest.fixture
def report(
    rail: Rail, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[list[str]]:
    """The failpoints that were died at. In the end the proofs are asked, and the figure is said."""
    kills: list[str] = []
    yield kills
    assert_all_square()
    figure = f"{len(kills)} kills, after each everything is there once"
    print(f"\n{request.node.name}: {figure}")  # noqa: T201 - the figure is what a reader of -s wants
    record_property("figure", figure)


@pytest.mark.parametrize("more", [False, True], ids=["plain", "tip and kept"])
def test_waking_it_up(rail: Rail, mortal: Mortal, report: list[str], more: bool) -> None:
    """Where the reader was woken up, whoever stands there pays once; where it was not, it is not woken up late, and
    nothing can be charged any more. In between stands what is made at the provider before it wakes its reader up."""
    steps = passed_by("take at a reader") if rail.account.gateway == "stripe" else []
    steps = [each for each in steps if more or each != "terminal.customer_made"]
    for point in ["charge.intent_committed", "charge.asking", *steps, "charge.answered"]:
        invoice, key, reader = rail.invoice(), a_key(), counter(rail).add_reader()
        order = {"invoice": str(invoice.id), "key": key, "reader": reader, "more": more}
        mortal.dies("take at a reader", point, **order)
        payment = Payment.objects.get(organization=rail.organization, key=key)
        late = clock.now(rail.organization) - WAKING
        PaymentAttempt.objects.filter(organization=rail.organization, payment=payment).update(started_at=late)
        rail.sweep()
        payment.refresh_from_db()
        if point != "charge.answered":
            assert payment.state in ("failed", "canceled", "declined"), point
            assert not is_busy(rail, reader), point
            payment = woken(rail, invoice, reader, more=more)
        assert is_busy(rail, reader), point
        tap(rail, reader, more=more)
        rail.sweep()
        assert_paid_once(rail, payment, more, point)
        for other in Payment.objects.filter(organization=rail.organization, invoice=invoice):
            assert other.id == payment.id or (other.captured_minor, kept_with(rail, other)) == (0, 0), point
        report.append(point)


def test_hearing_what_became_of_it(
    rail: Rail, mortal: Mortal, catcher: WebhookCatcher, report: list[str]
) -> None:
    """Killed while the card that was read becomes a payment, a tip and a saved method; then all of its news comes, each
    twice: one of each is there."""
    rail.hands.send_news_to(catcher.url)
    for point in passed_by("sweep a payment that was charged"):
        reader = counter(rail).add_reader()
        payment = woken(rail, rail.invoice(), reader, more=True)
        heard = len(catcher.caught)
        tap(rail, reader, more=True)
        rail.time_passes()
        mortal.dies("sweep", point)
        rail.sweep()
        for step in passed_by("read the log"):
            mortal.dies("read the log", step)
            report.append(step)
        news = catcher.wait(heard + 1)[heard:]
        for each in news * 2:
            hear(rail, each)
        assert_paid_once(rail, payment, True, point)
        report.append(point)


def counter(rail: Rail) -> Counter:
    return cast(Counter, rail.hands)


def woken(rail: Rail, invoice: Any, reader: str, *, more: bool) -> Payment:
    return take_card(
        organization=rail.organization,
        invoice_id=invoice.id,
        amount=Money(TOTAL, currency("EUR")),
        gateway_account_id=rail.account.id,
        reader=reader,
        key=a_key(),
        actor=SYSTEM,
        tips=more,
        keep=more,
    )


def tap(rail: Rail, reader: str, *, more: bool) -> None:
    if more:
        counter(rail).tap_with_tip(reader, GIVEN)
    else:
        counter(rail).tap(reader)


def is_busy(rail: Rail, reader: str) -> bool:
    listed = cast(InPersonGateway, rail.hands.gateway).readers()
    return next(each for each in listed if each.reference == reader).is_busy


def kept_with(rail: Rail, payment: Payment) -> int:
    return PaymentMethod.objects.filter(organization=rail.organization, saved_by=payment.id).count()


def hear(rail: Rail, news: Caught) -> None:
    receive(
        organization=rail.organization, gateway_account=rail.account, headers=news.headers, body=news.body
    )
    InboxEvent.objects.filter(organization=rail.organization).update(next_try_at=clock.now(None))
    while drain(organization=rail.organization, gateway_account=rail.account):
        continue


def assert_paid_once(rail: Rail, payment: Payment, more: bool, point: str) -> None:
    payment.refresh_from_db()
    assert payment.invoice is not None
    payment.invoice.refresh_from_db()
    assert (payment.state, payment.invoice.paid_minor) == ("succeeded", TOTAL), point
    assert payment.captured_minor == TOTAL + GIVEN * more, point
    assert tip_minor(rail.organization, payment) == GIVEN * more, point
    for _time in range(2):
        read_news(rail.organization)
    tips = Tip.objects.filter(organization=rail.organization, payment=payment)
    assert [each.invoice.paid_minor for each in tips] == [GIVEN] * more, point
    assert kept_with(rail, payment) == more, point
    assert Consent.objects.filter(organization=rail.organization, payment=payment).count() == more, point
