"""Whether sums that must agree row by row do agree, asked without putting rows beside one another.

To compare what invoices say with what their lines, bookings and payments say, millions of rows must be grouped and
joined. Here each table is read once. Every row gets a weight that hangs on its key (an invoice, say) and on a number
drawn by lot for this check, and each side adds up value times weight. Where both sides have the same for every key, the
sums are equal; where they differ for a single key, the sums differ but for one chance in a thousand million
(about one in 2^30), and with another lot the next night. A claim that does not hold says nothing more than
that: then the proof's own question is asked, which names the rows. ``allsquare verify --all`` asks only those.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.db import DataError, connection, transaction

from allsquare.insights.proofs.proof import WALK

#: Name of a scan and of its column → what it came to.
Tallies = Mapping[str, Any]

#: Sums are compared modulo a prime of 31 bits, so that value times weight fits into a ``bigint`` whatever the value.
_BITS: Final = 30


def _hash(*keys: str) -> str:
    """64 bits of these ids and of the lot."""
    seed = "%(lot)s"
    for key in keys:
        seed = f"uuid_hash_extended({key}, {seed})"
    return seed


def _sum(value: str, hashed: str, only: str = "true") -> str:
    """Of value times weight."""
    return f"coalesce(sum(({value}) %% %(prime)s * ({hashed} & {(1 << _BITS) - 1})) FILTER (WHERE {only}), 0)::text"


def _set(hashed: str, only: str) -> str:
    """Equal where two sets of keys are, each key as often."""
    return f"coalesce(sum({hashed}) FILTER (WHERE {only}), 0)::text"


_NOBODY: Final = "'00000000-0000-0000-0000-000000000000'::uuid"
_OF_INVOICE: Final = _hash("organization_id", "invoice_id")
_OF_PAYMENT: Final = _hash("organization_id", "payment_id")
#: Of a tax rate on an invoice.
_OF_RATE: Final = "hash_numeric_extended({percent}, hashtextextended({category}, " + _OF_INVOICE + "))"
_OF_LINE: Final = _hash(
    "organization_id", f"coalesce(customer_id, {_NOBODY})", f"coalesce(document_id, {_NOBODY})"
)
_MINE: Final = _hash("organization_id", "id")


@dataclass(frozen=True, slots=True)
class Scan:
    """One question, most often one pass over one table; its columns are tallies. ``walk``: as with ``proof.sql``."""

    name: str
    statement: str
    walk: bool = False

    def ask(self, lot: Mapping[str, int]) -> Tallies:
        """Nothing where a number is too large to reckon with: then its claims do not hold, and are looked into."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if self.walk:
                    cursor.execute(WALK.format("off"))
                cursor.execute(self.statement, lot)
                (row,) = cursor.fetchall()
                names = [column.name for column in cursor.description]
                if self.walk:
                    cursor.execute(WALK.format("on"))
        except DataError:
            return {}
        return {
            f"{self.name}.{name}": json.loads(value) if isinstance(value, str) else value
            for name, value in zip(names, row, strict=True)
        }


def draw_lot() -> Mapping[str, int]:
    """What the weights of one check hang on."""
    return {"lot": secrets.randbits(62), "prime": _prime()}


