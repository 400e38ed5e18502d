"""I1: the trial balance is zero, per organization and currency, and so is every entry."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

BOOKS = (
    Proof(
        "trial_balance",
        "I1",
        _("Debits equal credits, in base currency and in every other."),
        "trial_balance",
        _("%(books)s: debits and credits differ by %(difference_minor)s."),
        sql(
            """WITH of_currency AS (
                   SELECT organization_id, currency, sum(amount_minor) AS amount, sum(base_minor) AS base
                       FROM journal_line GROUP BY organization_id, currency
               ), totals AS (
                   SELECT organization_id, currency AS books, currency, amount AS difference FROM of_currency
                   UNION ALL
                   SELECT c.organization_id, 'base', min(o.base_currency), sum(c.base)
                       FROM of_currency c JOIN organization o ON o.id = c.organization_id
                       GROUP BY c.organization_id
               )
               SELECT organization_id, books AS subject, books, difference AS difference_minor, currency
               FROM totals WHERE difference <> 0"""
        ),
    ),
    Proof(
        "entries_balance",
        "I1",
        _(
            "Every journal entry has two or more lines that sum to zero, and every line an entry of its organization."
        ),
        "journal_entry",
        _(
            "An entry (%(kind)s) has %(lines)s lines that sum to %(sum_minor)s; %(strangers)s of them have no entry in "
            "their organization."
        ),
        sql(
            """SELECT coalesce(e.organization_id, l.organization_id) AS organization_id, f.entry_id AS subject,
                   coalesce(e.kind, '?') AS kind, f.lines, f.strangers, f.sum_minor, o.base_currency AS currency
               FROM (
                   SELECT l.entry_id, count(*) AS lines, count(*) - count(e.id) AS strangers,
                       sum(l.base_minor) AS sum_minor
                   FROM journal_line l
                       LEFT JOIN journal_entry e ON e.id = l.entry_id AND e.organization_id = l.organization_id
                   GROUP BY l.entry_id
                   HAVING count(*) < 2 OR count(e.id) < count(*) OR sum(l.base_minor) <> 0
                   UNION ALL
                   SELECT e.id, 0, 0, 0 FROM journal_entry e
                   WHERE NOT EXISTS (SELECT 1 FROM journal_line l WHERE l.entry_id = e.id)
               ) f LEFT JOIN journal_entry e ON e.id = f.entry_id
                   LEFT JOIN LATERAL (
                       SELECT organization_id FROM journal_line WHERE entry_id = f.entry_id LIMIT 1
                   ) l ON e.id IS NULL
                   LEFT JOIN organization o ON o.id = coalesce(e.organization_id, l.organization_id)""",
            walk=True,
        ),
    ),
    Proof(
        # So what stands on the account of a provider in base currency is worth what the payments brought. In another
        # currency a line is worth what the rate of its day made of it, and a rate may be mended afterwards. What the
        # rates of an entry's lines leave is a line of nothing, on the account for it.
        "base_is_worth_itself",
        "I1",
        _(
            "What is booked in base currency is worth itself, on every account but that of exchange differences."
        ),
        "journal_entry",
        _("A line of %(amount_minor)s counts as %(base_minor)s."),
        sql(
            """SELECT l.organization_id, l.entry_id AS subject, l.amount_minor, l.base_minor, l.currency
               FROM journal_line l
                   JOIN organization o ON o.id = l.organization_id AND o.base_currency = l.currency
                   LEFT JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
               WHERE l.amount_minor <> l.base_minor AND a.role IS DISTINCT FROM 'exchange'"""
        ),
    ),
    Proof(
        "lines_have_accounts",
        "I1",
        _("Every journal line has its account, in the same organization."),
        "account",
        _("%(lines)s lines from %(first)s to %(last)s have no account of their organization."),
        sql(
            """SELECT l.organization_id, l.account_id AS subject, l.lines, l.first, l.last
               FROM (
                   SELECT organization_id, account_id, count(*) AS lines, min(date) AS first, max(date) AS last
                   FROM journal_line GROUP BY organization_id, account_id
               ) l LEFT JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
               WHERE a.id IS NULL"""
        ),
    ),
    Proof(
        # All lines but the few that came since the last roll-up: to look for the old ones would cost a join of all.
        "account_days",
        "cache",
        _("The sums of accounts by day are those of the lines that they stand for."),
        "account",
        _("%(date)s: the lines sum to %(lines_minor)s, the sum by day is %(kept_minor)s."),
        sql(
            """WITH newer AS (
                   SELECT e.organization_id, e.id FROM journal_entry e
                       LEFT JOIN account_day_mark m ON m.organization_id = e.organization_id
                   WHERE m.xact IS NULL OR e.xact >= m.xact
               ), lines AS (
                   SELECT organization_id, account_id, currency, date, sum(base) AS base, sum(amount) AS amount
                   FROM (
                       SELECT organization_id, account_id, currency, date,
                           sum(base_minor) AS base, sum(amount_minor) AS amount
                       FROM journal_line GROUP BY organization_id, account_id, currency, date
                       UNION ALL
                       SELECT l.organization_id, l.account_id, l.currency, l.date, -l.base_minor, -l.amount_minor
                       FROM newer n JOIN journal_line l
                           ON l.entry_id = n.id AND l.organization_id = n.organization_id
                   ) parts GROUP BY organization_id, account_id, currency, date
               )
               SELECT coalesce(l.organization_id, d.organization_id) AS organization_id,
                   coalesce(l.account_id, d.account_id) AS subject, coalesce(l.date, d.date) AS date,
                   coalesce(l.amount, 0) AS lines_minor, coalesce(d.amount_minor, 0) AS kept_minor,
                   coalesce(l.currency, d.currency) AS currency
               FROM lines l FULL JOIN account_day d ON d.organization_id = l.organization_id
                   AND d.account_id = l.account_id AND d.currency = l.currency AND d.date = l.date
               WHERE coalesce(l.base, 0) <> coalesce(d.base_minor, 0)
                   OR coalesce(l.amount, 0) <> coalesce(d.amount_minor, 0)"""
        ),
        proves=("account_day.base_minor", "account_day.amount_minor"),
    ),
    Proof(
        "closed_periods",
        "I1",
        _("Nothing was booked into a period after it was closed."),
        "journal_entry",
        _("An entry (%(kind)s) of %(date)s came after its period was closed."),
        sql(
            """SELECT e.organization_id, e.id AS subject, e.kind, e.date
               FROM journal_entry e JOIN period p
                   ON p.organization_id = e.organization_id AND e.date BETWEEN p.starts_on AND p.ends_on
               WHERE p.closed_at IS NOT NULL AND e.posted_at > p.closed_at"""
        ),
    ),
)
