"""Sub-ledgers: what customers owe and have, and what providers owe, is what the accounts in the ledger say."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

SUBLEDGERS = (
    Proof(
        "receivable_subledger",
        "cache",
        _("The receivable account is what customers owe, customer by customer and invoice by invoice."),
        "invoice",
        _("Invoice %(number)s is open with %(open_minor)s, the receivable account says %(ledger_minor)s."),
        sql(
            """WITH ledger AS (
                   SELECT organization_id, document_id, customer_id, sum(base_minor) AS base FROM journal_line
                   WHERE document_id IS NOT NULL
                       AND (account_id IN (SELECT id FROM account WHERE role = 'receivable')) IS TRUE
                   GROUP BY document_id, organization_id, customer_id
               ), written_off AS (
                   SELECT organization_id, invoice_id, sum(base_minor) AS base
                   FROM write_off GROUP BY organization_id, invoice_id
               ), credited AS (
                   SELECT organization_id, invoice_id, sum(base_total_minor) AS base
                   FROM credit_note GROUP BY organization_id, invoice_id
               ), unpaid AS (
                   SELECT i.organization_id, i.id, i.number, i.customer_id, i.state,
                       coalesce(i.base_total_minor, 0) - coalesce(sum(p.base_minor), 0) AS base
                   FROM invoice i
                       LEFT JOIN allocation p ON p.invoice_id = i.id AND p.organization_id = i.organization_id
                   WHERE i.state <> 'draft'
                   GROUP BY i.id
               ), owed AS (
                   SELECT i.organization_id, i.id, i.number, i.customer_id,
                       CASE i.state WHEN 'void' THEN 0 ELSE i.base - coalesce(w.base, 0) - coalesce(c.base, 0) END
                           AS base
                   FROM unpaid i
                       LEFT JOIN credited c ON c.invoice_id = i.id AND c.organization_id = i.organization_id
                       LEFT JOIN written_off w ON w.invoice_id = i.id AND w.organization_id = i.organization_id
               )
               SELECT f.organization_id, f.subject, f.number, f.open_minor, f.ledger_minor,
                   o.base_currency AS currency
               FROM (
                   SELECT coalesce(i.organization_id, l.organization_id) AS organization_id,
                       coalesce(i.id, l.document_id) AS subject, coalesce(i.number, '?') AS number,
                       coalesce(i.base, 0) AS open_minor, coalesce(l.base, 0) AS ledger_minor
                   FROM owed i FULL JOIN ledger l ON l.document_id = i.id
                       AND l.organization_id = i.organization_id AND l.customer_id = i.customer_id
                   WHERE coalesce(i.base, 0) <> coalesce(l.base, 0)
                   UNION ALL
                   SELECT organization_id, customer_id, '?', 0, sum(base_minor) FROM journal_line
                   WHERE document_id IS NULL
                       AND (account_id IN (SELECT id FROM account WHERE role = 'receivable')) IS TRUE
                   GROUP BY organization_id, customer_id HAVING sum(base_minor) <> 0
               ) f LEFT JOIN organization o ON o.id = f.organization_id""",
            walk=True,
        ),
        proves=("invoice.base_total_minor", "credit_note.base_total_minor"),
    ),
    Proof(
        "credit_subledger",
        "cache",
        _("The customer credit account is what customers have to their credit, customer by customer."),
        "customer",
        _(
            "The movements of a customer's credit sum to %(movements_minor)s, the account says %(ledger_minor)s."
        ),
        sql(
            """WITH ledger AS (
                   SELECT l.organization_id, l.customer_id, -sum(l.base_minor) AS base
                   FROM journal_line l JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
                   WHERE a.role = 'customer_credit'
                   GROUP BY l.organization_id, l.customer_id
               ), movements AS (
                   SELECT organization_id, customer_id, sum(base_minor) AS base
                   FROM credit_movement GROUP BY organization_id, customer_id
               )
               SELECT f.*, o.base_currency AS currency
               FROM (
                   SELECT coalesce(l.organization_id, m.organization_id) AS organization_id,
                       coalesce(l.customer_id, m.customer_id) AS subject,
                       coalesce(m.base, 0) AS movements_minor, coalesce(l.base, 0) AS ledger_minor
                   FROM ledger l FULL JOIN movements m
                       ON m.customer_id = l.customer_id AND m.organization_id = l.organization_id
                   WHERE coalesce(l.base, 0) <> coalesce(m.base, 0)
               ) f LEFT JOIN organization o ON o.id = f.organization_id"""
        ),
    ),
    Proof(
        "clearing_subledger",
        "cache",
        _(
            "What each provider owes us by payments, refunds, disputes, payouts and movements is what its account says."
        ),
        "account",
        _("By what happened the provider owes %(owed_minor)s, its clearing account says %(ledger_minor)s."),
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
                   SELECT organization_id, gateway_account_id, currency,
                       others_minor + others_fee_minor - net_minor - fee_minor
                   FROM payout WHERE state = 'paid'
                   UNION ALL
                   SELECT organization_id, gateway_account_id, currency, -amount_minor FROM conversion
                   WHERE source_type <> 'payout'
                   UNION ALL
                   SELECT organization_id, gateway_account_id, into_currency, into_minor FROM conversion
                   WHERE source_type <> 'payout'
                   UNION ALL
                   SELECT organization_id, gateway_account_id, currency, amount_minor FROM provider_movement
               ), summed AS (
                   SELECT organization_id, gateway_account_id, currency, sum(amount) AS amount
                   FROM facts GROUP BY organization_id, gateway_account_id, currency
               ), owed AS (
                   SELECT a.organization_id, a.id, f.currency, f.amount
                   FROM summed f JOIN account a ON a.organization_id = f.organization_id
                       AND a.role = 'clearing' AND a.detail = f.gateway_account_id::text
               ), ledger AS (
                   SELECT a.organization_id, a.id, l.currency, sum(l.amount_minor) AS amount
                   FROM account a
                       JOIN journal_line l ON l.account_id = a.id AND l.organization_id = a.organization_id
                       JOIN journal_entry e ON e.id = l.entry_id AND e.organization_id = l.organization_id
                   WHERE a.role = 'clearing'
                       AND e.source_type IN ('payment', 'refund', 'dispute', 'dispute_fee', 'payout',
                           'payout_others', 'provider_movement')
                   GROUP BY a.organization_id, a.id, l.currency
               )
               SELECT coalesce(o.organization_id, l.organization_id) AS organization_id,
                   coalesce(o.id, l.id) AS subject, coalesce(o.amount, 0) AS owed_minor,
                   coalesce(l.amount, 0) AS ledger_minor, coalesce(o.currency, l.currency) AS currency
               FROM owed o FULL JOIN ledger l
                   ON l.id = o.id AND l.organization_id = o.organization_id AND l.currency = o.currency
               WHERE coalesce(o.amount, 0) <> coalesce(l.amount, 0)"""
        ),
        proves=(
            *("payment.fee_minor", "refund.fee_returned_minor", "dispute.fee_minor", "payout.fee_minor"),
            *("conversion.amount_minor", "conversion.into_minor"),
        ),
    ),
    Proof(
        "others_subledger",
        "cache",
        _("What payouts brought that is of others is what came onto the account of their money."),
        "account",
        _("Payouts brought %(brought_minor)s of others, the account of their money got %(ledger_minor)s."),
        sql(
            """WITH brought AS (
                   SELECT organization_id, currency, sum(others_minor) AS amount FROM payout
                   WHERE state = 'paid' AND others_minor <> 0 GROUP BY organization_id, currency
               ), ledger AS (
                   SELECT a.organization_id, a.id, l.currency, -sum(l.amount_minor) AS amount
                   FROM account a
                       JOIN journal_line l ON l.account_id = a.id AND l.organization_id = a.organization_id
                       JOIN journal_entry e ON e.id = l.entry_id AND e.organization_id = l.organization_id
                   WHERE a.role = 'money_of_others' AND e.source_type IN ('payout', 'payout_others')
                   GROUP BY a.organization_id, a.id, l.currency
               )
               SELECT coalesce(b.organization_id, l.organization_id) AS organization_id,
                   coalesce(l.id, (SELECT a.id FROM account a WHERE a.organization_id = b.organization_id
                       AND a.role = 'money_of_others'), b.organization_id) AS subject,
                   coalesce(b.amount, 0) AS brought_minor, coalesce(l.amount, 0) AS ledger_minor,
                   coalesce(b.currency, l.currency) AS currency
               FROM brought b FULL JOIN ledger l
                   ON l.organization_id = b.organization_id AND l.currency = b.currency
               WHERE coalesce(b.amount, 0) <> coalesce(l.amount, 0)"""
        ),
    ),
    Proof(
        "disputed_subledger",
        "cache",
        _("What is disputed is what the account of disputed money says."),
        "account",
        _("Open disputes sum to %(open_minor)s, the account of disputed money says %(ledger_minor)s."),
        sql(
            """WITH ledger AS (
                   SELECT a.organization_id, a.id, sum(l.base_minor) AS base
                   FROM account a LEFT JOIN journal_line l
                       ON l.account_id = a.id AND l.organization_id = a.organization_id
                   WHERE a.role = 'disputed' GROUP BY a.organization_id, a.id
               ), cases AS (
                   SELECT organization_id, sum(base_minor) AS base
                   FROM dispute WHERE state = 'opened' GROUP BY organization_id
               )
               SELECT l.organization_id, l.id AS subject, coalesce(c.base, 0) AS open_minor,
                   coalesce(l.base, 0) AS ledger_minor, o.base_currency AS currency
               FROM ledger l LEFT JOIN cases c ON c.organization_id = l.organization_id
                   LEFT JOIN organization o ON o.id = l.organization_id
               WHERE coalesce(c.base, 0) <> coalesce(l.base, 0)"""
        ),
        proves=("dispute.base_minor",),
    ),
)
