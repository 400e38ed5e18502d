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
        _("Every journal entry has two or more lines that sum to zero."),
        "journal_entry",
        _("An entry (%(kind)s) has %(lines)s lines that sum to %(sum_minor)s."),
        sql(
            """WITH lines AS (
                   SELECT organization_id, entry_id, count(*) AS number, sum(base_minor) AS base
                   FROM journal_line GROUP BY organization_id, entry_id
               )
               SELECT e.organization_id, e.id AS subject, e.kind, coalesce(l.number, 0) AS lines,
                   coalesce(l.base, 0) AS sum_minor, o.base_currency AS currency
               FROM journal_entry e
                   LEFT JOIN lines l ON l.entry_id = e.id AND l.organization_id = e.organization_id
                   LEFT JOIN organization o ON o.id = e.organization_id
               WHERE coalesce(l.number, 0) < 2 OR l.base <> 0"""
        ),
    ),
    Proof(
        "lines_have_entries",
        "I1",
        _("Every journal line has its entry and its account, in the same organization."),
        "account",
        _("A line of %(amount_minor)s on %(date)s has no entry or no account of its organization."),
        sql(
            """SELECT l.organization_id, l.account_id AS subject, l.amount_minor, l.currency, l.date
               FROM journal_line l
                   LEFT JOIN journal_entry e ON e.id = l.entry_id AND e.organization_id = l.organization_id
                   LEFT JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
               WHERE e.id IS NULL OR a.id IS NULL"""
        ),
    ),
    Proof(
        "account_days",
        "cache",
        _("The sums of accounts by day are those of the lines that they stand for."),
        "account",
        _("%(date)s: the lines sum to %(lines_minor)s, the sum by day is %(kept_minor)s."),
        sql(
            """WITH lines AS (
                   SELECT l.organization_id, l.account_id, l.currency, l.date,
                       sum(l.base_minor) AS base, sum(l.amount_minor) AS amount
                   FROM account_day_mark m
                       JOIN journal_entry e ON e.organization_id = m.organization_id AND e.xact < m.xact
                       JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
                   GROUP BY l.organization_id, l.account_id, l.currency, l.date
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
