"""Cards held to a reader in the shop: for every adapter that has readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Protocol, cast
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.payments.gateway import (
    KEYS_REFUSED,
    Capability,
    ChargeRequest,
    MethodKind,
    Outcome,
    RefundRequest,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import (
    ForgettingGateway,
    HistoryGateway,
    InPersonGateway,
    NewsUnavailable,
)
from tests.contracts.benches import Bench, money


class Shop(Bench, Protocol):
    """A bench whose provider has readers, and the hands of those who stand there."""

    def add_reader(self) -> str: ...

    def tap(self, reader: str, *, declined: bool = False) -> None: ...

    def tap_with_tip(self, reader: str, minor: int) -> None:
        """Where it asked for one."""

    def tap_wallet(self, reader: str) -> None:
        """With what the provider cannot keep."""

    def walk_away(self, reader: str) -> None: ...

    def unplug(self, reader: str) -> None: ...

    def lose_waking(self, *, reply: bool) -> None:
        """The next request that wakes a reader up: its reply is lost, or the request itself."""


@pytest.fixture
def shop(bench: Bench) -> Shop:
    if Capability.IN_PERSON not in bench.gateway.capabilities:
        pytest.skip("it has no readers")
    return cast(Shop, bench)


@pytest.fixture
def gateway(shop: Shop) -> InPersonGateway:
    return cast(InPersonGateway, shop.gateway)


def asked(reader: str, minor: int = 1000) -> ChargeRequest:
    key = uuid7()
    return ChargeRequest(
        key=key,
        amount=money(minor),
        method=MethodKind.CARD,
        description="Invoice 2026-0042",
        return_url="",
        reader=reader,
        metadata={"attempt": str(key), "invoice": "i1", "customer": "c1"},
    )


def now(gateway: InPersonGateway, outcome: Outcome, *, act: bool = True) -> Outcome:
    assert outcome.key is not None
    return gateway.look_up(key=outcome.key, reference=outcome.reference, subject=Subject.CHARGE, act=act)


def is_busy(gateway: InPersonGateway, reader: str) -> bool:
    return next(each for each in gateway.readers() if each.reference == reader).is_busy


def test_a_card_is_read(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    request = asked(reader)
    waiting = gateway.start(request)
    assert (waiting.status, waiting.key, waiting.redirect) == (Status.ACTION_REQUIRED, request.key, "")
    assert now(gateway, waiting).status is Status.ACTION_REQUIRED
    assert is_busy(gateway, reader)

    shop.tap(reader)

    done = now(gateway, waiting)
    assert (done.status, done.amount, done.reference) == (Status.SUCCEEDED, request.amount, waiting.reference)
    assert done.fee is not None
    assert done.method is not None
    assert (done.method.kind, done.method.last_four, done.method.token) == (MethodKind.CARD, "4242", "")
    assert not is_busy(gateway, reader)


def test_money_of_a_card_at_a_reader_is_given_back(shop: Shop, gateway: InPersonGateway) -> None:
    """The card is not asked for again: parts of it, each once, and never more than came."""
    reader = shop.add_reader()
    waiting = gateway.start(asked(reader))
    shop.tap(reader)
    paid = now(gateway, waiting)
    part = RefundRequest(key=uuid4(), charge_reference=paid.reference, amount=money(400), reason="returned")
    given = gateway.refund(part)
    assert (given.status, given.amount, given.charge_reference) == (
        Status.SUCCEEDED,
        money(400),
        paid.reference,
    )
    assert gateway.refund(part) == given
    found = gateway.look_up(key=part.key, reference=given.reference, subject=Subject.REFUND)
    assert (found.status, found.amount, found.key) == (Status.SUCCEEDED, money(400), part.key)
    more = gateway.refund(replace(part, key=uuid4(), amount=money(700)))
    assert more.status is Status.DECLINED
    assert more.message
    rest = gateway.refund(replace(part, key=uuid4(), amount=money(600)))
    assert rest.status is Status.SUCCEEDED
    assert shop.refunds_made() == 2


def test_what_was_not_paid_at_a_reader_is_not_given_back(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(asked(reader))
    refund = RefundRequest(key=uuid4(), charge_reference=waiting.reference, amount=money(400))
    assert gateway.refund(refund).status in (Status.DECLINED, Status.NOT_SENT)
    assert shop.refunds_made() == 0


def test_asking_again_with_the_same_key_wakes_it_up_once(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    request = asked(reader)
    first, again = gateway.start(request), gateway.start(request)
    assert first == again
    shop.tap(reader)
    assert now(gateway, gateway.start(request)).status is Status.SUCCEEDED
    assert not is_busy(gateway, reader), "a repeat does not wake it up anew"


def test_a_card_that_is_declined(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(asked(reader))
    shop.tap(reader, declined=True)
    outcome = now(gateway, waiting)
    assert outcome.status is Status.DECLINED
    assert outcome.code
    assert outcome.message
    assert gateway.start(asked(reader)).status is Status.ACTION_REQUIRED, "the reader is free again"


def test_a_payer_who_walks_away(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(asked(reader))
    shop.walk_away(reader)
    outcome = now(gateway, waiting)
    assert outcome.status is Status.DECLINED
    assert outcome.code
    assert not is_busy(gateway, reader)


def test_an_unplugged_reader_wakes_nobody(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    shop.unplug(reader)
    (found,) = [each for each in gateway.readers() if each.reference == reader]
    assert not found.is_online
    outcome = gateway.start(asked(reader))
    assert outcome.status is Status.NOT_SENT
    assert outcome.message
    assert gateway.start(asked("rd_nobody")).status is Status.NOT_SENT


def test_a_reader_waits_for_one_card(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    first = gateway.start(asked(reader))
    assert gateway.start(asked(reader)).status is Status.NOT_SENT
    shop.tap(reader)
    assert now(gateway, first).status is Status.SUCCEEDED


def test_it_is_taken_back_from_the_reader(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(asked(reader))
    assert waiting.key is not None
    for _time in range(2):
        closed = gateway.close(key=waiting.key, reference=waiting.reference)
        assert (closed.status, closed.code) == (Status.DECLINED, "canceled")
    assert not is_busy(gateway, reader)
    assert gateway.start(asked(reader)).status is Status.ACTION_REQUIRED


def test_who_was_faster_has_paid(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(asked(reader))
    shop.tap(reader)
    assert waiting.key is not None
    assert gateway.close(key=waiting.key, reference=waiting.reference).status is Status.SUCCEEDED


def test_one_that_is_unplugged_while_it_waits_can_be_given_up(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(asked(reader))
    shop.unplug(reader)
    assert waiting.key is not None
    closed = gateway.close(key=waiting.key, reference=waiting.reference)
    assert (closed.status, closed.code) == (Status.DECLINED, "canceled")


def test_a_lost_reply_is_found_by_our_key(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    request = asked(reader)
    shop.lose_waking(reply=True)
    lost = gateway.start(request)
    assert lost.status is Status.UNKNOWN
    found = gateway.look_up(key=request.key, reference=lost.reference, subject=Subject.CHARGE)
    assert (found.status, found.key) == (Status.ACTION_REQUIRED, request.key)
    shop.tap(reader)
    assert now(gateway, found).status is Status.SUCCEEDED


def test_a_lost_request_is_given_up_and_wakes_nobody_late(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    request = asked(reader)
    shop.lose_waking(reply=False)
    lost = gateway.start(request)
    assert lost.status is Status.UNKNOWN
    found = gateway.look_up(key=request.key, reference=lost.reference, subject=Subject.CHARGE)
    assert found.status in (Status.NOT_SENT, Status.DECLINED)
    assert not is_busy(gateway, reader)


def test_who_only_asks_gives_nothing_up(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(asked(reader))
    assert now(gateway, waiting, act=False).status is Status.ACTION_REQUIRED
    assert is_busy(gateway, reader)


def test_history_has_it_with_what_was_asked(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    began = clock.now(None) - timedelta(minutes=1)
    request = asked(reader)
    gateway.start(request)
    shop.tap(reader)
    seen = list(cast(HistoryGateway, gateway).since(began))
    (sighting,) = [each for each in seen if each.outcome.key == request.key]
    assert (sighting.outcome.status, sighting.asked) == (Status.SUCCEEDED, request.amount)
    assert sighting.method is MethodKind.CARD
    assert sighting.labels["invoice"] == "i1"


def test_a_tip_is_asked_for_where_we_say_so_and_told_apart(shop: Shop, gateway: InPersonGateway) -> None:
    if Capability.TIPS not in gateway.capabilities:
        pytest.skip("its readers ask for none")
    reader, began = shop.add_reader(), clock.now(None) - timedelta(minutes=1)
    request = replace(asked(reader), tips=True)
    waiting = gateway.start(request)
    assert gateway.start(request) == waiting
    shop.tap_with_tip(reader, 150)
    done = now(gateway, waiting)
    assert (done.status, done.amount, done.tip) == (Status.SUCCEEDED, money(1150), money(150))
    (seen,) = [each for each in cast(HistoryGateway, gateway).since(began) if each.outcome.key == request.key]
    assert (seen.asked, seen.outcome.tip) == (money(1000), money(150))
    plain = gateway.start(asked(reader))
    with pytest.raises(AssertionError, match="nobody was asked"):
        shop.tap_with_tip(reader, 150)
    shop.tap(reader)
    assert now(gateway, plain).tip is None


def keeping(shop: Shop, request: ChargeRequest) -> ChargeRequest:
    if Capability.KEEPS_AT_READERS not in shop.gateway.capabilities:
        pytest.skip("it cannot keep what is held to its readers")
    return replace(request, save_method=True, customer_email="ada@example.org", customer_name="Ada")


def test_a_card_is_kept_where_we_say_so_and_charged_later(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    request = keeping(shop, asked(reader))
    waiting = gateway.start(request)
    assert gateway.start(request) == waiting
    assert waiting.status is Status.ACTION_REQUIRED
    assert now(gateway, waiting).method is None, "nothing was held to it yet"
    shop.tap(reader)

    done, again = now(gateway, waiting), now(gateway, waiting)

    assert done.status is Status.SUCCEEDED
    assert done.method is not None
    assert (done.method.kind, done.method.last_four) == (MethodKind.CARD, "4242")
    assert done.method.token
    assert done.method.expires
    assert again.method == done.method, "whoever asks twice hears of one"
    later = replace(asked(""), saved_method=done.method.token, key=uuid7())
    charged = gateway.start(later)
    assert (charged.status, charged.amount) == (Status.SUCCEEDED, money(1000))
    if Capability.FORGETS in gateway.capabilities:
        assert cast(ForgettingGateway, gateway).forget(done.method.token).status is Status.SUCCEEDED
        gone = gateway.start(replace(later, key=uuid7()))
        assert gone.status in (Status.DECLINED, Status.NOT_SENT)


def test_what_cannot_be_kept_pays_all_the_same(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(keeping(shop, asked(reader)))
    shop.tap_wallet(reader)
    done = now(gateway, waiting)
    assert (done.status, done.amount) == (Status.SUCCEEDED, money(1000))
    assert done.method is not None
    assert done.method.token == ""


def test_with_keys_that_are_not_good_nothing_is_kept_and_nobody_woken_up(
    shop: Shop, gateway: InPersonGateway
) -> None:
    request = keeping(shop, asked(shop.add_reader()))
    shop.revoke_key()
    outcome = gateway.start(request)
    assert (outcome.status, outcome.code) == (Status.NOT_SENT, KEYS_REFUSED)


def test_a_tip_with_a_card_that_is_kept(shop: Shop, gateway: InPersonGateway) -> None:
    if Capability.TIPS not in gateway.capabilities:
        pytest.skip("its readers ask for none")
    reader = shop.add_reader()
    waiting = gateway.start(replace(keeping(shop, asked(reader)), tips=True))
    shop.tap_with_tip(reader, 150)
    done = now(gateway, waiting)
    assert (done.amount, done.tip) == (money(1150), money(150))
    assert done.method is not None
    assert done.method.token
    given = gateway.refund(RefundRequest(key=uuid4(), charge_reference=done.reference, amount=money(1150)))
    assert given.status is Status.SUCCEEDED, "the tip goes back with the rest"


def test_a_card_that_is_declined_after_a_tip_was_chosen(shop: Shop, gateway: InPersonGateway) -> None:
    if Capability.TIPS not in gateway.capabilities:
        pytest.skip("its readers ask for none")
    reader, began = shop.add_reader(), clock.now(None) - timedelta(minutes=1)
    request = replace(asked(reader), tips=True)
    waiting = gateway.start(request)
    shop.tap(reader, declined=True)
    assert (now(gateway, waiting).status, now(gateway, waiting).tip) == (Status.DECLINED, None)
    (seen,) = [each for each in cast(HistoryGateway, gateway).since(began) if each.outcome.key == request.key]
    assert seen.asked == money(1000)


def test_nothing_is_kept_of_a_card_that_is_declined(shop: Shop, gateway: InPersonGateway) -> None:
    reader = shop.add_reader()
    waiting = gateway.start(keeping(shop, asked(reader)))
    shop.tap(reader, declined=True)
    done = now(gateway, waiting)
    assert done.status is Status.DECLINED
    assert done.method is None or not done.method.token


def test_readers_that_cannot_be_asked_about(shop: Shop) -> None:
    with pytest.raises(NewsUnavailable):
        cast(InPersonGateway, shop.unreachable()).readers()
    with pytest.raises(NewsUnavailable):
        cast(InPersonGateway, shop.with_wrong_key()).readers()
    outcome = shop.unreachable().start(replace(asked("rd_1"), key=uuid4()))
    assert outcome.status is Status.NOT_SENT
