"""Faults that the proofs must find, and what the owner of the tables can do to plant them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

#: A fault for each proof: SQL that breaks the promise and returns what the finding must name. More than one for
#: promises that can be broken in several ways.
FAULTS: Final[tuple[tuple[str, str], ...]] = (
    (
        "trial_balance",
        "UPDATE journal_line SET base_minor = base_minor + 1 WHERE id = (SELECT min(id::text)::uuid "
        "FROM journal_line) RETURNING 'base'",
    ),
    (
        "trial_balance",
        "UPDATE journal_line SET amount_minor = amount_minor + 1 WHERE id = (SELECT id FROM journal_line "
        "WHERE currency = 'USD' LIMIT 1) RETURNING 'USD'",
    ),
    (
        # Two wrongs that hide each other from the trial balance.
        "entries_balance",
        """WITH ends AS (SELECT min(id::text)::uuid AS first, max(id::text)::uuid AS last FROM journal_line)
           UPDATE journal_line SET base_minor = base_minor + CASE WHEN id = first THEN 1 ELSE -1 END
           FROM ends WHERE id IN (first, last) RETURNING entry_id""",
    ),
    (
        # What came by hand on an account for something else: nobody knows where that money is.
        "money_is_somewhere",
        "UPDATE journal_line l SET account_id = (SELECT id FROM account b WHERE b.role = 'equity' "
        "AND b.organization_id = l.organization_id) FROM account a WHERE a.id = l.account_id "
        "AND a.role IN ('clearing', 'bank', 'cash', 'cheques') AND l.base_minor > 0 RETURNING l.organization_id",
    ),
    (
        "entries_balance",
        "DELETE FROM journal_line WHERE entry_id = (SELECT id FROM journal_entry WHERE kind = 'invoice.issued' "
        "LIMIT 1) RETURNING entry_id",
    ),
    (
        "receivable_subledger",
        "UPDATE journal_line l SET document_id = NULL FROM account a WHERE a.id = l.account_id "
        "AND a.role = 'receivable' AND l.base_minor < 0 "
        "AND l.entry_id IN (SELECT e.id FROM journal_entry e JOIN payment p ON p.id = e.source_id "
        "WHERE p.invoice_id IS NOT NULL) RETURNING (SELECT i.id "
        "FROM invoice i JOIN journal_entry e "
        "ON e.id = l.entry_id JOIN payment p ON p.id = e.source_id WHERE i.id = p.invoice_id)",
    ),
    (
        # The right sum on the wrong customer's account.
        "receivable_subledger",
        "UPDATE journal_line l SET customer_id = gen_random_uuid() FROM account a WHERE a.id = l.account_id "
        "AND a.role = 'receivable' RETURNING l.document_id",
    ),
    (
        # Money on the receivable account that belongs to no invoice.
        "receivable_subledger",
        "UPDATE journal_line l SET document_id = NULL FROM account a WHERE a.id = l.account_id "
        "AND a.role = 'receivable' AND l.base_minor < 0 RETURNING l.customer_id",
    ),
    (
        "disputed_subledger",
        "UPDATE dispute SET state = 'opened' WHERE state = 'won' RETURNING (SELECT id FROM account "
        "WHERE role = 'disputed')",
    ),
    ("credit_subledger", "UPDATE credit_movement SET base_minor = base_minor + 1 RETURNING customer_id"),
    (
        # The net on the bank account instead: the books balance, and the provider owes us something else.
        "clearing_subledger",
        "UPDATE journal_line l SET account_id = (SELECT id FROM account b WHERE b.role = 'bank' "
        "AND b.organization_id = l.organization_id) FROM account a WHERE a.id = l.account_id AND a.role = 'clearing' "
        "AND l.base_minor > 0 RETURNING a.id",
    ),
    (
        "entries_balance",
        "DELETE FROM journal_entry WHERE id = (SELECT id FROM journal_entry LIMIT 1) RETURNING id",
    ),
    (
        # A line that was slipped under another organization's entry.
        "entries_balance",
        "UPDATE journal_line SET organization_id = gen_random_uuid() WHERE id = (SELECT min(id::text)::uuid "
        "FROM journal_line) RETURNING entry_id",
    ),
    (
        # Two wrongs of one account and one day: neither its sum nor an entry's currency shows them.
        "base_is_worth_itself",
        """WITH two AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM journal_line WHERE currency = 'EUR'
               AND account_id = (SELECT id FROM account WHERE role = 'clearing' LIMIT 1))
           UPDATE journal_line l SET base_minor = base_minor + CASE place WHEN 1 THEN 1 ELSE -1 END
           FROM two WHERE two.id = l.id AND place < 3 RETURNING entry_id""",
    ),
    ("lines_have_accounts", "DELETE FROM account WHERE role = 'receivable' RETURNING id"),
    ("account_days", "UPDATE account_day SET base_minor = base_minor + 1 RETURNING account_id"),
    ("account_days", "DELETE FROM account_day RETURNING account_id"),
    (
        # Rolled up, says the sum, and not yet, says the mark.
        "account_days",
        "UPDATE account_day_mark SET xact = '0' RETURNING (SELECT account_id FROM account_day LIMIT 1)",
    ),
    (
        "money_days",
        "UPDATE money_day SET captured_minor = captured_minor + 1 RETURNING day || ' ' || currency",
    ),
    ("money_days", "UPDATE money_day SET fee_minor = fee_minor - 1 RETURNING day || ' ' || currency"),
    ("money_days", "DELETE FROM money_day RETURNING day || ' ' || currency"),
    (
        # Money of a booking that the sums hold is counted a second time: the mark went back, the sums did not.
        "money_days",
        "UPDATE dashboard_mark SET xact = '0' RETURNING (SELECT min(received_on) || ' EUR' FROM payment "
        "WHERE currency = 'EUR' AND state = 'succeeded')",
    ),
    ("owed_days", "UPDATE owed_day SET open_minor = open_minor + 1 RETURNING due_on || ' ' || currency"),
    ("owed_days", "UPDATE owed_day SET invoices = invoices - 1 RETURNING due_on || ' ' || currency"),
    ("owed_days", "DELETE FROM owed_day RETURNING due_on || ' ' || currency"),
    (
        "closed_periods",
        "INSERT INTO period (id, organization_id, starts_on, ends_on, closed_at) SELECT gen_random_uuid(), "
        "organization_id, min(date), max(date), now() - interval '1 day' FROM journal_entry GROUP BY organization_id "
        "RETURNING (SELECT id FROM journal_entry LIMIT 1)",
    ),
    (
        "one_payment_per_charge",
        "UPDATE payment SET reference = 'ch_twice' WHERE gateway = 'scripted' RETURNING 'ch_twice'",
    ),
    (
        "one_settlement_per_payment",
        "UPDATE payment SET state = 'declined' WHERE id = (SELECT id FROM payment WHERE state = 'succeeded' LIMIT 1) "
        "RETURNING id",
    ),
    (
        "one_settlement_per_payment",
        "UPDATE journal_entry SET source_id = gen_random_uuid() WHERE kind = 'payment.settled' RETURNING source_id",
    ),
    (
        "one_settlement_per_payment",
        "DELETE FROM journal_entry WHERE id = (SELECT id FROM journal_entry WHERE kind = 'payment.settled' LIMIT 1) "
        "RETURNING source_id",
    ),
    (
        "capture_is_allocated",
        "UPDATE payment SET captured_minor = captured_minor + 1 WHERE state = 'succeeded' RETURNING id",
    ),
    (
        "capture_is_allocated",
        "DELETE FROM allocation WHERE source_id = payment_id RETURNING payment_id",
    ),
    ("payment_shares", "UPDATE payment_share SET amount_minor = amount_minor + 1 RETURNING payment_id"),
    (
        # Money of one customer, meant for the invoice of another.
        "payment_shares",
        "UPDATE payment SET customer_id = gen_random_uuid() WHERE id IN (SELECT payment_id FROM payment_share) "
        "RETURNING id",
    ),
    ("shares_are_kept", "UPDATE payment_share SET amount_minor = amount_minor - 1 RETURNING payment_id"),
    (
        "refund_caches",
        "UPDATE payment SET refunded_minor = refunded_minor - 1 WHERE refunded_minor > 0 RETURNING id",
    ),
    (
        "refund_caches",
        "UPDATE payment SET refunding_minor = 1 WHERE state = 'succeeded' AND refunded_minor = 0 RETURNING id",
    ),
    ("dispute_cache", "UPDATE payment SET disputed_minor = disputed_minor + 1 RETURNING id"),
    (
        "refunds_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'refund.settled' RETURNING source_id",
    ),
    (
        "refunds_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'refund.failed' RETURNING source_id",
    ),
    (
        "disputes_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'dispute.lost' RETURNING source_id",
    ),
    ("disputes_are_booked", "UPDATE dispute SET state = 'opened' WHERE state = 'won' RETURNING id"),
    (
        "payouts_are_booked",
        "UPDATE journal_entry e SET source_id = gen_random_uuid() FROM payout p WHERE e.kind = 'payout.paid' "
        "AND e.source_id = p.id AND p.reference = 'po_1' RETURNING p.id",
    ),
    (
        # It came back, and is booked still.
        "payouts_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'payout.failed' RETURNING source_id",
    ),
    (
        "payouts_are_booked",
        "UPDATE payout SET state = 'failed' WHERE state = 'paid' RETURNING id",
    ),
    (
        "arrivals_are_booked",
        "UPDATE payout_arrival SET received_minor = received_minor - 1 WHERE undone_at IS NULL RETURNING payout_id",
    ),
    (
        "arrivals_are_booked",
        "UPDATE payout_arrival SET undone_at = created_at WHERE undone_at IS NULL RETURNING payout_id",
    ),
    ("arrivals_are_booked", "UPDATE payout SET arrived_on = NULL WHERE arrived_on IS NOT NULL RETURNING id"),
    (
        "clearing_subledger",
        "UPDATE payout SET state = 'failed' WHERE state = 'paid' RETURNING (SELECT a.id FROM account a WHERE "
        "a.role = 'clearing' AND a.detail = gateway_account_id::text)",
    ),
    (
        "clearing_subledger",
        "UPDATE conversion SET into_minor = into_minor + 1 RETURNING (SELECT a.id FROM account a WHERE "
        "a.role = 'clearing' AND a.detail = gateway_account_id::text)",
    ),
    (
        # A movement of which only the entry is left, and one of which only the fact is.
        "clearing_subledger",
        "DELETE FROM provider_movement WHERE currency = 'USD' RETURNING (SELECT a.id FROM account a WHERE "
        "a.role = 'clearing' AND a.detail = gateway_account_id::text)",
    ),
    (
        "movements_are_booked",
        "UPDATE journal_entry e SET source_id = gen_random_uuid() FROM provider_movement m "
        "WHERE m.id = e.source_id AND e.kind = 'movement.recorded' RETURNING m.id",
    ),
    (
        # Taken back from the provider's account in the books, and put on another one.
        "movements_are_booked",
        "UPDATE journal_line l SET account_id = (SELECT id FROM account b WHERE b.role = 'equity' "
        "AND b.organization_id = l.organization_id) FROM account a, journal_entry e, provider_movement m "
        "WHERE a.id = l.account_id AND a.role = 'clearing' AND e.id = l.entry_id "
        "AND e.kind = 'movement.reversed' AND m.reverses_id = e.source_id RETURNING m.id",
    ),
    (
        # All of another one's opposite.
        "movements_are_booked",
        "UPDATE provider_movement SET reverses_id = (SELECT id FROM provider_movement WHERE currency = 'USD') "
        "WHERE reverses_id IS NOT NULL RETURNING id",
    ),
    (
        "money_is_somewhere",
        "UPDATE conversion SET amount_minor = amount_minor - 1 RETURNING organization_id",
    ),
    (
        "told_payments_exist",
        "UPDATE event SET subject_id = gen_random_uuid() WHERE kind = 'payment.succeeded' RETURNING subject_id",
    ),
    (
        "told_invoices_exist",
        "UPDATE event SET subject_id = gen_random_uuid() WHERE kind = 'invoice.issued' RETURNING subject_id",
    ),
    ("payments_are_told", "DELETE FROM event WHERE kind = 'payment.succeeded' RETURNING subject_id"),
    (
        # All of a log, its seals and its head: no chain is left that could break.
        "payments_are_told",
        "WITH events AS (DELETE FROM event), seals AS (DELETE FROM event_seal), heads AS (DELETE FROM event_chain) "
        "SELECT id FROM payment WHERE state = 'succeeded'",
    ),
    ("invoices_are_told", "DELETE FROM event WHERE kind = 'invoice.issued' RETURNING subject_id"),
    (
        "invoices_are_told",
        "WITH events AS (DELETE FROM event), seals AS (DELETE FROM event_seal), heads AS (DELETE FROM event_chain) "
        "SELECT id FROM invoice WHERE state <> 'draft'",
    ),
    (
        # Told of in another's log.
        "invoices_are_told",
        "UPDATE event SET organization_id = gen_random_uuid() WHERE kind = 'invoice.issued' RETURNING subject_id",
    ),
    (
        "log_is_sealed",
        "WITH events AS (DELETE FROM event), seals AS (DELETE FROM event_seal), heads AS (DELETE FROM event_chain) "
        "UPDATE organization SET created_at = created_at - interval '2 hours' RETURNING id",
    ),
    (
        "answers_are_taken_in",
        "UPDATE payment_attempt SET status = 'succeeded' WHERE status = 'action_required' AND payment_id IN "
        "(SELECT id FROM payment WHERE state = 'needs_action') RETURNING payment_id",
    ),
    (
        "one_provider_is_asked",
        "INSERT INTO payment_attempt "
        "(id, organization_id, payment_id, number, request, status, code, message, started_at) "
        "SELECT gen_random_uuid(), organization_id, payment_id, 2, request, '', '', '', started_at "
        "FROM payment_attempt WHERE number = 1 RETURNING payment_id",
    ),
    ("invoice_sums", "UPDATE invoice_line SET total_minor = total_minor + 1 RETURNING invoice_id"),
    (
        "invoice_sums",
        "DELETE FROM invoice_line WHERE id = (SELECT id FROM invoice_line LIMIT 1) RETURNING invoice_id",
    ),
    ("tax_breakdown", "UPDATE invoice_tax SET base_minor = base_minor - 1 RETURNING invoice_id"),
    ("payouts_hold_their_items", "UPDATE payout_item SET net_minor = net_minor + 1 RETURNING payout_id"),
    (
        # A part of what it contains is gone.
        "payouts_hold_their_items",
        "DELETE FROM payout_item WHERE reference = 'fee_of_the_month' RETURNING payout_id",
    ),
    (
        "others_by_item",
        "UPDATE payout_item SET others_minor = others_minor - 1 WHERE others_minor <> 0 RETURNING payout_id",
    ),
    (
        # On the account of others stands less than payouts brought of them, and on the provider's as much more.
        "others_subledger",
        "UPDATE journal_line l SET account_id = c.id FROM account a, account c WHERE a.id = l.account_id "
        "AND a.role = 'money_of_others' AND c.organization_id = a.organization_id AND c.role = 'clearing' "
        "RETURNING a.id",
    ),
    (
        # Both sides say the same, and a payment is ours all the same.
        "ours_is_found",
        "WITH older AS (UPDATE payment SET settled_at = settled_at - interval '2 hours'), "
        "sent AS (UPDATE payout SET created_at = created_at - interval '2 hours') "
        "UPDATE payout_item SET others_minor = net_minor, kind = 'charge', about = reference "
        "WHERE payment_id IS NOT NULL RETURNING payout_id",
    ),
    (
        # Two wrongs that hide each other from the invoice's sums.
        "tax_breakdown",
        "UPDATE invoice_line SET tax_percent = tax_percent + 1 RETURNING invoice_id",
    ),
    (
        "invoice_paid",
        "UPDATE invoice SET paid_minor = paid_minor - 1 WHERE paid_minor > 0 RETURNING id",
    ),
    ("invoice_paid", "UPDATE invoice SET state = 'paid' WHERE state = 'credited' RETURNING id"),
    (
        "invoice_paid",
        "UPDATE invoice SET credited_minor = credited_minor - 1 WHERE state = 'paid' RETURNING id",
    ),
    ("invoice_credited", "UPDATE invoice SET credited_minor = credited_minor + 1 RETURNING id"),
    (
        "invoice_credited",
        "DELETE FROM credit_note WHERE id = (SELECT id FROM credit_note LIMIT 1) RETURNING invoice_id",
    ),
    ("credit_note_sums", "UPDATE credit_note_line SET tax_minor = tax_minor + 1 RETURNING credit_note_id"),
    (
        # Over a line of another invoice.
        "credit_note_sums",
        "UPDATE credit_note_line SET invoice_line_id = (SELECT l.id FROM invoice_line l JOIN invoice i "
        "ON i.id = l.invoice_id WHERE i.credited_minor = 0 LIMIT 1) RETURNING credit_note_id",
    ),
    (
        "credited_within_lines",
        "UPDATE credit_note_line SET net_minor = net_minor * 5 RETURNING (SELECT invoice_id FROM invoice_line l "
        "WHERE l.id = invoice_line_id)",
    ),
    (
        "credited_base",
        "UPDATE credit_note SET base_total_minor = base_total_minor - 1 WHERE invoice_id IN (SELECT id FROM invoice "
        "WHERE state IN ('paid', 'credited')) RETURNING invoice_id",
    ),
    (
        "credit_notes_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'credit_note.issued' RETURNING source_id",
    ),
    (
        "credit_notes_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'credit.freed' RETURNING (SELECT credit_note_id "
        "FROM freed f WHERE f.id = source_id)",
    ),
    (
        "credit_notes_are_booked",
        "UPDATE credit_movement SET amount_minor = amount_minor - 1 WHERE reason = 'credit_note' RETURNING (SELECT "
        "credit_note_id FROM freed f WHERE f.id = source_id)",
    ),
    (
        "receivable_subledger",
        "UPDATE credit_note SET base_total_minor = base_total_minor - 1 RETURNING invoice_id",
    ),
    ("invoice_paid", "UPDATE invoice SET state = 'sent' WHERE state = 'paid' RETURNING id"),
    ("invoice_paid", "UPDATE invoice SET state = 'partly_paid' WHERE paid_minor = 0 RETURNING id"),
    (
        "invoice_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'invoice.issued' RETURNING source_id",
    ),
    ("invoice_booked", "UPDATE invoice SET state = 'void' WHERE paid_minor = 0 RETURNING id"),
    (
        "credit_uses",
        "UPDATE credit_movement SET amount_minor = amount_minor - 1 WHERE reason = 'used' RETURNING customer_id",
    ),
    (
        "written_off",
        "UPDATE write_off SET amount_minor = amount_minor + 1 WHERE takes_back_id IS NULL RETURNING invoice_id",
    ),
    ("written_off", "UPDATE invoice SET state = 'written_off' WHERE state = 'issued' RETURNING id"),
    (
        "write_offs_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'invoice.written_off' RETURNING (SELECT invoice_id "
        "FROM write_off w WHERE w.id = source_id)",
    ),
    (
        "write_offs_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'invoice.write_off_reversed' RETURNING (SELECT "
        "invoice_id FROM write_off w WHERE w.id = source_id)",
    ),
    ("numbers_without_gaps", "UPDATE number_series SET next_number = next_number + 1 RETURNING id"),
    (
        "numbers_without_gaps",
        "UPDATE invoice SET number = 'INV-00999' WHERE number = 'INV-00001' RETURNING (SELECT id FROM number_series "
        "s WHERE s.organization_id = invoice.organization_id AND s.kind = 'invoice')",
    ),
    (
        "numbers_without_gaps",
        "UPDATE credit_note SET number = 'CN-00999' WHERE number = 'CN-00001' RETURNING (SELECT id FROM number_series "
        "s WHERE s.organization_id = credit_note.organization_id AND s.kind = 'credit_note')",
    ),
    (
        "credit_note_documents_intact",
        "UPDATE credit_note_document SET sha256 = repeat('0', 64) RETURNING credit_note_id",
    ),
    (
        "credit_note_documents_intact",
        "UPDATE credit_note_document SET size = size + 1 RETURNING credit_note_id",
    ),
    ("documents_intact", "UPDATE invoice_document SET sha256 = repeat('0', 64) RETURNING invoice_id"),
    (
        "documents_intact",
        "UPDATE invoice_document SET size = size + 1 RETURNING invoice_id",
    ),
    (
        # Neither a document nor a job that makes one.
        "invoices_have_documents",
        "WITH jobs AS (DELETE FROM procrastinate_jobs), gone AS (DELETE FROM invoice_document RETURNING invoice_id) "
        "UPDATE invoice SET issued_at = issued_at - interval '2 hours' WHERE id IN (SELECT invoice_id FROM gone) "
        "RETURNING id",
    ),
    (
        # Its job was tried to the end.
        "invoices_have_documents",
        "WITH jobs AS (UPDATE procrastinate_jobs SET status = 'failed'), gone AS (DELETE FROM invoice_document "
        "WHERE id = (SELECT id FROM invoice_document LIMIT 1) RETURNING invoice_id) "
        "UPDATE invoice SET issued_at = issued_at - interval '2 hours' WHERE id IN (SELECT invoice_id FROM gone) "
        "RETURNING id",
    ),
    (
        "credit_notes_have_documents",
        "WITH jobs AS (DELETE FROM procrastinate_jobs), gone AS (DELETE FROM credit_note_document RETURNING "
        "credit_note_id) UPDATE credit_note SET created_at = created_at - interval '2 hours' WHERE id IN (SELECT "
        "credit_note_id FROM gone) RETURNING id",
    ),
    (
        "evidence_intact",
        "UPDATE evidence_file f SET sha256 = repeat('0', 64) FROM dispute_answer a WHERE a.id = f.answer_id "
        "RETURNING a.dispute_id",
    ),
    (
        "jobs_on_time",
        "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, args) SELECT 'mail', 'send', "
        "jsonb_build_object('organization_id', id) FROM organization RETURNING id), "
        "told AS (INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'deferred', "
        "now() - interval '2 hours' FROM job) SELECT id FROM job",
    ),
    (
        # Begun, and nobody is at it any more.
        "jobs_on_time",
        "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) SELECT 'mail', 'send', "
        "jsonb_build_object('organization_id', id), 'doing' FROM organization RETURNING id), "
        "told AS (INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'started', "
        "now() - interval '2 hours' FROM job) SELECT id FROM job",
    ),
    (
        "jobs_succeed",
        "INSERT INTO job_trouble (id, organization_id, job_id, task, args, state, tries, error, at) "
        "SELECT gen_random_uuid(), id, 4711, 'billing.render_pdf', '{}', 'failed', 6, 'No space left', now() "
        "FROM organization LIMIT 1 RETURNING job_id",
    ),
    (
        # Failed, and nobody was told.
        "jobs_succeed",
        "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts) "
        "SELECT 'documents', 'billing.render_pdf', jsonb_build_object('organization_id', id), 'failed', 6 "
        "FROM organization RETURNING id), told AS (INSERT INTO procrastinate_events (job_id, type, at) "
        "SELECT id, 'failed', now() - interval '2 hours' FROM job) SELECT id FROM job",
    ),
    (
        "mails_on_time",
        "UPDATE mail SET next_try_at = now() - interval '2 hours' WHERE state = 'queued' RETURNING id",
    ),
    (
        "news_on_time",
        "UPDATE inbox_event SET next_try_at = now() - interval '2 hours' WHERE state = 'received' RETURNING id",
    ),
    (
        "questions_on_time",
        "UPDATE payment SET next_check_at = NULL WHERE state = 'needs_action' RETURNING id",
    ),
    (
        "questions_on_time",
        "UPDATE payment SET next_check_at = now() - interval '2 hours' WHERE state = 'needs_action' RETURNING id",
    ),
    (
        "questions_on_time",
        "UPDATE refund SET state = 'pending' WHERE state = 'succeeded' RETURNING payment_id",
    ),
    (
        "histories_on_time",
        "UPDATE gateway_account SET gateway = 'sandbox', history_due_at = now() - interval '2 hours' "
        "WHERE gateway = 'scripted' RETURNING id",
    ),
    (
        # Never asked at all.
        "histories_on_time",
        "UPDATE gateway_account SET gateway = 'sandbox', created_at = now() - interval '2 hours' "
        "WHERE gateway = 'scripted' RETURNING id",
    ),
    (
        "answers_are_sent",
        "UPDATE dispute_answer SET state = 'sending', created_at = now() - interval '2 hours' RETURNING dispute_id",
    ),
    ("inquiries_have_jobs", "UPDATE gateway_inquiry SET state = 'running' RETURNING id"),
    ("attempts_on_time", "UPDATE autopay_charge SET planned_on = planned_on - 30 RETURNING invoice_id"),
    (
        # Its provider was down, and nobody looks any more whether it is.
        "attempts_on_time",
        "UPDATE autopay_charge SET planned_on = planned_on - 30, reason = 'provider_down', "
        "started_at = now() - interval '61 minutes' RETURNING invoice_id",
    ),
    (
        # Begun, and never asked for.
        "attempts_on_time",
        "UPDATE autopay_charge SET state = 'started', started_at = now() - interval '2 hours' RETURNING invoice_id",
    ),
    (
        # Its payment has ended.
        "attempts_on_time",
        "WITH told AS (UPDATE event SET at = at - interval '2 hours') UPDATE autopay_charge SET state = 'started', "
        "started_at = now(), payment_id = (SELECT id FROM payment WHERE state = 'succeeded' LIMIT 1) "
        "RETURNING invoice_id",
    ),
    (
        # No payment was ever begun, and nobody else gets the last ones.
        "sales_on_time",
        "UPDATE sale SET created_at = created_at - interval '2 hours' RETURNING link_id",
    ),
    (
        # The money is there, and nothing was sold for it.
        "sales_on_time",
        "WITH told AS (UPDATE event SET at = at - interval '2 hours'), paid AS (UPDATE payment SET key = 'sale-' || "
        "(SELECT id FROM sale) WHERE id = (SELECT id FROM payment WHERE state = 'succeeded' LIMIT 1)) "
        "UPDATE sale SET created_at = created_at - interval '2 hours' RETURNING link_id",
    ),
    (
        "exports_have_jobs",
        "UPDATE export SET state = 'running' RETURNING id",
    ),
    (
        "batches_have_jobs",
        "UPDATE batch SET state = 'queued' RETURNING id",
    ),
    (
        "log_is_read",
        "UPDATE event SET at = at - interval '2 hours' WHERE id = (SELECT id FROM event ORDER BY xact, id LIMIT 1) "
        "RETURNING id",
    ),
    (
        "news_is_digested",
        "INSERT INTO event_failure (id, organization_id, reader, event_id, error, at) SELECT gen_random_uuid(), "
        "organization_id, 'mails', id, E'Traceback\\nValueError: no', now() FROM event LIMIT 1 RETURNING event_id",
    ),
    ("event_chain", "UPDATE event_chain SET sequence = sequence + 1 RETURNING ''"),
    (
        "event_chain",
        "UPDATE event SET data = data || '{\"amount_minor\": 1}' WHERE id = (SELECT min(id::text)::uuid FROM event) "
        "RETURNING id",
    ),
    ("event_chain", "DELETE FROM event WHERE id = (SELECT min(id::text)::uuid FROM event) RETURNING id"),
)


@contextmanager
def tampering() -> Iterator[None]:
    """What the owner of the tables can do: no guard fires, and constraints and indexes can be dropped. The test is
    rolled back."""
    connection.check_constraints()  # what still waits for the commit would forbid it
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        guarded = [table for (table,) in cursor.fetchall()]
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint WHERE contype IN ('c', 'f') "
            "AND connamespace = 'public'::regnamespace"
        )
        for table, constraint in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        cursor.execute("DROP INDEX payment_reference_once")
    yield
