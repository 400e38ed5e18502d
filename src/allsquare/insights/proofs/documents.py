"""Frozen documents are there, and their bytes are those that were frozen."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final, Protocol, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import CreditNoteDocument, InvoiceDocument
from allsquare.core import document_store
from allsquare.core.errors import AllsquareError
from allsquare.insights.proofs.proof import Finding, Proof
from allsquare.payments.models import EvidenceFile

#: Read of each kind in a usual check: so many of the newest, which are what a crash or a full disk damages, and as many
#: others from a place chosen by lot, so that sooner or later each is read. A million documents are forty gigabytes.
SHARE: Final = 500


_Row = TypeVar("_Row", InvoiceDocument, CreditNoteDocument, EvidenceFile)


class _Which(Protocol):
    """Which rows of a kind are read."""

    def __call__(self, rows: QuerySet[_Row]) -> Iterator[_Row]: ...


def _some(rows: QuerySet[_Row]) -> Iterator[_Row]:
    """In the order of their ids, which is that of their making."""
    newest = list(rows.order_by("-id")[:SHARE])
    yield from newest
    first = rows.order_by("id").first()
    if first is None or len(newest) < SHARE:
        return
    begin, end = first.id.int, newest[-1].id.int
    place = UUID(int=begin + secrets.randbelow(max(1, end - begin)))
    yield from rows.filter(id__gte=place, id__lt=newest[-1].id).order_by("id")[:SHARE]


def _all(rows: QuerySet[_Row]) -> Iterator[_Row]:
    yield from rows.order_by("id").iterator(chunk_size=1000)


def _of_invoices(which: _Which) -> Iterator[Finding]:
    for row in which(InvoiceDocument.objects.all()):
        yield from _damage(row, row.invoice_id)


def _of_notes(which: _Which) -> Iterator[Finding]:
    for row in which(CreditNoteDocument.objects.all()):
        yield from _damage(row, row.credit_note_id)


def _of_evidence(which: _Which) -> Iterator[Finding]:
    for row in which(EvidenceFile.objects.select_related("answer")):
        yield from _damage(row, row.answer.dispute_id, file=row.name)


def _damage(
    row: InvoiceDocument | CreditNoteDocument | EvidenceFile, subject: UUID, **facts: str
) -> Iterator[Finding]:
    try:
        kept = document_store.get(row.sha256)
    except AllsquareError as error:
        problem = error.code
    else:
        problem = "" if len(kept) == row.size else "size"
    if problem:
        yield Finding(str(row.organization_id), str(subject), {"problem": problem, **facts})


_INTACT = Proof(
    "documents_intact",
    "document",
    _("Stored documents have the bytes that their hash names: the newest, and as many others by lot."),
    "invoice",
    _("The stored PDF of an invoice is not what was frozen (%(problem)s). Restore it from a backup."),
    partial(_of_invoices, _some),
    proves=("invoice_document.size",),
)
_EVIDENCE_INTACT = Proof(
    "evidence_intact",
    "document",
    _("Stored evidence has the bytes that its hash names: the newest, and as many others by lot."),
    "dispute",
    _(
        "A file “%(file)s” of an answer to a dispute is not what was stored (%(problem)s). Restore it from a backup."
    ),
    partial(_of_evidence, _some),
    proves=("evidence_file.size",),
)
_NOTES_INTACT = Proof(
    "credit_note_documents_intact",
    "document",
    _("Stored credit notes have the bytes that their hash names: the newest, and as many others by lot."),
    "credit_note",
    _("The stored PDF of a credit note is not what was frozen (%(problem)s). Restore it from a backup."),
    partial(_of_notes, _some),
    proves=("credit_note_document.size",),
)
DOCUMENTS = (_INTACT, _NOTES_INTACT, _EVIDENCE_INTACT)
#: The same question to every document, however long that takes.
ALL_DOCUMENTS = (
    replace(
        _INTACT,
        promise=_("Every stored document has the bytes that its hash names."),
        find=partial(_of_invoices, _all),
    ),
    replace(
        _NOTES_INTACT,
        promise=_("Every stored credit note has the bytes that its hash names."),
        find=partial(_of_notes, _all),
    ),
    replace(
        _EVIDENCE_INTACT,
        promise=_("All stored evidence has the bytes that its hash names."),
        find=partial(_of_evidence, _all),
    ),
)
