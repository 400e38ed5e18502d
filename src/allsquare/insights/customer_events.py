"""Everything that happened around one customer, from the event log."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from allsquare.core.models import Event
from allsquare.identity.models import Organization

#: Documents of each kind whose events are looked for: the newest. A customer with more has their pages for the rest.
DOCUMENTS: Final = 1000

_SUBJECTS: Final = """
    WITH paying AS (
        SELECT id FROM payment WHERE organization_id = %s AND customer_id = %s ORDER BY id DESC LIMIT %s
    ), subject AS (
        SELECT %s::uuid AS id
        UNION ALL
        (SELECT id FROM invoice WHERE organization_id = %s AND customer_id = %s ORDER BY id DESC LIMIT %s)
        UNION ALL
        SELECT id FROM paying
        UNION ALL
        SELECT r.id FROM refund r JOIN paying ON paying.id = r.payment_id WHERE r.organization_id = %s
        UNION ALL
        SELECT d.id FROM dispute d JOIN paying ON paying.id = d.payment_id WHERE d.organization_id = %s
        UNION ALL
        (SELECT id FROM mail WHERE organization_id = %s AND customer_id = %s ORDER BY id DESC LIMIT %s)
    )
"""

# One look into the index ``event_subject`` for each document, whatever else the log holds.
_OLDER_THAN: Final = f"""{_SUBJECTS}
    SELECT happened.id FROM subject CROSS JOIN LATERAL (
        SELECT id FROM event
        WHERE organization_id = %s AND subject_id = subject.id AND id < %s ORDER BY id DESC LIMIT %s
    ) happened
    ORDER BY happened.id DESC LIMIT %s
"""  # noqa: S608  # our own text; all that varies is given as parameters
_NEWER_THAN: Final = _OLDER_THAN.replace("id < %s", "id > %s").replace("id DESC LIMIT %s\n", "id LIMIT %s\n")

#: The oldest of the newest is looked for by an index of each table.
_OLDER: Final = " OR ".join(
    f"""EXISTS (SELECT 1 FROM {table}
        WHERE organization_id = %s AND customer_id = %s ORDER BY id DESC OFFSET %s)"""  # noqa: S608  # our own names
    for table in ("invoice", "payment", "mail")
)

_AFTER_ALL: Final = UUID(int=2**128 - 1)


def _named(organization_id: UUID, customer_id: UUID) -> list[UUID | int]:
    """What ``_SUBJECTS`` asks for, in its order."""
    mine = (organization_id, customer_id, DOCUMENTS)
    return [*mine, customer_id, *mine, organization_id, organization_id, *mine]


def subjects_around_customer(organization: Organization, customer_id: UUID) -> str:
    """The customer, and their newest :data:`DOCUMENTS` invoices, payments (with refunds and disputes) and mails: an
    array for ``core.lookups.Among``."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_SUBJECTS} SELECT array_agg(id)::text FROM subject",  # noqa: S608  # constants
            _named(organization.id, customer_id),
        )
        return str(cursor.fetchone()[0])


def has_older_documents(organization: Organization, customer_id: UUID) -> bool:
    """Are there documents beyond the newest, which :func:`subjects_around_customer` leaves out?"""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_OLDER}", [organization.id, customer_id, DOCUMENTS] * 3)  # constants
        return bool(cursor.fetchone()[0])


def events_around_customer(
    organization: Organization,
    customer_id: UUID,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Event]:
    """Newest first, those older than event ``before`` (or those newer than event ``after``, the oldest first): of the
    customer, and of their newest :data:`DOCUMENTS` invoices, payments (with refunds and disputes) and mails. One query.
    """
    org = organization.id
    text = _NEWER_THAN if after else _OLDER_THAN
    found = RawSQL(  # noqa: S611  # all that varies is given as parameters
        text, [*_named(org, customer_id), *(org, after or before or _AFTER_ALL, limit, limit)]
    )
    order = "id" if after else "-id"
    return list(Event.objects.filter(organization_id=org, id__in=found).order_by(order))
