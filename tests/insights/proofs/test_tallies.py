"""Sums by lot: with good books they spare every dear question, and where they differ the question is put. That no
planted fault is hidden by them is seen in ``test_planted_faults``, which asks through them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.db import connection

from allsquare.core.sealer import _is_whole
from allsquare.identity.models import Organization
from allsquare.insights.proofs import BY_NAME, PROOFS, THOROUGH, run
from allsquare.insights.proofs.tallies import CLAIMED, SCANS, Scan, Tallies, draw_lot, holds, scans_of
from tests.insights.proofs.planted import tampering


def claims(lot: Mapping[str, int] | None = None) -> dict[str, bool]:
    """Which of the dear questions the sums would spare."""
    lot = lot or draw_lot()
    tallies: dict[str, object] = {}
    for scan in SCANS:
        tallies.update(scan.ask(lot))
    return {name: holds(name, tallies, lot) for name in CLAIMED}


def test_good_books_spare_every_dear_question(books: Organization, db: None) -> None:
    assert claims() == dict.fromkeys(CLAIMED, True)


def test_two_wrongs_that_hide_each_other_from_a_plain_sum_do_not_from_a_weighted_one(
    books: Organization, db: None
) -> None:
    """What one invoice is paid too much another is paid too little: all in all, nothing is missing."""
    with tampering(), connection.cursor() as cursor:
        cursor.execute(
            """WITH two AS (SELECT min(id::text)::uuid AS one, max(id::text)::uuid AS other FROM invoice)
               UPDATE invoice SET paid_minor = paid_minor + CASE id WHEN one THEN 1 ELSE -1 END,
                   total_minor = total_minor + CASE id WHEN one THEN 1 ELSE -1 END FROM two WHERE id IN (one, other)"""
        )
    assert not claims()["invoice_paid"]


def test_the_control_a_lot_without_weights_would_hide_them(
    books: Organization, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: every key weighs the same, and the wrongs hide each other."""
    plain = Scan(
        "invoices",
        "SELECT sum(paid_minor)::text AS paid, true AS states_fit FROM invoice",
    )
    given = Scan("allocations", "SELECT sum(amount_minor)::text AS paid FROM allocation")
    with tampering(), connection.cursor() as cursor:
        cursor.execute(
            """WITH two AS (SELECT min(id::text)::uuid AS one, max(id::text)::uuid AS other FROM invoice)
               UPDATE invoice SET paid_minor = paid_minor + CASE id WHEN one THEN 1 ELSE -1 END
               FROM two WHERE id IN (one, other)"""
        )
    lot = draw_lot()
    tallies: Tallies = {**plain.ask(lot), **given.ask(lot)}
    assert holds("invoice_paid", tallies, lot)
    assert not claims(lot)["invoice_paid"]


def test_a_number_that_is_too_large_to_reckon_with_is_looked_into(books: Organization, db: None) -> None:
    with tampering(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE invoice SET discount_minor = 9223372036854775807, total_minor = 9223372036854775807"
        )
    assert not claims()["invoice_sums"]
    (result,) = run([BY_NAME["invoice_paid"]])
    assert not result.holds


def test_when_everything_is_asked_nothing_is_spared(books: Organization) -> None:
    assert {proof.name for proof in PROOFS if proof.claimed} == CLAIMED
    assert not any(proof.claimed for proof in THOROUGH)
    names = {scan.name for scan in SCANS}
    assert all(scans_of(name) <= names for name in CLAIMED)


@pytest.mark.parametrize(
    "tamper",
    [
        "DELETE FROM event WHERE id = (SELECT min(id::text)::uuid FROM event)",
        "DELETE FROM event_seal WHERE sequence = 3",
        "UPDATE event_seal SET sequence = 100000 WHERE sequence = 3",
        "UPDATE event_seal SET event_id = gen_random_uuid() WHERE sequence = 3",
        "INSERT INTO event (id, organization_id, kind, subject_type, subject_id, actor_kind, actor_id, actor_label, "
        "address, request, data, at, xact) SELECT '00000000-0000-7000-8000-000000000000', organization_id, kind, "
        "subject_type, subject_id, actor_kind, actor_id, actor_label, address, request, data, at, '3' "
        "FROM event LIMIT 1",
    ],
    ids=["event removed", "seal removed", "seal elsewhere", "seal of another", "event slipped in"],
)
def test_seals_and_events_that_are_not_each_others_are_looked_into(
    books: Organization, db: None, tamper: str
) -> None:
    """The events of the fixture are of this very transaction, which a check leaves out: they count as earlier ones."""
    with tampering(), connection.cursor() as cursor:
        cursor.execute("UPDATE event SET xact = '5'")
        cursor.execute("SELECT max(sequence) FROM event_seal WHERE organization_id = %s", [books.id])
        (up_to,) = cursor.fetchone()
        assert _is_whole(books.id, up_to)
        cursor.execute(tamper)
    assert not _is_whole(books.id, up_to)
