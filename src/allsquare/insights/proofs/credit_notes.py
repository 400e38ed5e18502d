"""Credit notes: sums, limits and bookings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

CREDIT_NOTES = (
    Proof(
        "credit_note_sums",
        "cache",
        _("The lines of every credit note sum to its net, tax and total, and belong to its invoice."),
        "credit_note",
        _("Credit note %(number)s comes to %(total_minor)s, its lines to %(lines_minor)s."),
        sql(
            """SELECT c.organization_id, c.id AS subject, c.number, c.total_minor,
                   coalesce(sum(l.total_minor), 0) AS lines_minor, c.currency
               FROM credit_note c
                   LEFT JOIN credit_note_line l ON l.credit_note_id = c.id AND l.organization_id = c.organization_id
                   LEFT JOIN invoice_line i ON i.id = l.invoice_line_id AND i.invoice_id = c.invoice_id
                       AND i.organization_id = c.organization_id
               GROUP BY c.id
               HAVING c.net_minor + c.tax_minor <> c.total_minor OR count(l.id) <> count(i.id)
                   OR coalesce(sum(l.net_minor), 0) <> c.net_minor
                   OR coalesce(sum(l.tax_minor), 0) <> c.tax_minor
                   OR coalesce(sum(l.total_minor), 0) <> c.total_minor"""
        ),
        proves=(
            *("credit_note.net_minor", "credit_note.tax_minor", "credit_note.total_minor"),
            *("credit_note_line.net_minor", "credit_note_line.tax_minor", "credit_note_line.total_minor"),
        ),
    ),
    Proof(
        "invoice_credited",
        "cache",
        _("What is credited of an invoice is what its credit notes come to."),
        "invoice",
        _("Invoice %(number)s says %(credited_minor)s is credited, its credit notes say %(notes_minor)s."),
        sql(
            """WITH notes AS (
                   SELECT organization_id, invoice_id, sum(total_minor) AS total
                   FROM credit_note GROUP BY organization_id, invoice_id
               )
               SELECT i.organization_id, i.id AS subject, coalesce(i.number, '—') AS number, i.credited_minor,
                   coalesce(c.total, 0) AS notes_minor, i.currency
               FROM invoice i LEFT JOIN notes c ON c.invoice_id = i.id AND c.organization_id = i.organization_id
               WHERE i.credited_minor <> coalesce(c.total, 0)"""
        ),
        proves=("invoice.credited_minor",),
    ),
    Proof(
        "credited_within_lines",
        "I2",
        _("Of no line of an invoice more is credited than it charged."),
        "invoice",
        _("Of a line of %(charged_minor)s %(credited_minor)s is credited."),
        sql(
            """SELECT l.organization_id, l.invoice_id AS subject, l.total_minor AS charged_minor,
                   sum(c.total_minor) AS credited_minor, i.currency
               FROM credit_note_line c
                   JOIN invoice_line l ON l.id = c.invoice_line_id AND l.organization_id = c.organization_id
                   LEFT JOIN invoice i ON i.id = l.invoice_id AND i.organization_id = l.organization_id
               GROUP BY l.id, i.id
               HAVING NOT (sum(c.net_minor) BETWEEN LEAST(l.net_minor, 0) AND GREATEST(l.net_minor, 0)
                   AND sum(c.tax_minor) BETWEEN LEAST(l.tax_minor, 0) AND GREATEST(l.tax_minor, 0)
                   AND sum(c.quantity) BETWEEN LEAST(l.quantity, 0) AND GREATEST(l.quantity, 0))"""
        ),
    ),
    Proof(
        "credited_base",
        "I2",
        _("Of an invoice that was credited and is settled, nothing is left on the receivable account."),
        "invoice",
        _("Invoice %(number)s is settled, and %(left_minor)s of it are still owed in the books."),
        sql(
            """WITH notes AS (
                   SELECT organization_id, invoice_id, sum(base_total_minor) AS base
                   FROM credit_note GROUP BY organization_id, invoice_id
               )
               SELECT i.organization_id, i.id AS subject, i.number,
                   i.base_total_minor - c.base - p.base AS left_minor, o.base_currency AS currency
               FROM notes c
                   JOIN invoice i ON i.id = c.invoice_id AND i.organization_id = c.organization_id
                   LEFT JOIN organization o ON o.id = i.organization_id
                   CROSS JOIN LATERAL (
                       SELECT coalesce(sum(a.base_minor), 0) AS base FROM allocation a
                       WHERE a.invoice_id = i.id AND a.organization_id = i.organization_id
                   ) p
               WHERE i.state IN ('paid', 'credited') AND i.base_total_minor <> c.base + p.base"""
        ),
    ),
    Proof(
        "credit_notes_are_booked",
        "I2",
        _("Each credit note has exactly one entry, and so has each part of a payment that one set free."),
        "credit_note",
        _(
            "Credit note %(number)s has %(issued)s entries, and %(freed)s of %(parts)s parts are as they should be."
        ),
        sql(
            """WITH parts AS (
                   SELECT f.organization_id, f.credit_note_id, count(*) AS parts, count(*) FILTER (
                       WHERE a.amount_minor = -f.amount_minor AND m.amount_minor = f.amount_minor
                           AND a.payment_id = f.payment_id AND m.payment_id = f.payment_id AND e.id IS NOT NULL
                   ) AS good
                   FROM freed f
                       LEFT JOIN allocation a ON a.source_id = f.id AND a.organization_id = f.organization_id
                       LEFT JOIN credit_movement m ON m.source_id = f.id AND m.organization_id = f.organization_id
                       LEFT JOIN journal_entry e ON e.source_id = f.id AND e.organization_id = f.organization_id
                           AND e.kind = 'credit.freed'
                   GROUP BY f.organization_id, f.credit_note_id
               ), booked AS (
                   SELECT organization_id, source_id, count(*) AS entries
                   FROM journal_entry WHERE kind = 'credit_note.issued' GROUP BY organization_id, source_id
               )
               SELECT coalesce(c.organization_id, e.organization_id) AS organization_id,
                   coalesce(c.id, e.source_id) AS subject, coalesce(c.number, '?') AS number,
                   coalesce(e.entries, 0) AS issued, coalesce(p.good, 0) AS freed, coalesce(p.parts, 0) AS parts
               FROM credit_note c
                   FULL JOIN booked e ON e.source_id = c.id AND e.organization_id = c.organization_id
                   LEFT JOIN parts p ON p.credit_note_id = c.id AND p.organization_id = c.organization_id
               WHERE coalesce(e.entries, 0) <> 1 OR c.id IS NULL OR coalesce(p.good, 0) <> coalesce(p.parts, 0)"""
        ),
        proves=("freed.amount_minor",),
    ),
)
