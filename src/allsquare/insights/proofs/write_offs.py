"""What is written off: sums and bookings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

WRITE_OFFS = (
    Proof(
        "written_off",
        "cache",
        _(
            "What is written off of an invoice is all that was neither paid nor credited, and then its state says so."
        ),
        "invoice",
        _(
            "Invoice %(number)s (%(state)s) is open with %(open_minor)s, written off are %(written_off_minor)s."
        ),
        sql(
            """WITH facts AS (
                   SELECT organization_id, invoice_id, sum(amount_minor) AS total
                   FROM write_off GROUP BY organization_id, invoice_id
               )
               SELECT i.organization_id, i.id AS subject, coalesce(i.number, '—') AS number, i.state,
                   i.total_minor - i.paid_minor - i.credited_minor AS open_minor,
                   coalesce(w.total, 0) AS written_off_minor, i.currency
               FROM invoice i LEFT JOIN facts w ON w.invoice_id = i.id AND w.organization_id = i.organization_id
               WHERE coalesce(w.total, 0) <> CASE WHEN i.state = 'written_off'
                   THEN i.total_minor - i.paid_minor - i.credited_minor ELSE 0 END"""
        ),
    ),
    Proof(
        "write_offs_are_booked",
        "I2",
        _("Each write-off has exactly one entry, and one that was taken back a second that undoes it."),
        "invoice",
        _("A write-off has %(written_off)s entries, and %(undone)s that undo it."),
        sql(
            """SELECT w.organization_id, w.invoice_id AS subject,
                   count(e.id) FILTER (WHERE e.kind = 'invoice.written_off') AS written_off,
                   count(e.id) FILTER (WHERE e.kind = 'invoice.write_off_reversed') AS undone
               FROM write_off w
                   LEFT JOIN write_off b ON b.takes_back_id = w.id AND b.organization_id = w.organization_id
                   LEFT JOIN journal_entry e ON e.source_id = w.id AND e.organization_id = w.organization_id
               WHERE w.takes_back_id IS NULL
               GROUP BY w.organization_id, w.id, w.invoice_id, b.id
               HAVING count(e.id) FILTER (WHERE e.kind = 'invoice.written_off') <> 1
                   OR count(e.id) FILTER (WHERE e.kind = 'invoice.write_off_reversed')
                       <> CASE WHEN b.id IS NULL THEN 0 ELSE 1 END"""
        ),
    ),
)
