"""What a usual check leaves for another day is read then, and ``--all`` leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.core import clock, sealer
from allsquare.core.models import EventSeal
from allsquare.core.sealer import NIGHTS, ChainProblem
from allsquare.identity.models import Organization
from allsquare.insights.proofs import PROOFS, THOROUGH, Proof, documents, run
from allsquare.insights.proofs import chain as room
from tests.insights.proofs.planted import tampering


def found(proofs: Sequence[Proof], name: str) -> set[str]:
    (result,) = run([proof for proof in proofs if proof.name == name])
    return {finding.subject for finding in result.findings}


def tamper(statement: str, row: UUID) -> None:
    with tampering(), connection.cursor() as cursor:
        cursor.execute(statement, [row])


def test_each_day_another_part_of_the_log_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    nights: list[int | None] = []

    def verify(_organization: UUID, *, night: int | None = None) -> Iterator[ChainProblem]:
        nights.append(night)
        return iter(())

    monkeypatch.setattr(room, "verify_chain", verify)
    first = datetime(2026, 3, 1, 3, tzinfo=UTC)
    for day in range(NIGHTS):
        monkeypatch.setattr(clock, "now", lambda _of, day=day: first + timedelta(days=day))
        list(room._part(UUID(int=1)))
    assert {night % NIGHTS for night in nights if night is not None} == set(range(NIGHTS))


def test_all_events_are_hashed_when_asked(
    books: Organization, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a page that is not tonight's, and not among the newest."""
    monkeypatch.setattr(sealer, "_PAGE", 1)
    monkeypatch.setattr(sealer, "_NEWEST", 1)
    tonight = clock.now(None).toordinal() % NIGHTS
    seals = EventSeal.objects.filter(organization_id=books.id).order_by("sequence")
    other = next(seal for seal in seals if (seal.sequence - 1) % NIGHTS != tonight)
    tamper("UPDATE event SET actor_label = 'nobody' WHERE id = %s", other.event_id)
    assert str(other.event_id) not in found(PROOFS, "event_chain")
    assert str(other.event_id) in found(THOROUGH, "event_chain")


def test_documents_are_read_by_lot_and_all_when_asked(
    books: Organization, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "SHARE", 1)
    first = InvoiceDocument.objects.get()
    others = Invoice.objects.filter(organization=books, documents__isnull=True, number__isnull=False)
    for invoice in others[:2]:
        InvoiceDocument.objects.create(
            organization=books, invoice=invoice, sha256=first.sha256, size=10, created_at=first.created_at
        )
    tamper("UPDATE invoice_document SET size = size + 1 WHERE id = %s", first.id)
    monkeypatch.setattr("secrets.randbelow", lambda below: below - 1)
    assert str(first.invoice_id) not in found(PROOFS, "documents_intact")
    monkeypatch.setattr("secrets.randbelow", lambda _below: 0)
    assert str(first.invoice_id) in found(PROOFS, "documents_intact")
    monkeypatch.setattr("secrets.randbelow", lambda below: below - 1)
    assert str(first.invoice_id) in found(THOROUGH, "documents_intact")
