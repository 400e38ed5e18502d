"""A shop with two providers of cards, and the comparison of its books with those of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.sealer import seal
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Allocation, GatewayAccount, GatewayTrouble, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.several import Together
from tests.faults.shop import CARD, TOTAL, Shop
from tests.payments.makers import a_key
from tests.sandbox_process import SandboxAccount
from tests.square import assert_all_square

#: Seconds until a provider that says nothing is given up: a healthy one is slow, too, on a machine that stands still.
PATIENCE: Final = "3"


@dataclass(frozen=True, slots=True)
class Pair:
    """A shop with two accounts at two merchants."""

    shop: Shop
    second: GatewayAccount
    other: SandboxAccount

    def pay(self, invoice: Invoice, *, key: str = "") -> Payment:
        return start_payment(
            organization=self.shop.organization,
            invoice_id=invoice.id,
            amount=Money(TOTAL, currency("EUR")),
            method=MethodKind.CARD,
            gateway_account_id=self.shop.account.id,
            spare_account_ids=[self.second.id],
            key=key or a_key(),
            actor=SYSTEM,
            return_url="http://shop.example/back",
        )

    def first_is_up(self) -> None:
        """As far as anybody knows: so it is asked."""
        GatewayTrouble.objects.filter(organization=self.shop.organization).delete()
        GatewayAccount.objects.filter(organization=self.shop.organization).update(
            down_since=None, probe_at=None
        )

    def first_is_at(self, base_url: str) -> None:
        """Its provider is reached there from now on."""
        account = self.shop.account
        account.refresh_from_db()
        account.settings = json.dumps({**json.loads(account.settings), "base_url": base_url})
        account.save(update_fields=["settings"])

    def pages(self) -> list[dict[str, Any]]:
        """Every charge that was begun at either, whatever became of it."""
        return [
            one
            for merchant in (self.shop.merchant, self.other)
            for one in merchant.get("/charges", limit="100")["data"]
            if one["metadata"]
        ]

    def pages_of(self, payment: Payment) -> int:
        return sum(self.shop.payment_of(one) == payment.id for one in self.pages())

    def payers_pay(self) -> None:
        """Whoever was led to a page pays on it, at both providers: what could be charged is."""
        for merchant in (self.shop.merchant, self.other):
            for one in merchant.get("/charges", limit="100")["data"]:
                if one["metadata"] and one["status"] == "requires_action":
                    merchant.control(f"/charges/{one['id']}/pay", number=CARD)

    def charged(self) -> list[UUID]:
        """The payment behind each charge that succeeded at either."""
        return [self.shop.payment_of(one) for one in self.pages() if one["status"] == "succeeded"]

    def pay_together(self, shares: Mapping[UUID, int], *, on_account: int = 0, key: str) -> Payment:
        """One payment for several invoices, each by its share."""
        return start_for_customer(
            organization=self.shop.organization,
            asked=Together(
                customer_id=self.shop.customer.id,
                currency=currency("EUR"),
                shares=shares,
                on_account=on_account,
                method=MethodKind.CARD,
                account_id=self.shop.account.id,
                return_url="http://shop.example/back",
                spare_ids=(self.second.id,),
            ),
            key=key,
            actor=SYSTEM,
        )

    def paid(self, shares: Mapping[UUID, int]) -> dict[UUID, int]:
        """What of each of these invoices is paid."""
        found = Invoice.objects.filter(organization=self.shop.organization, id__in=list(shares))
        return dict(found.values_list("id", "paid_minor"))

    def assert_shares_paid_once(
        self, payment: Payment, shares: Mapping[UUID, int], *, on_account: int = 0
    ) -> None:
        """One charge at both providers together, of the whole sum, and of it each invoice its share."""
        payment.refresh_from_db()
        assert payment.state == "succeeded"
        charged = [one for one in self.pages() if self.shop.payment_of(one) == payment.id]
        whole = sum(shares.values()) + on_account
        assert [(one["status"], one["amount"]) for one in charged] == [("succeeded", whole)]
        assert self.paid(shares) == shares
        counted = Allocation.objects.filter(organization=self.shop.organization, payment=payment)
        assert dict(counted.values_list("invoice_id", "amount_minor")) == shares
        seal()
        assert_all_square()

    def assert_paid_once(self, payment: Payment, invoice: Invoice) -> None:
        self.payers_pay()
        self.shop.sweep()
        payment.refresh_from_db()
        invoice.refresh_from_db()
        assert (payment.state, invoice.state, invoice.paid_minor) == ("succeeded", "paid", TOTAL)
        assert self.pages_of(payment) == self.charged().count(payment.id) == 1
        seal()
        assert_all_square()


def pair(shop: Shop, other: SandboxAccount) -> Pair:
    second = add_gateway_account(
        organization=shop.organization,
        gateway="sandbox",
        label="Second",
        settings=other.settings,
        actor=SYSTEM,
    )
    return Pair(shop, second, other)
