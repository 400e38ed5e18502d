"""An organization to which everything has happened once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from allsquare.billing.models import CreditNote, CreditNoteDocument, Invoice, InvoiceDocument
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.billing.services.write_off import write_off
from allsquare.billing.states import OPEN_STATES
from allsquare.connect.models import Batch, Export
from allsquare.core import clock, document_store, sealer
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event, EventReader
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.services.set_rate import set_rate
from allsquare.notifications.drafts import draft as draft_mail
from allsquare.notifications.kinds import MailKind
from allsquare.payments.gateway import Converted, DisputeStage, ItemKind, MethodKind, PayoutItem, Status
from allsquare.payments.models import (
    AutopayCharge,
    Dispute,
    DisputeAnswer,
    EvidenceFile,
    GatewayAccount,
    InboxEvent,
    Inquiry,
    Payment,
    Payout,
)
from allsquare.payments.services.find_ours import find_ours
from allsquare.payments.services.receive_payout import receive_payout
from allsquare.payments.services.reverse_movement import reverse_movement
from allsquare.payments.services.use_credit import use_credit
from allsquare.selling.models import PaymentLink, Sale
from tests import factories
from tests.payments.crediting import credit, off
from tests.payments.flows import paid, pay, started, take
from tests.payments.makers import (
    charge,
    dispute_outcome,
    empty_script,
    eur,
    issued_invoice,
    offline_account,
    payout_outcome,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.payments.movements import moved
from tests.payments.several import paid_together
from tests.undone import undone


def arrive(organization: Organization, reference: str, received: Money) -> None:
    payout = Payout.objects.get(organization=organization, reference=reference)
    today = clock.today(organization)
    receive_payout(
        organization=organization, payout_id=payout.id, received=received, on=today, actor=SYSTEM, kept=True
    )


@pytest.fixture(scope="module")
def books(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Organization]:
    """Made once and rolled back at the end. A test that changes them asks for ``db`` too, which undoes that."""
    gateways = {**settings.ALLSQUARE_GATEWAYS, "scripted": "tests.payments.makers.ScriptedGateway"}
    with django_db_blocker.unblock(), override_settings(ALLSQUARE_GATEWAYS=gateways), undone():
        yield _everything()


def _pay_out(account: GatewayAccount, refunded: Payment) -> None:
    """One that is at the bank, one that came back from there, one on its way."""
    items = (PayoutItem(str(refunded.reference), 5825), PayoutItem("fee_of_the_month", -825))
    take(account, payout_outcome(reference="po_1", amount=eur(5000), payout_items=items))
    arrive(account.organization, "po_1", eur(4990))
    take(account, payout_outcome(reference="po_3", amount=eur(700)))
    take(account, payout_outcome(reference="po_2", amount=eur(3000)))
    arrive(account.organization, "po_2", eur(3000))
    take(account, payout_outcome(Status.DECLINED, reference="po_2", amount=eur(3000)))
    strange = PayoutItem("ch_strange", 900, ItemKind.CHARGE, fee_minor=20)
    late = PayoutItem("ch_late", 300, ItemKind.CHARGE)
    take(
        account, payout_outcome(reference="po_4", amount=eur(1200), fee=eur(20), payout_items=(strange, late))
    )


def _everything() -> Organization:
    empty_script()
    organization = factories.make_organization()
    customer = factories.make_customer(organization)
    account = scripted_account(organization)
    refunded, came_home, lost, won, disputed, _overpaid = (
        paid(organization, customer, account, captured=captured, fee=175)
        for captured in (10000, 10000, 10000, 10000, 10000, 11000)
    )
    paid_together(customer, account, [issued_invoice(organization, customer) for _ in range(2)])
    back = refund_outcome(reference="re_1", amount=eur(4000), charge_reference=refunded.reference)
    home = refund_outcome(reference="re_2", amount=eur(4000), charge_reference=came_home.reference)
    take(account, back, home)
    take(account, refund_outcome(Status.DECLINED, reference="re_2"))
    for payment, end in ((lost, DisputeStage.LOST), (won, DisputeStage.WON)):
        about = {"reference": f"dp_{end}", "amount": eur(10000), "charge_reference": payment.reference}
        take(account, dispute_outcome(DisputeStage.OPENED, **about), dispute_outcome(end, **about))
    about = {"reference": "dp_open", "amount": eur(10000), "charge_reference": disputed.reference}
    take(account, dispute_outcome(DisputeStage.OPENED, **about))
    _pay_out(account, refunded)
    arrived = charge(reference="ch_late", amount=eur(10000))
    found = pay(issued_invoice(organization, customer), account, answer=arrived)
    find_ours(organization=organization, payment_ids=[found.id], payout_ids=[])
    _in_dollars(organization, customer, account)
    _moved(account)
    pay(issued_invoice(organization, customer), offline_account(organization), method=MethodKind.CASH)
    for invoice in (issued_invoice(organization, customer), issued_invoice(organization, customer)):
        write_off(
            organization=organization, invoice_id=invoice.id, reason="Gone", tax_relief=True, actor=SYSTEM
        )
    take_back_write_off(organization=organization, invoice_id=invoice.id, actor=SYSTEM)
    use_credit(
        organization=organization,
        invoice_id=issued_invoice(organization, customer).id,
        amount=eur(600),
        key="use",
        actor=SYSTEM,
    )
    _credited(paid(organization, customer, account))
    waiting = started(organization, customer, account)
    assert waiting.invoice
    _answered(organization)
    _in_waiting(organization, account, waiting.invoice)
    _by_itself(organization, customer)
    _printed(organization)
    _sealed_and_summed()
    return organization


def _in_dollars(organization: Organization, customer: Customer, account: GatewayAccount) -> None:
    """A payment that stays in dollars, and one that the provider turned into euros."""
    set_rate(
        organization=organization,
        currency="USD",
        valid_on=clock.today(organization),
        rate=Decimal("0.9"),
        actor=SYSTEM,
    )
    dollars = issued_invoice(organization, customer, currency_code="USD")
    answer = charge(reference="ch_usd", amount=usd(10000), fee=usd(100))
    pay(dollars, account, amount=usd(10000), answer=answer)
    became = (Converted(eur(8730), eur(270)),)
    answer = charge(reference="ch_turned", amount=usd(10000), fee=usd(300), converted=became)
    pay(
        issued_invoice(organization, customer, currency_code="USD"), account, amount=usd(10000), answer=answer
    )


def _credited(payment: Payment) -> None:
    """A part of what was paid, and all of another invoice."""
    organization = payment.organization
    assert payment.invoice
    credit(payment.invoice, off(payment.invoice, 2500))
    credit(issued_invoice(organization, payment.customer))


def _moved(account: GatewayAccount) -> None:
    """A fee of the month, one that was recorded by mistake, and dollars that were spent."""
    moved(account, eur(-1500), "fee")
    mistake = moved(account, eur(-700))
    reverse_movement(organization=account.organization, movement_id=mistake.id, actor=SYSTEM)
    moved(account, usd(-400))


def _answered(organization: Organization) -> None:
    """The open dispute, with a file."""
    answer = DisputeAnswer.objects.create(
        organization=organization,
        dispute=Dispute.objects.get(organization=organization, reference="dp_open"),
        text="It was delivered.",
        state=DisputeAnswer.State.SENT,
        key="answer",
        input_hash=bytes(32),
        created_at=clock.now(organization),
    )
    EvidenceFile.objects.create(
        organization=organization,
        answer=answer,
        place=0,
        name="delivery note.pdf",
        media_type="application/pdf",
        size=10,
        sha256=document_store.put(b"was signed"),
    )


def _in_waiting(organization: Organization, account: GatewayAccount, invoice: Invoice) -> None:
    """What has a deadline, and is in time; and a reader of the event log."""
    mail = draft_mail(
        organization,
        MailKind.INVOICE,
        subject=("invoice", invoice.id),
        recipient="payer@example.com",
        language="en",
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
    )
    mail.save()
    now = clock.now(None)
    InboxEvent.objects.create(
        organization=organization,
        gateway_account=account,
        external_id="evt_waiting",
        kind="charge",
        object_reference="ch_waiting",
        payload={},
        received_at=now,
        next_try_at=now,
    )
    Export.objects.create(
        organization=organization,
        person=factories.make_person(),
        list_name="invoices",
        format="csv",
        language="en",
        key="done",
        state="done",
        created_at=now,
    )
    Batch.objects.create(
        organization=organization,
        person=factories.make_person(),
        act="invoices.issue",
        list_name="invoices",
        language="en",
        key="done",
        state="done",
        created_at=now,
    )
    Inquiry.objects.create(
        organization=organization,
        gateway_account=account,
        kind="compare",
        begins_at=now,
        ends_at=now,
        place=now,
        state="done",
        asked_by="Ada Owner",
        asked_at=now,
    )
    EventReader.objects.create(name="notifications")


def _by_itself(organization: Organization, customer: Customer) -> None:
    """An invoice that will be charged in a week, and the last bags of coffee, which somebody is about to buy."""
    now = clock.now(organization)
    AutopayCharge.objects.create(
        organization=organization,
        customer=customer,
        invoice=issued_invoice(organization, customer),
        number=1,
        key="autopay",
        planned_on=clock.today(organization) + timedelta(days=7),
        created_at=now,
    )
    link = PaymentLink.objects.create(
        organization=organization, name="Coffee", currency="EUR", price_minor=1190, limit=5, created_at=now
    )
    Sale.objects.create(
        organization=organization,
        link=link,
        customer=customer,
        quantity=2,
        price_minor=1190,
        currency="EUR",
        key="sale",
        language="en",
        created_at=now,
    )


def _printed(organization: Organization) -> None:
    """As the jobs do that wait: what was issued has its document."""
    invoice, note = b"an invoice", b"a credit note"
    at = clock.now(organization)
    for issued in Invoice.objects.filter(organization=organization).exclude(state="draft").order_by("id"):
        InvoiceDocument.objects.create(
            organization=organization,
            invoice=issued,
            sha256=document_store.put(invoice),
            size=len(invoice),
            created_at=at,
        )
    for credited in CreditNote.objects.filter(organization=organization).order_by("id"):
        CreditNoteDocument.objects.create(
            organization=organization,
            credit_note=credited,
            sha256=document_store.put(note),
            size=len(note),
            created_at=at,
        )


def _sealed_and_summed() -> None:
    """What the sealer and the reader of the log would write, had the test's transaction ended."""
    sealer._seal_batch(list(Event.objects.order_by("id")))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO account_day_mark (organization_id, xact) SELECT id, '9223372036854775807' FROM organization"
        )
        cursor.execute(
            "INSERT INTO account_day (organization_id, account_id, currency, date, base_minor, amount_minor) "
            "SELECT organization_id, account_id, currency, date, sum(base_minor), sum(amount_minor) "
            "FROM journal_line GROUP BY 1, 2, 3, 4"
        )
        cursor.execute(
            "INSERT INTO dashboard_mark (organization_id, xact) SELECT id, '9223372036854775807' FROM organization"
        )
        cursor.execute(
            "INSERT INTO money_day "
            "(organization_id, day, gateway_account_id, currency, captured_minor, fee_minor) "
            "SELECT organization_id, received_on, gateway_account_id, currency, sum(captured_minor), sum(fee_minor) "
            "FROM payment WHERE state = 'succeeded' GROUP BY 1, 2, 3, 4"
        )
        cursor.execute(
            "INSERT INTO owed_day (organization_id, due_on, currency, invoices, open_minor) "
            "SELECT organization_id, due_on, currency, count(*), sum(total_minor - paid_minor - credited_minor) "
            "FROM invoice WHERE state = ANY (%s) GROUP BY 1, 2, 3",
            [sorted(OPEN_STATES)],
        )