def _prime() -> int:
    while True:
        number = secrets.randbits(_BITS) | 1 << _BITS | 1
        if all(number % divisor for divisor in range(3, 1 << (_BITS // 2 + 1), 2)):
            return number


#: ``OFFSET 0``: the few newer entries are followed to their lines, however many the planner takes them for.
_LINES: Final = f"""
    WITH days AS MATERIALIZED (
        SELECT organization_id, account_id, currency, date, count(*) AS lines, sum(base_minor) AS base,
            sum(amount_minor) AS amount, bool_and(base_minor = amount_minor) AS is_itself,
            sum(base_minor %% %(prime)s * ({_OF_LINE} & {(1 << _BITS) - 1})) AS weighed
        FROM journal_line GROUP BY organization_id, account_id, currency, date
    ), newer AS (
        SELECT e.organization_id, e.id FROM journal_entry e
            LEFT JOIN account_day_mark m ON m.organization_id = e.organization_id
        WHERE m.xact IS NULL OR e.xact >= m.xact
    ), older AS (
        SELECT organization_id, account_id, currency, date, sum(base) AS base, sum(amount) AS amount
        FROM (
            SELECT organization_id, account_id, currency, date, base, amount FROM days
            UNION ALL
            SELECT l.* FROM newer n CROSS JOIN LATERAL (
                SELECT organization_id, account_id, currency, date, -base_minor, -amount_minor FROM journal_line
                WHERE entry_id = n.id AND organization_id = n.organization_id OFFSET 0
            ) l
        ) parts GROUP BY organization_id, account_id, currency, date
    )
    SELECT coalesce((SELECT sum(lines) FROM days), 0)::text AS lines,
        NOT EXISTS (SELECT FROM days GROUP BY organization_id, currency HAVING sum(amount) <> 0)
            AND NOT EXISTS (SELECT FROM days GROUP BY organization_id HAVING sum(base) <> 0) AS balance,
        NOT EXISTS (SELECT FROM days d JOIN organization o ON o.id = d.organization_id
            AND o.base_currency = d.currency
            LEFT JOIN account a ON a.id = d.account_id AND a.organization_id = d.organization_id
            WHERE NOT d.is_itself AND a.role IS DISTINCT FROM 'exchange') AS are_themselves,
        NOT EXISTS (SELECT FROM days d LEFT JOIN account a ON a.id = d.account_id
            AND a.organization_id = d.organization_id WHERE a.id IS NULL) AS have_accounts,
        NOT EXISTS (
            SELECT FROM older l FULL JOIN account_day d ON d.organization_id = l.organization_id
                AND d.account_id = l.account_id AND d.currency = l.currency AND d.date = l.date
            WHERE coalesce(l.base, 0) <> coalesce(d.base_minor, 0)
                OR coalesce(l.amount, 0) <> coalesce(d.amount_minor, 0)) AS are_summed,
        (SELECT coalesce(sum(weighed), 0)::text FROM days
            WHERE account_id IN (SELECT id FROM account WHERE role = 'receivable')) AS receivable,
        (SELECT coalesce(jsonb_object_agg(id || currency, amount), '{{}}') FROM (
            SELECT a.id, d.currency, sum(d.amount) AS amount FROM days d
                JOIN account a ON a.id = d.account_id AND a.organization_id = d.organization_id
            WHERE a.role = 'clearing' GROUP BY a.id, d.currency HAVING sum(d.amount) <> 0) c) AS clearing
"""  # noqa: S608  # our own text, as everywhere here

#: One row for each entry, along the indexes: its lines of the same organization.
_BALANCE: Final = """
    SELECT coalesce(sum(lines), 0)::text AS lines, coalesce(bool_and(lines > 1 AND base = 0), true) AS holds
    FROM (
        SELECT count(l.id) AS lines, sum(l.base_minor) AS base
        FROM journal_entry e LEFT JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
        GROUP BY e.id
    ) entries
"""

_OF_SOURCE: Final = _hash("organization_id", "source_id")
_ENTRIES: Final = f"""
    SELECT {_set(_OF_SOURCE, "kind = 'payment.settled'")} AS settled,
        {_set(_OF_SOURCE, "kind = 'invoice.issued'")} AS issued,
        {_set(_OF_SOURCE, "kind = 'invoice.voided'")} AS voided,
        (SELECT coalesce(jsonb_object_agg(id || currency, amount), '{{}}') FROM (
            SELECT a.id, l.currency, sum(l.amount_minor) AS amount
            FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id AND l.organization_id = e.organization_id
                JOIN account a ON a.id = l.account_id AND a.organization_id = l.organization_id
            WHERE a.role = 'clearing' AND e.source_type NOT IN
                ('payment', 'refund', 'dispute', 'dispute_fee', 'payout', 'payout_others',
                    'provider_movement', 'invoice')
            GROUP BY a.id, l.currency HAVING sum(l.amount_minor) <> 0) c) AS cleared_by_hand
    FROM journal_entry WHERE kind IN ('payment.settled', 'invoice.issued', 'invoice.voided')
"""  # noqa: S608  # as above

_INVOICES: Final = f"""
    SELECT {_set(_MINE, "state <> 'draft'")} AS issued,
        {_set(_MINE, "state <> 'draft' AND total_minor <> 0")} AS booked,
        {_set(_MINE, "state = 'void' AND total_minor <> 0")} AS voided,
        {_sum("net_minor", _MINE)} AS net, {_sum("tax_minor", _MINE)} AS tax, {_sum("total_minor", _MINE)} AS total,
        {_sum("discount_minor + CASE WHEN prices_include_tax THEN total_minor ELSE net_minor END", _MINE)} AS amount,
        {_sum("paid_minor", _MINE)} AS paid,
        {_sum("total_minor - paid_minor - credited_minor", _MINE, "state = 'written_off'")} AS given_up,
        {_sum("credited_minor", _MINE)} AS credited,
        {_sum("base_total_minor", _hash("organization_id", "customer_id", "id"), "state NOT IN ('draft', 'void')")}
            AS billed,
        coalesce(bool_and(net_minor + tax_minor = total_minor), true) AS add_up,
        coalesce(bool_and(
            (state = 'paid') = (paid_minor + credited_minor = total_minor
                AND state NOT IN ('draft', 'void', 'credited'))
            AND (state = 'credited') = (credited_minor > 0 AND credited_minor = total_minor)
            AND (state = 'partly_paid') = (paid_minor > 0 AND paid_minor + credited_minor < total_minor
                AND state <> 'written_off')), true) AS states_fit
    FROM invoice
"""  # noqa: S608  # as above

_LINE_RATE: Final = _OF_RATE.format(percent="tax_percent", category="tax_category")
_INVOICE_LINES: Final = f"""
    SELECT {_sum("net_minor", _OF_INVOICE)} AS net, {_sum("tax_minor", _OF_INVOICE)} AS tax,
        {_sum("total_minor", _OF_INVOICE)} AS total, {_sum("amount_minor", _OF_INVOICE)} AS amount,
        {_sum("net_minor", _LINE_RATE)} AS net_by_rate, {_sum("tax_minor", _LINE_RATE)} AS tax_by_rate
    FROM invoice_line
"""  # noqa: S608  # as above

_TAX_RATE: Final = _OF_RATE.format(percent="percent", category="category")
_TAXES: Final = f"""
    SELECT {_sum("base_minor", _TAX_RATE)} AS net_by_rate, {_sum("tax_minor", _TAX_RATE)} AS tax_by_rate
    FROM invoice_tax
"""  # noqa: S608  # as above

_OWED: Final = _hash("f.organization_id", f"coalesce(i.customer_id, {_NOBODY})", "f.invoice_id")
_ALLOCATIONS: Final = f"""
    SELECT {_sum("f.amount_minor", _hash("f.organization_id", "f.invoice_id"))} AS paid,
        {_sum("f.amount_minor", _hash("f.organization_id", "f.payment_id"), "f.source_id = f.payment_id")} AS own,
        {_sum("f.base_minor", _OWED)} AS base
    FROM allocation f LEFT JOIN invoice i ON i.id = f.invoice_id AND i.organization_id = f.organization_id
"""  # noqa: S608  # as above

_PAYMENTS: Final = f"""
    SELECT {_set(_MINE, "state = 'succeeded'")} AS succeeded, {_sum("captured_minor", _MINE)} AS captured,
        {_sum("refunded_minor", _MINE)} AS refunded, {_sum("refunding_minor", _MINE)} AS refunding,
        {_sum("disputed_minor", _MINE)} AS disputed,
        coalesce(bool_and(refunded_minor + refunding_minor <= captured_minor), true) AS covered
    FROM payment
"""  # noqa: S608  # as above

#: References as 64 bits, which takes a third of the room of what they stand for.
_CHARGES: Final = f"""
    SELECT NOT EXISTS (
        SELECT FROM payment WHERE reference IS NOT NULL
        GROUP BY hashtextextended(reference, {_hash("organization_id", "gateway_account_id")}) HAVING count(*) > 1
    ) AS are_once
"""  # noqa: S608  # as above

#: What came in, and the little that happened to it afterwards.
_CLEARING: Final = """
    WITH facts AS (
        SELECT organization_id, gateway_account_id, currency, sum(captured_minor) - sum(fee_minor) AS amount
        FROM payment WHERE state = 'succeeded' GROUP BY organization_id, gateway_account_id, currency
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
    )
    SELECT coalesce(jsonb_object_agg(id || currency, amount), '{}') AS owed FROM (
        SELECT a.id, f.currency, sum(f.amount) AS amount FROM facts f
            JOIN account a ON a.organization_id = f.organization_id AND a.role = 'clearing'
                AND a.detail = f.gateway_account_id::text
        GROUP BY a.id, f.currency HAVING sum(f.amount) <> 0
    ) c
"""

#: What is seldom, and therefore small.
_SELDOM: Final = f"""
    SELECT * FROM
        (SELECT {_sum("f.amount_minor", _hash("f.organization_id", "f.invoice_id"))} AS given_up,
            {_sum("f.base_minor", _OWED)} AS given_up_base
            FROM write_off f
                LEFT JOIN invoice i ON i.id = f.invoice_id AND i.organization_id = f.organization_id) w,
        (SELECT {_sum("f.total_minor", _hash("f.organization_id", "f.invoice_id"))} AS credited_of_invoices,
            {_sum("f.base_total_minor", _OWED)} AS credited_base
            FROM credit_note f
                LEFT JOIN invoice i ON i.id = f.invoice_id AND i.organization_id = f.organization_id) n,
        (SELECT {_sum("amount_minor", _OF_PAYMENT, "source_id = payment_id")} AS credited FROM credit_movement) c,
        (SELECT {_sum("amount_minor", _OF_PAYMENT, "state = 'succeeded'")} AS refunded,
            {_sum("amount_minor", _OF_PAYMENT, "state IN ('started', 'unknown', 'pending')")} AS refunding
            FROM refund) r,
        (SELECT {_sum("amount_minor", _OF_PAYMENT, "state IN ('opened', 'lost')")} AS disputed FROM dispute) d
"""  # noqa: S608  # as above

_OF_SUBJECT: Final = _hash("organization_id", "subject_id")
_EVENTS: Final = f"""
    SELECT {_set(_OF_SUBJECT, "kind = 'payment.succeeded'")} AS succeeded,
        {_set(_OF_SUBJECT, "kind = 'invoice.issued'")} AS issued
    FROM event WHERE kind IN ('payment.succeeded', 'invoice.issued')
"""  # noqa: S608  # as above

_DOCUMENTS: Final = f"""
    SELECT {_set(_OF_INVOICE, "kind = 'pdf'")} AS made FROM invoice_document
"""  # noqa: S608  # as above

#: The dearest first.
SCANS: Final = (
    Scan("balance", _BALANCE, walk=True),
    Scan("lines", _LINES),
    Scan("invoices", _INVOICES),
    Scan("invoice_lines", _INVOICE_LINES),
    Scan("allocations", _ALLOCATIONS),
    Scan("events", _EVENTS),
    Scan("payments", _PAYMENTS),
    Scan("documents", _DOCUMENTS),
    Scan("entries", _ENTRIES),
    Scan("charges", _CHARGES),
    Scan("taxes", _TAXES),
    Scan("clearing", _CLEARING),
    Scan("seldom", _SELDOM),
)
PRIME: Final = "prime"

#: Proof → tallies that must be equal: sums, with what is taken off them, and sets.
_EQUAL: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        "entries_balance": (("balance.lines", "lines.lines"),),
        "invoice_sums": tuple(
            (f"invoices.{name}", f"invoice_lines.{name}") for name in ("net", "tax", "total", "amount")
        ),
        "tax_breakdown": tuple(
            (f"taxes.{name}", f"invoice_lines.{name}") for name in ("net_by_rate", "tax_by_rate")
        ),
        "receivable_subledger": (
            (
                *("invoices.billed", "lines.receivable", "allocations.base"),
                *("seldom.given_up_base", "seldom.credited_base"),
            ),
        ),
        "invoice_paid": (("invoices.paid", "allocations.paid"),),
        "invoice_booked": (("invoices.booked", "entries.issued"), ("invoices.voided", "entries.voided")),
        "invoices_have_documents": (("invoices.issued", "documents.made"),),
        "invoice_credited": (("invoices.credited", "seldom.credited_of_invoices"),),
        "written_off": (("invoices.given_up", "seldom.given_up"),),
        "one_settlement_per_payment": (("payments.succeeded", "entries.settled"),),
        "capture_is_allocated": (("payments.captured", "allocations.own", "seldom.credited"),),
        "refund_caches": (
            ("payments.refunded", "seldom.refunded"),
            ("payments.refunding", "seldom.refunding"),
        ),
        "dispute_cache": (("payments.disputed", "seldom.disputed"),),
        **dict.fromkeys(
            ("told_payments_exist", "payments_are_told"), (("events.succeeded", "payments.succeeded"),)
        ),
        **dict.fromkeys(
            ("told_invoices_exist", "invoices_are_told"), (("events.issued", "invoices.issued"),)
        ),
    }
)
#: Proof → tallies that say by themselves that it holds.
_TRUE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "trial_balance": ("lines.balance",),
        "base_is_worth_itself": ("lines.are_themselves",),
        "lines_have_accounts": ("lines.have_accounts",),
        "account_days": ("lines.are_summed",),
        "entries_balance": ("balance.holds",),
        "invoice_sums": ("invoices.add_up",),
        "invoice_paid": ("invoices.states_fit",),
        "refund_caches": ("payments.covered",),
        "one_payment_per_charge": ("charges.are_once",),
    }
)
_CLEARING_PROOF: Final = "clearing_subledger"
CLAIMED: Final = frozenset({*_EQUAL, *_TRUE, _CLEARING_PROOF})


