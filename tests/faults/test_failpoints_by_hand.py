"""Fault 3 where no provider is asked: money that a person writes down, and transfers that are waited for.

The process dies at every failpoint that such work comes by, by ``os._exit`` as by ``kill -9``; the clerk presses again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.ledger.models import JournalEntry
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment, Refund
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.sweep import sweep
from tests import factories
from tests.contracts.conftest import TRANSFERS
from tests.faults.shop import TOTAL, Shop
from tests.faults.test_failpoints import POINTS, Mortal
from tests.payments.makers import a_key, issued_invoice
from tests.square import assert_all_square

pytestmark = pytest.mark.faults

#: What such work may come by; at which it really dies is found out.
PLACES = [point for point in POINTS if point.startswith(("charge.", "settle.", "refund."))]
AMOUNT = Money(TOTAL, currency("EUR"))


@dataclass(frozen=True, slots=True)
class Till:
    """A shop without a provider. It has what ``Mortal`` needs of a ``Shop``."""

    organization: Any
    customer: Any
    account: GatewayAccount
    card: str = ""

    def invoice(self) -> Invoice:
        return issued_invoice(self.organization, self.customer)

    def write_down(self, invoice: Invoice, key: str, method: MethodKind) -> Payment:
        return record_money(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=AMOUNT,
            method=method,
            gateway_account_id=self.account.id,
            key=key,
            actor=SYSTEM,
        )

    def announce(self, invoice: Invoice, key: str) -> Payment:
        return start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=AMOUNT,
            method=MethodKind.BANK_TRANSFER,
            gateway_account_id=self.account.id,
            key=key,
            actor=SYSTEM,
        )

    def sweep(self) -> None:
        """As if every plan were due."""
        open_ = Payment.objects.filter(organization=self.organization, next_check_at__isnull=False)
        open_.update(next_check_at=clock.now(None) - timedelta(seconds=1))
        sweep(organization=self.organization)

    def assert_paid_once(self, invoice: Invoice, point: str) -> None:
        invoice.refresh_from_db()
        assert (invoice.state, invoice.paid_minor) == ("paid", TOTAL), point
        (payment,) = Payment.objects.filter(
            organization=self.organization, invoice=invoice, state="succeeded"
        )
        entries = JournalEntry.objects.filter(
            organization=self.organization, kind="payment.settled", source_id=payment.id
        )
        assert entries.count() == 1, point


def _till(gateway: str, settings: dict[str, str]) -> Till:
    organization = factories.make_organization()
    account = add_gateway_account(
        organization=organization, gateway=gateway, label=gateway, settings=settings, actor=SYSTEM
    )
    return Till(organization, factories.make_customer(organization), account)


@pytest.fixture
def by_hand(transactional_db: None) -> Till:
    return _till("offline", {})


@pytest.fixture
def by_transfer(transactional_db: None) -> Till:
    return _till("bank_transfer", TRANSFERS)


@pytest.fixture
def report(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[list[str]]:
    """The failpoints that were died at. In the end the proofs are asked, and the figure is said."""
    kills: list[str] = []
    yield kills
    assert_all_square()
    figure = f"{len(kills)} kills, after each everything is there once"
    print(f"\n{request.node.name}: {figure}")  # noqa: T201 - the figure is what a reader of -s wants
    record_property("figure", figure)


def test_cash_is_written_down(by_hand: Till, forks: Any, report: list[str]) -> None:
    mortal = Mortal(forks, cast(Shop, by_hand))
    for point in PLACES:
        invoice, key = by_hand.invoice(), a_key()
        died = mortal.may_die("write down", point, invoice=str(invoice.id), key=key, method="cash")
        by_hand.write_down(invoice, key, MethodKind.CASH)
        by_hand.sweep()
        by_hand.assert_paid_once(invoice, point)
        report += [point] if died else []
    assert {"settle.begun", "settle.written", "settle.committed"} <= set(report)


def test_cash_is_given_back(by_hand: Till, forks: Any, report: list[str]) -> None:
    mortal = Mortal(forks, cast(Shop, by_hand))
    for point in PLACES:
        payment, key = by_hand.write_down(by_hand.invoice(), a_key(), MethodKind.CASH), a_key()
        died = mortal.may_die("refund", point, payment=str(payment.id), key=key)
        made = refund(
            organization=by_hand.organization,
            payment_id=payment.id,
            amount=AMOUNT,
            reason="returned",
            key=key,
            actor=SYSTEM,
        )
        Refund.objects.filter(id=made.id, next_check_at__isnull=False).update(next_check_at=made.created_at)
        sweep(organization=by_hand.organization)
        made.refresh_from_db()
        payment.refresh_from_db()
        assert (made.state, payment.refunded_minor) == ("succeeded", TOTAL), point
        report += [point] if died else []
    assert {"refund.asking", "refund.answered", "settle.written"} <= set(report)


def test_a_transfer_is_announced_and_arrives(by_transfer: Till, forks: Any, report: list[str]) -> None:
    """Died first while the payer asks where to send it, then while the clerk writes down that it came."""
    mortal = Mortal(forks, cast(Shop, by_transfer))
    for point in PLACES:
        invoice, key, arrival = by_transfer.invoice(), a_key(), a_key()
        order = {"invoice": str(invoice.id), "method": "bank_transfer"}
        announced = mortal.may_die("pay", point, key=key, **order)
        by_transfer.announce(invoice, key)
        by_transfer.sweep()  # until then it is under way, and the clerk is asked to wait
        written = mortal.may_die("write down", point, key=arrival, **order)
        by_transfer.write_down(invoice, arrival, MethodKind.BANK_TRANSFER)
        by_transfer.sweep()
        by_transfer.assert_paid_once(invoice, point)
        assert Payment.objects.filter(organization=by_transfer.organization, invoice=invoice).count() == 1, (
            point
        )
        report += [point] * (announced + written)
    assert {"charge.asking", "charge.answered", "settle.written"} <= set(report)
