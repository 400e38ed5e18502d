"""The journal as a list: one row for each entry. How one is found by words takes knowing of the documents that entries
tell of, so ``insights`` adds that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import currency
from allsquare.core.listing import (
    Choice,
    ChoiceFilter,
    Column,
    DayFilter,
    Key,
    Kind,
    ListSpec,
    Place,
    Row,
    Sort,
)
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.ledger.models import JournalEntry, JournalLine


def _rows(organization: Organization) -> QuerySet[JournalEntry]:
    return JournalEntry.objects.filter(organization=organization)


def _load(organization: Organization, ids: Sequence[UUID]) -> Sequence[JournalEntry]:
    lines = JournalLine.objects.filter(organization=organization).select_related("account").order_by("id")
    found = JournalEntry.objects.filter(organization=organization, id__in=ids)
    return list(found.prefetch_related(Prefetch("lines", lines)))


def _amount(row: Row) -> Money:
    """What was moved: the sum of one side."""
    minor = sum(line.base_minor for line in row.item.lines.all() if line.base_minor > 0)
    return Money(minor, currency(row.organization.base_currency))


def _lines(row: Row) -> str:
    """Accounts with what went to them, credits negative, in base currency."""
    unit = currency(row.organization.base_currency)
    return "; ".join(
        f"{line.account.code} {line.account.name} {Money(line.base_minor, unit).plain}"
        for line in row.item.lines.all()
    )


JOURNAL: Final = ListSpec(
    name="journal",
    label=_("Journal"),
    permission=Permission.VIEW_BOOKS,
    rows=_rows,
    load=_load,
    default_sort="-date",
    columns=(
        Column(
            name="kind",
            label=_("Entry"),
            value=lambda row: row.item.kind,
            kind=Kind.CODE,
            place=Place.TITLE,
            fixed=True,
        ),
        Column(name="date", label=_("Date"), value=lambda row: row.item.date, kind=Kind.DAY, sort="date"),
        Column(name="memo", label=_("Memo"), value=lambda row: row.item.memo),
        Column(name="lines", label=_("Accounts"), value=_lines, place=Place.WIDE),
        Column(name="amount", label=_("Amount"), value=_amount, kind=Kind.AMOUNT, place=Place.TOP_END),
        Column(
            name="posted",
            label=_("Posted"),
            value=lambda row: row.item.posted_at,
            kind=Kind.INSTANT,
            place=Place.WIDE,
            sort="posted",
            shown=False,
        ),
        Column(
            name="id", label=_("Id"), value=lambda row: row.id, kind=Kind.ID, place=Place.WIDE, shown=False
        ),
    ),
    # Ids are given in the order of posting.
    sorts=(Sort("date", _("Date"), (Key("date", date),)), Sort("posted", _("Posted"), ())),
    filters=(
        ChoiceFilter(
            name="kind",
            label=_("Entry"),
            field="kind",
            choices=(
                Choice("invoice.issued", _("Invoice issued")),
                Choice("invoice.voided", _("Invoice voided")),
                Choice("invoice.written_off", _("Invoice written off")),
                Choice("invoice.write_off_reversed", _("Write-off taken back")),
                Choice("credit_note.issued", _("Credit note issued")),
                Choice("credit.freed", _("Credit note: paid, now credit")),
                Choice("payment.settled", _("Payment received")),
                Choice("refund.settled", _("Refund")),
                Choice("refund.failed", _("Refund failed")),
                Choice("dispute.opened", _("Dispute opened")),
                Choice("dispute.fee", _("Fee of a dispute changed")),
                Choice("dispute.won", _("Dispute won")),
                Choice("dispute.lost", _("Dispute lost")),
                Choice("credit.used", _("Credit used")),
                Choice("payout.paid", _("Payout")),
                Choice("payout.failed", _("Payout taken back")),
                Choice("payout.found", _("Payout: whose it is")),
                Choice("payout.arrived", _("Payout at the bank")),
                Choice("payout.arrival_undone", _("Payout not at the bank after all")),
                Choice("movement.recorded", _("Movement at a provider")),
                Choice("movement.reversed", _("Movement taken back")),
                Choice("manual", _("By hand")),
                Choice("reversal", _("Reversal")),
            ),
        ),
        DayFilter(name="date", label=_("Date"), field="date"),
    ),
)
