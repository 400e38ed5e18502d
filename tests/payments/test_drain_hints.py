"""News that only names what changed: the provider is asked, and only then is it settled."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.at_once import AT_ONCE
from allsquare.payments.gateway import Capability, GatewayEvent, Outcome
from allsquare.payments.gateway_abilities import NewsUnavailable
from allsquare.payments.models import Attention, GatewayAccount, InboxEvent
from allsquare.payments.services import drain as room
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import ASKED, drain
from allsquare.payments.services.settle import settle
from allsquare.payments.states import InboxState, PaymentState
from tests.payments.flows import started
from tests.payments.makers import ScriptedGateway, charge, eur

pytestmark = pytest.mark.django_db


class Hinting(ScriptedGateway):
    """Says nothing in its news, and answers from ``news`` when it is asked; nothing there: it does not answer."""

    capabilities = ScriptedGateway.capabilities | {Capability.HINTS}
    depth: list[int] = []  # how deep in transactions it was asked
    followed: list[str] = []  # which news

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        raise AssertionError("its news says nothing")

    def about(self, event: GatewayEvent) -> Hashable:
        return event.object_reference

    def follow(self, event: GatewayEvent) -> Sequence[Outcome]:
        self.followed.append(event.external_id)
        self.depth.append(len(connection.savepoint_ids))
        if event.external_id not in self.news:
            raise NewsUnavailable("nobody answers")
        return self.news[event.external_id]


@pytest.fixture
def hinting(organization: Organization, settings: Settings) -> GatewayAccount:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "hinting": "tests.payments.test_drain_hints.Hinting",
    }
    Hinting.depth.clear()
    Hinting.followed.clear()
    return add_gateway_account(
        organization=organization, gateway="hinting", label="Hinting", settings={}, actor=SYSTEM
    )


def hint(account: GatewayAccount, name: str, about: str = "", seconds: int = 0) -> InboxEvent:
    """By default of an object that other news is not about, and that happened now."""
    now = clock.now(None)
    return InboxEvent.objects.create(
        organization=account.organization,
        gateway_account=account,
        external_id=name,
        kind="charge.changed",
        object_reference=about or f"ch_{name}",
        payload={},
        occurred_at=now + timedelta(seconds=seconds),
        received_at=now,
        next_try_at=now,
    )


def take(account: GatewayAccount) -> int:
    InboxEvent.objects.filter(organization=account.organization).update(next_try_at=clock.now(None))
    return drain(organization=account.organization, gateway_account=account)


def test_what_is_heard_is_settled_with_its_fee(hinting: GatewayAccount, customer: Customer) -> None:
    payment = started(hinting.organization, customer, hinting)
    done = charge(reference=payment.reference, amount=eur(10000), fee=eur(150))
    ScriptedGateway.news.update({"e1": [done], "e2": [done], "e3": []})
    rows = [hint(hinting, name) for name in ("e1", "e2", "e3")]

    assert take(hinting) == 3

    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor, payment.fee_minor) == ("succeeded", 10000, 150)
    assert {row.state for row in InboxEvent.objects.filter(id__in=[row.id for row in rows])} == {
        InboxState.DONE
    }


def test_nobody_is_asked_within_a_transaction_of_the_inbox(
    hinting: GatewayAccount, customer: Customer
) -> None:
    before = len(connection.savepoint_ids)
    ScriptedGateway.news["e1"] = []
    hint(hinting, "e1")
    take(hinting)
    assert Hinting.depth == [before]


def test_silence_is_tried_again_and_in_the_end_a_person_is_told(
    hinting: GatewayAccount, customer: Customer
) -> None:
    payment = started(hinting.organization, customer, hinting)
    row = hint(hinting, "silent")
    for _ in range(ASKED - 1):
        take(hinting)
    row.refresh_from_db()
    assert (row.state, row.tries) == (InboxState.RECEIVED, ASKED - 1)
    assert row.next_try_at <= clock.now(None) + timedelta(hours=1)
    take(hinting)
    row.refresh_from_db()
    assert row.state == InboxState.PARKED
    assert Attention.objects.filter(organization=hinting.organization, subject_id=row.id).exists()
    payment.refresh_from_db()
    assert payment.state == PaymentState.NEEDS_ACTION


def test_what_a_provider_says_is_kept_as_far_as_the_database_can(
    hinting: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def says(_gateway: Hinting, _event: GatewayEvent) -> Sequence[Outcome]:
        raise NewsUnavailable("not\x00 now \ud800!")

    monkeypatch.setattr(Hinting, "follow", says)
    row = hint(hinting, "e1")
    assert take(hinting) == 1
    row.refresh_from_db()
    assert (row.state, row.tries, row.error) == (InboxState.RECEIVED, 1, "NewsUnavailable: not now ?!")


def test_one_that_cannot_be_digested_does_not_stop_the_others(
    hinting: GatewayAccount, customer: Customer
) -> None:
    payment = started(hinting.organization, customer, hinting)
    ScriptedGateway.news["bad"] = [charge(reference="ch_nobodys", amount=eur(1))]
    ScriptedGateway.news["good"] = [charge(reference=payment.reference, amount=eur(10000))]
    bad, good = hint(hinting, "bad"), hint(hinting, "good")

    take(hinting)

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (InboxState.RECEIVED, InboxState.DONE)
    payment.refresh_from_db()
    assert payment.state == PaymentState.SUCCEEDED


def test_what_another_worker_took_in_meanwhile_stays_done(
    hinting: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both asked, one was answered; the other one, who was not, writes nothing of what it knew before."""
    row = hint(hinting, "e1")

    def silence(self: Hinting, event: GatewayEvent) -> Sequence[Outcome]:
        InboxEvent.objects.filter(organization=hinting.organization, id=row.id).update(state=InboxState.DONE)
        raise NewsUnavailable("nobody answers")

    monkeypatch.setattr(Hinting, "follow", silence)
    take(hinting)
    row.refresh_from_db()
    assert (row.state, row.tries) == (InboxState.DONE, 0)


