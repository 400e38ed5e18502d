"""Disputes are answered through the sandbox: once, with files, and nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from allsquare.gateways.sandbox import SandboxGateway
from allsquare.payments.gateway import Status, Subject
from allsquare.payments.gateway_abilities import EvidenceFile, EvidenceRequest
from tests.sandbox_process import SandboxAccount

PDF = b"%PDF-1.7 " + bytes(range(256)) * 4000


@pytest.fixture
def dispute(sandbox: SandboxAccount) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.control(f"/charges/{sandbox.paid(1000)['id']}/dispute")
    return found


@pytest.fixture
def gateway(sandbox: SandboxAccount) -> SandboxGateway:
    return SandboxGateway(sandbox.settings)


@pytest.fixture
def request_(dispute: dict[str, Any]) -> EvidenceRequest:
    return EvidenceRequest(
        uuid4(), dispute["id"], "Es wurde geliefert.", (EvidenceFile("note.pdf", "application/pdf", PDF),)
    )


def answers(sandbox: SandboxAccount) -> list[dict[str, Any]]:
    events = sandbox.get("/events", limit="100")["data"]
    return [event["data"]["evidence"] for event in events if event["type"] == "dispute.answered"]


def test_text_and_files_arrive_once(
    sandbox: SandboxAccount, gateway: SandboxGateway, request_: EvidenceRequest
) -> None:
    assert [gateway.send_evidence(request_).status for _ in range(3)] == [Status.SUCCEEDED] * 3
    kept = {"name": "note.pdf", "media_type": "application/pdf", "size": len(PDF)}
    assert answers(sandbox) == [
        {"text": "Es wurde geliefert.", "files": [{**kept, "sha256": sha256(PDF).hexdigest()}]}
    ]
    other = gateway.send_evidence(replace(request_, key=uuid4()))
    assert (other.status, other.code) == (Status.DECLINED, "dispute_answered")
    found = gateway.look_up(key=uuid4(), reference=request_.dispute_reference, subject=Subject.DISPUTE)
    assert found.evidence_by is not None


def test_a_lost_answer_is_found_by_sending_it_again(
    sandbox: SandboxAccount, gateway: SandboxGateway, request_: EvidenceRequest
) -> None:
    for kind in ("reply_lost", "request_lost"):
        sandbox.misbehave(kind, scope="all")
        assert gateway.send_evidence(request_).status is Status.UNKNOWN
    assert gateway.send_evidence(request_).status is Status.SUCCEEDED
    assert len(answers(sandbox)) == 1


def test_what_is_decided_late_or_malformed_is_refused(
    sandbox: SandboxAccount, gateway: SandboxGateway, request_: EvidenceRequest
) -> None:
    script = EvidenceFile("a.svg", "image/svg+xml", b"<svg/>")
    assert gateway.send_evidence(replace(request_, files=(script,))).status is Status.DECLINED
    unknown = replace(request_, dispute_reference="dp_of_nobody")
    assert gateway.send_evidence(unknown).status is Status.DECLINED
    stranger = SandboxGateway({**sandbox.settings, "api_key": "sk_sandbox_of_nobody"})
    assert stranger.send_evidence(request_).status is Status.NOT_SENT
    nobody = SandboxGateway({**sandbox.settings, "base_url": "http://127.0.0.1:1"})
    assert nobody.send_evidence(request_).status is Status.NOT_SENT
    sandbox.control("/clock", days=7)
    assert gateway.send_evidence(request_).code == "evidence_too_late"
    sandbox.control(f"/disputes/{request_.dispute_reference}/lose")
    assert gateway.send_evidence(request_).code == "dispute_closed"
    assert answers(sandbox) == []
