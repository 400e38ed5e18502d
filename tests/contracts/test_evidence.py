"""Disputes are answered: for every adapter through which they can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, cast
from uuid import uuid4

import pytest

from allsquare.payments.gateway import Capability, Outcome, Status, Subject
from allsquare.payments.gateway_abilities import EvidenceFile, EvidenceGateway, EvidenceKind, EvidenceRequest
from tests.contracts.benches import Bench, charge_request, money


class Disputed(Bench, Protocol):
    """A bench whose payers dispute."""

    def payer_disputes(self, outcome: Outcome) -> str:
        """The provider's name of the case."""

    def bank_decides(self, case: str) -> None:
        """For the payer."""


@pytest.fixture
def bench_(bench: Bench) -> Disputed:
    if Capability.EVIDENCE not in bench.gateway.capabilities:
        pytest.skip("its disputes are answered there")
    return cast(Disputed, bench)


@pytest.fixture
def gateway(bench_: Disputed) -> EvidenceGateway:
    return cast(EvidenceGateway, bench_.gateway)


@pytest.fixture
def answer(bench_: Disputed) -> EvidenceRequest:
    first = bench_.gateway.start(charge_request(bench_, money(1000)))
    bench_.payer_pays(first)
    paid = bench_.gateway.look_up(key=first.key or uuid4(), reference=first.reference, subject=Subject.CHARGE)
    files = tuple(
        EvidenceFile(f"{kind}.pdf", "application/pdf", b"%PDF-1.7 " + kind.encode(), kind)
        for kind in EvidenceKind
    )
    return EvidenceRequest(uuid4(), bench_.payer_disputes(paid), "It was delivered.", files)


def test_it_is_taken_once_with_a_file_of_each_kind(gateway: EvidenceGateway, answer: EvidenceRequest) -> None:
    for _time in range(2):
        told = gateway.send_evidence(answer)
        assert (told.subject, told.status) == (Subject.DISPUTE, Status.SUCCEEDED)
    other = gateway.send_evidence(replace(answer, key=uuid4(), text="Another answer."))
    assert other.status is Status.DECLINED
    assert other.message


def test_a_text_alone_is_an_answer(gateway: EvidenceGateway, answer: EvidenceRequest) -> None:
    assert gateway.send_evidence(replace(answer, files=())).status is Status.SUCCEEDED


def test_what_is_decided_takes_no_answer(
    bench_: Disputed, gateway: EvidenceGateway, answer: EvidenceRequest
) -> None:
    bench_.bank_decides(answer.dispute_reference)
    told = gateway.send_evidence(answer)
    assert told.status is Status.DECLINED
    assert told.message


def test_nobody_at_the_other_end_takes_nothing(bench_: Disputed, answer: EvidenceRequest) -> None:
    nobody = cast(EvidenceGateway, bench_.unreachable())
    assert nobody.send_evidence(answer).status is Status.NOT_SENT
    stranger = cast(EvidenceGateway, bench_.with_wrong_key())
    assert stranger.send_evidence(answer).status is Status.NOT_SENT
