"""What payers, clerks, banks and the worker do, each as one action of the world."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from standardwebhooks import Webhook

from allsquare.billing.lines import LineInput
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment, PaymentMethod
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.sweep import sweep
from allsquare_sandbox.cards import SCENARIOS
from tests.faults.simulated.plan import DEBITS, Visit
from tests.faults.simulated.world import World


@dataclass
class Told:
    """What was acknowledged: it must be there in the end."""

    payments: set[UUID] = field(default_factory=set)
    refunds: set[UUID] = field(default_factory=set)
    news: set[str] = field(default_factory=set)


@dataclass
class Shop:
    organization: Organization
    customer: Customer
    account: GatewayAccount
    secret: str
    world: World
    told: Told = field(default_factory=Told)
    invoices: dict[int, UUID] = field(default_factory=dict)
    refused: int = 0

    # -- clerks ---------------------------------------------------------------------------------------------

    def write_invoices(self, visits: list[Visit]) -> None:
        """Of a day, before its payers come."""
        drafts = [
            create_draft(
                organization=self.organization,
                customer_id=self.customer.id,
                currency="EUR",
                lines=[
                    LineInput(
                        description="Work",
                        quantity=Decimal(1),
                        unit_price=Decimal(visit.minor) / 100,
                        tax_category="Z",
                        tax_percent=Decimal(0),
                    )
                ],
                actor=SYSTEM,
            )
            for visit in visits
        ]
        if drafts:
            ids = [draft.id for draft in drafts]
            issue(organization=self.organization, invoice_ids=ids, actor=SYSTEM)
            self.invoices.update(zip((visit.number for visit in visits), ids, strict=True))

    def give_back(self, visit: Visit, payment: Payment, minor: int, name: str) -> bool:
        key = f"refund-{visit.number}-{name}"

        def work() -> str:
            made = refund(
                organization=self.organization,
                payment_id=payment.id,
                amount=Money(minor, currency("EUR")),
                reason=key,
                key=key,
                actor=SYSTEM,
            )
            self.told.refunds.add(made.id)
            return made.state

        return self.world.act("refund", work, about=key)

    # -- payers ---------------------------------------------------------------------------------------------

    def press(self, visit: Visit, key: str, scenario: str) -> bool:
        """Once, on the button."""
        saved = self._saved() if scenario == "saved" else None

        def work() -> str:
            payment = start_payment(
                organization=self.organization,
                invoice_id=self.invoices[visit.number],
                amount=Money(visit.minor, currency("EUR")),
                method=MethodKind.BANK_DEBIT if scenario in DEBITS else MethodKind.CARD,
                gateway_account_id=self.account.id,
                key=key,
                actor=SYSTEM,
                return_url="http://shop.example/back",
                saved_method_id=saved,
                save_method=scenario == "saved" and saved is None,
            )
            self.told.payments.add(payment.id)
            return payment.state

        return self.world.act("press", work, about=key)

    def come_back(self, payment: Payment) -> None:
        """From the provider's page to ours, which asks what became of it."""

        def work() -> str:
            check_payment(organization=self.organization, payment=payment)
            payment.refresh_from_db()
            return payment.state

        self.world.act("come back", work, about=payment.key)

    def pays_there(self, payment: Payment, scenario: str) -> None:
        self.world.reached.pay_charge(str(payment.reference), SCENARIOS[scenario].number)

    def payment(self, key: str) -> Payment | None:
        mine = Payment.objects.filter(organization=self.organization, key=key)
        return mine.select_related("gateway_account", "invoice").first()

    def _saved(self) -> UUID | None:
        kept = PaymentMethod.objects.filter(organization=self.organization, customer=self.customer)
        return kept.order_by("id").values_list("id", flat=True).first()

    # -- the provider's news ----------------------------------------------------------------------------------

    def deliver(self, event: dict[str, Any]) -> bool:
        """Whether it was answered; what was answered is never sent again."""
        body = json.dumps({name: event[name] for name in ("id", "type", "timestamp", "data")})
        headers = self._signed(event["id"], body)

        def work() -> str:
            is_new = receive(
                organization=self.organization,
                gateway_account=self.account,
                headers=headers,
                body=body.encode(),
            )
            self.told.news.add(event["id"])
            return "new" if is_new else "known"

        return self.world.act("deliver", work, about=event["type"])

    def deliver_forged(self, event: dict[str, Any]) -> None:
        """With the signature of what was really told."""
        body = json.dumps({name: event[name] for name in ("id", "type", "timestamp", "data")})
        headers = self._signed(event["id"], body)
        try:
            receive(
                organization=self.organization,
                gateway_account=self.account,
                headers=headers,
                body=body.replace("00", "99").encode() + b" ",
            )
        except DeliveryRefused:
            self.refused += 1
            return
        raise AssertionError("a forged delivery was taken")

    def _signed(self, name: str, body: str) -> dict[str, str]:
        at = self.world.now
        return {
            "webhook-id": name,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(name, at, body),
        }

    # -- the worker -------------------------------------------------------------------------------------------

    def drain(self) -> bool:
        return self._round(
            "drain", lambda: drain(organization=self.organization, gateway_account=self.account)
        )

    def sweep(self) -> bool:
        return self._round("sweep", lambda: sweep(organization=self.organization))

    def ask_history(self) -> bool:
        account = GatewayAccount.objects.get(organization=self.organization, id=self.account.id)
        return self._round(
            "history", lambda: ask_history(organization=self.organization, gateway_account=account)
        )

    def _round(self, name: str, work: Callable[[], object]) -> bool:
        return self.world.act(name, work)
