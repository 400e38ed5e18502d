"""What is done in an installation that came from an earlier release, step by step (see ``stepping``)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from standardwebhooks import Webhook

from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.cli.worker import ask_histories, follow_events, recover_after_restore
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import AllsquareError
from allsquare.core.sealer import seal
from allsquare.customers.models import CustomerNote
from allsquare.identity.models import Organization, Person
from allsquare.payments.gateway import MethodKind, SignatureInvalid
from allsquare.payments.models import Attention, GatewayAccount, Payment
from allsquare.payments.registry import adapter
from allsquare.payments.services.start import start_payment
from allsquare.selling.addresses import link_url
from allsquare.selling.models import PaymentLink
from tests.faults.earlier.sums import sums
from tests.payments.makers import a_key, eur

Facts = dict[str, Any]


def _look(_facts: Facts) -> Facts:
    organization = Organization.objects.get()
    invoices = Invoice.objects.exclude(number=None).order_by("number")
    documents = dict(InvoiceDocument.objects.values_list("invoice_id", "sha256"))
    return {
        "organization": organization.name,
        "owner": Person.objects.get().email,
        "invoices": [[i.number, i.state, i.total_minor, i.paid_minor] for i in invoices],
        "links": {i.number: pay_url(organization, i) for i in invoices},
        "payment_links": [link_url(link) for link in PaymentLink.objects.all()],
        "documents": {i.number: documents.get(i.id, "") for i in invoices},
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
    # Of what the old installation was with, nothing is left: an account of today stands in for it, which its form would
    # not take.
    GatewayAccount.objects.filter(organization=account.organization, id=account.id).update(
        settings=json.dumps(facts["sandbox"])
    )
    recover_after_restore()
    return {"refused": refused, "held": held}


def _pay(account: GatewayAccount) -> str:
    """The code of the refusal."""
    invoice = Invoice.objects.filter(state__in=["sent", "partly_paid"]).order_by("number")[0]
    try:
        start_payment(
            organization=invoice.organization,
            invoice_id=invoice.id,
            amount=eur(invoice.open_minor),
            method=MethodKind.CARD,
            gateway_account_id=account.id,
            key=a_key(),
            actor=SYSTEM,
            return_url="http://shop.example/back",
        )
    except AllsquareError as error:
        return error.code
    return ""


def ask_sums(_facts: Facts) -> Facts:
    return sums()


def hear(_facts: Facts) -> Facts:
    """Are webhooks believed that are signed with the secret of then, and with another?"""
    account = GatewayAccount.objects.get(gateway="sandbox")
    secret = json.loads(account.settings)["webhook_secret"]
    return {"of then": _believed(account, secret), "another": _believed(account, f"whsec_{'A' * 32}")}


def _believed(account: GatewayAccount, secret: str) -> bool:
    now, name = clock.now(None), f"msg_{a_key()}"
    event = {"type": "charge.updated", "timestamp": now.isoformat(), "data": {"id": "ch_1"}}
    body = json.dumps(event)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, now, body),
    }
    try:
        return bool(adapter(account).parse_webhook(headers=headers, body=body.encode(), received_at=now))
    except SignatureInvalid:
        return False


def rest(facts: Facts) -> Facts:
    """What a worker does in its first seconds: the file gets older, and events that nobody reads for an hour are a
    fault, as are providers that nobody asks."""
    while follow_events() + seal() + ask_histories():
        continue
    return _look(facts)


STEPS: dict[str, Callable[[Facts], Facts]] = {step.__name__: step for step in (ask, ask_sums, hear, rest)}
