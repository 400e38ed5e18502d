"""A small business at its console: members by role, and one of everything that a page may show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.test import Client

from allsquare.billing.crediting import Wanted, everything, lines_left
from allsquare.billing.lines import LineInput
from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.catalog.models import Item
from allsquare.catalog.services.create_item import create_item
from allsquare.connect.models import Batch, Export
from allsquare.core import clock, document_store
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.models import JobTrouble
from allsquare.core.money import Money
from allsquare.customers.models import Contact, Customer, CustomerGroup, CustomerNote
from allsquare.customers.services.add_contact import add_contact
from allsquare.customers.services.add_note import add_note
from allsquare.customers.services.name_group import name_group
from allsquare.identity.models import Invitation, Membership, Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.invite_member import invite_member
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.models import Period
from allsquare.ledger.selectors import chart
from allsquare.ledger.services.close_period import close_period
from allsquare.notifications.drafts import draft as draft_mail
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import (
    Attention,
    Dispute,
    DisputeAnswer,
    EvidenceFile,
    GatewayAccount,
    GatewayTrouble,
    InboxEvent,
    Inquiry,
    ListedMovement,
    Payment,
    PaymentMethod,
    PaymentRoute,
    Payout,
    ProviderMovement,
    Refund,
)
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.credit_invoice import credit_invoice
from allsquare.payments.services.start import start_payment
from allsquare.risk.models import RiskAssessment, RiskEntry
from allsquare.risk.services.add_entry import add_entry
from allsquare.selling.models import PaymentLink
from allsquare.selling.services.keep_link import keep_link
from allsquare.tax.services.add_rate import add_rate
from tests.factories import make_customer, make_organization, make_person


@dataclass
class World:
    """``organization`` with open books, VAT of 19 % and money recorded by hand."""

    organization: Organization = field(default_factory=make_organization)
    account: GatewayAccount = field(init=False)
    customer: Customer = field(init=False)

    def __post_init__(self) -> None:
        add_rate(
            organization=self.organization,
            name="VAT 19 %",
            country="DE",
            category="S",
            percent=Decimal(19),
            valid_from=date(2020, 1, 1),
            actor=SYSTEM,
        )
        self.account = add_gateway_account(
            organization=self.organization, gateway="offline", label="By hand", settings={}, actor=SYSTEM
        )
        self.customer = make_customer(self.organization)

    def member(self, role: Role = Role.OWNER) -> Person:
        person = make_person(name=f"Noor {role.label}")
        Membership.objects.create(
            organization=self.organization, person=person, role=role, created_at=clock.now(None)
        )
        return person

    def membership(self) -> Membership:
        """Of a support person, for pages about a member."""
        person = self.member(Role.SUPPORT)
        return Membership.objects.get(organization=self.organization, person=person)

    def invitation(self) -> Invitation:
        return invite_member(
            organization=self.organization,
            email=f"invited-{new_id().hex[-8:]}@example.com",
            role=Role.VIEWER,
            actor=SYSTEM,
        )

    def client(self, role: Role = Role.OWNER) -> Client:
        """A browser in which a member with ``role`` is signed in."""
        client = Client()
        client.force_login(self.member(role))
        return client

    def draft(
        self, *, customer: Customer | None = None, price: str = "100.00", text: str = "Work", lines: int = 1
    ) -> Invoice:
        line = LineInput(description=text, quantity=Decimal(1), unit_price=Decimal(price))
        return create_draft(
            organization=self.organization,
            customer_id=(customer or self.customer).id,
            lines=[line] * lines,
            actor=SYSTEM,
        )

    def issued(
        self,
        *,
        customer: Customer | None = None,
        on: date | None = None,
        lines: Sequence[tuple[str, str]] = (("Work", "100.00"),),
    ) -> Invoice:
        """119.00 with tax; ``lines`` are texts and prices."""
        draft = create_draft(
            organization=self.organization,
            customer_id=(customer or self.customer).id,
            lines=[
                LineInput(description=text, quantity=Decimal(1), unit_price=Decimal(price))
                for text, price in lines
            ],
            actor=SYSTEM,
        )
        return issue(organization=self.organization, invoice_ids=[draft.id], actor=SYSTEM, on=on)[0]

    def paid(self, invoice: Invoice, *, minor: int = 11900) -> Payment:
        return start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=Money(minor, currency(invoice.currency)),
            method=MethodKind.BANK_TRANSFER,
            gateway_account_id=self.account.id,
            key=str(new_id()),
            actor=SYSTEM,
        )

    def credit_note(self, invoice: Invoice | None = None, *, minor: int | None = None) -> CreditNote:
        """Of all that is left of an invoice of its own, or ``minor`` (without tax) off its only line."""
        found = invoice or self.issued()
        (line,) = lines_left(self.organization, found)
        return credit_invoice(
            organization=self.organization,
            invoice_id=found.id,
            wanted={line.line.id: Wanted(amount_minor=minor)}
            if minor
            else everything(self.organization, found),
            reason="Sent back",
            key=str(new_id()),
            actor=SYSTEM,
        )

    def saved_method(self, *, last_four: str = "4242", expires: str = "2099-12") -> PaymentMethod:
        """Of the customer, at the provider of this world."""
        return PaymentMethod.objects.create(
            organization=self.organization,
            customer=self.customer,
            gateway_account=self.account,
            kind="card",
            token=str(new_id()),
            brand="visa",
            last_four=last_four,
            expires=expires,
            created_at=clock.now(None),
        )

    def payout(self) -> Payout:
        """Of nothing that is known."""
        return Payout.objects.create(
            organization=self.organization,
            gateway_account=self.account,
            reference=str(new_id()),
            currency="EUR",
            net_minor=0,
            created_at=clock.now(None),
        )

    def refund(self, payment: Payment) -> Refund:
        """Of which the provider says no end yet."""
        return Refund.objects.create(
            organization=self.organization,
            payment=payment,
            currency=payment.currency,
            amount_minor=100,
            state="unknown",
            key=str(new_id()),
            created_at=clock.now(self.organization),
        )

    def movement(self) -> ProviderMovement:
        """A fact without its booking."""
        return ProviderMovement.objects.create(
            organization=self.organization,
            gateway_account=self.account,
            account_id=chart(self.organization).account(AccountRole.OTHER),
            kind=ProviderMovement.Kind.SPENT,
            currency="EUR",
            amount_minor=-2599,
            base_minor=-2599,
            moved_on=clock.today(self.organization),
            memo="Paper for the printer",
            created_at=clock.now(self.organization),
        )

    def listed_movement(self) -> ListedMovement:
        """Which the provider lists and the books do not have."""
        return ListedMovement.objects.create(
            organization=self.organization,
            gateway_account=self.account,
            reference=str(new_id()),
            kind="fee",
            currency="EUR",
            amount_minor=-1500,
            moved_on=clock.today(self.organization),
            text="Fee of July",
            listed_at=clock.now(self.organization),
        )

    def dispute(self, payment: Payment) -> Dispute:
        """Opened, and to be answered within five days."""
        return Dispute.objects.create(
            organization=self.organization,
            payment=payment,
            currency=payment.currency,
            amount_minor=100,
            base_minor=100,
            reference=str(new_id()),
            reason="fraudulent",
            opened_at=clock.now(self.organization),
            evidence_by=clock.now(self.organization) + timedelta(days=5),
        )

    def evidence(self, dispute: Dispute) -> EvidenceFile:
        """A file of an answer to it."""
        pdf = b"%PDF-1.7 delivered"
        answer = DisputeAnswer.objects.create(
            organization=self.organization,
            dispute=dispute,
            text="It was delivered.",
            state=DisputeAnswer.State.REFUSED,
            key=str(new_id()),
            input_hash=b"",
            created_at=clock.now(self.organization),
        )
        return EvidenceFile.objects.create(
            organization=self.organization,
            answer=answer,
            place=0,
            name="note.pdf",
            media_type="application/pdf",
            size=len(pdf),
            sha256=document_store.put(pdf),
        )

    def payment_link(self) -> PaymentLink:
        return keep_link(organization=self.organization, actor=SYSTEM, name="Coffee", price_minor=1190)

    def item(self, *, name: str = "Consulting", price: str = "80.00", **more: str) -> Item:
        return create_item(
            organization=self.organization,
            name=name,
            unit_price=Decimal(price),
            actor=SYSTEM,
            **more,
        )

    def mail(self, invoice: Invoice, *, state: str = Mail.State.QUEUED, error: str = "") -> Mail:
        mail = draft_mail(
            self.organization,
            MailKind.INVOICE,
            subject=("invoice", invoice.id),
            recipient=invoice.customer.email,
            language="en",
            invoice_id=invoice.id,
            customer_id=invoice.customer_id,
        )
        mail.state, mail.error = state, error
        mail.save()
        return mail

    def contact(
        self, *, customer: Customer | None = None, name: str = "Rita Receiver", **more: object
    ) -> Contact:
        fields: dict[str, object] = {"email": f"{new_id()}@example.com", "gets_invoices": True, **more}
        return add_contact(
            organization=self.organization,
            customer_id=(customer or self.customer).id,
            name=name,
            actor=SYSTEM,
            **fields,  # type: ignore[arg-type]  # a test's shorthand
        )

    def note(
        self, *, customer: Customer | None = None, text: str = "Calls before noon.", pinned: bool = False
    ) -> CustomerNote:
        return add_note(
            organization=self.organization,
            customer_id=(customer or self.customer).id,
            text=text,
            pinned=pinned,
            key=str(new_id()),
            actor=SYSTEM,
        )

    def inquiry(self, *, state: str = "stopped") -> Inquiry:
        now = clock.now(None)
        return Inquiry.objects.create(
            organization=self.organization,
            gateway_account=self.account,
            kind=Inquiry.Kind.COMPARE,
            begins_at=now - timedelta(days=7),
            ends_at=now,
            place=now - timedelta(days=4),
            state=state,
            asked_by="Ada Owner",
            asked_at=now,
        )

    def delivery(self, *, state: str = "parked", error: str = "KeyError: 'amount'") -> InboxEvent:
        now = clock.now(None)
        return InboxEvent.objects.create(
            organization=self.organization,
            gateway_account=self.account,
            external_id=str(new_id()),
            kind="charge.succeeded",
            object_reference="ch_1",
            payload={},
            state=state,
            error=error,
            tries=8,
            received_at=now,
            next_try_at=now,
        )

    def trouble(self, invoice: Invoice | None = None) -> JobTrouble:
        """A job (a PDF of ``invoice``) that failed to its last try."""
        args = {
            "organization_id": str(self.organization.id),
            "invoice_id": str(invoice.id if invoice else new_id()),
        }
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)
                   VALUES ('documents', 'billing.render_pdf', %s, 'failed', 6) RETURNING id""",
                [json.dumps(args)],
            )
            (job_id,) = cursor.fetchone()
        return JobTrouble.objects.create(
            organization_id=self.organization.id,
            job_id=job_id,
            task="billing.render_pdf",
            args=args,
            state=JobTrouble.State.FAILED,
            tries=6,
            error="The machine did not let us:\nNo space left on device",
            at=clock.now(None),
        )

    def closed_period(self) -> Period:
        """Long ago, so that it is in nobody's way."""
        return close_period(
            organization=self.organization,
            starts_on=date(2001, 1, 1),
            ends_on=date(2001, 1, 31),
            actor=SYSTEM,
        )

    def export(self) -> Export:
        """Stopped before its first row."""
        return Export.objects.create(
            organization=self.organization,
            person=self.member(),
            list_name="customers",
            format="csv",
            language="en",
            key=str(new_id()),
            state="stopped",
            created_at=clock.now(None),
        )

    def batch(self) -> Batch:
        """Stopped before its first row. Whoever may see the list may do the same again."""
        return Batch.objects.create(
            organization=self.organization,
            person=self.member(),
            act="invoices.void",
            list_name="invoices",
            given={"reason": "Ordered twice"},
            language="en",
            key=str(new_id()),
            state="stopped",
            created_at=clock.now(None),
        )

    def listed(self, value: str = "thief@example.com") -> RiskEntry:
        return add_entry(
            organization=self.organization, verdict="blocked", kind="mail", value=value, actor=SYSTEM
        )

    def group(self, name: str = "Wholesale") -> CustomerGroup:
        return name_group(organization=self.organization, name=name, actor=SYSTEM)

    def route(self) -> PaymentRoute:
        """For card payments from 100 euros on, of a group; its account is the one there is."""
        return PaymentRoute.objects.create(
            organization=self.organization,
            place=PaymentRoute.objects.filter(organization=self.organization).count(),
            currency="EUR",
            method="card",
            least_minor=10_000,
            group=self.group(),
            accounts=[self.account.id],
            created_at=clock.now(None),
        )

    def trouble_of(self, payment: Payment) -> GatewayTrouble:
        """A payment had no answer of its provider."""
        return GatewayTrouble.objects.create(
            organization=self.organization,
            gateway_account=payment.gateway_account,
            payment=payment,
            attempt_id=new_id(),
            status="unknown",
            code="no_answer",
            message="No answer came back.",
            at=clock.now(None),
        )

    def held(self, payment: Payment) -> RiskAssessment:
        """The rules hold ``payment``, and a person is asked."""
        reasons = [{"rule": "provider_score", "seen": 85, "limit": 75, "points": 40}]
        row = RiskAssessment.objects.create(
            organization=self.organization,
            payment_id=payment.id,
            customer_id=payment.customer_id,
            link_id=payment.invoice_id or payment.id,
            currency=payment.currency,
            amount_minor=payment.amount_minor,
            score=40,
            action="review",
            reasons=reasons,
            mail_mark=b"mail",
            card_mark=b"card",
            provider_score=85,
            created_at=clock.now(self.organization),
        )
        Attention.objects.create(
            organization=self.organization,
            kind="payment_review",
            subject_type="payment",
            subject_id=payment.id,
            data={
                "reasons": reasons,
                "base_currency": self.organization.base_currency,
                "amount_minor": payment.amount_minor,
                "currency": payment.currency,
            },
            created_at=clock.now(None),
        )
        return row

    def task(self, payment_id: UUID, *, text: str = "Money came for a void invoice.") -> Attention:
        return Attention.objects.create(
            organization=self.organization,
            kind="money_for_void_invoice",
            subject_type="payment",
            subject_id=payment_id,
            data={"text": text},
            created_at=clock.now(None),
        )


def editor_data(customer_id: object, *rows: dict[str, str], **head: str) -> dict[str, str]:
    """What the invoice editor posts; a row that is left out is empty."""
    data = {
        "customer": str(customer_id),
        "payment_days": "30",
        "lines-TOTAL_FORMS": str(len(rows)),
        "lines-INITIAL_FORMS": "0",
        **head,
    }
    for place, row in enumerate(rows):
        full = {"quantity": "1", "unit": "C62", "tax_category": "S", **row}
        data |= {f"lines-{place}-{name}": value for name, value in full.items()}
    return data
