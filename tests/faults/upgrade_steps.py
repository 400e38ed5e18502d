"""What is done in an installation that came from an earlier release, step by step (see ``stepping``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.cli.worker import ask_histories, follow_events, recover_after_restore
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import AllsquareError
from allsquare.core.sealer import seal
from allsquare.customers.models import CustomerNote
from allsquare.identity.models import Organization, Person
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Attention, GatewayAccount, Payment
from allsquare.payments.services.change_gateway_account import change_gateway_account
from allsquare.payments.services.start import start_payment
from tests.payments.makers import a_key, eur

Facts = dict[str, Any]


def _look(_facts: Facts) -> Facts:
    organization = Organization.objects.get()
    invoices = Invoice.objects.order_by("number")
    documents = dict(InvoiceDocument.objects.values_list("invoice_id", "sha256"))
    return {
        "organization": organization.name,
        "owner": Person.objects.get().email,
        "invoices": [[i.number, i.state, i.total_minor, i.paid_minor] for i in invoices],
        "links": {i.number: pay_url(organization, i) for i in invoices},
        "documents": {i.number: documents[i.id] for i in invoices},
        "payments": Payment.objects.filter(state="succeeded").count(),
        "notes": list(CustomerNote.objects.values_list("text", flat=True)),
        "tasks": [[task.kind, task.data] for task in Attention.objects.order_by("id")],
        "held": GatewayAccount.objects.filter(unknown_since__isnull=False).count(),
    }


def ask(facts: Facts) -> Facts:
    """The provider is asked, and asked again, and does not answer: whoever wants to pay meanwhile is told so. Then it
    answers, at another address."""
    account = GatewayAccount.objects.get(gateway="sandbox")
    refused = []
    for _ in range(2):
        recover_after_restore()
        refused.append(_pay(account))
    held = GatewayAccount.objects.filter(unknown_since__isnull=False).count()
    change_gateway_account(
        organization=account.organization,
        account_id=account.id,
        label=account.label,
        settings=facts["sandbox"],
        actor=SYSTEM,
    )
    recover_after_restore()
    return {"refused": refused, "held": held}


def _pay(account: GatewayAccount) -> str:
    """The code of the refusal."""
    invoice = Invoice.objects.get(state="sent")
    try:
        start_payment(
            organization=invoice.organization,
            invoice_id=invoice.id,
            amount=eur(invoice.total_minor),
            method=MethodKind.CARD,
            gateway_account_id=account.id,
            key=a_key(),
            actor=SYSTEM,
            return_url="http://shop.example/back",
        )
    except AllsquareError as error:
        return error.code
    return ""


def rest(facts: Facts) -> Facts:
    """What a worker does in its first seconds: the file gets older, and events that nobody reads for an hour are a
    fault, as are providers that nobody asks."""
    while follow_events() + seal() + ask_histories():
        continue
    return _look(facts)


STEPS: dict[str, Callable[[Facts], Facts]] = {step.__name__: step for step in (ask, rest)}