def holds(proof: str, tallies: Tallies, lot: Mapping[str, int]) -> bool:
    """Is it certain by these that the proof of this name has nothing to find?"""
    try:
        if proof == _CLEARING_PROOF:
            return _is_cleared(tallies)
        equal = (_is_equal([tallies[name] for name in names], lot) for names in _EQUAL.get(proof, ()))
        return all(equal) and all(tallies[name] is True for name in _TRUE.get(proof, ()))
    except KeyError:
        return False


def _is_equal(sums: list[int], lot: Mapping[str, int]) -> bool:
    whole, *parts = sums
    return (whole - sum(parts)) % lot[PRIME] == 0


def _is_cleared(tallies: Tallies) -> bool:
    """What somebody booked by hand on the account of a provider is no fact of the provider's."""
    left = dict(tallies["lines.clearing"])
    for taken in (tallies["entries.cleared_by_hand"], tallies["clearing.owed"]):
        for account, amount in taken.items():
            left[account] = left.get(account, 0) - amount
    return not any(left.values())


def scans_of(proof: str) -> frozenset[str]:
    """The names of the scans that its claim is made of."""
    if proof == _CLEARING_PROOF:
        return frozenset({"lines", "entries", "clearing"})
    named = [*(name for names in _EQUAL.get(proof, ()) for name in names), *_TRUE.get(proof, ())]
    return frozenset(name.partition(".")[0] for name in named)
