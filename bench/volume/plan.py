"""What is to happen in the years of business: temporary tables, one row for each customer, invoice and payment.

Everything else (lines, tax, links, entries, events, mails) follows from these rows, so the books agree by themselves.
What looks like chance is a hash of the row's number: the same every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allsquare.core import bulk

#: A number from 0 to 1,048,575 for row ``n``, another for each ``salt``.
_CHANCE = """
CREATE OR REPLACE FUNCTION pg_temp.chance(n bigint, salt int) RETURNS bigint
    IMMUTABLE PARALLEL SAFE LANGUAGE sql AS 'SELECT hashint8extended(n, salt) & 1048575'
"""

#: Net of line ``j`` of invoice ``n``: 10.00 to 2,510.00. Its tax of 19 % is rounded half up.
_NET = """
CREATE OR REPLACE FUNCTION pg_temp.net(n bigint, j int) RETURNS bigint
    IMMUTABLE PARALLEL SAFE LANGUAGE sql AS 'SELECT 1000 + (n * 7919 + j * 104729) %% 250000'
"""
_TAX = """
CREATE OR REPLACE FUNCTION pg_temp.tax(net bigint) RETURNS bigint
    IMMUTABLE PARALLEL SAFE LANGUAGE sql AS 'SELECT (net * 19 + 50) / 100'
"""

_CUSTOMERS = """
CREATE TEMP TABLE planned_customer ON COMMIT DROP AS
SELECT k, uuidv7(make_interval(days => -1100, secs => k)) AS id, now() - make_interval(days => 1100, secs => -k) AS at,
    (ARRAY['Nord', 'Süd', 'Alt', 'Neu', 'Berg', 'See', 'Stern', 'Linden', 'Eich', 'Rosen', 'Stein', 'Wald',
        'Wind', 'Gold', 'Blau', 'Grün'])[1 + pg_temp.chance(k, 1) %% 16]
    || (ARRAY['bach', 'feld', 'hof', 'tal', 'mann', 'bauer', 'thal', 'hausen', 'stadt', 'werk', 'garten', 'mühle']
        )[1 + pg_temp.chance(k, 2) %% 12]
    || (ARRAY[' GmbH', ' AG', ' & Söhne', ' Handel', ' Studio', ' Ltd', ' SARL', ' e. K.']
        )[1 + pg_temp.chance(k, 3) %% 8]
    || ' ' || k AS name
FROM generate_series(0, %s::bigint - 1) k
"""

_ITEMS = """
CREATE TEMP TABLE planned_item ON COMMIT DROP AS
SELECT k, uuidv7(make_interval(days => -1100, secs => k)) AS id,
    (ARRAY['Design', 'Print', 'Care plan', 'Photography', 'Consulting', 'Hosting', 'Travel', 'Repair'])[1 + k %% 8]
    || ' ' || k AS name
FROM generate_series(0, %s::bigint - 1) k
"""

#: ``fate``: 1 % drafts and 1 % void; 3 % never paid and 1 % in part; 0.5 % given back; 7 % paid in two parts. What
#: is due later than today is not paid yet either. Customer 0 gets every fiftieth invoice; the others are chosen by
#: the square of chance, so that few buy often and most seldom.
_INVOICES = """
CREATE TEMP TABLE planned_invoice ON COMMIT DROP AS
WITH drawn AS (
    SELECT n, 1 + (n %% 3)::int AS lines, pg_temp.chance(n, 1) AS c,
        CASE WHEN n %% 50 = 0 THEN 0
            ELSE (pg_temp.chance(n, 2) * pg_temp.chance(n, 2) * %s::bigint) >> 40 END AS customer,
        CASE pg_temp.chance(n, 3) %% 100 WHEN 0 THEN 'USD' WHEN 1 THEN 'CHF' ELSE %s::text END AS currency,
        pg_temp.chance(n, 4) %% 1000 AS fated,
        now() - make_interval(secs => (%s::bigint - n) * (3 * 365 * 86400.0 / %s::bigint) + 60) AS at
    FROM generate_series(1, %s::bigint) n
), timed AS (
    SELECT *, at + make_interval(
            days => 1 + (pg_temp.chance(n, 5) %% 40)::int, secs => pg_temp.chance(n, 6) %% 40000) AS paid_at,
        (ARRAY[7, 14, 30, 30])[1 + pg_temp.chance(n, 7) %% 4] AS days
    FROM drawn
), decided AS (
    SELECT *, CASE
            WHEN fated < 10 THEN 'draft' WHEN fated < 20 AND at < now() - interval '3 days' THEN 'void'
            WHEN fated < 50 OR paid_at > now() - interval '3 hours' THEN 'open'
            WHEN fated < 60 THEN 'part' WHEN fated < 65 AND paid_at < now() - interval '10 days' THEN 'back'
            WHEN fated < 135 THEN 'twice' ELSE 'paid' END AS fate,
        CASE currency WHEN 'USD' THEN 0.92 WHEN 'CHF' THEN 1.05 ELSE 1 END AS rate,
        pg_temp.net(n, 1) + CASE WHEN lines > 1 THEN pg_temp.net(n, 2) ELSE 0 END
            + CASE WHEN lines > 2 THEN pg_temp.net(n, 3) ELSE 0 END AS net,
        pg_temp.tax(pg_temp.net(n, 1))
            + CASE WHEN lines > 1 THEN pg_temp.tax(pg_temp.net(n, 2)) ELSE 0 END
            + CASE WHEN lines > 2 THEN pg_temp.tax(pg_temp.net(n, 3)) ELSE 0 END AS tax
    FROM timed
)
SELECT d.n, uuidv7(d.at - now()) AS id, uuidv7(d.at - now()) AS entry, c.id AS customer, c.name AS customer_name, c.k,
    d.lines, d.currency, d.rate, d.fate, d.net, d.tax, d.net + d.tax AS total,
    round((d.net + d.tax) * d.rate)::bigint AS base, round(d.tax * d.rate)::bigint AS tax_base,
    d.at, (d.at AT TIME ZONE %s)::date AS day, d.days, d.paid_at,
    CASE WHEN d.fate <> 'draft' THEN count(*) FILTER (WHERE d.fate <> 'draft') OVER (ORDER BY d.n) END AS place,
    CASE d.fate WHEN 'draft' THEN 'draft' WHEN 'void' THEN 'void' WHEN 'part' THEN 'partly_paid'
        WHEN 'back' THEN 'viewed'
        WHEN 'open' THEN (ARRAY['issued', 'sent', 'viewed'])[1 + d.c %% 3] ELSE 'paid' END AS state,
    CASE d.fate WHEN 'part' THEN (d.net + d.tax) / 2 WHEN 'paid' THEN d.net + d.tax WHEN 'twice' THEN d.net + d.tax
        ELSE 0 END AS paid
