"""Events and mails."""

from __future__ import annotations

from typing import LiteralString

from allsquare.notifications.drafts import draft as draft_mail
from allsquare.notifications.kinds import MailKind
from bench.multiply import multiply
from bench.volume.patterns import Patterns


def write(patterns: Patterns) -> None:
    _events(patterns)
    _mails(patterns)


def _events(patterns: Patterns) -> None:
    """As the services tell: drafts begun, invoices issued, payments that succeeded, invoices paid."""
    told: tuple[tuple[LiteralString, LiteralString, LiteralString, LiteralString], ...] = (
        ("invoice.created", "invoice", "(SELECT *, id AS subject FROM planned_invoice ORDER BY n) s", "'{}'"),
        (
            "invoice.issued",
            "invoice",
            "(SELECT *, id AS subject FROM planned_invoice WHERE fate <> 'draft' ORDER BY n) s",
            "p.data || jsonb_build_object('number', s.place::text, 'customer', s.customer, 'total_minor', s.total,"
            " 'currency', s.currency, 'due_on', s.day + s.days)",
        ),
        (
            "payment.succeeded",
            "payment",
            "(SELECT *, id AS subject FROM planned_payment ORDER BY at) s",
            "jsonb_build_object('invoice', s.invoice, 'invoice_number', s.place::text, 'customer', s.customer,"
            " 'amount_minor', s.amount, 'currency', s.currency, 'fee_minor', s.fee, 'allocated_minor', s.amount,"
            " 'credit_minor', 0, 'gateway', 'scripted', 'method', s.method, 'code', '', 'message', '')",
        ),
        (
            "invoice.paid",
            "invoice",
            "(SELECT *, invoice AS subject FROM planned_payment WHERE fate = 'paid' OR part = 2 ORDER BY at) s",
            "jsonb_build_object('number', s.place::text, 'paid_minor', s.total, 'total_minor', s.total)",
        ),
    )
    for kind, subject_type, source, data in told:
        multiply(
            "event",
            patterns.event,
            source=source,
            parameters=[kind, subject_type],
            columns={
                "id": "uuidv7(s.at - now())",
                "kind": "%s",
                "subject_type": "%s",
                "subject_id": "s.subject",
                "data": data,
                "at": "s.at",
            },
        )


def _mails(patterns: Patterns) -> None:
    """One for each issued invoice; of 500 one failed."""
    invoice = patterns.invoice
    pattern = draft_mail(
        patterns.organization,
        MailKind.INVOICE,
        subject=("invoice", invoice.id),
        recipient=invoice.customer.email,
        language="en",
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
    )
    pattern.state, pattern.next_try_at = "sent", None
    pattern.save()
    multiply(
        "mail",
        pattern.id,
        source="(SELECT *, uuidv7(at - now()) AS mail FROM planned_invoice WHERE fate <> 'draft' ORDER BY n) s",
        columns={
            "id": "s.mail",
            "subject_id": "s.id",
            "invoice_id": "s.id",
            "customer_id": "s.customer",
            "recipient": "'accounts' || s.k || '@customer.example'",
            "subject": "'Invoice ' || s.place",
            "message_id": "'<' || s.mail || '@bench.example>'",
            "state": "CASE WHEN s.n %% 500 = 0 THEN 'failed' ELSE 'sent' END",
            "error": "CASE WHEN s.n %% 500 = 0 THEN 'The mail server knows no such address.' ELSE '' END",
            "created_at": "s.at",
            "sent_at": "CASE WHEN s.n %% 500 <> 0 THEN s.at END",
        },
    )
