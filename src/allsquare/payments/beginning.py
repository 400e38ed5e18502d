"""How a payment begins, whatever it is for: with one invoice, with several, or with none.

Who may take it, what payment and first attempt are made of, and that all of it is written together: payment, attempt,
what it is for, consent, verdict and event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.core import bulk, clock, rows
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.assessing import Judged, write_judged
from allsquare.payments.consent import consent_to_keep, is_kept_alike, keep_where
from allsquare.payments.errors import InvalidPayment
from allsquare.payments.gateway import Capability, MethodKind
from allsquare.payments.health import Turn
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt, PaymentMethod, PaymentShare
from allsquare.payments.plan import next_check
from allsquare.payments.registry import capabilities_of, is_installed
from allsquare.payments.several import Together
from allsquare.payments.states import PaymentState
from allsquare.payments.wish import At, Wish, not_offered

T = TypeVar("T")
Asked = TypeVar("Asked", Wish, Together)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """``key`` and ``digest`` name the request of whoever asks. ``description`` and ``language`` are for the payer, on
    the provider's page and the bank statement; ``saved_method`` is the provider's name of one."""

    customer_id: UUID
    amount: Money
    method: MethodKind
    account: GatewayAccount
    key: str
    digest: bytes
    judged: Judged | None
    description: str
    language: str
    return_url: str
    customer_email: str
    customer_name: str
    invoice: Invoice | None = None
    several: bool = False
    saved_method: str = ""
    save_method: bool = False
    received_on: date | None = None
    note: str = ""
    reader: At | None = None

    def made(self, organization: Organization) -> tuple[Payment, PaymentAttempt]:
        """Not written yet."""
        at = clock.now(organization)
        payment = Payment(
            organization=organization,
            customer_id=self.customer_id,
            invoice=self.invoice,
            gateway_account=self.account,
            gateway=self.account.gateway,
            method=self.method,
            currency=self.amount.currency.code,
            amount_minor=self.amount.minor,
            key=self.key,
            input_hash=self.digest,
            received_on=self.received_on,
            note=self.note[:200],
            reader=self.reader.label[:80] if self.reader else "",
            created_at=at,
            next_check_at=next_check(PaymentState.STARTED, checks=0, now=clock.now(None)),
        )
        attempt = PaymentAttempt(
            organization=organization, payment=payment, request=self._request(), started_at=at
        )
        return payment, attempt

    def _request(self) -> dict[str, object]:
        """What will be asked of the provider, kept with the attempt: a repeat asks the same under the same key."""
        return {
            "description": self.description,
            "return_url": self.return_url,
            "customer_email": self.customer_email,
            "customer_name": self.customer_name,
            "saved_method": self.saved_method,
            "save_method": self.save_method,
            **({"reader": self.reader.reference, "tips": self.reader.tips} if self.reader else {}),
            **({"several": True} if self.several else {}),
            "language": self.language,
            "received_on": self.received_on.isoformat() if self.received_on else None,
            "note": self.note,
            "challenge": self.judged is not None and self.judged.asks_bank,
        }


@dataclass(frozen=True, slots=True)
class Begun:
    """What was written: the payment, and its first attempt with whose turn it is, where somebody is to be asked; of
    recorded money the pages that are needless now."""

    payment: Payment
    first: tuple[PaymentAttempt, Turn] | None = None
    needless: Sequence[Payment] = ()


def committed(intend: Callable[[], T]) -> T:
    """What ``intend`` writes in a transaction of its own, before anybody is asked for money."""
    try:
        return retried(intend, durable=True)
    except IntegrityError:
        # The same key in the same moment, for something else. Now its row can be seen, and it is the answer.
        return retried(intend, durable=True)


def account_to_ask(
    organization: Organization, actor: Actor, found: Mapping[UUID, GatewayAccount], account_id: UUID
) -> tuple[GatewayAccount, bool]:
    """The way to pay, if ``actor`` may take it; and whether it is money that a person records."""
    account = found.get(account_id)
    if account is None or not is_installed(account.gateway):
        raise not_offered()
    recorded = Capability.RECORDED in capabilities_of(account.gateway)
    if recorded:
        require(organization, actor, Permission.RECORD_PAYMENTS)
    return account, recorded


def agreed(organization: Organization, asked: Asked, seen: GatewayAccount, taken: GatewayAccount) -> Asked:
    """Who let one provider keep their card agreed to nothing about the one that takes its place."""
    if not asked.save_method or is_kept_alike(organization.name, asked.method, seen, taken):
        return asked
    return replace(asked, save_method=False)


def told_of(payment: Payment, *, invoice_number: str | None = None, **more: object) -> Data:
    """What the event of its beginning says."""
    return {
        "invoice": str(payment.invoice_id) if payment.invoice_id else None,
        "invoice_number": invoice_number,
        "customer": str(payment.customer_id),
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "gateway": payment.gateway,
        "method": payment.method,
        **more,
    }


def write_begun(
    *,
    organization: Organization,
    payment: Payment,
    attempt: PaymentAttempt,
    facts: Data,
    judged: Judged | None,
    actor: Actor,
    shares: Sequence[PaymentShare] = (),
    keep_method: bool = False,
) -> None:
    """Inside the caller's transaction. ``facts`` are what the event tells."""
    with bulk.together():
        rows.insert([payment])
        rows.insert([attempt])
        rows.insert(shares)
        if keep_method:
            consent = consent_to_keep(organization, payment, payment.gateway_account, actor)
            rows.insert([consent])
            keep_where(consent, actor)
        told = judged.told if judged is not None else {}
        news = News("payment.started", "payment", payment.id, {**facts, **told})
        record(organization_id=organization.id, news=[news], actor=actor, at=payment.created_at)
        if judged is not None:
            write_judged(judged, payment, actor)


def saved_token(
    organization: Organization, *, customer_id: UUID, account_id: UUID, method_id: UUID | None
) -> str:
    """The provider's name of a saved method of the customer; "" where none is asked for. Raises ``InvalidPayment``."""
    if method_id is None:
        return ""
    saved = PaymentMethod.objects.filter(
        organization=organization,
        customer_id=customer_id,
        gateway_account_id=account_id,
        id=method_id,
        removed_at__isnull=True,
    ).first()
    if saved is None:
        raise InvalidPayment(_("This saved method is no longer there. Choose another."), field="saved_method")
    return saved.token
