"""Lost, doubled, stuck: what must not be, asked of the database and of the provider after everything came to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.billing.models import Invoice, InvoiceDocument, InvoiceLine
from allsquare.core.models import EventFailure
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.payments.models import InboxEvent, Payment, Refund
from allsquare.payments.states import OPEN, REFUND_OPEN
from tests.faults.soak.acknowledged import Acknowledged
from tests.faults.soak.provider import Provider


def hear_deliveries(told: Acknowledged, provider: Provider) -> None:
    """What the provider was told: each delivery that was answered with 2xx is kept."""
    for delivery in provider.every("/v1/deliveries"):
        if delivery["state"] == "delivered" and delivery["flavour"] not in ("forged", "late"):
            told.add("webhook", delivery["event"])


def lost(organization: Organization, told: Acknowledged) -> list[str]:
    """Acknowledged, and absent."""
    invoices = Invoice.objects.filter(organization=organization)
    came = Payment.objects.filter(organization=organization, state="succeeded")
    there: dict[str, set[str]] = {
        "customer": _texts(Customer.objects.filter(organization=organization).values_list("id", flat=True)),
        "draft": _texts(invoices.values_list("id", flat=True)),
        "edited": {
            f"{invoice} {text}"
            for invoice, text in InvoiceLine.objects.filter(organization=organization).values_list(
                "invoice_id", "description"
            )
        },
        "issued": _texts(invoices.exclude(state="draft").values_list("id", flat=True)),
        "voided": _texts(invoices.filter(state="void").values_list("id", flat=True)),
        "started": _texts(
            Payment.objects.filter(organization=organization).values_list("reference", flat=True)
        ),
        "paid": _texts(came.values_list("id", flat=True)),
        "recorded": _texts(came.values_list("id", flat=True)),
        "refund": _texts(Refund.objects.filter(organization=organization).values_list("key", flat=True)),
        "webhook": _texts(
            InboxEvent.objects.filter(organization=organization).values_list("external_id", flat=True)
        ),
    }
    return [f"{kind} {name}" for kind in told.counts() for name in sorted(told.names(kind) - there[kind])]


def doubled(organization: Organization, provider: Provider) -> list[str]:
    """Two of what must be one: at the provider, among payments and refunds, in the journal."""
    charges = provider.every("/v1/charges")
    refunds = provider.every("/v1/refunds")
    ours = Payment.objects.filter(organization=organization)
    return [
        *_twice("charges for attempt", (each["metadata"].get("attempt", "") for each in charges)),
        *_twice(
            "refunds at the provider for", (each["reason"] for each in refunds if each["status"] != "failed")
        ),
        *_twice(
            "refunds for", Refund.objects.filter(organization=organization).values_list("reason", flat=True)
        ),
        *_twice("recorded payments for", ours.exclude(note="").values_list("note", flat=True)),
        *_twice("payments for charge", ours.exclude(reference=None).values_list("reference", flat=True)),
        *_entries_twice(organization),
    ]


def _entries_twice(organization: Organization) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT kind, source_id, count(*) FROM journal_entry
               WHERE organization_id = %s AND source_type IN ('payment', 'refund', 'dispute', 'payout')
                   AND kind <> 'refund.failed'
               GROUP BY kind, source_id HAVING count(*) > 1""",
            [organization.id],
        )
        return [f"{number} entries {kind} for {source}" for kind, source, number in cursor.fetchall()]


def stuck(organization: Organization) -> dict[str, int]:
    """What is not final, by kind; nothing is left out because it is zero.

    A mail about an invoice that was voided before it went out has *failed* for good, rightly and for all to see. A job
    that gave up is final too: its mail or document, which others take up, is counted as what it is.
    """
    issued = Invoice.objects.filter(organization=organization).exclude(state="draft")
    documents = InvoiceDocument.objects.filter(organization=organization)
    return {
        "payments": Payment.objects.filter(organization=organization, state__in=OPEN).count(),
        "refunds": Refund.objects.filter(organization=organization, state__in=REFUND_OPEN).count(),
        "inbox": InboxEvent.objects.filter(organization=organization).exclude(state="done").count(),
        "mails": Mail.objects.filter(organization=organization)
        .exclude(state="sent")
        .exclude(state="failed", invoice_id__in=issued.filter(state="void").values("id"))
        .count(),
        "jobs": ProcrastinateJob.objects.filter(status__in=["todo", "doing"]).count(),
        "documents": issued.exclude(id__in=documents.values("invoice_id")).count(),
        "unread events": _unread(),
        "parked events": EventFailure.objects.filter(
            organization_id=organization.id, resolved_at=None
        ).count(),
    }


def _unread() -> int:
    """Events that some reader of the log has not read."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM event_reader r JOIN event e
                   ON (e.xact, e.id) > (r.xact, coalesce(r.event_id, '00000000-0000-0000-0000-000000000000'))"""
        )
        return int(cursor.fetchone()[0])


def trial_balance(organization: Organization) -> int:
    """Minor units by which debits and credits differ."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(base_minor), 0) FROM journal_line WHERE organization_id = %s",
            [organization.id],
        )
        return int(cursor.fetchone()[0])


def _texts(values: Iterable[object]) -> set[str]:
    return {str(value) for value in values}


def _twice(what: str, names: Iterable[str | None]) -> list[str]:
    counted = Counter(name for name in names if name)
    return [f"{number} {what} {name}" for name, number in sorted(counted.items()) if number > 1]
