"""Disputes are answered through Stripe: files one by one, then all of it at once and for good."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from allsquare.gateways.stripe import StripeGateway
from allsquare.gateways.stripe.api import FILES, StripeApi
from allsquare.payments.gateway import Capability, Status, Subject
from allsquare.payments.gateway_abilities import EvidenceFile, EvidenceKind, EvidenceRequest
from tests.contracts.benches import stripe_gateway
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.gateways.stripe.test_adapter import paid

PDF = b"%PDF-1.7 \r\n--boundary\r\n" + bytes(range(256)) * 40


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def gateway(fake: FakeStripe) -> StripeGateway:
    return stripe_gateway(fake.url)


@pytest.fixture
def asked(fake: FakeStripe, gateway: StripeGateway) -> EvidenceRequest:
    case = fake.dispute(paid(fake, gateway).reference)
    return EvidenceRequest(
        uuid4(),
        str(case["id"]),
        "Es wurde geliefert.",
        (
            EvidenceFile('Lieferschein "ü".pdf', "application/pdf", PDF, EvidenceKind.DELIVERY),
            EvidenceFile("photo.png", "image/png", b"\x89PNG\r\n\x1a\n", EvidenceKind.OTHER),
        ),
    )


def test_text_and_files_arrive_once_each_in_its_field(
    fake: FakeStripe, gateway: StripeGateway, asked: EvidenceRequest
) -> None:
    assert Capability.EVIDENCE in gateway.capabilities
    assert [gateway.send_evidence(asked).status for _ in range(3)] == [Status.SUCCEEDED] * 3
    case = fake.objects[asked.dispute_reference]
    delivery, other = fake.files
    assert (delivery["purpose"], delivery["type"]) == ("dispute_evidence", "pdf")
    assert b64decode(delivery["_data"]) == PDF
    assert case["evidence"] == {
        "uncategorized_text": "Es wurde geliefert.",
        "shipping_documentation": delivery["id"],
        "uncategorized_file": other["id"],
    }
    assert case["evidence_details"]["submission_count"] == 1
    found = gateway.look_up(key=uuid4(), reference=asked.dispute_reference, subject=Subject.DISPUTE)
    assert found.is_answered


def test_after_a_day_stripe_has_forgotten_the_key_and_the_case_has_not(
    fake: FakeStripe, gateway: StripeGateway, asked: EvidenceRequest
) -> None:
    gateway.send_evidence(asked)
    fake.answers.clear()
    assert gateway.send_evidence(asked).status is Status.SUCCEEDED
    assert fake.objects[asked.dispute_reference]["evidence_details"]["submission_count"] == 1
    other = gateway.send_evidence(replace(asked, key=uuid4()))
    assert (other.status, other.code) == (Status.DECLINED, "dispute_answered")


@pytest.mark.parametrize("writes", [0, 2])
@pytest.mark.parametrize("what", ["reply", "request"])
def test_what_is_lost_on_the_way_is_found_by_sending_it_again(
    fake: FakeStripe, gateway: StripeGateway, asked: EvidenceRequest, what: str, writes: int
) -> None:
    """``writes`` come through before one is lost: the first upload, or the answer itself. Of an upload it is known that
    nothing was handed in."""
    fake.lose_later = (writes, what)
    first = gateway.send_evidence(asked)
    assert first.status is (Status.NOT_SENT if writes < 2 else Status.UNKNOWN)
    assert gateway.send_evidence(asked).status is Status.SUCCEEDED
    case = fake.objects[asked.dispute_reference]
    assert case["evidence_details"]["submission_count"] == 1
    assert len(fake.files) == 2, "an upload is one file, however often it is sent"


@pytest.mark.parametrize("status", ["under_review", "won", "lost"])
def test_a_case_that_listens_no_more_gets_nothing(
    fake: FakeStripe, gateway: StripeGateway, asked: EvidenceRequest, status: str
) -> None:
    fake.objects[asked.dispute_reference]["status"] = status
    refused = gateway.send_evidence(asked)
    assert (refused.status, refused.code) == (Status.DECLINED, "dispute_closed")
    assert fake.files == []


def test_a_file_that_stripe_does_not_take_hands_nothing_in(
    fake: FakeStripe, gateway: StripeGateway, asked: EvidenceRequest
) -> None:
    script = EvidenceFile("a.svg", "image/svg+xml", b"<svg/>")
    refused = gateway.send_evidence(replace(asked, files=(script,)))
    assert refused.status is Status.DECLINED
    assert "type" in refused.message
    assert not fake.objects[asked.dispute_reference].get("evidence")


def test_our_own_trouble_leaves_the_answer_to_be_sent(fake: FakeStripe, asked: EvidenceRequest) -> None:
    assert stripe_gateway("http://127.0.0.1:1").send_evidence(asked).status is Status.NOT_SENT
    fake.key_revoked = True
    assert stripe_gateway(fake.url).send_evidence(asked).status is Status.NOT_SENT
    fake.key_revoked = False
    unknown = replace(asked, dispute_reference="dp_nobody")
    assert stripe_gateway(fake.url).send_evidence(unknown).status is Status.DECLINED


def test_files_go_to_the_server_that_takes_them() -> None:
    assert StripeApi("sk_test_1", "")._files == f"{FILES}/v1/files"
    assert StripeApi("sk_test_1", "http://127.0.0.1:9")._files == "http://127.0.0.1:9/v1/files"
