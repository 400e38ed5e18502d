"""What stands on invoices as a cache or as a sum, asked again from the facts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

INVOICES = (
    Proof(
        "invoice_sums",
        "cache",
        _("The lines of every invoice sum to its net, tax, discount and total."),
        "invoice",
        _("Invoice %(number)s comes to %(total_minor)s, its lines to %(lines_minor)s."),
        sql(
            """WITH lines AS (
                   SELECT organization_id, invoice_id, sum(net_minor) AS net, sum(tax_minor) AS tax,
                       sum(total_minor) AS total, sum(amount_minor) AS amount
                   FROM invoice_line GROUP BY organization_id, invoice_id
               )
               SELECT i.organization_id, i.id AS subject, coalesce(i.number, '—') AS number, i.total_minor,
                   coalesce(l.total, 0) AS lines_minor, i.currency
               FROM invoice i
                   LEFT JOIN lines l ON l.invoice_id = i.id AND l.organization_id = i.organization_id
               WHERE i.net_minor + i.tax_minor <> i.total_minor
                   OR coalesce(l.net, 0) <> i.net_minor OR coalesce(l.tax, 0) <> i.tax_minor
                   OR coalesce(l.total, 0) <> i.total_minor
                   OR coalesce(l.amount, 0) - CASE WHEN i.prices_include_tax THEN i.total_minor ELSE i.net_minor END
                       <> i.discount_minor"""
        ),
        proves=(
            *("invoice.net_minor", "invoice.tax_minor", "invoice.total_minor", "invoice.discount_minor"),
            *("invoice_line.net_minor", "invoice_line.tax_minor", "invoice_line.total_minor"),
            "invoice_line.amount_minor",
        ),
    ),
    Proof(
        "tax_breakdown",
        "cache",
        _("The tax breakdown of every invoice is the sum of its lines, rate by rate."),
        "invoice",
        _("At %(percent)s %% an invoice taxes %(breakdown_minor)s, its lines say %(lines_minor)s."),
        sql(
            """WITH lines AS (
                   SELECT organization_id, invoice_id, tax_category AS category, tax_percent AS percent,
                       sum(net_minor) AS net, sum(tax_minor) AS tax
                   FROM invoice_line GROUP BY organization_id, invoice_id, tax_category, tax_percent
               )
               SELECT f.*, i.currency FROM (
                   SELECT coalesce(t.organization_id, l.organization_id) AS organization_id,
                       coalesce(t.invoice_id, l.invoice_id) AS subject,
                       trim_scale(coalesce(t.percent, l.percent)) AS percent,
                       coalesce(t.base_minor, 0) AS breakdown_minor, coalesce(l.net, 0) AS lines_minor
                   FROM lines l FULL JOIN invoice_tax t ON t.invoice_id = l.invoice_id AND t.percent = l.percent
                       AND t.category = l.category AND t.organization_id = l.organization_id
                   WHERE coalesce(t.base_minor, 0) <> coalesce(l.net, 0)
                       OR coalesce(t.tax_minor, 0) <> coalesce(l.tax, 0)
               ) f LEFT JOIN invoice i ON i.id = f.subject AND i.organization_id = f.organization_id"""
        ),
        proves=("invoice_tax.base_minor", "invoice_tax.tax_minor"),
    ),
    Proof(
        "invoice_paid",
        "cache",
        _("The paid sum of an invoice is that of its allocations, and its state fits."),
        "invoice",
        _("Invoice %(number)s (%(state)s) says %(paid_minor)s is paid, allocations say %(allocated_minor)s."),
        sql(
            """SELECT f.organization_id, f.id AS subject, coalesce(f.number, '—') AS number, f.state, f.paid_minor,
                   f.allocated AS allocated_minor, f.currency
               FROM (
                   SELECT i.organization_id, i.id, i.number, i.state, i.currency, i.total_minor, i.paid_minor,
                       i.credited_minor, i.paid_minor + i.credited_minor AS covered,
                       coalesce(sum(p.amount_minor), 0) AS allocated
                   FROM invoice i
                       LEFT JOIN allocation p ON p.invoice_id = i.id AND p.organization_id = i.organization_id
                   GROUP BY i.id
               ) f
               WHERE f.paid_minor <> f.allocated
                   OR (f.state = 'paid') <>
                       (f.covered = f.total_minor AND f.state NOT IN ('draft', 'void', 'credited'))
                   OR (f.state = 'credited') <> (f.credited_minor > 0 AND f.credited_minor = f.total_minor)
                   OR (f.state = 'partly_paid') <>
                       (f.paid_minor > 0 AND f.covered < f.total_minor AND f.state <> 'written_off')""",
            walk=True,
        ),
        proves=("invoice.paid_minor",),
    ),
    Proof(
        "invoice_booked",
        "I2",
        _("Each issued invoice that asks for money has exactly one entry, and one more if it is void."),
        "invoice",
        _(
            "Invoice %(number)s (%(state)s) has %(issued)s entries of its issue and %(voided)s of its voiding."
        ),
        sql(
            """WITH booked AS (
                   SELECT organization_id, source_id, count(*) FILTER (WHERE kind = 'invoice.issued') AS issued,
                       count(*) FILTER (WHERE kind = 'invoice.voided') AS voided
                   FROM journal_entry WHERE kind IN ('invoice.issued', 'invoice.voided')
                   GROUP BY organization_id, source_id
               )
               SELECT coalesce(i.organization_id, e.organization_id) AS organization_id,
                   coalesce(i.id, e.source_id) AS subject, coalesce(i.number, '?') AS number,
                   coalesce(i.state, '?') AS state, coalesce(e.issued, 0) AS issued, coalesce(e.voided, 0) AS voided
               FROM (SELECT id, organization_id, number, state FROM invoice
                       WHERE state <> 'draft' AND total_minor <> 0) i
                   FULL JOIN booked e ON e.source_id = i.id AND e.organization_id = i.organization_id
               WHERE coalesce(e.issued, 0) <> 1 OR i.id IS NULL
                   OR coalesce(e.voided, 0) <> CASE i.state WHEN 'void' THEN 1 ELSE 0 END"""
        ),
    ),
    Proof(
        # The counter can be chosen until the first invoice has its number; the event log says with what it began.
        "numbers_without_gaps",
        "I3",
        _(
            "Numbers of invoices and credit notes have neither gap nor duplicate, in every organization and series."
        ),
        "number_series",
        _(
            "%(documents)s documents have the numbers %(lowest)s to %(highest)s of a series that began with %(begin)s; "
            "the next would be %(next)s."
        ),
        sql(
            r"""WITH given AS (
                   SELECT organization_id, kind, count(*) AS documents, count(DISTINCT place) AS places,
                       min(place) AS lowest, max(place) AS highest
                   FROM (
                       SELECT organization_id, 'invoice' AS kind, substring(number FROM '\d+$')::bigint AS place
                       FROM invoice WHERE number IS NOT NULL
                       UNION ALL
                       SELECT organization_id, 'credit_note', substring(number FROM '\d+$')::bigint
                       FROM credit_note
                   ) numbered GROUP BY organization_id, kind
               ), begun AS (
                   SELECT DISTINCT ON (organization_id, subject_id) organization_id, subject_id,
                       (data ->> 'next_number')::bigint AS begin
                   FROM event WHERE kind = 'numbering.changed'
                       AND data ->> 'next_number' <> data -> 'before' ->> 'next_number'
                   ORDER BY organization_id, subject_id, id DESC
               ), series AS (
                   SELECT s.organization_id, s.id, coalesce(b.begin, 1) AS begin, s.next_number,
                       coalesce(g.documents, 0) AS documents, coalesce(g.places, 0) AS places, g.lowest, g.highest
                   FROM number_series s
                       LEFT JOIN given g ON g.organization_id = s.organization_id AND g.kind = s.kind
                       LEFT JOIN begun b ON b.subject_id = s.id AND b.organization_id = s.organization_id
               )
               SELECT organization_id, id AS subject, documents, lowest, highest, begin, next_number AS next
               FROM series
               WHERE next_number <> begin + documents OR documents <> places
                   OR (documents > 0 AND (lowest <> begin OR highest <> next_number - 1))
               UNION ALL
               SELECT g.organization_id, g.organization_id, g.documents, g.lowest, g.highest, 1, NULL
               FROM given g WHERE NOT EXISTS (
                   SELECT 1 FROM number_series s
                   WHERE s.organization_id = g.organization_id AND s.kind = g.kind)"""
        ),
        proves=("number_series.next_number",),
    ),
)
