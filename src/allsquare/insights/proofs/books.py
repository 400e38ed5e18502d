"""I1: the trial balance is zero, per organization and currency; and the sub-ledgers agree with the ledger."""

from __future__ import annotations

from allsquare.insights.proofs.proof import Proof, sql

BOOKS = (
    Proof(
        "trial_balance",
        "I1",
        "Debits equal credits in base currency and in every currency.",
        sql(
            """SELECT organization_id, coalesce(currency, 'base'),
                   'debits and credits differ by ' || difference || ' minor units'
               FROM (
                   SELECT organization_id, currency, sum(amount_minor) AS difference
                       FROM journal_line GROUP BY organization_id, currency
                   UNION ALL
                   SELECT organization_id, NULL, sum(base_minor) FROM journal_line GROUP BY organization_id
               ) totals WHERE difference <> 0"""
        ),
    ),
    Proof(
        "entries_balance",
        "I1",
        "Every journal entry has two or more lines that sum to zero.",
        sql(
            """SELECT e.organization_id, e.id,
                   'entry ' || e.kind || ' has ' || count(l.id) || ' lines, sum ' || coalesce(sum(l.base_minor), 0)
               FROM journal_entry e
                   LEFT JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
               GROUP BY e.organization_id, e.id, e.kind
               HAVING count(l.id) < 2 OR sum(l.base_minor) <> 0"""
        ),
    ),
    Proof(
        "receivable_subledger",
        "cache",
        "What each invoice has on the receivable account is what of it is open.",
        sql(
            """WITH ledger AS (
                   SELECT l.organization_id, l.document_id, sum(l.base_minor) AS base
                   FROM journal_line l JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
                   WHERE a.role = 'receivable' AND l.document_id IS NOT NULL
                   GROUP BY l.organization_id, l.document_id
               ), paid AS (
                   SELECT organization_id, invoice_id, sum(base_minor) AS base
                   FROM allocation GROUP BY organization_id, invoice_id
               ), written_off AS (
                   SELECT organization_id, invoice_id, sum(base_minor) AS base
                   FROM write_off GROUP BY organization_id, invoice_id
               )
               SELECT i.organization_id, i.id, 'invoice ' || i.number || ' is open with '
                   || CASE WHEN i.state = 'void' THEN 0
                       ELSE coalesce(i.base_total_minor, 0) - coalesce(p.base, 0) - coalesce(w.base, 0) END
                   || ' but the receivable account says ' || coalesce(l.base, 0)
               FROM invoice i
                   LEFT JOIN ledger l ON l.document_id = i.id AND l.organization_id = i.organization_id
                   LEFT JOIN paid p ON p.invoice_id = i.id AND p.organization_id = i.organization_id
                   LEFT JOIN written_off w ON w.invoice_id = i.id AND w.organization_id = i.organization_id
               WHERE i.state <> 'draft' AND coalesce(l.base, 0) <>
                   CASE WHEN i.state = 'void' THEN 0
                       ELSE coalesce(i.base_total_minor, 0) - coalesce(p.base, 0) - coalesce(w.base, 0) END"""
        ),
    ),
    Proof(
        "credit_subledger",
        "cache",
        "What each customer has to their credit is what the customer credit account says.",
        sql(
            """WITH ledger AS (
                   SELECT l.organization_id, l.customer_id, -sum(l.base_minor) AS base
                   FROM journal_line l JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
                   WHERE a.role = 'customer_credit' AND l.customer_id IS NOT NULL
                   GROUP BY l.organization_id, l.customer_id
               ), movements AS (
                   SELECT organization_id, customer_id, sum(base_minor) AS base
                   FROM credit_movement GROUP BY organization_id, customer_id
               )
               SELECT coalesce(l.organization_id, m.organization_id), coalesce(l.customer_id, m.customer_id),
                   'credit movements sum to ' || coalesce(m.base, 0) || ' but the account says ' || coalesce(l.base, 0)
               FROM ledger l FULL JOIN movements m
                   ON m.customer_id = l.customer_id AND m.organization_id = l.organization_id
               WHERE coalesce(l.base, 0) <> coalesce(m.base, 0)"""
        ),
    ),
    Proof(
        "clearing_subledger",
        "cache",
        "What each provider owes us by our payments, refunds, disputes and payouts is what its account says.",
        sql(
            """WITH facts AS (
                   SELECT organization_id, gateway_account_id, currency, captured_minor - fee_minor AS amount
                   FROM payment WHERE state = 'succeeded'
                   UNION ALL
                   SELECT r.organization_id, p.gateway_account_id, r.currency, r.fee_returned_minor
                       - CASE r.state WHEN 'succeeded' THEN r.amount_minor ELSE 0 END
                   FROM refund r JOIN payment p ON p.id = r.payment_id AND p.organization_id = r.organization_id
                   WHERE r.settled_at IS NOT NULL
                   UNION ALL
                   SELECT d.organization_id, p.gateway_account_id, d.currency,
                       -d.fee_minor - CASE d.state WHEN 'won' THEN 0 ELSE d.amount_minor END
                   FROM dispute d JOIN payment p ON p.id = d.payment_id AND p.organization_id = d.organization_id
                   UNION ALL
                   SELECT organization_id, gateway_account_id, currency, -net_minor FROM payout
               ), owed AS (
                   SELECT a.organization_id, a.id, f.currency, sum(f.amount) AS amount
                   FROM facts f JOIN account a ON a.organization_id = f.organization_id
                       AND a.role = 'clearing' AND a.detail = f.gateway_account_id::text
                   GROUP BY a.organization_id, a.id, f.currency
               ), ledger AS (
                   SELECT a.organization_id, a.id, l.currency, sum(l.amount_minor) AS amount
                   FROM account a
                       JOIN journal_line l ON l.account_id = a.id AND l.organization_id = a.organization_id
                       JOIN journal_entry e ON e.id = l.entry_id AND e.organization_id = l.organization_id
                   WHERE a.role = 'clearing' AND e.source_type IN ('payment', 'refund', 'dispute', 'payout')
                   GROUP BY a.organization_id, a.id, l.currency
               )
               SELECT coalesce(o.organization_id, l.organization_id), coalesce(o.id, l.id),
                   'the facts say ' || coalesce(o.amount, 0) || ' ' || coalesce(o.currency, l.currency)
                   || ' but the clearing account says ' || coalesce(l.amount, 0)
               FROM owed o FULL JOIN ledger l
                   ON l.id = o.id AND l.organization_id = o.organization_id AND l.currency = o.currency
               WHERE coalesce(o.amount, 0) <> coalesce(l.amount, 0)"""
        ),
    ),
    Proof(
        "account_days",
        "cache",
        "The sums of accounts by day are those of the lines that they stand for.",
        sql(
            """WITH lines AS (
                   SELECT l.organization_id, l.account_id, l.currency, l.date,
                       sum(l.base_minor) AS base, sum(l.amount_minor) AS amount
                   FROM account_day_mark m
                       JOIN journal_entry e ON e.organization_id = m.organization_id AND e.xact < m.xact
                       JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
                   GROUP BY l.organization_id, l.account_id, l.currency, l.date
               )
               SELECT coalesce(l.organization_id, d.organization_id), coalesce(l.account_id, d.account_id),
                   coalesce(l.date, d.date) || ': the lines say ' || coalesce(l.base, 0) || ' and '
                   || coalesce(l.amount, 0) || ' ' || coalesce(l.currency, d.currency) || ' but the sums say '
                   || coalesce(d.base_minor, 0) || ' and ' || coalesce(d.amount_minor, 0)
               FROM lines l FULL JOIN account_day d ON d.organization_id = l.organization_id
                   AND d.account_id = l.account_id AND d.currency = l.currency AND d.date = l.date
               WHERE coalesce(l.base, 0) <> coalesce(d.base_minor, 0)
                   OR coalesce(l.amount, 0) <> coalesce(d.amount_minor, 0)"""
        ),
    ),
    Proof(
        "closed_periods",
        "I1",
        "Nothing was booked into a period after it was closed.",
        sql(
            """SELECT e.organization_id, e.id, 'entry ' || e.kind || ' of ' || e.date || ' came after the period closed'
               FROM journal_entry e JOIN period p
                   ON p.organization_id = e.organization_id AND e.date BETWEEN p.starts_on AND p.ends_on
               WHERE p.closed_at IS NOT NULL AND e.posted_at > p.closed_at"""
        ),
    ),
)
