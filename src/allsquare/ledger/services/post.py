"""Posting journal entries: a fixed number of statements, however many entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import bulk
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger.drafts import EntryDraft
from allsquare.ledger.errors import Unbalanced
from allsquare.ledger.refusals import refusals_explained


def post(*, organization: Organization, entries: Sequence[EntryDraft], at: datetime) -> tuple[UUID, ...]:
    """Write entries with their lines in the running transaction; returns their ids in the order given.

    An inner service: it is called by services that have checked who acts. ``at`` is the organization's time.
    Raises ``Unbalanced``, ``PeriodClosed``, ``AlreadyPosted``, ``AccountUnknown``; the database's own guards have
    the last word. Who posts inside ``bulk.pipelined`` puts :func:`refusals_explained` around it, where they arrive.
    """
    for entry in entries:
        _check(entry)
    with refusals_explained():
        _insert_entries(organization, entries, at)
        _insert_lines(organization, entries)
    return tuple(entry.id for entry in entries)


def _check(entry: EntryDraft) -> None:
    """In base currency, as the database asks again at commit, and in each currency, so that the books are
    square in every one of them."""
    base, off = 0, Counter[str]()
    for line in entry.lines:
        base += line.base_minor
        off[line.currency] += line.amount_minor
    if len(entry.lines) > 1 and not base and not any(off.values()):
        return
    wrong = ", ".join(
        _("%(difference)s in %(where)s") % {"difference": difference, "where": where}
        for where, difference in ((_("base currency"), base), *off.items())
        if difference
    )
    raise Unbalanced(
        _(
            "A journal entry needs two or more lines that sum to zero; this one (%(kind)s) has "
            "%(lines)s and is off by %(difference)s."
        )
        % {"kind": entry.kind, "lines": len(entry.lines), "difference": wrong or 0},
        source=str(entry.source_id),
    )


def _insert_entries(organization: Organization, entries: Sequence[EntryDraft], at: datetime) -> None:
    bulk.insert(
        "journal_entry",
        {
            "id": ("uuid", [entry.id for entry in entries]),
            "date": ("date", [entry.date for entry in entries]),
            "kind": ("text", [entry.kind for entry in entries]),
            "source_type": ("text", [entry.source_type for entry in entries]),
            "source_id": ("uuid", [entry.source_id for entry in entries]),
            "memo": ("text", [entry.memo[:200] for entry in entries]),
            "reverses_id": ("uuid", [entry.reverses_id for entry in entries]),
        },
        same={"organization_id": ("uuid", organization.id), "posted_at": ("timestamptz", at)},
    )


def _insert_lines(organization: Organization, entries: Sequence[EntryDraft]) -> None:
    rows = [(entry, line) for entry in entries for line in entry.lines]
    bulk.insert(
        "journal_line",
        {
            "id": ("uuid", [new_id() for _ in rows]),
            "entry_id": ("uuid", [entry.id for entry, _ in rows]),
            "account_id": ("uuid", [line.account for _, line in rows]),
            "amount_minor": ("bigint", [line.amount_minor for _, line in rows]),
            "currency": ("text", [line.currency for _, line in rows]),
            "base_minor": ("bigint", [line.base_minor for _, line in rows]),
            "date": ("date", [entry.date for entry, _ in rows]),
            "customer_id": ("uuid", [line.customer_id for _, line in rows]),
            "document_id": ("uuid", [line.document_id for _, line in rows]),
        },
        same={"organization_id": ("uuid", organization.id)},
    )
