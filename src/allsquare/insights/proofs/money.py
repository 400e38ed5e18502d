"""Where the money is: what payments brought is with a provider, in the till or at the bank, or has left by a fee, a
refund or a dispute. The page *Where is my money* shows the same sums."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

MONEY = (
    Proof(
        "money_is_somewhere",
        "cache",
        _("All money that payments brought and that has not left again stands on an account for money."),
        "organization",
        _("Payments left %(kept_minor)s, the accounts for money have %(ledger_minor)s of them."),
        sql(
            """WITH facts AS (
                   SELECT organization_id, currency, sum(captured_minor - fee_minor) AS amount
                   FROM payment WHERE state = 'succeeded' GROUP BY organization_id, currency
                   UNION ALL
                   SELECT organization_id, currency, sum(fee_returned_minor
                       - CASE state WHEN 'succeeded' THEN amount_minor ELSE 0 END)
                   FROM refund WHERE settled_at IS NOT NULL GROUP BY organization_id, currency
                   UNION ALL
                   SELECT organization_id, currency,
                       sum(-fee_minor - CASE state WHEN 'won' THEN 0 ELSE amount_minor END)
                   FROM dispute GROUP BY organization_id, currency
                   UNION ALL
                   SELECT organization_id, currency, -sum(amount_minor) FROM conversion
                   WHERE source_type <> 'payout' GROUP BY organization_id, currency
                   UNION ALL
                   SELECT organization_id, into_currency, sum(into_minor) FROM conversion
                   WHERE source_type <> 'payout' GROUP BY organization_id, into_currency
               ), kept AS (
                   SELECT organization_id, currency, sum(amount) AS amount
                   FROM facts GROUP BY organization_id, currency
               ), ledger AS (
                   SELECT l.organization_id, l.currency, sum(l.amount_minor) AS amount
                   FROM journal_line l
                       JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
                       JOIN journal_entry e ON e.id = l.entry_id AND e.organization_id = l.organization_id
                   WHERE a.role IN ('clearing', 'bank', 'cash', 'cheques')
                       AND e.source_type IN ('payment', 'refund', 'dispute', 'dispute_fee')
                   GROUP BY l.organization_id, l.currency
               )
               SELECT coalesce(k.organization_id, l.organization_id) AS organization_id,
                   coalesce(k.organization_id, l.organization_id) AS subject,
                   coalesce(k.amount, 0) AS kept_minor, coalesce(l.amount, 0) AS ledger_minor,
                   coalesce(k.currency, l.currency) AS currency
               FROM kept k FULL JOIN ledger l
                   ON l.organization_id = k.organization_id AND l.currency = k.currency
               WHERE coalesce(k.amount, 0) <> coalesce(l.amount, 0)"""
        ),
    ),
)
