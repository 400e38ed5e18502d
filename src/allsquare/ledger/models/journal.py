"""The journal, and the guards that the database itself keeps on it.

* entries and lines are append-only;
* lines may be added only in the transaction that wrote their entry (``xact``);
* every entry has two or more lines that sum to zero in base currency and in each currency, asked once per
  entry at commit: a trigger per line would sum an entry again for each of its lines;
* a line comes after its entry, has the entry's organization and date, and an account of that organization. So foreign
  keys of lines would ask the same again, of each line, and lock its account's row, where all payments meet; that what
  a line names stays is kept by the guards of entries and accounts;
* a closed period takes no entry. Bookings hold a lock of their organization together, closing takes it alone: so
  an entry that is still under way is waited for, and one that comes meanwhile sees the period closed.
"""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from allsquare.core.fields import CurrencyField, CurrentTransaction, MinorField, TransactionIdField
from allsquare.identity.models import TenantFact
from allsquare.ledger.words import ENTRY_WORDS, RARE

BALANCED = """
    SELECT coalesce(sum(number), 0), sum(base), bool_or(amount <> 0) INTO lines, difference, uneven
        FROM (
            SELECT count(*) AS number, sum(base_minor) AS base, sum(amount_minor) AS amount
                FROM journal_line WHERE entry_id = NEW.id GROUP BY currency
        ) of_currency;
    IF lines < 2 OR difference <> 0 OR uneven THEN
        RAISE EXCEPTION 'journal entry % does not balance: % lines, difference in base currency %, in another %',
            NEW.id, lines, difference, uneven
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_balanced';
    END IF;
    RETURN NULL;
"""

#: A connection plans this once, often for a single booking in young books, and then asks it of thousands. So each entry
#: is looked up by its id: ``OFFSET 0`` keeps the planner from making a join of it, which may read the whole journal.
WITH_ENTRY = """
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT entry_id, date, organization_id FROM new_lines) l
            LEFT JOIN LATERAL (
                SELECT xact, date, organization_id FROM journal_entry WHERE id = l.entry_id OFFSET 0
            ) e ON true
        WHERE e.xact IS DISTINCT FROM pg_current_xact_id()
            OR e.date <> l.date
            OR e.organization_id <> l.organization_id
    ) OR EXISTS (
        SELECT 1 FROM (SELECT DISTINCT account_id, organization_id FROM new_lines) l
            LEFT JOIN LATERAL (SELECT organization_id FROM account WHERE id = l.account_id OFFSET 0) a ON true
        WHERE a.organization_id IS DISTINCT FROM l.organization_id
    ) THEN
        RAISE EXCEPTION 'journal lines may be added only with their entry, on its date, in its organization'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_line_with_entry';
    END IF;
    RETURN NULL;
"""

#: The key of that lock (an advisory one, held until the transaction ends), for the organization put in.
BOOKINGS_LOCK = "hashtextextended('bookings of ' || {}, 0)"

OPEN_PERIOD = f"""
    PERFORM pg_advisory_xact_lock_shared({BOOKINGS_LOCK.format("organization_id")})
        FROM (SELECT DISTINCT organization_id FROM new_entries ORDER BY organization_id) e;
    SELECT e.date INTO refused
        FROM (SELECT DISTINCT organization_id, date FROM new_entries) e
        JOIN period p ON p.organization_id = e.organization_id AND e.date BETWEEN p.starts_on AND p.ends_on
        WHERE p.closed_at IS NOT NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the period of % is closed', refused
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_open_period', DETAIL = refused;
    END IF;
    RETURN NULL;
"""  # noqa: S608  # the key from above


class JournalEntry(TenantFact):
    """One booking. ``kind`` and ``source_id`` (the payment, invoice, refund … that it tells of) are unique
    together, so nothing can be booked twice; ``date`` is the booking date in the organization's zone."""

    date = models.DateField()
    kind = models.CharField(max_length=40)
    source_type = models.CharField(max_length=32)
    source_id = models.UUIDField()
    memo = models.CharField(max_length=200, blank=True, default="")
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    posted_at = models.DateTimeField()
    xact = TransactionIdField(db_default=CurrentTransaction(), editable=False)

    class Meta(TenantFact.Meta):
        db_table = "journal_entry"
        indexes = [
            models.Index(fields=["organization", "date", "id"], name="journal_entry_by_date"),
            # The two kinds that come with every sale are found by walking; an index would only slow them down.
            models.Index(
                fields=["organization", "kind", "date", "id"],
                condition=RARE,
                name="journal_entry_of_rare_kind",
            ),
            models.Index(
                fields=["reverses"],
                condition=models.Q(reverses__isnull=False),
                name="journal_entry_reversal",
            ),
            GinIndex(ENTRY_WORDS, condition=RARE, name="journal_entry_by_words"),
            # Ids are given in the order of posting.
            models.Index(fields=["organization", "id"], name="journal_entry_newest"),
            # What came after the sums of ``account_day`` were brought up to date.
            models.Index(fields=["organization", "xact"], name="journal_entry_by_xact"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "source_id", "kind"], name="journal_entry_once"),
        ]
        triggers = [
            *TenantFact.Meta.triggers,
            pgtrigger.Trigger(
                name="balanced",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("lines", "bigint"), ("difference", "numeric"), ("uneven", "boolean")],
                func=BALANCED,
            ),
            pgtrigger.Trigger(
                name="open_period",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_entries"),
                declare=[("refused", "date")],
                func=OPEN_PERIOD,
            ),
        ]


class JournalLine(TenantFact):
    """``amount_minor`` in ``currency`` and its ``base_minor`` in the organization's base currency, debit positive,
    credit negative. ``document_id`` is the invoice that the line concerns, so that sub-ledgers can be summed."""

    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, related_name="lines", db_constraint=False
    )
    account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    amount_minor = MinorField()
    currency = CurrencyField()
    base_minor = MinorField()
    date = models.DateField()
    customer_id = models.UUIDField(null=True, blank=True)
    document_id = models.UUIDField(null=True, blank=True)

    class Meta(TenantFact.Meta):
        db_table = "journal_line"
        indexes = [
            # Holds what a balance is summed from, so that balances read this index alone.
            models.Index(
                fields=["account", "date", "id"],
                include=["organization", "base_minor", "amount_minor", "currency"],
                name="journal_line_by_account",
            ),
            models.Index(
                fields=["document_id"],
                condition=models.Q(document_id__isnull=False),
                name="journal_line_by_document",
            ),
            # Holds what a customer's statement is summed from (see ``ledger.sub_ledger``).
            models.Index(
                fields=["account", "customer_id", "currency", "date", "id"],
                include=["organization", "amount_minor"],
                condition=models.Q(customer_id__isnull=False),
                name="journal_line_by_customer",
            ),
        ]
        triggers = [
            *TenantFact.Meta.triggers,
            pgtrigger.Trigger(
                name="with_entry",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_lines"),
                func=WITH_ENTRY,
            ),
        ]
