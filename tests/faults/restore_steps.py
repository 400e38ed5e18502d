"""What happens in an installation before and after its backup, step by step (see ``stepping``)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from allsquare.billing.models import Invoice
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.core import clock, restoration
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import AllsquareError
from allsquare.core.migrating import migrate
from allsquare.core.models import Event, EventReader, Restoration
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Attention, CreditMovement, GatewayAccount, Payment, Refund
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment
from tests import factories
from tests.payments.makers import a_key, eur, issued_invoice

Facts = dict[str, Any]


def before(facts: Facts) -> Facts:
    """A shop with three invoices: the first is paid, and its mails wait because no worker runs."""
    migrate(tell=_quiet)
    organization = factories.make_organization()
    add_gateway_account(
        organization=organization, gateway="sandbox", label="Cards", settings=facts["sandbox"], actor=SYSTEM
    )
    customer = factories.make_customer(organization, email="grace@example.com")
    invoices = [issued_invoice(organization, customer) for _ in range(3)]
    for invoice in invoices:
        ensure_pdf(organization=organization, invoice_id=invoice.id)
    _pay(invoices[0], facts)
    return {}


def after(facts: Facts) -> Facts:
    """What the backup does not know: a payment, a part of the first one given back, an invoice issued and paid."""
    organization, invoices = _shop()
    _pay(invoices[1], facts)
    refund(
        organization=organization,
        payment_id=Payment.objects.get(invoice=invoices[0]).id,
        amount=eur(2500),
        reason="one returned",
        key=a_key(),
        actor=SYSTEM,
    )
    _pay(issued_invoice(organization, Customer.objects.get()), facts)
    return {}


def pay_second(facts: Facts) -> Facts:
    """The payer of the second invoice comes back and tries once more."""
    try:
        _pay(_shop()[1][1], facts)
    except AllsquareError as error:
        return {"refused": error.code}
    return {"refused": ""}


def refund_again(facts: Facts) -> Facts:
    """A clerk, who gave 25 of 100 back after the backup, is told by nobody and tries to give everything back."""
    organization, invoices = _shop()
    payment = Payment.objects.get(invoice=invoices[0])
    try:
        refund(
            organization=organization,
            payment_id=payment.id,
            amount=eur(10000),
            reason="",
            key=a_key(),
            actor=SYSTEM,
        )
    except AllsquareError as error:
        return {"refused": error.code}
    return {"refused": ""}


def let_go(_facts: Facts) -> Facts:
    """The protection is taken away: nobody is asked, nothing is held."""
    GatewayAccount.objects.update(unknown_since=None)
    restoration.end()
    Mail.objects.filter(state="held").update(state="queued", next_try_at=clock.now(None), error="")
    return {}


def rest(_facts: Facts) -> Facts:
    """Wait until the worker has nothing left to do."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        newest = Event.objects.order_by("-xact", "-id").first()
        reader = EventReader.objects.filter(name="notifications").first()
        read = newest and reader and (int(reader.xact), reader.event_id) >= (int(newest.xact), newest.id)
        under_way = Mail.objects.filter(state__in=["queued", "sending"]).exists()
        if read and not under_way and not Restoration.objects.filter(over_at=None).exists():
            return tell(_facts)
        time.sleep(0.2)
    raise AssertionError(f"the worker did not come to rest: {tell(_facts)}")


def tell(_facts: Facts) -> Facts:
    _organization, invoices = _shop()
    return {
        "invoices": [[invoice.number, invoice.state, invoice.paid_minor] for invoice in invoices],
        "payments": Payment.objects.filter(state="succeeded").count(),
        "refunds": list(Refund.objects.values_list("state", "amount_minor")),
        "credit": sum(CreditMovement.objects.values_list("amount_minor", flat=True)),
        "tasks": sorted(Attention.objects.values_list("kind", flat=True)),
        "mails": sorted(Mail.objects.values_list("kind", "state")),
        "held": GatewayAccount.objects.filter(unknown_since__isnull=False).count(),
    }


def _shop() -> tuple[Organization, list[Invoice]]:
    return Organization.objects.get(), list(Invoice.objects.order_by("number"))


def _pay(invoice: Invoice, facts: Facts) -> None:
    account = GatewayAccount.objects.get(gateway="sandbox")
    payment = start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=a_key(),
        actor=SYSTEM,
        return_url="http://shop.example/back",
    )
    httpx.post(
        f"{facts['sandbox']['base_url']}/control/charges/{payment.reference}/pay",
        json={"number": "4242424242424242"},
        headers={"Authorization": f"Bearer {facts['sandbox']['api_key']}"},
        trust_env=False,
    ).raise_for_status()
    check_payment(organization=invoice.organization, payment=payment)


def _quiet(_sentence: str) -> None:
    """What a step prints is its answer alone."""


STEPS: dict[str, Callable[[Facts], Facts]] = {
    step.__name__: step for step in (before, after, pay_second, refund_again, let_go, rest, tell)
}
