"""The rows that a mail speaks of, read when it is composed: a mail that waited tells what is true now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Model, Sum

from allsquare.billing.links import pay_url
from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.states import OPEN_STATES
from allsquare.core.currencies import Currency, currency
from allsquare.core.formatting import format_date, format_money
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.core.words import gettext_noop as _noop
from allsquare.customers.models import Customer
from allsquare.identity.models import Invitation, Organization
from allsquare.identity.selectors import open_invitations
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.kinds import TO_STAFF, MailKind
from allsquare.notifications.letters.languages import words_for
from allsquare.notifications.letters.words import Words
from allsquare.notifications.models import Mail, SentStatement
from allsquare.payments.models import (
    Allocation,
    Attention,
    AutopayCharge,
    Consent,
    CreditMovement,
    Dispute,
    Payment,
    PaymentMethod,
    Refund,
    TransferSlip,
)
from allsquare.payments.saved import consent_with, default_method, link_by_id
from allsquare.payments.shares import counted_of, shares_of
from allsquare.payments.slips import slip_for
from allsquare.payments.statement import CustomerStatement, statement_of
from allsquare.payments.tips import tip_minor


class OfSeveral(NamedTuple):
    """``minor`` of a payment is for this invoice, or was taken by it: then ``open_minor`` of it is still open."""

    number: str
    minor: int
    open_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """``note`` is what a person wrote to the reader. ``pay_url`` is set while the invoice can be paid,
    ``console_url`` for mails to the business. ``consent`` is that to the payer's method being kept, given with the
    payment; ``other`` the method that is charged instead of ``saved``. The sums are minor units of the payment's
    currency: what of it counted towards the invoice, what it left as credit. ``several`` are the invoices of a payment
    that is for several, each with what it is for, or took."""

    organization: Organization
    words: Words
    language: str
    customer: Customer | None = None
    invoice: Invoice | None = None
    payment: Payment | None = None
    refund: Refund | None = None
    dispute: Dispute | None = None
    credit_note: CreditNote | None = None
    attention: Attention | None = None
    statement: CustomerStatement | None = None
    slip: TransferSlip | None = None
    several: tuple[OfSeveral, ...] = ()
    allocated_minor: int = 0
    credit_minor: int = 0
    tip_minor: int = 0
    pay_url: str = ""
    console_url: str = ""
    event: Event | None = None
    invitation: Invitation | None = None
    saved: PaymentMethod | None = None
    autopay: AutopayCharge | None = None
    consent: Consent | None = None
    other: PaymentMethod | None = None
    methods_url: str = ""
    note: str = ""

    @property
    def invitation_url(self) -> str:
        """Written out like the pay link."""
        return f"{settings.BASE_URL}/accounts/invitations/{self.invitation.token}/" if self.invitation else ""

    @property
    def amount(self) -> Money:
        """The sum that the mail is about."""
        if self.refund:
            return Money(self.refund.amount_minor, currency(self.refund.currency))
        if self.dispute:
            return Money(self.dispute.amount_minor, currency(self.dispute.currency))
        if self.credit_note:
            return Money(self.credit_note.total_minor, currency(self.credit_note.currency))
        if self.payment:
            return Money(
                self.payment.captured_minor or self.payment.amount_minor, currency(self.payment.currency)
            )
        if self.invoice:
            return self.open_amount or Money(self.invoice.total_minor, currency(self.invoice.currency))
        return Money.zero(self.organization.base_currency)

    @property
    def open_amount(self) -> Money | None:
        """What of the invoice can still be paid; ``None`` when it asks for nothing."""
        if self.invoice is None or not is_open(self.invoice):
            return None
        return Money(self.invoice.open_minor, currency(self.invoice.currency))

    @property
    def number(self) -> str:
        """Of the invoice, or of each of several."""
        if self.invoice is None:
            return ", ".join(each.number for each in self.several)
        return self.invoice.number or ""

    def for_what(self, one: str, several: str, on_account: str) -> str:
        """One of three sentences, by what the payment is for, with the facts in it."""
        if self.invoice is None and len(self.several) != 1:
            return self.say(several if self.several else on_account)
        return self.say(one)

    def rows_of_several(self) -> tuple[tuple[str, str], ...]:
        """Which invoice takes how much."""
        if self.invoice or self.payment is None:
            return ()
        unit = currency(self.payment.currency)
        return tuple((each.number, self._taken(each, unit)) for each in self.several)

    def _taken(self, part: OfSeveral, unit: Currency) -> str:
        taken = self.money(Money(part.minor, unit))
        if not part.open_minor:
            return taken
        open_ = self.money(Money(part.open_minor, unit))
        return self.say(self.words.several_open, amount=taken, open=open_)

    def say(self, pattern: str, **more: str) -> str:
        """One of our sentences with the facts in it."""
        facts = {
            "seller": self.organization.name,
            "number": self.number,
            "amount": self.money(self.amount),
            "open": self.money(self.open_amount) if self.open_amount else "",
            "day": self.day(self.invoice.due_on) if self.invoice else "",
            "method": self.method(),
            "customer": self.customer.name if self.customer else "",
        }
        return pattern.format(**(facts | more))

    def money(self, amount: Money) -> str:
        return format_money(amount, self.language)

    def day(self, day: date | None) -> str:
        return format_date(day, self.language) if day else ""

    def method(self) -> str:
        """How the payment was made, for people: *Visa ending 4242*, *bank transfer*."""
        if self.payment is None:
            return ""
        if self.payment.method_last_four:
            brand = self.payment.method_brand.replace("_", " ").title()
            brand = brand or self.words.methods.get(self.payment.method, self.payment.method)
            return self.words.ending.format(brand=brand, last_four=self.payment.method_last_four)
        return self.words.methods.get(self.payment.method, self.payment.method.replace("_", " "))


def is_open(invoice: Invoice) -> bool:
    """Can something still be paid on it?"""
    return invoice.state in OPEN_STATES and invoice.open_minor > 0


def facts_of(organization: Organization, mail: Mail) -> Facts:
    """Read what ``mail`` speaks of. Raises :class:`NothingToSay` when its document is gone."""
    event = _event(organization, mail)
    invoice = _one(Invoice, organization, mail.invoice_id)
    payment = _one(Payment, organization, mail.payment_id)
    credit = _sum(CreditMovement, organization, payment)
    tip = tip_minor(organization, payment) if payment and credit else 0
    words = words_for(mail.language)
    to_staff = mail.kind in TO_STAFF
    facts = Facts(
        organization=organization,
        words=words,
        language=_language(mail.language, words),
        customer=_one(Customer, organization, mail.customer_id),
        invoice=invoice,
        payment=payment,
        refund=_one(Refund, organization, mail.subject_id if mail.subject_type == "refund" else None),
        dispute=_one(Dispute, organization, mail.subject_id if mail.subject_type == "dispute" else None),
        credit_note=_one(
            CreditNote, organization, mail.subject_id if mail.subject_type == "credit_note" else None
        ),
        attention=_one(
            Attention, organization, mail.subject_id if mail.subject_type == "attention" else None
        ),
        statement=_statement(organization, mail.subject_id if mail.kind == MailKind.STATEMENT else None),
        slip=slip_for(organization, payment) if payment and mail.kind == MailKind.TRANSFER else None,
        several=_several(organization, payment),
        allocated_minor=_sum(Allocation, organization, payment),
        credit_minor=credit - tip,
        tip_minor=tip,
        pay_url=pay_url(organization, invoice) if invoice and is_open(invoice) and not to_staff else "",
        console_url=_console_url(payment) if to_staff else "",
        event=event,
        invitation=_open_invitation(organization, event),
        saved=_saved(organization, event, payment),
        consent=consent_with(organization, payment.id) if payment else None,
        other=_other(organization, event),
        autopay=_autopay(organization, event, payment),
        methods_url=_methods_url(organization, event),
        note=mail.note,
    )
    if getattr(facts, _NEEDS[MailKind(mail.kind)]) is None:
        raise NothingToSay(_noop("What this mail was to tell of is not there any more. Nothing was sent."))
    return facts


def facts_of_draft(organization: Organization, invoice: Invoice, *, note: str = "") -> Facts:
    """For a look at the mail before anything is issued. ``invoice`` is a draft made ready by
    ``billing.printing.as_if_issued``; its link is not made yet, so a stand-in shows where it will be."""
    words = words_for(invoice.language)
    return Facts(
        organization=organization,
        words=words,
        language=_language(invoice.language, words),
        customer=invoice.customer,
        invoice=invoice,
        pay_url=f"{settings.BASE_URL}/pay/…/" if is_open(invoice) else "",
        note=note,
    )


def _language(tag: str, words: Words) -> str:
    """Amounts and dates in the language of the sentences around them."""
    return tag if tag.startswith(words.language) else words.language


#: The row without which a mail of the kind has nothing to say.
_NEEDS = {
    MailKind.INVOICE: "invoice",
    MailKind.CREDIT_NOTE: "credit_note",
    MailKind.RECEIPT: "payment",
    MailKind.PAYMENT_PENDING: "payment",
    MailKind.PAYMENT_FAILED: "payment",
    MailKind.TRANSFER: "slip",
    MailKind.REFUND: "refund",
    MailKind.METHOD_LINK: "event",
    MailKind.OPEN_LINK: "event",
    MailKind.METHOD_EXPIRING: "event",
    MailKind.METHOD_GONE: "event",
    MailKind.AUTOPAY_PLANNED: "autopay",
    MailKind.AUTOPAY_FAILED: "autopay",
    MailKind.STATEMENT: "statement",
    MailKind.PAYMENT_NOTICE: "payment",
    MailKind.DISPUTE_WON: "dispute",
    MailKind.ATTENTION: "attention",
    MailKind.INVITATION: "invitation",
    MailKind.SECURITY: "event",
}

T = TypeVar("T", bound=Model)


def _one(model: type[T], organization: Organization, row_id: UUID | None) -> T | None:
    if row_id is None:
        return None
    return model._default_manager.filter(organization=organization, id=row_id).first()


def _statement(organization: Organization, sent_id: UUID | None) -> CustomerStatement | None:
    sent = _one(SentStatement, organization, sent_id)
    if sent is None:
        return None
    return statement_of(organization, sent.customer, start=sent.starts_on, end=sent.ends_on)


def _event(organization: Organization, mail: Mail) -> Event | None:
    """What a mail to a person is about: something in the log."""
    if mail.subject_type != "event":
        return None
    return Event.objects.filter(organization_id=organization.id, id=mail.subject_id).first()


def _id_in(event: Event | None, name: str) -> UUID | None:
    """An id among the facts of an event."""
    found = event.data.get(name) if event else None
    return UUID(found) if isinstance(found, str) else None


def _saved(organization: Organization, event: Event | None, payment: Payment | None) -> PaymentMethod | None:
    """The method that an event is about, or that was saved with a payment; of an invoice that will be charged, what
    would be charged now."""
    if payment is not None:
        return PaymentMethod.objects.filter(organization=organization, saved_by=payment.id).first()
    if event is not None and event.kind == "autopay.announced":
        return default_method(organization, UUID(str(event.data["customer"])))
    return _one(PaymentMethod, organization, _id_in(event, "method"))


def _other(organization: Organization, event: Event | None) -> PaymentMethod | None:
    """What is charged now that a method has ended."""
    if event is None or event.kind != "payment_method.gone":
        return None
    return default_method(organization, UUID(str(event.data["customer"])))


def _autopay(
    organization: Organization, event: Event | None, payment: Payment | None
) -> AutopayCharge | None:
    """The attempt that an event is about, or that a payment was."""
    if payment is not None:
        return AutopayCharge.objects.filter(organization=organization, payment=payment).first()
    return _one(AutopayCharge, organization, _id_in(event, "charge"))


def _methods_url(organization: Organization, event: Event | None) -> str:
    """Of a link to saved methods, or to what is open; one that is over is not sent any more. Written out like the pay
    link."""
    if event is None or event.subject_type != "method_link":
        return ""
    link = link_by_id(organization, event.subject_id)
    if link is None:
        raise NothingToSay(_noop("This link is over, so nothing was sent."))
    return f"{settings.BASE_URL}/pay/{link.purpose}/{link.token}/"


def _open_invitation(organization: Organization, event: Event | None) -> Invitation | None:
    """One that was withdrawn or accepted meanwhile is not sent any more."""
    if event is None or event.subject_type != "invitation":
        return None
    waiting = {row.id: row for row in open_invitations(organization)}
    return waiting.get(event.subject_id)


def _sum(
    model: type[Allocation] | type[CreditMovement], organization: Organization, payment: Payment | None
) -> int:
    """What ``payment`` itself brought, before refunds and disputes."""
    if payment is None:
        return 0
    brought = model._default_manager.filter(organization=organization, source_id=payment.id)
    return brought.aggregate(total=Sum("amount_minor"))["total"] or 0


def _several(organization: Organization, payment: Payment | None) -> tuple[OfSeveral, ...]:
    """What a payment for several invoices paid, or, while it has not come, is for."""
    if payment is None or payment.invoice_id is not None:
        return ()
    counted = counted_of(organization, payment)
    if counted:
        return tuple(
            OfSeveral(
                row.invoice.number or "",
                row.amount_minor,
                row.invoice.open_minor if is_open(row.invoice) else 0,
            )
            for row in counted
        )
    meant = shares_of(organization, payment)
    return tuple(OfSeveral(row.invoice.number or "", row.amount_minor) for row in meant)


def _console_url(payment: Payment | None) -> str:
    """The page *What this payment did*, else the start page. Written out like the pay link: these packages know no
    doors, and an address that was mailed must hold for years anyhow."""
    return f"{settings.BASE_URL}/payments/{payment.id}/" if payment else f"{settings.BASE_URL}/"
