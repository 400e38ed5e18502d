"""The loop, step by step. Each step acts as a person would, over HTTP, then says what it saw."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from allsquare.billing import selectors as billing
from allsquare.billing.models import Invoice
from allsquare.cli.company import SandboxGateway
from allsquare.cli.forms import Browser, Page
from allsquare.cli.smtp_catcher import CaughtMail, caught
from allsquare.cli.stack import Stack
from allsquare.cli.steps import Saw, Step, insist, take, wait_until
from allsquare.core import document_store
from allsquare.core.currencies import currency
from allsquare.core.formatting import format_money
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.core.selectors import events_of
from allsquare.customers.selectors import list_customers
from allsquare.identity.models import Organization
from allsquare.insights.proofs import PROOFS
from allsquare.insights.proofs import run as ask
from allsquare.ledger import selectors as ledger
from allsquare.notifications import selectors as notifications
from allsquare.payments import selectors as payments
from allsquare.payments.models import Payment

CARD = "4242424242424242"


@dataclass(slots=True)
class Walker:
    """Who walks, and what the walk has come to know."""

    organization: Organization
    email: str
    password: str
    gateway: SandboxGateway
    payer_email: str = ""
    clerk: Browser = field(default_factory=Browser)
    payer: Browser = field(default_factory=Browser)
    page: Page | None = None
    invoice: Invoice | None = None
    payment: Payment | None = None
    link: str = ""
    case: str = ""  # the provider's name of a dispute

    @property
    def issued(self) -> Invoice:
        insist(self.invoice is not None, "No invoice was made.")
        assert self.invoice is not None  # noqa: S101  # told to the type checker
        return billing.get_invoice(self.organization, self.invoice.id)

    @property
    def paid(self) -> Payment:
        insist(self.payment is not None, "No payment was made.")
        assert self.payment is not None  # noqa: S101  # told to the type checker
        return payments.get_payment(self.organization, self.payment.id)

    @property
    def shown(self) -> Page:
        insist(self.page is not None, "No page is open.")
        assert self.page is not None  # noqa: S101  # told to the type checker
        return self.page


def walk(running: Stack, walker: Walker, *, tell: Callable[[Step], None] | None) -> list[Step]:
    """All steps in order; the walk ends at the first that fails."""
    steps: list[Step] = []
    for name, action in (
        ("Sign in", sign_in),
        ("Enter a customer", enter_customer),
        ("Draft an invoice", draft),
        ("Issue and send it", issue),
        ("Read the mail", _read_mail),
        ("Open the link", _open_link),
        ("Pay on the provider's page", _pay),
        ("See it paid", _see_paid),
        ("Wait for the webhook", _wait_for_webhook),
        ("Look at the invoice", _look_at_invoice),
        ("Look at the books", _look_at_books),
        ("Look at the receipt and the notice", _look_at_mails),
        ("Look at the events", _look_at_events),
        ("Look at what the payment did", _look_at_trace),
        ("Press Pay again", _press_again),
        ("Prove the books", prove),
    ):
        steps.append(take(name, lambda action=action: action(running, walker), tell))  # type: ignore[misc]  # bound now
        if not steps[-1].ok:
            break
    walker.clerk.close()
    walker.payer.close()
    return steps


def sign_in(running: Stack, walker: Walker) -> Saw:
    page = walker.clerk.open(f"{running.base_url}/")
    walker.page = walker.clerk.submit(page, having="login", login=walker.email, password=walker.password)
    insist(walker.organization.name in walker.page.text, "The console does not greet the organization.")
    return Saw(f"{walker.email} is in the console of {walker.organization.name}")


def enter_customer(running: Stack, walker: Walker) -> Saw:
    walker.payer_email = f"payer-{new_id().hex[-8:]}@customer.example"
    page = walker.clerk.open(f"{running.base_url}/customers/new/")
    walker.clerk.submit(
        page,
        having="email",
        name="Łukasz 王 & Søns GmbH",
        email=walker.payer_email,
        street="Am Markt 1",
        postal_code="10115",
        city="Berlin",
        country="DE",
        language="en",
        currency="EUR",
    )
    return Saw(f"a customer with the address {walker.payer_email}")


def draft(running: Stack, walker: Walker) -> Saw:
    page = walker.clerk.open(f"{running.base_url}/invoices/new/")
    (customer,) = list_customers(walker.organization, search=walker.payer_email)
    values = {
        "customer": str(customer.id),
        "lines-0-description": "Consulting on closing loops",
        "lines-0-quantity": "3",
        "lines-0-unit_price": "133.33",
        "lines-0-tax_category": "S",
        "lines-1-description": "Book “All square”",
        "lines-1-quantity": "1",
        "lines-1-unit_price": "19.99",
        "lines-1-discount_percent": "10",
        "lines-1-tax_category": "S",
    }
    walker.page = walker.clerk.submit(page, having="lines-0-description", **values)
    (walker.invoice,) = billing.list_invoices(walker.organization, customer_id=customer.id, state="draft")
    return Saw(f"a draft of {_total(walker.invoice)}", {"total_minor": walker.invoice.total_minor})


def issue(running: Stack, walker: Walker) -> Saw:
    page = walker.clerk.open(f"{running.base_url}/invoices/{walker.issued.id}/issue/")
    walker.clerk.submit(page, having="seen")
    invoice = walker.issued
    insist(bool(invoice.number), "The invoice has no number.")
    return Saw(f"invoice {invoice.number} of {_total(invoice)}", {"number": invoice.number})


def _read_mail(running: Stack, walker: Walker) -> Saw:
    number = str(walker.issued.number)
    mail = wait_until(lambda: _mail(running, walker.payer_email, number), "The invoice's mail did not come.")
    found = re.search(re.escape(running.base_url) + r"/pay/[\w-]+/", mail.text)
    insist(found is not None, "The mail has no pay link.")
    walker.link = found.group() if found else ""
    attached = [part for part in mail.attachments if part.content.startswith(b"%PDF")]
    insist(len(attached) == 1, "The mail has no PDF.")
    stored = billing.document_of(walker.organization, walker.issued.id)
    insist(stored is not None, "The invoice's PDF was not stored.")
    insist(
        stored is not None and sha256(attached[0].content).hexdigest() == stored.sha256,
        "The mailed PDF is not the stored one.",
    )
    return Saw(
        f"“{mail.subject}” with a PDF of {len(attached[0].content) // 1000} kB, the stored one to the byte",
        {"subject": mail.subject, "pdf_bytes": len(attached[0].content)},
    )


def _mail(running: Stack, recipient: str, about: str) -> CaughtMail | None:
    for mail in caught(running.mail_directory):
        if recipient in mail.recipients and about in mail.subject:
            return mail
    return None


def _open_link(running: Stack, walker: Walker) -> Saw:
    walker.page = walker.payer.open(walker.link)
    total = _total(walker.issued)
    insist(total in walker.page.text, f"The pay page does not say {total}.")
    insist(f"Pay {total}" in walker.page.text, "The button does not say the sum.")
    wait_until(lambda: walker.issued.viewed_at, "The invoice was not marked viewed.")
    pdf = walker.payer.download(f"{walker.link}invoice.pdf")
    stored = billing.document_of(walker.organization, walker.issued.id)
    insist(
        stored is not None and pdf == document_store.get(stored.sha256),
        "The PDF of the link is not the stored one.",
    )
    size = len(walker.page.response.content)
    return Saw(f"the pay page asks for {total}, {size} bytes of HTML", {"html_bytes": size})


def approved(walker: Walker, page: Page) -> Page:
    """The rules against fraud have the bank ask who pays once many payers came from one network, as they do here."""
    if "is it you" not in page.text:
        return page
    return walker.payer.submit(page, to="/challenge", answer="approve")


def _pay(running: Stack, walker: Walker) -> Saw:
    hosted = walker.payer.submit(walker.shown, having="method")
    insist(
        hosted.url.startswith(running.sandbox_url), f"The payer is not at the provider but at {hosted.url}."
    )
    entered = walker.payer.submit(hosted, having="number", number=CARD, expiry="12/39", cvc="123")
    walker.page = approved(walker, entered)
    insist(
        walker.page.url.startswith(running.base_url),
        f"The payer did not come back but is at {walker.page.url}.",
    )
    return Saw(
        "the card was entered at the provider, and the payer came back", {"returned_to": walker.page.url}
    )


def _see_paid(running: Stack, walker: Walker) -> Saw:
    page = walker.shown
    insist("paid" in page.text.lower(), f"The page does not say paid. It says: {page.text[:300]}")
    (walker.payment,) = payments.payments_of_invoice(walker.organization, walker.issued)
    insist(walker.payment.state == "succeeded", f"The payment is {walker.payment.state}.")
    return Saw("the page says that it is paid", {"payment": str(walker.payment.id)})


def _wait_for_webhook(running: Stack, walker: Walker) -> Saw:
    def done() -> int:
        deliveries = payments.trace(walker.organization, walker.paid.id).deliveries
        finished = [row for row in deliveries if row.state == "done" and row.kind == "charge.succeeded"]
        return len(finished)

    wait_until(done, "The provider's webhook did not come, or was not digested.")
    again = payments.payments_of_invoice(walker.organization, walker.issued)
    insist(len(again) == 1, "The webhook made a second payment.")
    return Saw("the provider's signed news came and changed nothing twice")


def _look_at_invoice(running: Stack, walker: Walker) -> Saw:
    invoice = walker.issued
    insist(invoice.state == "paid" and invoice.open_minor == 0, f"The invoice is {invoice.state}.")
    credit = payments.customer_credit(walker.organization, invoice.customer_id)
    insist(not credit, f"The customer has credit: {credit}.")
    return Saw(f"invoice {invoice.number} is paid, nothing is open, no credit is left over")


def _look_at_books(running: Stack, walker: Walker) -> Saw:
    payment = walker.paid
    (entry,) = ledger.entries_of(walker.organization, [payment.id])
    amounts = {line.account.role: line.base_minor for line in entry.lines}
    expected = {
        "clearing": payment.captured_minor - payment.fee_minor,
        "gateway_fees": payment.fee_minor,
        "receivable": -payment.captured_minor,
    }
    insist(payment.fee_minor > 0, "The provider's fee is not known.")
    insist(amounts == expected, f"The entry books {amounts}, not {expected}.")
    gross, fee = _money(payment.captured_minor, payment), _money(payment.fee_minor, payment)
    return Saw(f"gross {gross}, fee {fee}, net at the provider; debits equal credits", {"lines": amounts})


def _look_at_mails(running: Stack, walker: Walker) -> Saw:
    number = str(walker.issued.number)

    def receipt() -> CaughtMail | None:
        mails = [m for m in caught(running.mail_directory) if walker.payer_email in m.recipients]
        return next((mail for mail in mails if "receipt" in mail.subject.lower()), None)

    mail = wait_until(receipt, "The receipt did not come.")
    insist(any(part.content.startswith(b"%PDF") for part in mail.attachments), "The receipt has no PDF.")
    notice = wait_until(lambda: _mail(running, walker.email, number), "The owner was not told.")
    kinds = [m.kind for m in notifications.mails_of(walker.organization, [walker.paid.id])]
    insist(len(kinds) == len(set(kinds)), f"A mail went out twice: {kinds}.")
    return Saw(f"“{mail.subject}” to the payer, “{notice.subject}” to the owner")


def _look_at_events(running: Stack, walker: Walker) -> Saw:
    subjects = [walker.issued.id, walker.paid.id]
    kinds = [event.kind for event in events_of(walker.organization.id, subjects, limit=200)]
    for kind in (
        "invoice.issued",
        "invoice.sent",
        "invoice.viewed",
        "payment.started",
        "payment.succeeded",
        "invoice.paid",
    ):
        insist(kinds.count(kind) == 1, f"The log has {kind} {kinds.count(kind)} times.")
    return Saw(f"{len(kinds)} events, each once", {"kinds": kinds})


def _look_at_trace(running: Stack, walker: Walker) -> Saw:
    page = walker.clerk.open(f"{running.base_url}/payments/{walker.paid.id}/")
    for word in (str(walker.issued.number), "What this payment did", "Receivables", "Payment fees"):
        insist(word in page.text, f"The page does not show {word}.")
    return Saw("the console shows everything that the payment changed", {"url": page.url})


def _press_again(running: Stack, walker: Walker) -> Saw:
    page = walker.payer.open(walker.link)
    insist("Pay " + _total(walker.issued) not in page.text, "The link still asks for money.")
    charged = running.sandbox("GET", "/v1/books", api_key=walker.gateway.api_key)
    return Saw("the link shows the receipt and asks for nothing", {"provider_books": charged})


def prove(running: Stack, walker: Walker) -> Saw:
    results = list(ask(PROOFS))
    broken = [
        f"{result.proof.name}: {result.proof.text(result.findings[0].facts)}"
        for result in results
        if not result.holds
    ]
    insist(not broken, "; ".join(broken))
    return Saw(f"{len(results)} promises asked again from the facts, all hold")


def _total(invoice: Invoice) -> str:
    return format_money(Money(invoice.total_minor, currency(invoice.currency)), "en")


def _money(minor: int, payment: Payment) -> str:
    return format_money(Money(minor, currency(payment.currency)), "en")
