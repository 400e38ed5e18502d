from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allsquare.core.money import Money
from allsquare.gateways.sandbox.objects import read
from allsquare.payments.gateway import DisputeStage, PayoutItem, Status, Subject

KEY = UUID("0190a000-0000-7000-8000-000000000001")

DISPUTE = {
    "id": "dp_1",
    "charge": "ch_1",
    "status": "open",
    "amount": 1000,
    "fee": 1500,
    "currency": "EUR",
    "reason": "fraudulent",
    "created_at": "2026-03-01T10:00:00.000000Z",
    "closed_at": None,
}

PAYOUT = {
    "id": "po_1",
    "status": "paid",
    "amount": 460,
    "currency": "JPY",
    "created_at": "2026-03-01T00:00:00.000000Z",
    "arrives_on": "2026-03-02",
    "items": [
        {"reference": "ch_1", "net": 960},
        {"reference": "dp_1", "net": -2500},
        {"reference": "re_1", "net": -500},
        {"reference": "dp_1", "net": 2500},
    ],
}

junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("status", "stage"),
    [("open", DisputeStage.OPENED), ("won", DisputeStage.WON), ("lost", DisputeStage.LOST)],
)
def test_every_stage_of_a_dispute_names_the_fee_of_the_case(status: str, stage: DisputeStage) -> None:
    outcome = read(Subject.DISPUTE, {**DISPUTE, "status": status})

    assert (outcome.dispute_stage, outcome.charge_reference) == (stage, "ch_1")
    assert outcome.amount == Money.parse("10.00", "EUR")
    assert outcome.fee == Money.parse("15.00", "EUR")


def test_items_of_one_object_are_added_up_and_sum_to_the_payout() -> None:
    outcome = read(Subject.PAYOUT, PAYOUT)

    assert outcome.payout_items == (PayoutItem("ch_1", 960), PayoutItem("dp_1", 0), PayoutItem("re_1", -500))
    assert outcome.amount == Money.parse("460", "JPY")
    assert sum(item.net_minor for item in outcome.payout_items) == 460
    assert outcome.expected_on == date(2026, 3, 2)
    assert outcome.happened_at == datetime(2026, 3, 1, tzinfo=UTC)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=junk, subject=st.sampled_from(Subject))
def test_whatever_cannot_be_read_is_unknown(data: Any, subject: Subject) -> None:
    outcome = read(subject, data, key=KEY)

    assert (outcome.status, outcome.key, outcome.code) == (Status.UNKNOWN, KEY, "malformed_answer")


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(DISPUTE)), value=junk)
def test_one_wrong_field_never_raises(name: str, value: Any) -> None:
    outcome = read(Subject.DISPUTE, {**DISPUTE, name: value}, key=KEY)

    assert outcome.status in (Status.SUCCEEDED, Status.UNKNOWN)
