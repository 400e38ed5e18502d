"""What a usual check leaves for another day is read then, and ``--all`` leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Model

from allsquare.billing.models import CreditNote, CreditNoteDocument, InvoiceDocument
from allsquare.core import clock, document_store, sealer
from allsquare.core.models import EventSeal
from allsquare.core.sealer import NIGHTS, ChainProblem
from allsquare.identity.models import Organization
from allsquare.insights.proofs import PROOFS, THOROUGH, Proof, documents, run
from allsquare.insights.proofs import chain as room
from allsquare.payments.models import DisputeAnswer, EvidenceFile
from tests import factories
from tests.insights.proofs.planted import tampering
from tests.payments.crediting import credit
from tests.payments.makers import issued_invoice


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


def more_evidence(organization: Organization) -> None:
    """Three files, the first of which is damaged below."""
    answer = DisputeAnswer.objects.get(organization=organization)
    for place in (1, 2):
        EvidenceFile.objects.create(
            organization=organization,
            answer=answer,
            place=place,
            name="receipt.pdf",
            media_type="application/pdf",
            size=10,
            sha256=document_store.put(b"was signed"),
        )


def more_notes(organization: Organization) -> None:
    credit(issued_invoice(organization, factories.make_customer(organization)))
    CreditNoteDocument.objects.create(
        organization=organization,
        credit_note=CreditNote.objects.get(organization=organization, document=None),
        sha256=document_store.put(b"a credit note"),
        size=13,
        created_at=clock.now(organization),
    )


@pytest.mark.parametrize(
    ("name", "model", "about"),
    [
        ("documents_intact", InvoiceDocument, "invoice_id"),
        ("credit_note_documents_intact", CreditNoteDocument, "credit_note_id"),
        ("evidence_intact", EvidenceFile, "answer__dispute_id"),
    ],
)
def test_documents_are_read_by_lot_and_all_when_asked(
    books: Organization,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    model: type[Model],
    about: str,
) -> None:
    more_evidence(books)
    more_notes(books)
    monkeypatch.setattr(documents, "SHARE", 1)
    rows = model._default_manager.order_by("id").values_list("id", about)
    assert len(rows) > 2
    first, subject = rows[0]
    tamper(f"UPDATE {model._meta.db_table} SET size = size + 1 WHERE id = %s", first)  # noqa: S608  # our own table
    monkeypatch.setattr("secrets.randbelow", lambda below: below - 1)
    assert str(subject) not in found(PROOFS, name)
    monkeypatch.setattr("secrets.randbelow", lambda _below: 0)
    assert str(subject) in found(PROOFS, name)
    monkeypatch.setattr("secrets.randbelow", lambda below: below - 1)
    assert str(subject) in found(THOROUGH, name)
