"""What needs a person: everything that no rule and no machine will set right, most urgent first.

One statement asks for all of it. Each part of it reads an index of just those rows, so what is in order costs nothing;
drafts are what has no number (a constraint says so).
Each group shows its first few and is counted whole, mails up to ``MANY``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection

from allsquare.billing.states import OPEN_STATES
from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.payments.models import Attention

#: Of each group; the lists have the rest.
FEW: Final = 3
#: Mails are counted up to here: of one that failed it is asked whether it was sent again since, and after a restore
#: those of months may be held.
MANY: Final = 100
#: They wait for a decision, not for a press of a button, so more of them are in sight.
TASKS: Final = 6


class Need(StrEnum):
    """The groups, most urgent first: money that may be lost, then money that waits, then work that waits."""

    TASK = "task"  # a dispute, money for a void invoice: something only a person can decide
    UNKNOWN = "unknown"  # a payment whose provider has not answered
    PARKED = "parked"  # news of a provider that could not be understood
    MAIL = "mail"  # not delivered
    HELD = "held"  # mails that a restore held: sent before, or not
    JOB = "job"  # failed to its last try
    OVERDUE = "overdue"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing. ``who`` is a customer, a recipient or a provider (of a job its reason); ``what`` a number, or the
    kind of the thing."""

    id: UUID
    payment_id: UUID | None
    who: str
    what: str
    minor: int | None
    currency: str
    at: datetime | None
    due_on: date | None
    task: str | None = None  # a row of ``attention`` as JSON

    @property
    def text(self) -> str:
        """A task says itself what is to be decided, in the language of whoever reads."""
        return Attention(**json.loads(self.task)).text if self.task else ""

    @property
    def subject_type(self) -> str:
        """Of a task: what it is about."""
        return str(json.loads(self.task)["subject_type"]) if self.task else ""

    @property
    def subject_id(self) -> str:
        return str(json.loads(self.task)["subject_id"]) if self.task else ""


@dataclass(frozen=True, slots=True)
class Group:
    need: Need
    count: int
    items: Sequence[Item]


def needs(organization: Organization, *, overdue: int | None = None) -> list[Group]:
    """Groups without anything in them are left out. ``overdue`` is how many invoices are, where that is known: it is
    the one number here that takes long to count."""
    parameters: dict[str, Any] = {
        "organization": organization.id,
        "open": sorted(OPEN_STATES),
        "today": clock.today(organization),
        "overdue": overdue,
        "few": FEW,
        "many": MANY,
        "tasks": TASKS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEEDS, parameters)
        rows = cursor.fetchall()
    found: dict[str, tuple[int, list[Item]]] = {}
    for need, count, *columns in rows:
        found.setdefault(need, (count, []))[1].append(Item(*columns))
    return [Group(need, *found[need]) for need in Need if need in found]


# Amounts of money are minor units. Each branch: which group, how many in all, and the columns of ``Item``.
_NEEDS: Final = """
    (SELECT 'task' AS need, count(*) OVER () AS total, a.id,
        CASE a.subject_type WHEN 'payment' THEN a.subject_id WHEN 'refund' THEN r.payment_id
            WHEN 'dispute' THEN d.payment_id END AS payment_id,
        '' AS who, a.kind AS what, NULL::bigint AS minor, '' AS currency, a.created_at AS at,
        NULL::date AS due_on, to_jsonb(a)::text AS task
    FROM attention a
    LEFT JOIN refund r ON r.id = a.subject_id AND r.organization_id = a.organization_id
    LEFT JOIN dispute d ON d.id = a.subject_id AND d.organization_id = a.organization_id
    WHERE a.organization_id = %(organization)s AND a.resolved_at IS NULL
    ORDER BY a.kind = 'compare_by_hand' DESC, a.id DESC LIMIT %(tasks)s)
    UNION ALL
    (SELECT 'unknown', count(*) OVER (), p.id, p.id, c.name, coalesce(i.number, ''), p.amount_minor, p.currency,
        p.created_at, NULL, NULL
    FROM payment p JOIN customer c ON c.id = p.customer_id AND c.organization_id = p.organization_id
    LEFT JOIN invoice i ON i.id = p.invoice_id AND i.organization_id = p.organization_id
    WHERE p.organization_id = %(organization)s AND p.state = 'unknown' AND p.next_check_at IS NOT NULL
    ORDER BY p.id LIMIT %(few)s)
    UNION ALL
    (SELECT 'parked', count(*) OVER (), n.id, n.payment_id, g.label, n.kind, NULL, '', n.received_at, NULL, NULL
    FROM inbox_event n JOIN gateway_account g ON g.id = n.gateway_account_id
    WHERE n.organization_id = %(organization)s AND n.state = 'parked'
    ORDER BY n.id DESC LIMIT %(few)s)
    UNION ALL
    (SELECT 'mail', count(*) OVER (), m.id, m.payment_id, m.recipient, m.kind, NULL, '', m.created_at, NULL, NULL
    FROM (SELECT * FROM mail f
        WHERE f.organization_id = %(organization)s AND f.state = 'failed' AND NOT EXISTS (
            SELECT 1 FROM mail again WHERE again.organization_id = f.organization_id
                AND again.subject_id = f.subject_id AND again.kind = f.kind AND again.id > f.id)
        ORDER BY f.id DESC LIMIT %(many)s) m
    ORDER BY m.id DESC LIMIT %(few)s)
    UNION ALL
    (SELECT 'held', count(*) OVER (), h.id, h.payment_id, h.recipient, h.kind, NULL, '', h.created_at, NULL, NULL
    FROM (SELECT * FROM mail w WHERE w.organization_id = %(organization)s AND w.state = 'held'
        ORDER BY w.id LIMIT %(many)s) h
    ORDER BY h.id LIMIT %(few)s)
    UNION ALL
    (SELECT 'job', count(*) OVER (), j.id, NULL, j.error, j.task, NULL, '', j.at, NULL, NULL
    FROM job_trouble j WHERE j.organization_id = %(organization)s AND j.state = 'failed'
    ORDER BY j.id DESC LIMIT %(few)s)
    UNION ALL
    (SELECT 'overdue', coalesce(%(overdue)s::bigint, (SELECT count(*) FROM invoice
            WHERE organization_id = %(organization)s AND state = ANY (%(open)s) AND due_on < %(today)s)), i.id,
        NULL, c.name, i.number, i.total_minor - i.paid_minor - i.credited_minor, i.currency, NULL,
        i.due_on, NULL
    FROM (SELECT id, due_on FROM invoice
        WHERE organization_id = %(organization)s AND state = ANY (%(open)s) AND due_on < %(today)s
        ORDER BY due_on, id LIMIT %(few)s) late
    JOIN invoice i ON i.id = late.id AND i.organization_id = %(organization)s
    JOIN customer c ON c.id = i.customer_id AND c.organization_id = i.organization_id)
    UNION ALL
    (SELECT 'draft', waiting.total, i.id, NULL, c.name, '', i.total_minor, i.currency, i.created_at, NULL, NULL
    FROM (SELECT id, count(*) OVER () AS total FROM invoice
        WHERE organization_id = %(organization)s AND number IS NULL
        ORDER BY created_at, id LIMIT %(few)s) waiting
    JOIN invoice i ON i.id = waiting.id AND i.organization_id = %(organization)s
    JOIN customer c ON c.id = i.customer_id AND c.organization_id = i.organization_id)
"""
