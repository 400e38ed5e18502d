"""I2: each object of a provider is one payment of ours, each payment one settlement; and the caches on payments."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

PAYMENTS = (
    Proof(
        "one_payment_per_charge",
        "I2",
        _("Each charge of a provider belongs to at most one payment."),
        "charge",
        _("The charge %(charge)s belongs to %(payments)s payments."),
        sql(
            """SELECT organization_id, reference AS subject, reference AS charge, count(*) AS payments
               FROM payment WHERE reference IS NOT NULL
               GROUP BY organization_id, gateway_account_id, reference HAVING count(*) > 1"""
        ),
    ),
    Proof(
        "one_settlement_per_payment",
        "I2",
        _("Each succeeded payment has exactly one settlement entry, and no other payment has one."),
        "payment",
        _("A payment (%(state)s) has %(entries)s settlement entries."),
        sql(
            """WITH settled AS (
                   SELECT organization_id, source_id, count(*) AS entries FROM journal_entry
                   WHERE kind = 'payment.settled' GROUP BY organization_id, source_id
               )
               SELECT coalesce(p.organization_id, e.organization_id) AS organization_id,
                   coalesce(p.id, e.source_id) AS subject, coalesce(p.state, '?') AS state,
                   coalesce(e.entries, 0) AS entries
               FROM (SELECT id, organization_id, state FROM payment) p
                   FULL JOIN settled e ON e.source_id = p.id AND e.organization_id = p.organization_id
               WHERE coalesce(e.entries, 0) <> CASE p.state WHEN 'succeeded' THEN 1 ELSE 0 END"""
        ),
    ),
    Proof(
        "capture_is_allocated",
        "cache",
        _("What a payment captured is what it paid plus the credit it left."),
        "payment",
        _("A payment captured %(captured_minor)s; allocated and credited are %(spent_minor)s."),
        sql(
            """WITH spent AS (
                   SELECT organization_id, source_id, sum(amount_minor) AS total FROM (
                       SELECT organization_id, source_id, amount_minor FROM allocation WHERE source_id = payment_id
                       UNION ALL
                       SELECT organization_id, source_id, amount_minor FROM credit_movement
                           WHERE source_id = payment_id
                   ) facts GROUP BY organization_id, source_id
               )
               SELECT p.organization_id, p.id AS subject, p.captured_minor, coalesce(s.total, 0) AS spent_minor,
                   p.currency
               FROM payment p LEFT JOIN spent s ON s.source_id = p.id AND s.organization_id = p.organization_id
               WHERE p.captured_minor <> coalesce(s.total, 0)"""
        ),
        proves=("payment.captured_minor",),
    ),
    Proof(
        "payment_shares",
        "I2",
        _(
            "A payment for several invoices is for no more than it asks for, and for its own customer's invoices."
        ),
        "payment",
        _(
            "A payment of %(asked_minor)s is for invoices with %(meant_minor)s; %(strangers)s of them are not its."
        ),
        sql(
            """WITH meant AS (
                   SELECT s.organization_id, s.payment_id, sum(s.amount_minor) AS total, count(*) FILTER (
                       WHERE (i.customer_id = p.customer_id AND i.currency = p.currency
                           AND p.organization_id = s.organization_id) IS NOT TRUE) AS strangers
                   FROM payment_share s JOIN payment p ON p.id = s.payment_id
                       LEFT JOIN invoice i ON i.id = s.invoice_id AND i.organization_id = s.organization_id
                   GROUP BY s.organization_id, s.payment_id
               )
               SELECT m.organization_id, m.payment_id AS subject, p.amount_minor AS asked_minor,
                   m.total AS meant_minor, m.strangers, p.currency
               FROM meant m JOIN payment p ON p.id = m.payment_id
               WHERE m.total > p.amount_minor OR m.strangers > 0 OR p.invoice_id IS NOT NULL"""
        ),
    ),
    Proof(
        "shares_are_kept",
        "I2",
        _("An invoice takes no more of a payment for several than was meant for it."),
        "payment",
        _("Invoice %(number)s took %(taken_minor)s of a payment of which %(meant_minor)s was meant for it."),
        sql(
            """SELECT a.organization_id, a.payment_id AS subject, coalesce(i.number, '?') AS number,
                   sum(a.amount_minor) AS taken_minor, coalesce(s.amount_minor, 0) AS meant_minor, a.currency
               FROM allocation a
                   LEFT JOIN payment_share s ON s.payment_id = a.payment_id AND s.invoice_id = a.invoice_id
                       AND s.organization_id = a.organization_id
                   LEFT JOIN invoice i ON i.id = a.invoice_id AND i.organization_id = a.organization_id
               WHERE a.source_id = a.payment_id
                   AND a.payment_id IN (SELECT payment_id FROM payment_share)
               GROUP BY a.organization_id, a.payment_id, i.number, s.amount_minor, a.currency
               HAVING sum(a.amount_minor) > coalesce(s.amount_minor, 0)"""
        ),
    ),
    Proof(
        "credit_uses",
        "I2",
        _("Credit that was used is allocated to an invoice, to the cent, and booked once."),
        "customer",
        _("Credit of %(used_minor)s was used, allocated is %(allocated_minor)s, entries: %(entries)s."),
        sql(
            """SELECT c.organization_id, c.customer_id AS subject, -c.amount_minor AS used_minor,
                   coalesce(a.amount_minor, 0) AS allocated_minor, count(e.id) AS entries, c.currency
               FROM credit_movement c
                   LEFT JOIN allocation a ON a.source_id = c.source_id AND a.organization_id = c.organization_id
                       AND a.payment_id = c.payment_id
                   LEFT JOIN journal_entry e ON e.source_id = c.source_id AND e.organization_id = c.organization_id
                       AND e.kind = 'credit.used'
               WHERE c.reason = 'used'
               GROUP BY c.organization_id, c.id, c.customer_id, c.amount_minor, a.amount_minor, c.currency
               HAVING coalesce(a.amount_minor, 0) <> -c.amount_minor OR count(e.id) <> 1"""
        ),
    ),
    Proof(
        "refund_caches",
        "cache",
        _("Refunded and reserved sums are those of the payment's refunds, and never above the capture."),
        "payment",
        _(
            "A payment says %(refunded_minor)s is refunded and %(reserved_minor)s reserved, its refunds say "
            "%(done_minor)s and %(waiting_minor)s."
        ),
        sql(
            """WITH given AS (
                   SELECT organization_id, payment_id,
                       coalesce(sum(amount_minor) FILTER (WHERE state = 'succeeded'), 0) AS done,
                       coalesce(sum(amount_minor) FILTER (
                           WHERE state IN ('started', 'unknown', 'pending')), 0) AS waiting
                   FROM refund GROUP BY organization_id, payment_id
               )
               SELECT p.organization_id, p.id AS subject, p.refunded_minor, p.refunding_minor AS reserved_minor,
                   coalesce(g.done, 0) AS done_minor, coalesce(g.waiting, 0) AS waiting_minor, p.currency
               FROM payment p LEFT JOIN given g ON g.payment_id = p.id AND g.organization_id = p.organization_id
               WHERE p.refunded_minor <> coalesce(g.done, 0) OR p.refunding_minor <> coalesce(g.waiting, 0)
                   OR p.refunded_minor + p.refunding_minor > p.captured_minor"""
        ),
        proves=("payment.refunded_minor", "payment.refunding_minor"),
    ),
    Proof(
        "dispute_cache",
        "cache",
        _("The disputed sum of a payment is that of its open and lost disputes."),
        "payment",
        _("A payment says %(kept_minor)s is disputed, its disputes say %(disputes_minor)s."),
        sql(
            """WITH cases AS (
                   SELECT organization_id, payment_id,
                       coalesce(sum(amount_minor) FILTER (WHERE state IN ('opened', 'lost')), 0) AS total
                   FROM dispute GROUP BY organization_id, payment_id
               )
               SELECT p.organization_id, p.id AS subject, p.disputed_minor AS kept_minor,
                   coalesce(c.total, 0) AS disputes_minor, p.currency
               FROM payment p LEFT JOIN cases c ON c.payment_id = p.id AND c.organization_id = p.organization_id
               WHERE p.disputed_minor <> coalesce(c.total, 0)"""
        ),
        proves=("payment.disputed_minor",),
    ),
    Proof(
        "refunds_are_booked",
        "I2",
        _(
            "Each refund that succeeded has exactly one entry, and one that failed afterwards a second that undoes it."
        ),
        "refund",
        _("A refund (%(state)s) has %(settled)s entries of its settlement and %(failed)s of its failure."),
        sql(
            """SELECT r.organization_id, r.id AS subject, r.state,
                   count(e.id) FILTER (WHERE e.kind = 'refund.settled') AS settled,
                   count(e.id) FILTER (WHERE e.kind = 'refund.failed') AS failed
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
        _(
            "Each dispute has exactly one entry of its opening and, once closed, one of its end; one that ended the "
            "other way after all has one of either."
        ),
        "dispute",
        _("A dispute (%(state)s) has the entries: %(entries)s."),
        sql(
            """SELECT d.organization_id, d.id AS subject, d.state,
                   coalesce(string_agg(e.kind, ', ' ORDER BY e.kind), '—') AS entries
               FROM dispute d LEFT JOIN journal_entry e
                   ON e.source_id = d.id AND e.organization_id = d.organization_id
               GROUP BY d.organization_id, d.id, d.state
               HAVING coalesce(string_agg(e.kind, ',' ORDER BY e.kind), '') <> ALL (CASE d.state
                   WHEN 'opened' THEN ARRAY['dispute.opened']
                   WHEN 'won' THEN ARRAY['dispute.opened,dispute.won', 'dispute.lost,dispute.opened,dispute.won']
                   WHEN 'lost' THEN ARRAY['dispute.lost,dispute.opened', 'dispute.lost,dispute.opened,dispute.won']
                   END)"""
        ),
    ),
    Proof(
        "payouts_are_booked",
        "I2",
        _(
            "Each payout has exactly one entry, unless it was of nothing; of one that came back, that entry is taken "
            "back."
        ),
        "payout",
        _("The payout %(payout)s of %(net_minor)s (%(state)s) has the entries: %(entries)s."),
        sql(
            # One that was never heard of before it came back has no entry at all. Of one of nothing a part may be ours,
            # and as much of others have been taken away.
            """SELECT o.organization_id, o.id AS subject, o.reference AS payout, o.net_minor, o.currency, o.state,
                   coalesce(string_agg(e.kind, ', ' ORDER BY e.kind), '—') AS entries
               FROM payout o LEFT JOIN journal_entry e
                   ON e.source_id = o.id AND e.organization_id = o.organization_id
               GROUP BY o.organization_id, o.id, o.reference, o.net_minor, o.fee_minor, o.currency, o.state
               HAVING coalesce(string_agg(e.kind, ',' ORDER BY e.kind), '') <> ALL (CASE
                   WHEN o.net_minor = 0 AND o.fee_minor = 0 THEN
                       CASE WHEN EXISTS (SELECT 1 FROM payout_item i WHERE i.payout_id = o.id
                           AND i.organization_id = o.organization_id)
                       THEN ARRAY['', 'payout.paid', 'payout.failed,payout.paid'] ELSE ARRAY[''] END
                   WHEN o.state = 'failed' THEN ARRAY['', 'payout.failed,payout.paid']
                   ELSE ARRAY['payout.paid'] END)"""
        ),
    ),
    Proof(
        "arrivals_are_booked",
        "I2",
        _(
            "Each payout that is noted as arrived is booked to the bank account as it is noted, once; of one that was "
            "taken back nothing stands there."
        ),
        "payout",
        _(
            "Of the payout %(payout)s %(received_minor)s arrived, the bank account has %(ledger_minor)s of it; the "
            "days are %(noted)s and %(kept)s."
        ),
        sql(
            """WITH booked AS (
                   SELECT a.id, a.organization_id, coalesce(sum(l.amount_minor), 0) AS amount
                   FROM payout_arrival a
                       JOIN journal_entry e ON e.source_id = a.id AND e.organization_id = a.organization_id
                       JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
                       JOIN account c ON c.id = l.account_id AND c.organization_id = l.organization_id
                   WHERE c.role = 'bank' GROUP BY a.id, a.organization_id
               )
               SELECT o.organization_id, o.id AS subject, o.reference AS payout, o.currency,
                   CASE WHEN a.undone_at IS NULL THEN coalesce(a.received_minor, 0) ELSE 0 END AS received_minor,
                   coalesce(b.amount, 0) AS ledger_minor, coalesce(a.arrived_on::text, '—') AS noted,
                   coalesce(o.arrived_on::text, '—') AS kept
               FROM payout o
                   LEFT JOIN payout_arrival a ON a.payout_id = o.id AND a.organization_id = o.organization_id
                   LEFT JOIN booked b ON b.id = a.id AND b.organization_id = a.organization_id
               WHERE coalesce(b.amount, 0)
                       <> CASE WHEN a.undone_at IS NULL THEN coalesce(a.received_minor, 0) ELSE 0 END
                   OR (a.id IS NOT NULL AND a.undone_at IS NULL
                       AND (o.state <> 'paid' OR o.arrived_on IS DISTINCT FROM a.arrived_on))
                   OR (o.arrived_on IS NOT NULL AND NOT EXISTS (
                       SELECT 1 FROM payout_arrival s WHERE s.payout_id = o.id
                           AND s.organization_id = o.organization_id AND s.undone_at IS NULL))"""
        ),
        proves=("payout_arrival.received_minor",),
    ),
    Proof(
        # Of one without items its provider does not say what is in it; one that failed may have been told of too early.
        "payouts_hold_their_items",
        "cache",
        _("What a payout contains comes to the payout, where its provider says what it contains."),
        "payout",
        _("The payout %(payout)s is %(net_minor)s, what it contains comes to %(items_minor)s."),
        sql(
            """SELECT o.organization_id, o.id AS subject, o.reference AS payout, o.net_minor,
                   sum(i.net_minor) AS items_minor, o.currency
               FROM payout o JOIN payout_item i ON i.payout_id = o.id AND i.organization_id = o.organization_id
               WHERE o.state = 'paid'
               GROUP BY o.id HAVING sum(i.net_minor) <> o.net_minor"""
        ),
        proves=("payout.net_minor", "payout_item.net_minor"),
    ),
    Proof(
        "others_by_item",
        "cache",
        _("What of a payout is of others is what of its lines is."),
        "payout",
        _("Of the payout %(payout)s %(others_minor)s is of others, of its lines it is %(items_minor)s."),
        sql(
            """SELECT o.organization_id, o.id AS subject, o.reference AS payout, o.others_minor,
                   coalesce(sum(i.others_minor), 0) AS items_minor, o.currency
               FROM payout o
                   LEFT JOIN payout_item i ON i.payout_id = o.id AND i.organization_id = o.organization_id
               GROUP BY o.id
               HAVING coalesce(sum(i.others_minor), 0) <> o.others_minor
                   OR coalesce(sum(i.others_fee_minor), 0) <> o.others_fee_minor"""
        ),
        proves=(
            *("payout.others_minor", "payout.others_fee_minor"),
            *("payout_item.others_minor", "payout_item.others_fee_minor"),
        ),
    ),
)
