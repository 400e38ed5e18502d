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
    Proof(
        "movements_are_booked",
        "cache",
        _(
            "Each movement at a provider moved just its amount on the provider's account, and what takes it back did."
        ),
        "provider_movement",
        _("A movement of %(moved_minor)s moved %(ledger_minor)s on the provider's account."),
        sql(
            """SELECT m.organization_id, m.id AS subject, m.amount_minor AS moved_minor,
                   coalesce(b.amount, 0) AS ledger_minor, m.currency
               FROM provider_movement m
                   LEFT JOIN provider_movement r ON r.id = m.reverses_id AND r.organization_id = m.organization_id
                   LEFT JOIN LATERAL (
                       SELECT sum(l.amount_minor) AS amount, sum(l.base_minor) AS base
                       FROM journal_entry e
                           JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
                           JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
                       WHERE e.organization_id = m.organization_id AND a.role = 'clearing'
                           AND a.detail = m.gateway_account_id::text AND l.currency = m.currency
                           AND e.source_id = coalesce(m.reverses_id, m.id) AND e.kind = CASE
                               WHEN m.reverses_id IS NULL THEN 'movement.recorded' ELSE 'movement.reversed' END
                   ) b ON true
               WHERE b.amount IS DISTINCT FROM m.amount_minor OR b.base IS DISTINCT FROM m.base_minor
                   OR (m.reverses_id IS NOT NULL AND r.amount_minor IS DISTINCT FROM -m.amount_minor)"""
        ),
        proves=("provider_movement.amount_minor", "provider_movement.base_minor"),
    ),
)
