"""Which invoices will be charged by themselves, and who is told so. The system does this by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.db.models import Exists, OuterRef

from allsquare.billing.models import Invoice
from allsquare.billing.states import OPEN_STATES
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.transactions import retrying, serialize
from allsquare.identity.models import Organization
from allsquare.payments.autopay import attempt_facts, given_back, plan_of
from allsquare.payments.autopay_plan import first_attempt, key_of, told_in_time
from allsquare.payments.models import Autopay, AutopayCharge
from allsquare.payments.under_way import is_being_paid

State = AutopayCharge.State

MOST: Final = 500


def plan_autopay(*, organization: Organization) -> int:
    """Writes the first attempt of every invoice that is to be charged by itself, drops what is not needed any more, and
    tells the payers whose day is near. Returns how many invoices something happened to."""
    return _plan(organization) + _drop_unneeded(organization) + _tell(organization)


@retrying
def _plan(organization: Organization) -> int:
    serialize(f"autopay plan {organization.id}")  # of two workers one plans, and the other finds it planned
    agreed = Autopay.objects.filter(
        organization=organization,
        customer_id=OuterRef("customer_id"),
        ended_at__isnull=True,
        from_day__lte=OuterRef("due_on"),
    )
    planned = AutopayCharge.objects.filter(organization=organization, invoice_id=OuterRef("id"))
    found = Invoice.objects.filter(
        Exists(agreed),
        ~Exists(planned),
        ~given_back(organization, OuterRef("id")),
        organization=organization,
        state__in=OPEN_STATES,
    )
    plan, at = plan_of(organization), clock.now(organization)
    rows = []
    for invoice in found.order_by("id")[:MOST]:
        if invoice.due_on is None or invoice.open_minor <= 0:
            continue
        name = new_id()
        rows.append(
            AutopayCharge(
                id=name,
                organization=organization,
                customer_id=invoice.customer_id,
                invoice=invoice,
                number=1,
                key=key_of(name),
                planned_on=first_attempt(plan, due_on=invoice.due_on),
                created_at=at,
            )
        )
    AutopayCharge.objects.bulk_create(rows)
    news = [
        News("autopay.planned", "invoice", row.invoice_id, attempt_facts(row, row.invoice)) for row in rows
    ]
    record(organization_id=organization.id, news=news, actor=SYSTEM, at=at)
    return len(rows)


def _drop_unneeded(organization: Organization) -> int:
    """Attempts whose invoice was paid another way, voided or written off."""
    over = AutopayCharge.objects.filter(organization=organization, state=State.PLANNED).exclude(
        invoice__state__in=OPEN_STATES
    )
    return over.update(state=State.DROPPED, reason="not_open")


@retrying
def _tell(organization: Organization) -> int:
    """Whoever is told late is charged later: nobody is charged without the notice that they were promised."""
    plan, today = plan_of(organization), clock.today(organization)
    rows = list(_untold(organization, today + timedelta(days=plan.notice_days)))
    at = clock.now(organization)
    for row in rows:
        row.told_at = at
        row.planned_on = told_in_time(plan, planned_on=row.planned_on, today=today)
    AutopayCharge.objects.bulk_update(rows, ["told_at", "planned_on"])
    news = [
        News("autopay.announced", "invoice", row.invoice_id, attempt_facts(row, row.invoice)) for row in rows
    ]
    record(organization_id=organization.id, news=news, actor=SYSTEM, at=at)
    return len(rows)


def _untold(organization: Organization, until: date) -> list[AutopayCharge]:
    """Who pays just now would believe that they are charged a second time: they are told when that came to nothing."""
    return list(
        AutopayCharge.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(
            ~is_being_paid(organization, OuterRef("invoice_id")),
            organization=organization,
            state=State.PLANNED,
            told_at__isnull=True,
            planned_on__lte=until,
        )
        .select_related("invoice")
        .order_by("planned_on", "id")[:MOST]
    )