FROM decided d JOIN planned_customer c ON c.k = d.customer ORDER BY d.n
"""

#: The payments that succeeded: of 10 by card 6, by transfer 3, in cash 1. ``entry`` is their booking, ``cut`` the sum
#: in base currency that they take off the receivable.
_PAYMENTS = """
CREATE TEMP TABLE planned_payment ON COMMIT DROP AS
WITH parts AS (
    SELECT i.*, part, i.paid_at + make_interval(hours => part) AS moment,
        CASE WHEN i.fate = 'part' OR (i.fate = 'twice' AND part = 1) THEN half
            WHEN i.fate = 'twice' THEN i.total - half ELSE i.total END AS amount,
        CASE WHEN i.fate = 'part' OR (i.fate = 'twice' AND part = 1) THEN half_base
            WHEN i.fate = 'twice' THEN i.base - half_base ELSE i.base END AS cut,
        CASE WHEN way < 6 THEN 'card' WHEN way < 9 THEN 'bank_transfer' ELSE 'cash' END AS method
    FROM planned_invoice i CROSS JOIN generate_series(1, 2) part
        CROSS JOIN LATERAL (SELECT (pg_temp.chance(i.n, 8) + part) %% 10 AS way, i.total / 2 AS half,
            round(i.base * (i.total / 2) / i.total)::bigint AS half_base) drawn
    WHERE i.fate IN ('part', 'back', 'twice', 'paid') AND (part = 1 OR i.fate = 'twice')
)
SELECT p.n, p.part, p.id AS invoice, p.customer, p.currency, p.rate, p.fate, p.place, p.method, p.amount, p.cut,
    p.method = 'card' AS card, CASE WHEN p.method = 'card' THEN 25 + p.amount * 14 / 1000 ELSE 0 END AS fee,
    CASE WHEN p.method = 'card' THEN round((25 + p.amount * 14 / 1000) * p.rate)::bigint ELSE 0 END AS fee_base,
    p.moment AS at, (p.moment AT TIME ZONE %s)::date AS day, p.total, p.paid,
    uuidv7(p.moment - now()) AS id, uuidv7(p.moment - now()) AS attempt, uuidv7(p.moment - now()) AS entry,
    uuidv7(p.moment - now() + interval '5 days') AS refund, uuidv7(p.moment - now() + interval '5 days') AS refund_entry
FROM parts p ORDER BY p.moment
"""

_TABLES = ("planned_customer", "planned_item", "planned_invoice", "planned_payment")


def draw(*, customers: int, items: int, invoices: int, base_currency: str, time_zone: str) -> None:
    """Make the tables, inside the running transaction."""
    steps: Sequence[tuple[str, list[Any]]] = (
        (_CHANCE, []),
        (_NET, []),
        (_TAX, []),
        (_CUSTOMERS, [customers]),
        (_ITEMS, [items]),
        (_INVOICES, [customers, base_currency, invoices, invoices, invoices, time_zone]),
        (_PAYMENTS, [time_zone]),
    )
    for table in _TABLES:
        bulk.run(f"DROP TABLE IF EXISTS pg_temp.{table}".encode())
    for statement, parameters in steps:
        bulk.run(statement.encode(), parameters)
    for table in _TABLES:
        bulk.run(f"ANALYZE {table}".encode())
