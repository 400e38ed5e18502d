"""Rows as the services leave them, on days that a test chooses."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.models import ExchangeRate
from allsquare.payments.models import GatewayAccount, Payment, Refund
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.factories import make_customer, make_organization

_count = itertools.count(1)


def set_clock(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    """All clocks show ``instant`` (UTC)."""
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda organization: at)


@dataclass
class Till:
    """An organization with a customer and an account, into which money comes on any day."""

    organization: Organization = field(default_factory=make_organization)
    label: str = "Till"
    customer: Customer = field(init=False)
    account: GatewayAccount = field(init=False)

    def __post_init__(self) -> None:
        self.customer = make_customer(self.organization)
        self.account = add_gateway_account(
            organization=self.organization, gateway="offline", label=self.label, settings={}, actor=SYSTEM
        )

    def payment(self, on: str, minor: int, currency: str = "EUR", **more: object) -> Payment:
        fields: dict[str, object] = {
            "customer": self.customer,
            "gateway_account": self.account,
            "gateway": "offline",
            "method": "card",
            "currency": currency,
            "amount_minor": minor,
            "captured_minor": minor,
            "state": "succeeded",
            "key": f"key {next(_count)}",
            "input_hash": b"",
            "received_on": date.fromisoformat(on) if on else None,
            "created_at": clock.now(None),
            "settled_at": clock.now(None),
            **more,
        }
        return Payment.objects.create(organization=self.organization, **fields)

    def refund(self, of: Payment, minor: int, at: str, *, state: str = "succeeded") -> Refund:
        """``at`` is an instant (UTC)."""
        instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
        return Refund.objects.create(
            organization=self.organization,
            payment=of,
            currency=of.currency,
            amount_minor=minor,
            state=state,
            key=f"key {next(_count)}",
            created_at=instant,
            settled_at=instant,
        )

    def invoice(
        self, due: str, minor: int, currency: str = "EUR", *, state: str = "sent", paid: int = 0
    ) -> Invoice:
        on = date.fromisoformat(due)
        return Invoice.objects.create(
            organization=self.organization,
            customer=self.customer,
            number=None if state == "draft" else f"TILL-{next(_count):05}",
            state=state,
            currency=currency,
            language="en",
            issued_on=on - timedelta(days=30),
            due_on=on,
            net_minor=minor,
            total_minor=minor,
            paid_minor=paid,
            created_at=clock.now(None),
        )

    def debit(
        self, invoice: Invoice | None, minor: int, expected: str = "", currency: str = "EUR"
    ) -> Payment:
        return self.payment(
            "",
            minor,
            currency,
            state="pending",
            captured_minor=0,
            invoice=invoice,
            method="bank_debit",
            expected_on=date.fromisoformat(expected) if expected else None,
            next_check_at=clock.now(None),
            settled_at=None,
        )

    def rate(self, currency: str, on: str, rate: str) -> None:
        ExchangeRate.objects.create(
            organization=self.organization,
            currency=currency,
            valid_on=date.fromisoformat(on),
            rate=Decimal(rate),
        )
