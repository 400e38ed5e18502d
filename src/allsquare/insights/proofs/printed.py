"""What was issued has its document. The proofs of ``documents`` begin with documents, and so see none that is missing.

A document is made by a job that is written with the issue. While that job waits or runs, its lateness is told of by
``jobs_on_time``; what has neither document nor job is made by nobody.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

PRINTED = (
    Proof(
        "invoices_have_documents",
        "document",
        _("Every invoice has its PDF an hour after it was issued, or a job that makes it."),
        "invoice",
        _(
            "Invoice %(number)s was issued at %(at)s, has no PDF, and no job makes one. Open its PDF: that makes it."
        ),
        sql(
            """SELECT i.organization_id, i.id AS subject, i.number, i.issued_at AS at
               FROM invoice i
                   LEFT JOIN invoice_document d
                       ON d.invoice_id = i.id AND d.organization_id = i.organization_id AND d.kind = 'pdf'
                   JOIN organization o ON o.id = i.organization_id
               WHERE i.state <> 'draft' AND d.id IS NULL
                   AND coalesce(i.issued_at, i.created_at) - o.clock_offset < %(now)s - interval '1 hour'
                   AND NOT EXISTS (
                       SELECT 1 FROM procrastinate_jobs j
                       WHERE j.status IN ('todo', 'doing') AND j.task_name = 'billing.render_pdf'
                           AND j.args ->> 'invoice_id' = i.id::text)"""
        ),
    ),
    Proof(
        "credit_notes_have_documents",
        "document",
        _("Every credit note has its PDF an hour after it was issued, or a job that makes it."),
        "credit_note",
        _(
            "Credit note %(number)s was issued at %(at)s, has no PDF, and no job makes one. Open its PDF: that makes "
            "it."
        ),
        sql(
            """SELECT c.organization_id, c.id AS subject, c.number, c.created_at AS at
               FROM credit_note c
                   LEFT JOIN credit_note_document d
                       ON d.credit_note_id = c.id AND d.organization_id = c.organization_id
                   JOIN organization o ON o.id = c.organization_id
               WHERE d.id IS NULL AND c.created_at - o.clock_offset < %(now)s - interval '1 hour'
                   AND NOT EXISTS (
                       SELECT 1 FROM procrastinate_jobs j
                       WHERE j.status IN ('todo', 'doing') AND j.task_name = 'billing.render_credit_note'
                           AND j.args ->> 'credit_note_id' = c.id::text)"""
        ),
    ),
)
