"""News from a provider: believed only with a good signature of the right age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

import pytest
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.payments.essence import essence
from allsquare.payments.gateway import (
    Capability,
    Gateway,
    GatewayEvent,
    Outcome,
    RefundRequest,
    SignatureInvalid,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import HintingGateway, ReplayingGateway
from tests.contracts.benches import Bench, charge_request, money
from tests.webhook_catcher import Caught, WebhookCatcher

ELSEWHERE = "whsec_" + "QUJD" * 8


@dataclass(frozen=True, slots=True)
class News:
    """A true delivery about a charge that was paid."""

    bench: Bench
    delivery: Caught
    reference: str

    def refused(
        self, *, body: bytes | None = None, after: float = 0, headers: Mapping[str, str] | None = None
    ) -> bool:
        """Whether the adapter refuses this delivery with something about it changed."""
        try:
            self.bench.gateway.parse_webhook(
                headers={**self.delivery.headers, **(headers or {})},
                body=self.delivery.body if body is None else body,
                received_at=clock.now(None) + timedelta(seconds=after),
            )
        except SignatureInvalid:
            return True
        return False


@pytest.fixture
def news(remote: Bench, catcher: WebhookCatcher) -> News:
    remote.send_news_to(catcher.url)
    charge = remote.gateway.start(charge_request(remote, money(1000)))
    remote.payer_pays(charge)
    return News(remote, catcher.wait(remote.traits.deliveries)[-1], charge.reference)


def said_by(gateway: Gateway, event: GatewayEvent) -> Sequence[Outcome]:
    if Capability.HINTS in gateway.capabilities:
        assert list(gateway.outcomes(event)) == []
        return cast(HintingGateway, gateway).follow(event)
    return gateway.outcomes(event)


def test_news_says_the_same_when_its_payer_was_forgotten(remote: Bench, catcher: WebhookCatcher) -> None:
    """Of a charge and of a refund. What was paid with is not known any more."""
    remote.send_news_to(catcher.url)
    gateway = remote.gateway
    begun = clock.now(None) - timedelta(seconds=2)
    started = gateway.start(charge_request(remote, money(1000)))
    remote.payer_pays(started)
    assert started.key
    paid = gateway.look_up(key=started.key, reference=started.reference, subject=Subject.CHARGE)
    gateway.refund(RefundRequest(key=uuid7(), charge_reference=paid.reference, amount=money(400)))

    news = list(cast(ReplayingGateway, gateway).told(begun, clock.now(None) + timedelta(seconds=2)))

    told = [each for event in news for each in said_by(gateway, event)]
    bare = [replace(event, payload=essence(event.payload, gateway.news_names)) for event in news]
    again = [each for event in bare for each in said_by(gateway, event)]
    assert {each.subject for each in told} == {Subject.CHARGE, Subject.REFUND}
    assert [_of_money(each) for each in again] == [_of_money(each) for each in told]
    assert "4242" not in str([event.payload for event in bare])


def _of_money(outcome: Outcome) -> Outcome:
    return replace(outcome, method=None, signs=None, redirect="", message="")


def test_news_says_the_same_as_a_look_up(news: News) -> None:
    gateway = news.bench.gateway
    (event,) = gateway.parse_webhook(
        headers=news.delivery.headers, body=news.delivery.body, received_at=clock.now(None)
    )
    (outcome,) = said_by(gateway, event)
    assert outcome.key is not None
    found = gateway.look_up(key=outcome.key, reference=news.reference, subject=Subject.CHARGE)

    assert outcome == found
    assert outcome.status is Status.SUCCEEDED
    assert event.object_reference in (news.reference, outcome.reference)
    assert event.external_id
    assert list(said_by(gateway, event)) == [outcome]  # the same again


def test_every_flipped_byte_of_the_body_is_noticed(news: News) -> None:
    body = news.delivery.body
    assert not news.refused()
    for at in range(len(body)):
        assert news.refused(body=body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]), at


def _of_version_2(said: str) -> str:
    """The same signature, said to be of a scheme that nobody knows yet."""
    return said.replace("v1", "v2") if "v1" in said else "v2," + said


def test_every_header_is_needed_and_signed(news: News) -> None:
    signing = news.bench.signed(ELSEWHERE, clock.now(None), b"{}")
    for header in signing:
        said = news.delivery.headers[header]
        wrong = str(int(said) + 1) if said.isdigit() else said[:-6] + "AAAAA="
        for value in (
            "",
            "x",
            wrong,
            "v1,not base64!",
            "v1",
            _of_version_2(said),
            "t=1,v1=",
            "t=x,v1=" + said,
        ):
            assert news.refused(headers={header: value}), (header, value)


def test_what_arrives_too_far_off_in_time_is_refused(news: News) -> None:
    """Where the signature says nothing of the time, a repeat is known by its event, and is only a reason to ask."""
    tolerance = news.bench.traits.tolerance
    if tolerance is None:
        assert Capability.HINTS in news.bench.gateway.capabilities
        assert not news.refused(after=86_400)
        return
    seconds = tolerance.total_seconds()
    # It was signed some time ago, on a busy machine many seconds: too early is meant from then on.
    assert [news.refused(after=after) for after in (-2 * seconds, seconds + 1, 365 * 86_400)] == [True] * 3
    assert not news.refused(after=seconds - 10)


def test_an_old_delivery_is_refused_though_its_signature_is_good(news: News) -> None:
    bench = news.bench
    if bench.traits.tolerance is None:
        pytest.skip("its signature says nothing of the time")
    then = clock.now(None) - bench.traits.tolerance - timedelta(seconds=100)
    for secret, when in ((ELSEWHERE, clock.now(None)), (ELSEWHERE, then)):
        gateway = bench.with_secret(secret)
        headers = bench.signed(secret, when, news.delivery.body)
        if when is then:
            with pytest.raises(SignatureInvalid):
                gateway.parse_webhook(headers=headers, body=news.delivery.body, received_at=clock.now(None))
        else:  # the control: the same delivery, made now, is taken
            gateway.parse_webhook(headers=headers, body=news.delivery.body, received_at=clock.now(None))


@pytest.mark.parametrize("secret", ["", "whsec_", ELSEWHERE])
def test_no_secret_or_another_one_believes_nothing(news: News, secret: str) -> None:
    gateway = news.bench.with_secret(secret)
    with pytest.raises(SignatureInvalid):
        gateway.parse_webhook(
            headers=news.delivery.headers, body=news.delivery.body, received_at=clock.now(None)
        )


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"type": 1}', b"\xff\xfe", b"{"])
def test_a_signed_body_that_is_no_event_is_refused(remote: Bench, body: bytes) -> None:
    gateway = remote.with_secret(ELSEWHERE)
    now = clock.now(None)
    headers = remote.signed(ELSEWHERE, now, body)

    with pytest.raises(SignatureInvalid):
        gateway.parse_webhook(headers=headers, body=body, received_at=now)
