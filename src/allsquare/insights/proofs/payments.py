"""I2 and I3: each provider object one payment, each payment one settlement entry; what was acknowledged exists."""

from __future__ import annotations

from allsquare.insights.proofs.proof import Proof, sql

PAYMENTS = (
    Proof(
        "one_payment_per_charge",
        "I2",
        "Each charge of a provider belongs to at most one payment.",
        sql(
            """SELECT min(organization_id::text), reference, 'charge belongs to ' || count(*) || ' payments'
               FROM payment WHERE reference IS NOT NULL
               GROUP BY organization_id, gateway_account_id, reference HAVING count(*) > 1"""
        ),
    ),
    Proof(
        "one_settlement_per_payment",
        "I2",
        "Each succeeded payment has exactly one settlement entry, and no other payment has one.",
        sql(
            """SELECT p.organization_id, p.id,
                   'payment is ' || p.state || ' and has ' || count(e.id) || ' settlement entries'
               FROM payment p LEFT JOIN journal_entry e
                   ON e.source_id = p.id AND e.organization_id = p.organization_id AND e.kind = 'payment.settled'
               GROUP BY p.organization_id, p.id, p.state
               HAVING count(e.id) <> CASE WHEN p.state = 'succeeded' THEN 1 ELSE 0 END
               UNION ALL
               SELECT e.organization_id, e.id, 'settlement entry without a payment'
               FROM journal_entry e
               WHERE e.kind = 'payment.settled' AND NOT EXISTS (
                   SELECT 1 FROM payment p WHERE p.id = e.source_id AND p.organization_id = e.organization_id)"""
        ),
    ),
    Proof(
        "capture_is_allocated",
        "cache",
        "What a payment captured is what it paid plus the credit it left.",
        sql(
            """WITH spent AS (
                   SELECT organization_id, source_id, sum(amount_minor) AS total FROM (
                       SELECT organization_id, source_id, amount_minor FROM allocation
                       UNION ALL
                       SELECT organization_id, source_id, amount_minor FROM credit_movement
                   ) facts GROUP BY organization_id, source_id
               )
               SELECT p.organization_id, p.id, 'captured ' || p.captured_minor || ', allocated and credited '
                   || coalesce(s.total, 0)
               FROM payment p LEFT JOIN spent s ON s.source_id = p.id AND s.organization_id = p.organization_id
               WHERE p.captured_minor <> coalesce(s.total, 0)"""
        ),
    ),
    Proof(
        "credit_uses",
        "I2",
        "Credit that was used is allocated to an invoice, to the cent, and booked once.",
        sql(
            """SELECT c.organization_id, c.id, 'credit of ' || -c.amount_minor || ' was used, allocated is '
                   || coalesce(a.amount_minor, 0) || ', entries: ' || count(e.id)
               FROM credit_movement c
                   LEFT JOIN allocation a ON a.source_id = c.source_id AND a.organization_id = c.organization_id
                       AND a.payment_id = c.payment_id
                   LEFT JOIN journal_entry e ON e.source_id = c.source_id AND e.organization_id = c.organization_id
                       AND e.kind = 'credit.used'
               WHERE c.reason = 'used'
               GROUP BY c.organization_id, c.id, c.amount_minor, a.amount_minor
               HAVING coalesce(a.amount_minor, 0) <> -c.amount_minor OR count(e.id) <> 1"""
        ),
    ),
    Proof(
        "refund_caches",
        "cache",
        "Refunded and reserved sums are those of the payment's refunds, and never above the capture.",
        sql(
            """WITH given AS (
                   SELECT organization_id, payment_id,
                       coalesce(sum(amount_minor) FILTER (WHERE state = 'succeeded'), 0) AS done,
                       coalesce(sum(amount_minor) FILTER (
                           WHERE state IN ('started', 'unknown', 'pending')), 0) AS waiting
                   FROM refund GROUP BY organization_id, payment_id
               )
               SELECT p.organization_id, p.id, 'refunded ' || p.refunded_minor || ' and reserved ' || p.refunding_minor
                   || ', refunds say ' || coalesce(g.done, 0) || ' and ' || coalesce(g.waiting, 0)
               FROM payment p LEFT JOIN given g ON g.payment_id = p.id AND g.organization_id = p.organization_id
               WHERE p.refunded_minor <> coalesce(g.done, 0) OR p.refunding_minor <> coalesce(g.waiting, 0)
                   OR p.refunded_minor + p.refunding_minor > p.captured_minor"""
        ),
    ),
    Proof(
        "dispute_cache",
        "cache",
        "The disputed sum of a payment is that of its open and lost disputes.",
        sql(
            """WITH cases AS (
                   SELECT organization_id, payment_id,
                       coalesce(sum(amount_minor) FILTER (WHERE state IN ('opened', 'lost')), 0) AS total
                   FROM dispute GROUP BY organization_id, payment_id
               )
               SELECT p.organization_id, p.id, 'disputed ' || p.disputed_minor || ', disputes say '
                   || coalesce(c.total, 0)
               FROM payment p LEFT JOIN cases c ON c.payment_id = p.id AND c.organization_id = p.organization_id
               WHERE p.disputed_minor <> coalesce(c.total, 0)"""
        ),
    ),
    Proof(
        "refunds_are_booked",
        "I2",
        "Each refund that succeeded has exactly one entry, and one that failed afterwards a second that undoes it.",
        sql(
            """SELECT r.organization_id, r.id, 'refund is ' || r.state || ' and has '
                   || count(e.id) FILTER (WHERE e.kind = 'refund.settled') || ' settlement and '
                   || count(e.id) FILTER (WHERE e.kind = 'refund.failed') || ' failure entries'
               FROM refund r LEFT JOIN journal_entry e
                   ON e.source_id = r.id AND e.organization_id = r.organization_id
               GROUP BY r.organization_id, r.id, r.state, r.settled_at
               HAVING count(e.id) FILTER (WHERE e.kind = 'refund.settled')
                       <> CASE WHEN r.settled_at IS NULL THEN 0 ELSE 1 END
                   OR count(e.id) FILTER (WHERE e.kind = 'refund.failed')
                       <> CASE WHEN r.settled_at IS NOT NULL AND r.state = 'failed' THEN 1 ELSE 0 END
                   OR (r.state = 'succeeded' AND r.settled_at IS NULL)"""
        ),
    ),
    Proof(
        "disputes_are_booked",
        "I2",
        "Each dispute has exactly one entry of its opening and, once closed, one of its end.",
        sql(
            """SELECT d.organization_id, d.id, 'dispute is ' || d.state || ' and has '
                   || coalesce(string_agg(e.kind, ', ' ORDER BY e.kind), 'no entries')
               FROM dispute d LEFT JOIN journal_entry e
                   ON e.source_id = d.id AND e.organization_id = d.organization_id
               GROUP BY d.organization_id, d.id, d.state
               HAVING coalesce(string_agg(e.kind, ',' ORDER BY e.kind), '') <> CASE d.state
                   WHEN 'opened' THEN 'dispute.opened'
                   WHEN 'won' THEN 'dispute.opened,dispute.won'
                   WHEN 'lost' THEN 'dispute.lost,dispute.opened' END"""
        ),
    ),
    Proof(
        "payouts_are_booked",
        "I2",
        "Each payout has exactly one entry, unless it was of nothing.",
        sql(
            """SELECT o.organization_id, o.id, 'payout of ' || o.net_minor || ' has ' || count(e.id) || ' entries'
               FROM payout o LEFT JOIN journal_entry e
                   ON e.source_id = o.id AND e.organization_id = o.organization_id AND e.kind = 'payout.paid'
               GROUP BY o.organization_id, o.id, o.net_minor
               HAVING count(e.id) <> CASE WHEN o.net_minor = 0 THEN 0 ELSE 1 END"""
        ),
    ),
    Proof(
        "acknowledged_exists",
        "I3",
        "Whatever the log or a provider's answer acknowledges is there, in a state that fits.",
        sql(
            """SELECT v.organization_id, v.id, 'the log says the payment succeeded, and there is none that did'
               FROM event v WHERE v.kind = 'payment.succeeded' AND NOT EXISTS (
                   SELECT 1 FROM payment p
                   WHERE p.id = v.subject_id AND p.organization_id = v.organization_id AND p.state = 'succeeded')
               UNION ALL
               SELECT v.organization_id, v.id, 'the log says an invoice was issued, and there is none'
               FROM event v WHERE v.kind = 'invoice.issued' AND NOT EXISTS (
                   SELECT 1 FROM invoice i
                   WHERE i.id = v.subject_id AND i.organization_id = v.organization_id AND i.state <> 'draft')
               UNION ALL
               SELECT a.organization_id, a.payment_id,
                   'the provider said the attempt succeeded, the payment is ' || p.state
               FROM payment_attempt a JOIN payment p ON p.id = a.payment_id AND p.organization_id = a.organization_id
               WHERE a.status = 'succeeded' AND p.state <> 'succeeded'"""
        ),
    ),
)
