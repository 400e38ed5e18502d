"""Mandates that were kept, at GoCardless: replaced, moved, ended, cancelled by us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.gateways.gocardless import GoCardlessGateway
from allsquare.payments.gateway import MethodKind, SavedMethod, Status, Subject
from allsquare.payments.gateway_abilities import NewsUnavailable
from tests.contracts.benches import gocardless_gateway
from tests.fakes import gocardless_server
from tests.fakes.gocardless_server import FakeGoCardless
from tests.gateways.gocardless.test_adapter import asked, found, heard


@pytest.fixture
def fake() -> Iterator[FakeGoCardless]:
    yield from gocardless_server.running()


@pytest.fixture
def gateway(fake: FakeGoCardless) -> GoCardlessGateway:
    return gocardless_gateway(fake.url)


def kept(fake: FakeGoCardless, gateway: GoCardlessGateway, *, keep: bool = True) -> str:
    page = gateway.start(replace(asked(), save_method=keep))
    mandate = fake.give_mandate(page.reference)
    fake.confirm(found(gateway, page).reference)
    return mandate


def test_a_replaced_mandate_is_followed_to_the_last_one(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    first = kept(fake, gateway)
    fake.replace_mandate(first)
    second = fake.shelves["mandates"][first]["links"]["new_mandate"]
    last = fake.replace_mandate(second)
    events = [each for each in fake.shelves["events"].values() if each["action"] == "replaced"]

    (of_first,), (of_second,) = (gateway.follow(heard(each)) for each in events)

    for news, name in ((of_first, first), (of_second, second)):
        assert (news.subject, news.status, news.reference) == (Subject.METHOD, Status.SUCCEEDED, name)
        assert news.method == SavedMethod(
            last, MethodKind.BANK_DEBIT, "DEUTSCHE BANK AG", "11", mandate="ALLSQ-1-NEW-NEW"
        )


def test_a_mandate_that_moved_to_another_bank(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    mandate = kept(fake, gateway)
    fake.transfer_mandate(mandate, ending="77", bank="N26 BANK")
    event = list(fake.shelves["events"].values())[-1]
    (news,) = gateway.follow(heard(event))
    assert news.method == SavedMethod(mandate, MethodKind.BANK_DEBIT, "N26 BANK", "77", mandate="ALLSQ-1")


@pytest.mark.parametrize("action", ["cancelled", "expired", "failed"])
def test_one_that_ended_is_kept_no_longer(
    fake: FakeGoCardless, gateway: GoCardlessGateway, action: str
) -> None:
    mandate = kept(fake, gateway)
    (news,) = gateway.follow(heard(fake.end_mandate(mandate, action)))
    assert (news.status, news.reference) == (Status.DECLINED, mandate)


def test_one_that_was_not_kept_is_nothing_to_us(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    mandate = kept(fake, gateway, keep=False)
    assert gateway.follow(heard(fake.end_mandate(mandate))) == ()


def test_what_does_not_answer_is_asked_about_again(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    event = fake.end_mandate(kept(fake, gateway))
    with pytest.raises(NewsUnavailable):
        gocardless_gateway("http://127.0.0.1:1").follow(heard(event))


def test_a_lost_delivery_is_found_in_the_history(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    mandate = kept(fake, gateway)
    fake.transfer_mandate(mandate, ending="77", bank="N26 BANK")
    seen = [each.outcome for each in gateway.since(clock.now(None) - timedelta(hours=1))]
    (news,) = [each for each in seen if each.subject is Subject.METHOD]
    assert news.method is not None
    assert (news.reference, news.method.last_four) == (mandate, "77")


def test_cancelling_waits_for_a_debit_that_would_be_cancelled_with_it(
    fake: FakeGoCardless, gateway: GoCardlessGateway
) -> None:
    mandate = kept(fake, gateway)
    waiting = gateway.start(replace(asked(), saved_method=mandate))
    assert waiting.status is Status.PENDING

    early = gateway.forget(mandate)

    assert (early.status, early.code) == (Status.NOT_SENT, "under_way")
    assert fake.shelves["payments"][waiting.reference]["status"] == "pending_submission"
    fake.become(waiting.reference, "submitted")
    assert gateway.forget(mandate).status is Status.SUCCEEDED
    assert fake.shelves["mandates"][mandate]["status"] == "cancelled"
    assert fake.shelves["payments"][waiting.reference]["status"] == "submitted", "that goes on"


def test_a_refusal_needs_a_person(fake: FakeGoCardless, gateway: GoCardlessGateway) -> None:
    mandate = kept(fake, gateway)
    fake.stubborn = True
    told = gateway.forget(mandate)
    assert (told.status, told.code) == (Status.DECLINED, "cancellation_failed")
    fake.token_trouble = "access_token_revoked"
    assert gateway.forget(mandate).status is Status.UNKNOWN
