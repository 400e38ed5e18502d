"""A credit note is frozen into its PDF, once."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction

from allsquare.billing.documents.typeset import typesetter
from allsquare.billing.models import CreditNoteDocument
from allsquare.billing.printing_credit_note import credit_note_facts
from allsquare.billing.selectors import credit_note_lines, get_credit_note
from allsquare.core import clock, document_store
from allsquare.identity.models import Organization


def ensure_credit_note_pdf(*, organization: Organization, credit_note_id: UUID) -> CreditNoteDocument:
    """As ``ensure_pdf`` for invoices: rendered and stored on the first call; an inner service. Raises
    ``CreditNoteUnknown``."""
    kept = CreditNoteDocument.objects.filter(organization=organization, credit_note_id=credit_note_id).first()
    if kept is not None:
        return kept
    note = get_credit_note(organization, credit_note_id)
    facts = credit_note_facts(note, credit_note_lines(organization, note))
    data = typesetter(settings.FRONTEND_DIR).credit_note(facts)
    sha256 = document_store.put(data)
    with transaction.atomic():
        document, _is_new = CreditNoteDocument.objects.get_or_create(
            organization=organization,
            credit_note=note,
            defaults={"sha256": sha256, "size": len(data), "created_at": clock.now(organization)},
        )
    return document
