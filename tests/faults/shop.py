"""A shop whose provider is the sandbox, and the comparison of its books with the provider's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import (
    GatewayAccount,
    InboxEvent,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Refund,
)
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.sweep import sweep
from allsquare.payments.states import OPEN
from tests import factories
from tests.payments.makers import a_key, issued_invoice
from tests.sandbox_process import SandboxAccount
from tests.square import assert_all_square
from tests.webhook_catcher import Caught

CARD = "4242424242424242"
TOTAL = 10_000  # minor units of each invoice


@dataclass(frozen=True, slots=True)
class Shop:
    organization: Organization
    customer: Customer
    account: GatewayAccount
    merchant: SandboxAccount
    card: UUID
    """A saved method: the provider charges it without its payer, so a single request moves money."""

    @classmethod
    def open(cls, merchant: SandboxAccount, **settings: str) -> Shop:
        """``settings`` as of the adapter, where they differ from the merchant's own."""
        organization = factories.make_organization()
        customer = factories.make_customer(organization)
        account = add_gateway_account(
            organization=organization,
            gateway="sandbox",
            label="Sandbox",
            settings={**merchant.settings, **settings},
            actor=SYSTEM,
        )
        first = merchant.paid(TOTAL, save_method=True)
        kept = PaymentMethod.objects.create(
            organization=organization,
            customer=customer,
            gateway_account=account,
            kind="card",
            token=first["payment_method"]["token"],
            created_at=clock.now(None),
        )
        # It was charged before this shop opened, so it is in nobody's books here.
        merchant.refund(first["id"], TOTAL).raise_for_status()
        return cls(organization, customer, account, merchant, kept.id)

    # -- doing ----------------------------------------------------------------------------------------------

    def invoice(self) -> Invoice:
        return issued_invoice(self.organization, self.customer)

    def pay(
        self,
        invoice: Invoice,
        *,
        key: str = "",
        by_card: bool = True,
        method: MethodKind = MethodKind.CARD,
    ) -> Payment:
        """By the saved card, or (not ``by_card``) by a payer who goes to the provider's page."""
        return start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=Money(TOTAL, currency("EUR")),
            method=method,
            gateway_account_id=self.account.id,
            key=key or a_key(),
            actor=SYSTEM,
            return_url="http://shop.example/back",
            saved_method_id=self.card if by_card else None,
        )

    def refund(self, payment: Payment, *, minor: int = TOTAL, key: str = "") -> Refund:
        return refund(
            organization=self.organization,
            payment_id=payment.id,
            amount=Money(minor, currency("EUR")),
            reason="returned",
            key=key or a_key(),
            actor=SYSTEM,
        )

    def payer_pays(self, payment: Payment) -> None:
        """At the provider's page; it tells us by webhook or not at all."""
        self.merchant.control(f"/charges/{payment.reference}/pay", number=CARD)

    def deliver(self, news: Caught) -> bool:
        """A webhook arrives; was it new?"""
        return receive(
            organization=self.organization,
            gateway_account=self.account,
            headers=news.headers,
            body=news.body,
        )

    def drain(self) -> None:
        InboxEvent.objects.filter(organization=self.organization).update(next_try_at=clock.now(None))
        while drain(organization=self.organization, gateway_account=self.account):
            continue

    def sweep(self) -> None:
        """As if every plan were due."""
        self.time_passes()
        sweep(organization=self.organization)

    def time_passes(self) -> None:
        due = clock.now(None) - timedelta(seconds=1)
        for model in (Payment, Refund):
            model.objects.filter(organization=self.organization, next_check_at__isnull=False).update(
                next_check_at=due
            )

    # -- looking --------------------------------------------------------------------------------------------

    def charges(self, status: str = "succeeded") -> list[dict[str, Any]]:
        """The provider's, without the one by which the card was saved."""
        found = self.merchant.get("/charges", limit="100")["data"]
        return [one for one in found if one["status"] == status and one["metadata"]]

    def refunds(self) -> list[dict[str, Any]]:
        found = self.merchant.get("/refunds", limit="100")["data"]
        return [one for one in found if one["status"] == "succeeded" and one["metadata"]]

    def payment_of(self, charge: dict[str, Any]) -> UUID:
        """Ours, that led to the provider's ``charge``."""
        attempt = charge["metadata"]["attempt"]
        return PaymentAttempt.objects.get(organization=self.organization, id=attempt).payment_id

    def assert_square(self) -> None:
        """I1 to I4 by the proofs of ``allsquare verify``, and our books are the provider's."""
        assert_all_square()
        self.assert_same_books()

    def assert_same_books(self) -> None:
        """Charges and refunds are the provider's own, one for one, and nothing is left open."""
        theirs = {
            one["id"]: (one["amount"], one["fee"], one["amount_refunded"], self.payment_of(one))
            for one in self.charges()
        }
        paid = Payment.objects.filter(organization=self.organization, state="succeeded")
        ours = {p.reference: (p.captured_minor, p.fee_minor, p.refunded_minor, p.id) for p in paid}
        assert ours == theirs
        given = Refund.objects.filter(organization=self.organization, state="succeeded")
        assert {made.reference: made.amount_minor for made in given} == {
            one["id"]: one["amount"] for one in self.refunds()
        }
        assert not Payment.objects.filter(organization=self.organization, state__in=OPEN).exists()


def database_url() -> str:
    """The test's database, for another process."""
    of = connection.settings_dict
    return f"postgresql://{of['USER']}:{of['PASSWORD']}@/{of['NAME']}?host={of['HOST']}&port={of['PORT']}"
