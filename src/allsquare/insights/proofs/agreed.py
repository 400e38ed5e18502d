"""What is charged and sold by itself is not late.

A payment says nowhere when it ended without money, so what follows from its end is late an hour after the newest event
of it. Times of the organization are brought to the machine's by its offset, as everywhere.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

AGREED = (
    Proof(
        # While another payment of the invoice is under way its attempt waits, and that payment has a proof of its own.
        # One whose provider is down waits too, and is looked at again and again.
        "attempts_on_time",
        "deadline",
        _(
            "No invoice that is charged by itself waits for more than an hour after its day, and none for what follows "
            "from its payment."
        ),
        "invoice",
        _(
            "The attempt to charge %(amount_minor)s, planned for %(day)s, is %(state)s and nobody goes on with it."
        ),
        sql(
            """SELECT c.organization_id, c.invoice_id AS subject, c.state, c.planned_on AS day,
                   CASE WHEN c.amount_minor > 0 THEN c.amount_minor
                       ELSE i.total_minor - i.paid_minor - i.credited_minor END AS amount_minor, i.currency
               FROM autopay_charge c
                   JOIN organization o ON o.id = c.organization_id
                   JOIN invoice i ON i.id = c.invoice_id AND i.organization_id = c.organization_id
                   LEFT JOIN payment p ON p.id = c.payment_id AND p.organization_id = c.organization_id
               WHERE c.state IN ('planned', 'started') AND CASE
                   WHEN c.state = 'planned' THEN
                       c.planned_on < ((%(now)s - interval '1 hour' + o.clock_offset) AT TIME ZONE o.time_zone)::date
                       AND NOT (c.reason = 'provider_down' AND c.started_at > %(now)s - interval '1 hour')
                       AND NOT EXISTS (
                           SELECT 1 FROM payment u
                           WHERE u.invoice_id = c.invoice_id AND u.organization_id = c.organization_id
                               AND u.state IN ('started', 'unknown', 'needs_action', 'pending'))
                   WHEN p.id IS NULL THEN c.started_at < %(now)s - interval '1 hour'
                   ELSE p.state NOT IN ('started', 'unknown', 'pending') AND coalesce((
                       SELECT max(v.at) - o.clock_offset < %(now)s - interval '1 hour' FROM event v
                       WHERE v.subject_id = p.id AND v.organization_id = p.organization_id), true) END"""
        ),
    ),
    Proof(
        # What was paid and could not be sold, of which a person was told, stays as it is.
        "sales_on_time",
        "deadline",
        _("Nothing that is for sale is kept back for more than an hour after its payment ended."),
        "payment_link",
        _("%(quantity)s of “%(name)s” are kept back since %(at)s. The payment: %(payment)s."),
        sql(
            """SELECT s.organization_id, s.link_id AS subject, s.quantity, l.name, s.created_at AS at,
                   coalesce(p.state, '—') AS payment
               FROM sale s
                   JOIN organization o ON o.id = s.organization_id
                   JOIN payment_link l ON l.id = s.link_id AND l.organization_id = s.organization_id
                   LEFT JOIN payment p ON p.key = 'sale-' || s.id AND p.organization_id = s.organization_id
               WHERE s.state = 'held' AND s.created_at - o.clock_offset < %(now)s - interval '1 hour' AND CASE
                   WHEN p.id IS NULL THEN l."limit" IS NOT NULL
                   ELSE p.state IN ('succeeded', 'declined', 'failed', 'canceled')
                       AND NOT EXISTS (
                           SELECT 1 FROM attention t
                           WHERE t.subject_id = p.id AND t.organization_id = p.organization_id
                               AND t.kind = 'sale_not_made')
                       AND coalesce((
                           SELECT max(v.at) - o.clock_offset < %(now)s - interval '1 hour' FROM event v
                           WHERE v.subject_id = p.id AND v.organization_id = p.organization_id), true) END"""
        ),
    ),
)
