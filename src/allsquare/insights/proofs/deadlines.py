"""No work is older than its deadline: jobs, mails, news of providers, questions to providers, exports, readers. What is
charged and sold by itself is in ``agreed``.

Each has a time of its own for its next try. What is an hour behind that time is not slow: nobody does it.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql
from allsquare.payments.gateway import Capability
from allsquare.payments.registry import adapters_with

DEADLINES = (
    Proof(
        "jobs_on_time",
        "deadline",
        _("No job waits or runs for more than an hour beyond its time."),
        "job",
        _("The job %(task)s (%(status)s, %(tries)s tries) has been due since %(due)s."),
        sql(
            """SELECT CASE WHEN j.args ->> 'organization_id' ~ '^[0-9a-f-]{36}$'
                       THEN (j.args ->> 'organization_id')::uuid END AS organization_id,
                   j.id AS subject, j.task_name AS task, j.status::text AS status, j.attempts AS tries, due.at AS due
               FROM procrastinate_jobs j CROSS JOIN LATERAL (
                   SELECT greatest(j.scheduled_at, max(t.at)) AS at FROM procrastinate_events t
                   WHERE t.job_id = j.id AND t.type IN ('deferred', 'started', 'deferred_for_retry', 'scheduled')
               ) due
               WHERE j.status IN ('todo', 'doing') AND due.at < %(now)s - interval '1 hour'"""
        ),
    ),
    Proof(
        "jobs_succeed",
        "deadline",
        _("No job has failed to its last try without a person having seen to it."),
        "job",
        _("The job %(task)s failed %(tries)s times: %(error)s"),
        sql(
            r"""SELECT organization_id, job_id AS subject, task, tries, replace(error, E'\n', ' ') AS error
               FROM job_trouble WHERE state = 'failed'
               UNION ALL
               SELECT CASE WHEN j.args ->> 'organization_id' ~ '^[0-9a-f-]{36}$'
                       THEN (j.args ->> 'organization_id')::uuid END, j.id, j.task_name, j.attempts, '—'
               FROM procrastinate_jobs j CROSS JOIN LATERAL (
                   SELECT max(t.at) AS at FROM procrastinate_events t WHERE t.job_id = j.id
               ) last
               WHERE j.status = 'failed' AND last.at < %(now)s - interval '1 hour'
                   AND NOT EXISTS (SELECT 1 FROM job_trouble t WHERE t.job_id = j.id)"""
        ),
    ),
    Proof(
        "mails_on_time",
        "deadline",
        _("No mail waits for more than an hour beyond its next try."),
        "mail",
        _("A mail (%(kind)s, %(tries)s tries) has been due since %(due)s."),
        sql(
            """SELECT organization_id, id AS subject, kind, tries, next_try_at AS due FROM mail
               WHERE state IN ('queued', 'sending') AND (next_try_at IS NULL
                   OR next_try_at < %(now)s - interval '1 hour')"""
        ),
    ),
    Proof(
        "news_on_time",
        "deadline",
        _("No news of a payment provider waits for more than an hour beyond its next reading."),
        "inbox_event",
        _("News of a provider (%(kind)s, %(tries)s tries) has been due since %(due)s."),
        sql(
            """SELECT organization_id, id AS subject, kind, tries, next_try_at AS due FROM inbox_event
               WHERE state = 'received' AND next_try_at < %(now)s - interval '1 hour'"""
        ),
    ),
    Proof(
        "questions_on_time",
        "deadline",
        _("Every payment and refund that is under way will be asked about, and none is an hour late."),
        "payment",
        _("A %(what)s of %(amount_minor)s (%(state)s) is not asked about any more; due since: %(due)s."),
        sql(
            """SELECT organization_id, id AS subject, 'payment' AS what, amount_minor, currency, state,
                   coalesce(next_check_at::text, '—') AS due
               FROM payment WHERE state IN ('started', 'unknown', 'needs_action', 'pending')
                   AND (next_check_at IS NULL OR next_check_at < %(now)s - interval '1 hour')
               UNION ALL
               SELECT organization_id, payment_id, 'refund', amount_minor, currency, state,
                   coalesce(next_check_at::text, '—')
               FROM refund WHERE state IN ('started', 'unknown', 'pending')
                   AND (next_check_at IS NULL OR next_check_at < %(now)s - interval '1 hour')"""
        ),
    ),
    Proof(
        # The one that is asked moves its time first, so a provider that does not answer is not late here.
        "histories_on_time",
        "deadline",
        _("Every provider that keeps a list of what happened was asked for it, up to an hour ago at most."),
        "gateway_account",
        _("“%(provider)s” was to be asked at %(due)s what happened, and was not."),
        sql(
            """SELECT organization_id, id AS subject, label AS provider, due FROM (
                   SELECT g.organization_id, g.id, g.label,
                       coalesce(g.history_due_at, g.created_at - o.clock_offset) AS due
                   FROM gateway_account g JOIN organization o ON o.id = g.organization_id
                   WHERE g.gateway = ANY(%(with_history)s) AND g.unknown_since IS NULL
               ) asked WHERE due < %(now)s - interval '1 hour'""",
            given=lambda: {"with_history": sorted(adapters_with(Capability.HISTORY))},
        ),
    ),
    Proof(
        # Nobody sends one again by itself: whoever wrote it presses once more.
        "answers_are_sent",
        "deadline",
        _("No answer to an open dispute has been on its way to the provider for more than an hour."),
        "dispute",
        _("An answer to a dispute is on its way since %(at)s, and may not have arrived. Send it again."),
        sql(
            """SELECT a.organization_id, a.dispute_id AS subject, a.created_at AS at
               FROM dispute_answer a
                   JOIN dispute d ON d.id = a.dispute_id AND d.organization_id = a.organization_id
                   JOIN organization o ON o.id = a.organization_id
               WHERE a.state = 'sending' AND d.state = 'opened'
                   AND a.created_at - o.clock_offset < %(now)s - interval '1 hour'"""
        ),
    ),
    Proof(
        "ours_is_found",
        "deadline",
        _("What a payout brought of a payment of ours has not stood for an hour as the money of others."),
        "payout",
        _(
            "Of the payout %(payout)s %(others_minor)s for %(charge)s is ours, and stands as the money of others."
        ),
        sql(
            """WITH ours AS (
                   SELECT organization_id, gateway_account_id, reference, settled_at FROM payment
                   UNION ALL
                   SELECT r.organization_id, p.gateway_account_id, r.reference, r.settled_at
                   FROM refund r JOIN payment p ON p.id = r.payment_id AND p.organization_id = r.organization_id
                   UNION ALL
                   SELECT d.organization_id, p.gateway_account_id, d.reference, d.opened_at
                   FROM dispute d JOIN payment p ON p.id = d.payment_id AND p.organization_id = d.organization_id
               ), alike AS (
                   SELECT a.organization_id, a.id AS one, b.id AS other
                   FROM gateway_account a JOIN gateway_account b
                       ON b.organization_id = a.organization_id AND b.gateway = a.gateway
               )
               SELECT i.organization_id, i.payout_id AS subject, w.reference AS payout, i.about AS charge,
                   i.others_minor, w.currency
               FROM payout_item i
                   JOIN payout w ON w.id = i.payout_id AND w.organization_id = i.organization_id
                   JOIN organization o ON o.id = i.organization_id
               WHERE NOT (i.others_minor = 0 AND i.others_fee_minor = 0)
                   AND i.kind IN ('charge', 'refund', 'dispute') AND EXISTS (
                       SELECT 1 FROM alike k JOIN ours u ON u.gateway_account_id = k.other
                           AND u.organization_id = k.organization_id
                       WHERE k.organization_id = i.organization_id AND k.one = w.gateway_account_id
                           AND u.reference = i.about
                           AND greatest(u.settled_at, w.created_at) - o.clock_offset
                               < %(now)s - interval '1 hour')"""
        ),
    ),
    Proof(
        "inquiries_have_jobs",
        "deadline",
        _("Every long question to a provider that is under way has a job that asks it."),
        "inquiry",
        _("A question to a provider (%(kind)s, %(state)s) has no job any more. Stop it, and let it go on."),
        sql(
            """SELECT q.organization_id, q.id AS subject, q.kind, q.state FROM gateway_inquiry q
               WHERE q.state IN ('queued', 'running') AND NOT EXISTS (
                   SELECT 1 FROM procrastinate_jobs j
                   WHERE j.status IN ('todo', 'doing') AND j.args ->> 'inquiry_id' = q.id::text)"""
        ),
    ),
    Proof(
        "exports_have_jobs",
        "deadline",
        _("Every export that is under way has a job that writes it."),
        "export",
        _("The export of %(list)s (%(state)s) has no job any more."),
        sql(
            """SELECT x.organization_id, x.id AS subject, x.list_name AS list, x.state FROM export x
               WHERE x.state IN ('queued', 'running') AND NOT EXISTS (
                   SELECT 1 FROM procrastinate_jobs j
                   WHERE j.status IN ('todo', 'doing') AND j.args ->> 'export_id' = x.id::text)"""
        ),
    ),
    Proof(
        "batches_have_jobs",
        "deadline",
        _("Every act on many rows that is under way has a job that does it."),
        "batch",
        _("The act %(act)s on many rows (%(state)s) has no job any more."),
        sql(
            """SELECT b.organization_id, b.id AS subject, b.act, b.state FROM batch b
               WHERE b.state IN ('queued', 'running') AND NOT EXISTS (
                   SELECT 1 FROM procrastinate_jobs j
                   WHERE j.status IN ('todo', 'doing') AND j.args ->> 'batch_id' = b.id::text)"""
        ),
    ),
    Proof(
        "log_is_read",
        "deadline",
        _("Whoever follows the event log has read it up to an hour ago."),
        "event",
        _("The reader “%(reader)s” has not read what happened at %(at)s."),
        sql(
            """SELECT e.organization_id, e.id AS subject, r.name AS reader, e.at
               FROM event_reader r CROSS JOIN LATERAL (
                   SELECT v.id, v.organization_id, v.at FROM event v
                   WHERE (v.xact, v.id) > (r.xact, coalesce(r.event_id, '00000000-0000-0000-0000-000000000000'))
                   ORDER BY v.xact, v.id LIMIT 1
               ) e JOIN organization o ON o.id = e.organization_id
               WHERE e.at - o.clock_offset < %(now)s - interval '1 hour'"""
        ),
    ),
    Proof(
        "news_is_digested",
        "deadline",
        _("Nothing that happened was put aside by a reader of the event log."),
        "event",
        _("The reader “%(reader)s” could not take in an event: %(error)s."),
        sql(
            r"""SELECT organization_id, event_id AS subject, reader,
                   coalesce(substring(rtrim(error) FROM '[^\n]+$'), '') AS error
               FROM event_failure WHERE resolved_at IS NULL"""
        ),
    ),
)
