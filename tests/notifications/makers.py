"""Occasions for mails."""

from __future__ import annotations

import time
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.core.events import follow
from allsquare.core.models import Event, EventReader
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications import reader
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import MethodKind, Outcome, SavedMethod, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.settle import settle
from allsquare.payments.services.start import start_payment
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice

VISA = SavedMethod(token="", kind=MethodKind.CARD, brand="visa", last_four="4242")


def read_all(organization: Organization) -> list[Mail]:
    """Give the reader every event of the organization, as ``follow`` does with those of transactions that are over;
    returns all its mails."""
    reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))
    return list(Mail.objects.filter(organization=organization).order_by("id"))


def follow_log() -> int:
    """What the worker does, until the newest event is read; returns how many were. Transactions of other test runs on
    the same server hold a reader up for a moment, because snapshots know no databases."""
    newest = Event.objects.order_by("-xact", "-id").first()
    count = follow(reader.NAME, reader.read)
    deadline = time.monotonic() + 240
    while newest and not _has_read(newest) and time.monotonic() < deadline:
        time.sleep(0.02)
        count += follow(reader.NAME, reader.read)
    return count


def _has_read(event: Event) -> bool:
    position = EventReader.objects.get(name=reader.NAME)
    return (int(position.xact), position.event_id or UUID(int=0)) >= (int(event.xact), event.id)


def begun(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    *,
    total: str = "1234.00",
    pay_minor: int | None = None,
    method: MethodKind = MethodKind.CARD,
    answer: Outcome | None = None,
    invoice: Invoice | None = None,
) -> Payment:
    """A payment that the provider has answered with ``answer`` (else: the payer is at its page), for a new invoice
    over ``total`` unless one is given."""
    invoice = invoice or issued_invoice(organization, customer, total=total)
    ScriptedGateway.answers.append(
        answer or charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    )
    return start_payment(
        organization=organization,
        invoice_id=invoice.id,
        amount=eur(pay_minor or invoice.total_minor),
        method=method,
        gateway_account_id=account.id,
        key=a_key(),
        actor=SYSTEM,
    )


def settled(payment: Payment, outcome: Outcome) -> Payment:
    """The provider reports ``outcome``."""
    settle(
        organization=payment.organization,
        gateway_account=payment.gateway_account,
        outcomes=[outcome],
        actor=SYSTEM,
    )
    payment.refresh_from_db()
    return payment


def paid(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    *,
    total: str = "1234.00",
    pay_minor: int | None = None,
    captured_minor: int | None = None,
    invoice: Invoice | None = None,
) -> Payment:
    """A card payment that succeeded, with a fee of 1.75."""
    payment = begun(organization, customer, account, total=total, pay_minor=pay_minor, invoice=invoice)
    captured = eur(captured_minor or payment.amount_minor)
    return settled(payment, charge(reference=payment.reference, amount=captured, fee=eur(175), method=VISA))
