"""No total is kept that nobody proves: every number in every table is either proven or known to be a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest
from django.apps import apps
from django.db import connection, models

from allsquare.identity.models import Organization
from allsquare.insights.proofs import PROOFS, run
from tests.insights.proofs.planted import tampering

#: Numbers that are nobody's sum: what somebody said, chose or agreed, and counts of tries. A correction is a new row.
FACTS: Final = frozenset(
    {
        *(
            "allocation.amount_minor",
            "allocation.base_minor",
            "credit_movement.amount_minor",
            "credit_movement.base_minor",
        ),
        *("journal_line.amount_minor", "journal_line.base_minor"),
        "conversion.fee_minor",
        *("customer.payment_days", "organization.payment_days", "invoice.payment_days"),
        *("exchange_rate.rate", "tax_rate.percent", "item.unit_price"),
        *("invoice.discount_percent", "invoice.base_rate"),
        *(
            "invoice_line.position",
            "invoice_line.quantity",
            "invoice_line.unit_price",
            "invoice_line.discount_percent",
        ),
        *("invoice_line.tax_percent", "invoice_tax.percent"),
        "number_series.width",
        "credit_note_line.quantity",
        *("payment_share.amount_minor", "payment_share.place"),
        "transfer_slip.remaining_minor",
        *("payment.amount_minor", "payment_attempt.number", "refund.amount_minor", "dispute.amount_minor"),
        "dispute_fee.amount_minor",
        *("payout_others.amount_minor", "payout_others.fee_minor"),
        *("payout.sending", "provider_movement.turn", "listed_movement.amount_minor", "evidence_file.place"),
        *(
            "payment.checks",
            "payment_taking.under_way",
            "gateway_account.probes",
            "payment_route.place",
            "payment_route.least_minor",
            "payment_route.most_minor",
            "refund.checks",
            "inbox_event.tries",
            "mail.tries",
            "mail.repeat",
            "rate_counter.tries",
            "invitation.sent",
            "batch_row.place",
            "batch_row.tries",
            "job_trouble.job_id",
            "job_trouble.tries",
        ),
        *("autopay_charge.amount_minor", "autopay_charge.number", "autopay_plan.notice_days"),
        "organization.least_part_percent",
        *(
            "payment_link.least_minor",
            "payment_link.limit",
            "payment_link.most",
            "payment_link.price_minor",
            "sale.price_minor",
            "sale.quantity",
            "sale.tip_minor",
        ),
        *("write_off.amount_minor", "write_off.tax_minor", "write_off.base_minor"),
        # What was judged of an attempt, when it was made; and how it is judged.
        *("risk_assessment.amount_minor", "risk_assessment.score", "risk_assessment.provider_score"),
        "risk_assessment.declines",
        *("risk_settings.challenge_from", "risk_settings.review_from", "risk_settings.block_from"),
        "risk_settings.keep_days",
    }
)

#: How far a job is and what a check found, which the next one finds anew.
PROGRESS: Final = frozenset(
    {
        *("export.rows_done", "export.rows_about", "export.bytes_done", "export.size"),
        *(
            "books_check.proofs_done",
            "books_check.proofs_all",
            "books_answer.milliseconds",
            "books_finding.in_all",
            "gateway_inquiry.found",
            "gateway_inquiry.mended",
            "gateway_inquiry.objects_seen",
        ),
    }
)

#: States are caches too, though no numbers.
STATES: Final = frozenset({"payment.state", "invoice.state"})

PROVEN: Final = {column: proof for proof in PROOFS for column in proof.proves}

#: Which row is to be wrong, where not any will do.
WHERE: Final[Mapping[str, str]] = {
    "payment.fee_minor": "gateway = 'scripted' AND state = 'succeeded'",
    "refund.fee_returned_minor": "settled_at IS NOT NULL",
    "invoice.base_total_minor": "state NOT IN ('draft', 'void')",
    "dispute.base_minor": "state = 'opened'",
    "payout.fee_minor": "state = 'paid'",
    "payout.net_minor": "reference = 'po_1'",
    "payout_item.net_minor": "payout_id = (SELECT id FROM payout WHERE reference = 'po_1')",
}
#: What is put there instead of one more than there is.
INSTEAD: Final[Mapping[str, str]] = {
    "payment.state": "'failed'",
    "invoice.state": "'draft'",
    "event_seal.sequence": "-sequence",
}


def numbers() -> set[str]:
    """Every column of our tables that holds a number."""
    return {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        if model.__module__.startswith("allsquare.")
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.IntegerField | models.DecimalField)
    }


def test_every_number_is_proven_or_a_fact() -> None:
    """A new one is proven (``Proof.proves``) or entered above, and what is gone must leave both lists."""
    assert PROVEN.keys() - STATES | FACTS | PROGRESS == numbers()


def test_what_is_proven_is_no_fact() -> None:
    assert not PROVEN.keys() & (FACTS | PROGRESS)
    assert PROVEN.keys() >= STATES


@pytest.mark.parametrize("column", sorted(PROVEN))
def test_one_more_in_any_of_them_is_found(books: Organization, db: None, column: str) -> None:
    table, name = column.split(".")
    value = INSTEAD.get(column, f"{name} + 1")
    with tampering(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {name} = {value} "  # noqa: S608  # names of our own tables
            f"WHERE ctid = (SELECT ctid FROM {table} WHERE {WHERE.get(column, 'true')} LIMIT 1)"
        )
        assert cursor.rowcount == 1
    (result,) = run([PROVEN[column]])
    assert not result.holds