def test_an_answer_that_nobody_foresaw_stops_nobody_elses_news(
    hinting: GatewayAccount, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = started(hinting.organization, customer, hinting)
    ScriptedGateway.news["good"] = [charge(reference=payment.reference, amount=eur(10000), fee=eur(150))]
    follow = Hinting.follow

    def strange(self: Hinting, event: GatewayEvent) -> Sequence[Outcome]:
        if event.external_id == "bad":
            raise IndexError("list index out of range")
        return follow(self, event)

    monkeypatch.setattr(Hinting, "follow", strange)
    bad, good = hint(hinting, "bad"), hint(hinting, "good")
    take(hinting)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (InboxState.PARKED, InboxState.DONE)
    assert "IndexError" in bad.error


def test_an_object_is_asked_for_once_by_the_newest_of_its_news_and_all_is_settled_at_once(
    hinting: GatewayAccount, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = [started(hinting.organization, customer, hinting) for _ in range(3)]
    for number, payment in enumerate(payments):
        for seconds in (2, 1, 0):
            name = f"e{number}_{seconds}"
            ScriptedGateway.news[name] = [charge(reference=payment.reference, amount=eur(10000))]
            hint(hinting, name, about=str(payment.reference), seconds=seconds)
    sizes = sizes_of_batches(monkeypatch)

    assert take(hinting) == 9

    assert sorted(Hinting.followed) == ["e0_2", "e1_2", "e2_2"]
    assert sizes == [3]
    states = InboxEvent.objects.filter(organization=hinting.organization).values_list("state", flat=True)
    assert set(states) == {InboxState.DONE}
    for payment in payments:
        payment.refresh_from_db()
        assert payment.state == PaymentState.SUCCEEDED


def test_one_object_that_cannot_be_digested_is_found_by_halves_and_all_its_news_waits(
    hinting: GatewayAccount, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = started(hinting.organization, customer, hinting)
    for number in range(31):
        ScriptedGateway.news[f"e{number}"] = [charge(reference=payment.reference, amount=eur(10000))]
        hint(hinting, f"e{number}", seconds=number)
    for name in ("bad", "worse"):
        ScriptedGateway.news[name] = [charge(reference="ch_nobodys", amount=eur(1))]
        hint(hinting, name, about="ch_nobodys", seconds=7)
    sizes = sizes_of_batches(monkeypatch)

    assert take(hinting) == 33

    assert len(sizes) <= 12
    waiting = InboxEvent.objects.filter(organization=hinting.organization).exclude(state=InboxState.DONE)
    assert {(row.external_id, row.state, row.tries) for row in waiting} == {
        ("bad", InboxState.RECEIVED, 1),
        ("worse", InboxState.RECEIVED, 1),
    }


def test_a_provider_that_is_down_is_asked_one_thing_at_a_time(
    hinting: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking: list[int] = []

    def together(
        questions: Sequence[object], ask: object, *, at_once: int, errands: object
    ) -> Iterator[list[object]]:
        asking.append(at_once)
        yield []

    monkeypatch.setattr(room, "asked_at_once", together)
    hint(hinting, "e1")
    take(hinting)
    now = clock.now(None)
    hinting.down_since, hinting.probe_at = now, now + timedelta(minutes=1)
    take(hinting)
    assert asking == [AT_ONCE, 1]


def sizes_of_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many outcomes go through the door together."""
    sizes: list[int] = []

    def counted(**given: Any) -> object:
        sizes.append(len(given["outcomes"]))
        return settle(**given)

    monkeypatch.setattr(room, "settle", counted)
    return sizes
