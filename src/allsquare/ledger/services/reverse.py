"""A booking is taken back by its opposite; the first one stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from allsquare.identity.models import Organization
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.ledger.errors import EntryUnknown
from allsquare.ledger.memos import of_reversal
from allsquare.ledger.models import JournalEntry
from allsquare.ledger.services.post import post


def reverse(
    *, organization: Organization, entries: Sequence[tuple[UUID, str]], kind: str, on: date, at: datetime
) -> tuple[UUID, ...]:
    """Post the opposite of each entry, named by (source, kind), under ``kind`` on the date ``on``.

    An inner service, like ``post``. Raises ``EntryUnknown``, ``PeriodClosed``, and ``AlreadyPosted`` for an entry
    that was reversed before.
    """
    wanted = Q()
    for source_id, entry_kind in entries:
        wanted |= Q(source_id=source_id, kind=entry_kind)
    found = list(
        JournalEntry.objects.filter(wanted, organization=organization)
        .prefetch_related("lines")
        .order_by("id")
        if entries
        else ()
    )
    if len(found) != len(set(entries)):
        raise EntryUnknown(_("There is no such booking to take back."))
    return post(
        organization=organization,
        entries=[_opposite(entry, kind=kind, on=on, language=organization.language) for entry in found],
        at=at,
    )


def _opposite(entry: JournalEntry, *, kind: str, on: date, language: str) -> EntryDraft:
    return EntryDraft(
        kind=kind,
        source_type=entry.source_type,
        source_id=entry.source_id,
        date=on,
        memo=of_reversal(entry.memo, language=language),
        reverses_id=entry.id,
        lines=tuple(
            LineDraft(
                account=line.account_id,
                amount_minor=-line.amount_minor,
                currency=line.currency,
                base_minor=-line.base_minor,
                customer_id=line.customer_id,
                document_id=line.document_id,
            )
            for line in entry.lines.all()
        ),
    )
