"""What is charged and sold by itself: what waits for a good reason is not late."""

from __future__ import annotations

import pytest
from django.db import connection

from allsquare.identity.models import Organization
from allsquare.insights.proofs import BY_NAME, run
from tests.insights.proofs.planted import tampering

#: Name → proof, and what waits since yesterday though all is well.
WAITING = {
    "its day is not over for an hour": (
        "attempts_on_time",
        "UPDATE autopay_charge SET planned_on = ((now() - interval '59 minutes') AT TIME ZONE 'Europe/Berlin')::date",
    ),
    "another payment of the invoice is under way": (
        "attempts_on_time",
        "WITH other AS (UPDATE payment SET state = 'pending', invoice_id = (SELECT invoice_id FROM autopay_charge) "
        "WHERE state = 'needs_action') UPDATE autopay_charge SET planned_on = planned_on - 30",
    ),
    "its provider is down, and it was looked at lately": (
        "attempts_on_time",
        "UPDATE autopay_charge SET planned_on = planned_on - 30, reason = 'provider_down', "
        "started_at = now() - interval '59 minutes'",
    ),
    "its payment is under way": (
        "attempts_on_time",
        "WITH told AS (UPDATE event SET at = at - interval '2 hours'), taken AS (UPDATE payment SET state = 'pending' "
        "WHERE state = 'needs_action') UPDATE autopay_charge SET state = 'started', "
        "started_at = now() - interval '3 days', payment_id = (SELECT id FROM payment WHERE state = 'needs_action')",
    ),
    "its payment has just ended": (
        "attempts_on_time",
        "UPDATE autopay_charge SET state = 'started', started_at = now() - interval '3 days', "
        "payment_id = (SELECT id FROM payment WHERE state = 'succeeded' LIMIT 1)",
    ),
    "no payment was begun, and there is enough for all": (
        "sales_on_time",
        'WITH all_of_them AS (UPDATE payment_link SET "limit" = NULL) '
        "UPDATE sale SET created_at = created_at - interval '2 hours'",
    ),
    "the payer is still at it": (
        "sales_on_time",
        "WITH paying AS (UPDATE payment SET key = 'sale-' || (SELECT id FROM sale) WHERE state = 'needs_action') "
        "UPDATE sale SET created_at = created_at - interval '2 hours'",
    ),
    "the payment has just ended": (
        "sales_on_time",
        "WITH paid AS (UPDATE payment SET key = 'sale-' || (SELECT id FROM sale) "
        "WHERE id = (SELECT id FROM payment WHERE state = 'succeeded' LIMIT 1)) "
        "UPDATE sale SET created_at = created_at - interval '2 hours'",
    ),
    "a person was told that it could not be sold": (
        "sales_on_time",
        "WITH told AS (UPDATE event SET at = at - interval '2 hours'), one AS (SELECT id, organization_id FROM payment "
        "WHERE state = 'succeeded' LIMIT 1), paid AS (UPDATE payment SET key = 'sale-' || (SELECT id FROM sale) "
        "WHERE id = (SELECT id FROM one)), task AS (INSERT INTO attention (id, organization_id, kind, subject_type, "
        "subject_id, data, created_at) SELECT gen_random_uuid(), organization_id, 'sale_not_made', 'payment', id, "
        "'{}', now() FROM one) UPDATE sale SET created_at = created_at - interval '2 hours'",
    ),
}


@pytest.mark.parametrize("why", WAITING)
def test_what_waits_for_a_good_reason_is_not_late(books: Organization, db: None, why: str) -> None:
    name, statement = WAITING[why]
    with tampering(), connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 1
    (result,) = run([BY_NAME[name]])
    assert result.holds
