"""What stands on invoices as a cache or as a sum, asked again from the facts."""

from __future__ import annotations

from allsquare.insights.proofs.proof import Proof, sql

INVOICES = (
    Proof(
        "invoice_sums",
        "cache",
        "Lines and tax sum to the total of every invoice.",
        sql(
            """WITH lines AS (
                   SELECT organization_id, invoice_id, sum(net_minor) AS net, sum(tax_minor) AS tax,
                       sum(total_minor) AS total
                   FROM invoice_line GROUP BY organization_id, invoice_id
               ), taxes AS (
                   SELECT organization_id, invoice_id, sum(base_minor) AS base, sum(tax_minor) AS tax
                   FROM invoice_tax GROUP BY organization_id, invoice_id
               )
               SELECT i.organization_id, i.id, 'invoice ' || coalesce(i.number, 'draft') || ': total ' || i.total_minor
                   || ', lines ' || coalesce(l.total, 0) || ', breakdown ' || coalesce(t.base + t.tax, 0)
               FROM invoice i
                   LEFT JOIN lines l ON l.invoice_id = i.id AND l.organization_id = i.organization_id
                   LEFT JOIN taxes t ON t.invoice_id = i.id AND t.organization_id = i.organization_id
               WHERE i.net_minor + i.tax_minor <> i.total_minor
                   OR coalesce(l.net, 0) <> i.net_minor OR coalesce(l.tax, 0) <> i.tax_minor
                   OR coalesce(l.total, 0) <> i.total_minor
                   OR coalesce(t.base, 0) <> i.net_minor OR coalesce(t.tax, 0) <> i.tax_minor"""
        ),
    ),
    Proof(
        "invoice_paid",
        "cache",
        "The paid sum of an invoice is that of its allocations, and its state fits.",
        sql(
            """WITH paid AS (
                   SELECT organization_id, invoice_id, sum(amount_minor) AS total
                   FROM allocation GROUP BY organization_id, invoice_id
               )
               SELECT i.organization_id, i.id, 'invoice ' || coalesce(i.number, 'draft') || ' is ' || i.state
                   || ', paid ' || i.paid_minor || ' of ' || i.total_minor
                   || ', allocations say ' || coalesce(p.total, 0)
               FROM invoice i LEFT JOIN paid p ON p.invoice_id = i.id AND p.organization_id = i.organization_id
               WHERE i.paid_minor <> coalesce(p.total, 0)
                   OR (i.state = 'paid') <> (i.paid_minor = i.total_minor AND i.state NOT IN ('draft', 'void'))
                   OR (i.state = 'partly_paid') <>
                       (i.paid_minor > 0 AND i.paid_minor < i.total_minor AND i.state <> 'written_off')"""
        ),
    ),
    Proof(
        "invoice_booked",
        "I2",
        "Each issued invoice that asks for money has exactly one entry, and one more if it is void.",
        sql(
            """SELECT i.organization_id, i.id, 'invoice ' || i.number || ' is ' || i.state || ' and has '
                   || count(e.id) FILTER (WHERE e.kind = 'invoice.issued') || ' issue and '
                   || count(e.id) FILTER (WHERE e.kind = 'invoice.voided') || ' void entries'
               FROM invoice i LEFT JOIN journal_entry e
                   ON e.source_id = i.id AND e.organization_id = i.organization_id
               WHERE i.state <> 'draft' AND i.total_minor <> 0
               GROUP BY i.organization_id, i.id, i.number, i.state
               HAVING count(e.id) FILTER (WHERE e.kind = 'invoice.issued') <> 1
                   OR count(e.id) FILTER (WHERE e.kind = 'invoice.voided')
                       <> CASE i.state WHEN 'void' THEN 1 ELSE 0 END"""
        ),
    ),
    Proof(
        "written_off",
        "cache",
        "What is written off of an invoice is all that was not paid, and then its state says so.",
        sql(
            """WITH facts AS (
                   SELECT organization_id, invoice_id, sum(amount_minor) AS total
                   FROM write_off GROUP BY organization_id, invoice_id
               )
               SELECT i.organization_id, i.id, 'invoice ' || coalesce(i.number, 'draft') || ' is ' || i.state
                   || ', open ' || i.total_minor - i.paid_minor || ', written off ' || coalesce(w.total, 0)
               FROM invoice i LEFT JOIN facts w ON w.invoice_id = i.id AND w.organization_id = i.organization_id
               WHERE coalesce(w.total, 0)
                   <> CASE WHEN i.state = 'written_off' THEN i.total_minor - i.paid_minor ELSE 0 END"""
        ),
    ),
    Proof(
        "write_offs_are_booked",
        "I2",
        "Each write-off has exactly one entry, and one that was taken back a second that undoes it.",
        sql(
            """SELECT w.organization_id, w.id, 'write-off has '
                   || count(e.id) FILTER (WHERE e.kind = 'invoice.written_off') || ' entries and '
                   || count(e.id) FILTER (WHERE e.kind = 'invoice.write_off_reversed') || ' that undo it'
               FROM write_off w
                   LEFT JOIN write_off b ON b.takes_back_id = w.id AND b.organization_id = w.organization_id
                   LEFT JOIN journal_entry e ON e.source_id = w.id AND e.organization_id = w.organization_id
               WHERE w.takes_back_id IS NULL
               GROUP BY w.organization_id, w.id, b.id
               HAVING count(e.id) FILTER (WHERE e.kind = 'invoice.written_off') <> 1
                   OR count(e.id) FILTER (WHERE e.kind = 'invoice.write_off_reversed')
                       <> CASE WHEN b.id IS NULL THEN 0 ELSE 1 END"""
        ),
    ),
    Proof(
        "numbers_without_gaps",
        "I3",
        "Invoice numbers of a series have neither gap nor duplicate.",
        sql(
            """WITH used AS (
                   SELECT s.organization_id, s.id, s.prefix, s.next_number,
                       count(i.id) AS invoices, max(substr(i.number, length(s.prefix) + 1)::bigint) AS highest
                   FROM number_series s LEFT JOIN invoice i
                       ON i.organization_id = s.organization_id AND starts_with(i.number, s.prefix)
                   WHERE s.kind = 'invoice' GROUP BY s.organization_id, s.id, s.prefix, s.next_number
               )
               SELECT organization_id, id, 'series ' || prefix || ': ' || invoices || ' invoices, highest number '
                   || coalesce(highest, 0) || ', next ' || next_number
               FROM used WHERE invoices <> coalesce(highest, 0) OR next_number <> coalesce(highest, 0) + 1"""
        ),
    ),
)
