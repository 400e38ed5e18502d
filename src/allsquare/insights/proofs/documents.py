"""Frozen documents are there, and their bytes are those that were frozen."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import CreditNoteDocument, InvoiceDocument
from allsquare.core import document_store
from allsquare.core.errors import AllsquareError
from allsquare.insights.proofs.proof import Finding, Proof
from allsquare.payments.models import EvidenceFile

#: Read in a usual check: so many of the newest, which are what a crash or a full disk damages, and as many others from
#: a place chosen by lot, so that sooner or later each is read. A million documents are forty gigabytes.
SHARE: Final = 500


def _some() -> Iterator[InvoiceDocument]:
    """In the order of their ids, which is that of their making."""
    rows = InvoiceDocument.objects.order_by("id")
    newest = list(rows.reverse()[:SHARE])
    yield from newest
    first = rows.first()
    if first is None or len(newest) < SHARE:
        return
    begin, end = first.id.int, newest[-1].id.int
    place = UUID(int=begin + secrets.randbelow(max(1, end - begin)))
    yield from rows.filter(id__gte=place, id__lt=newest[-1].id)[:SHARE]


def _all() -> Iterator[InvoiceDocument]:
    rows: QuerySet[InvoiceDocument] = InvoiceDocument.objects.order_by("id")
    yield from rows.iterator(chunk_size=1000)


def _damaged(which: Callable[[], Iterator[InvoiceDocument]]) -> Callable[[], Iterator[Finding]]:
    def find() -> Iterator[Finding]:
        for row in which():
            problem = _problem(row)
            if problem:
                yield Finding(str(row.organization_id), str(row.invoice_id), {"problem": problem})

    return find


def _damaged_evidence() -> Iterator[Finding]:
    """Of a year of cases: what is older than the banks listen is read by the thorough check."""
    yield from _damaged_files(EvidenceFile.objects.order_by("-id")[:SHARE])


def _all_damaged_evidence() -> Iterator[Finding]:
    yield from _damaged_files(EvidenceFile.objects.order_by("id"))


def _damaged_files(rows: QuerySet[EvidenceFile]) -> Iterator[Finding]:
    for row in rows.select_related("answer"):
        problem = _problem(row)
        if problem:
            facts = {"problem": problem, "file": row.name}
            yield Finding(str(row.organization_id), str(row.answer.dispute_id), facts)


def _damaged_notes() -> Iterator[Finding]:
    """Of the newest, as with invoices; the thorough check reads all."""
    yield from _damaged_of_notes(CreditNoteDocument.objects.order_by("-id")[:SHARE])


def _all_damaged_notes() -> Iterator[Finding]:
    yield from _damaged_of_notes(CreditNoteDocument.objects.order_by("id"))


def _damaged_of_notes(rows: QuerySet[CreditNoteDocument]) -> Iterator[Finding]:
    for row in rows:
        problem = _problem(row)
        if problem:
            yield Finding(str(row.organization_id), str(row.credit_note_id), {"problem": problem})


def _problem(row: InvoiceDocument | CreditNoteDocument | EvidenceFile) -> str:
    try:
        kept = document_store.get(row.sha256)
    except AllsquareError as error:
        return error.code
    return "" if len(kept) == row.size else "size"


_INTACT = Proof(
    "documents_intact",
    "document",
    _("Stored documents have the bytes that their hash names: the newest, and as many others by lot."),
    "invoice",
    _("The stored PDF of an invoice is not what was frozen (%(problem)s). Restore it from a backup."),
    _damaged(_some),
    proves=("invoice_document.size",),
)
_EVIDENCE_INTACT = Proof(
    "evidence_intact",
    "document",
    _("Stored evidence has the bytes that its hash names: the newest."),
    "dispute",
    _(
        "A file “%(file)s” of an answer to a dispute is not what was stored (%(problem)s). Restore it from a backup."
    ),
    _damaged_evidence,
    proves=("evidence_file.size",),
)
_NOTES_INTACT = Proof(
    "credit_note_documents_intact",
    "document",
    _("Stored credit notes have the bytes that their hash names: the newest."),
    "credit_note",
    _("The stored PDF of a credit note is not what was frozen (%(problem)s). Restore it from a backup."),
    _damaged_notes,
    proves=("credit_note_document.size",),
)
DOCUMENTS = (_INTACT, _NOTES_INTACT, _EVIDENCE_INTACT)
#: The same question to every document, however long that takes.
ALL_DOCUMENTS = (
    replace(
        _INTACT, promise=_("Every stored document has the bytes that its hash names."), find=_damaged(_all)
    ),
    replace(
        _NOTES_INTACT,
        promise=_("Every stored credit note has the bytes that its hash names."),
        find=_all_damaged_notes,
    ),
    replace(
        _EVIDENCE_INTACT,
        promise=_("All stored evidence has the bytes that its hash names."),
        find=_all_damaged_evidence,
    ),
)
