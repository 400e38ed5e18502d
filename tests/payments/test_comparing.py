"""What either side says of an object, and where they differ: pure."""

from __future__ import annotations

import pytest

from allsquare.payments.comparing import Kind, Said, differences, said_by_provider
from allsquare.payments.gateway import DisputeStage, Outcome, PayoutItem, Status, Subject
from tests.payments.makers import eur, usd

PAID = Said("succeeded", 1000, 40, "EUR")


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        (PAID, PAID, []),
        (PAID, None, []),  # it could not be read, and nothing is claimed of it
        (None, PAID, [Kind.MISSING_HERE]),
        (None, Said("ended", nothing=True), []),
        (Said("waiting"), PAID, [Kind.STATE]),
        (PAID, Said("waiting"), [Kind.STATE]),
        (PAID, Said("succeeded", 999, 40, "EUR"), [Kind.AMOUNT]),
        (PAID, Said("succeeded", 1000, 40, "USD"), [Kind.AMOUNT]),
        (PAID, Said("succeeded", 1000, 41, "EUR"), [Kind.FEE]),
        (PAID, Said("succeeded", 1000, None, "EUR"), []),  # no fee was told
        (PAID, Said("succeeded", 999, 0, "EUR"), [Kind.AMOUNT, Kind.FEE]),
        (Said("paid", 5, items={"a": 5}), Said("paid", 5, items={"a": 4, "b": 1}), [Kind.CONTENTS]),
        (Said("paid", 5, items={"a": 5}), Said("paid", 5), []),
    ],
)
def test_where_they_differ(ours: Said | None, theirs: Said | None, kinds: list[Kind]) -> None:
    assert differences(ours, theirs) == kinds


def outcome(subject: Subject, status: Status, **more: object) -> Outcome:
    return Outcome(subject, status, "sandbox", **more)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            outcome(Subject.CHARGE, Status.SUCCEEDED, amount=usd(7), fee=usd(1)),
            Said("succeeded", 7, 1, "USD"),
        ),
        (outcome(Subject.CHARGE, Status.PENDING, amount=eur(7)), Said("pending")),
        (outcome(Subject.CHARGE, Status.ACTION_REQUIRED), Said("waiting")),
        (outcome(Subject.CHARGE, Status.DECLINED), Said("ended", nothing=True)),
        (outcome(Subject.CHARGE, Status.UNKNOWN), None),
        (
            outcome(Subject.REFUND, Status.SUCCEEDED, amount=eur(7), fee=eur(-2)),
            Said("succeeded", 7, 2, "EUR"),
        ),
        (
            outcome(Subject.REFUND, Status.DECLINED, amount=eur(7)),
            Said("failed", 7, None, "EUR", nothing=True),
        ),
        (
            outcome(Subject.DISPUTE, Status.SUCCEEDED, amount=eur(7), dispute_stage=DisputeStage.LOST),
            Said("lost", 7, None, "EUR"),
        ),
        (
            outcome(
                Subject.DISPUTE, Status.SUCCEEDED, amount=eur(7), fee=eur(2), dispute_stage=DisputeStage.WON
            ),
            Said("won", None, 2),  # nothing is held any more
        ),
        (
            outcome(Subject.PAYOUT, Status.SUCCEEDED, amount=eur(7), payout_items=(PayoutItem("ch", 7),)),
            Said("paid", 7, None, "EUR", {"ch": 7}),
        ),
        (
            outcome(Subject.PAYOUT, Status.DECLINED, amount=eur(7), code="canceled"),
            Said("failed", 7, None, "EUR", nothing=True),
        ),
        (outcome(Subject.PAYOUT, Status.PENDING, amount=eur(7)), None),  # it may be called off yet
        (outcome(Subject.METHOD, Status.SUCCEEDED), None),
    ],
)
def test_what_a_provider_says(told: Outcome, said: Said | None) -> None:
    assert said_by_provider(told) == said
