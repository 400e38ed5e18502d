"""The limit that settling is compared with: the same rows, under the same guards, by one function in the database.

It is written for one case only (a card charge that pays one invoice in base currency whole) and knows its accounts
beforehand; everything else that ``settle`` looks at, it leaves out. Nothing that talks to this database from
outside can be much faster for one payment: it is one round trip and one commit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg
from django.db import connection

from allsquare.core import bulk, clock
from allsquare.ledger import selectors as ledger
from allsquare.ledger.chart import AccountRole
from bench.company import Company
from bench.scripted import FEE_MINOR
from bench.stock import Pattern

#: ``org`` … ``reference`` are the arguments of one call; ``today`` and ``at`` the organization's time.
_FUNCTION = """
CREATE OR REPLACE FUNCTION bench_settle(
    org uuid, attempt uuid, reference_ text, gross bigint, fee bigint, today date, at timestamptz,
    clearing uuid, fees uuid, receivable uuid
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    i invoice; p payment; entry uuid := uuidv7(); wanted uuid;
BEGIN
    SELECT a.payment_id INTO STRICT wanted FROM payment_attempt a WHERE a.id = attempt AND a.organization_id = org;
    SELECT * INTO STRICT i FROM invoice
        WHERE id = (SELECT invoice_id FROM payment WHERE id = wanted) AND organization_id = org
        FOR NO KEY UPDATE;
    SELECT * INTO STRICT p FROM payment WHERE id = wanted AND organization_id = org FOR NO KEY UPDATE;
    IF p.state <> 'started' OR i.state NOT IN ('issued', 'sent', 'viewed') OR i.paid_minor <> 0
        OR i.total_minor <> gross THEN
        RAISE EXCEPTION 'not the case that this function is written for';
    END IF;
    UPDATE payment SET state = 'succeeded', reference = reference_, captured_minor = gross, fee_minor = fee,
            received_on = today, settled_at = at, next_check_at = NULL
        WHERE id = p.id AND state = p.state;
    UPDATE payment_attempt SET status = 'succeeded', answered_at = at WHERE id = attempt;
    INSERT INTO allocation (id, organization_id, payment_id, invoice_id, amount_minor, base_minor, currency,
            source_id, created_at)
        VALUES (uuidv7(), org, p.id, i.id, gross, gross, p.currency, p.id, at);
    UPDATE invoice SET state = 'paid', paid_minor = gross, paid_at = at WHERE id = i.id;
    INSERT INTO journal_entry (id, organization_id, date, kind, source_type, source_id, memo, posted_at)
        VALUES (entry, org, today, 'payment.settled', 'payment', p.id, 'Invoice ' || i.number, at);
    INSERT INTO journal_line (id, organization_id, entry_id, account_id, amount_minor, currency, base_minor, date,
            customer_id, document_id)
        VALUES (uuidv7(), org, entry, clearing, gross - fee, p.currency, gross - fee, today, NULL, NULL),
               (uuidv7(), org, entry, fees, fee, p.currency, fee, today, NULL, NULL),
               (uuidv7(), org, entry, receivable, -gross, p.currency, -gross, today, p.customer_id, i.id);
    INSERT INTO event (id, organization_id, kind, subject_type, subject_id, actor_kind, actor_id, actor_label,
            address, request, data, at)
        VALUES (uuidv7(), org, 'payment.succeeded', 'payment', p.id, 'system', 'allsquare', 'Allsquare', '', '',
                jsonb_build_object('invoice', i.id, 'invoice_number', i.number, 'customer', p.customer_id,
                    'amount_minor', gross, 'currency', p.currency, 'fee_minor', fee, 'allocated_minor', gross,
                    'credit_minor', 0, 'gateway', p.gateway, 'method', p.method, 'code', '', 'message', ''), at),
               (uuidv7(), org, 'invoice.paid', 'invoice', i.id, 'system', 'allsquare', 'Allsquare', '', '',
                jsonb_build_object('number', i.number, 'paid_minor', gross, 'total_minor', i.total_minor), at);
END $$
"""

_CALL = "SELECT bench_settle(%b, %b, %t, %b, %b, %b, %b, %b, %b, %b)"


def limit(owner: Company, of: Pattern) -> Callable[[Sequence[UUID]], None]:
    """Makes the function, and returns what calls it for each attempt, over a connection of its own."""
    bulk.run(_FUNCTION)
    organization = owner.organization
    chart = ledger.chart(organization)
    accounts = (
        chart.account(AccountRole.CLEARING, str(owner.account.id)),
        chart.account(AccountRole.GATEWAY_FEES),
        chart.account(AccountRole.RECEIVABLE),
    )
    gross = of.payment.amount_minor
    directs: dict[
        int, psycopg.Connection[tuple[object, ...]]
    ] = {}  # by process: those of the crowd are forked

    def settle_each(attempts: Sequence[UUID]) -> None:
        direct = directs.get(os.getpid()) or directs.setdefault(os.getpid(), _direct())
        for attempt in attempts:
            today, at = clock.today(organization), clock.now(organization)
            charge = f"ch_{attempt.hex}"
            direct.execute(
                _CALL,
                (organization.id, attempt, charge, gross, FEE_MINOR, today, at, *accounts),
            )

    return settle_each


def _direct() -> psycopg.Connection[tuple[object, ...]]:
    connection.ensure_connection()
    return psycopg.connect(**{**connection.get_connection_params(), "prepare_threshold": 0}, autocommit=True)
