"""Money where no provider is asked: what a person writes down, and transfers that are waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.services.sweep import sweep
from allsquare.payments.several import Together
from tests import factories
from tests.faults.shop import TOTAL
from tests.faults.works.scene import Scene, Try
from tests.payments.makers import a_key, issued_invoice

AMOUNT = Money(TOTAL, currency("EUR"))


@dataclass(frozen=True, slots=True)
class Till:
    """A shop without a provider."""

    organization: Any
    customer: Any
    account: GatewayAccount
    method: MethodKind
    card: str = ""

    def invoice(self) -> Invoice:
        return issued_invoice(self.organization, self.customer)

    def write_down(self, invoice: Invoice, key: str) -> Payment:
        return record_money(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=AMOUNT,
            method=self.method,
            gateway_account_id=self.account.id,
            key=key,
            actor=SYSTEM,
        )

    def came(self) -> Payment:
        """Money that is there: after it was announced, where that is the way."""
        invoice = self.invoice()
        if self.account.gateway == "bank_transfer":
            self.announce(invoice, a_key())
        return self.write_down(invoice, a_key())

    def announce(self, invoice: Invoice, key: str) -> Payment:
        return start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=AMOUNT,
            method=self.method,
            gateway_account_id=self.account.id,
            key=key,
            actor=SYSTEM,
        )

    def give_back(self, payment: Payment, key: str) -> Refund:
        return refund(
            organization=self.organization,
            payment_id=payment.id,
            amount=AMOUNT,
            reason="returned",
            key=key,
            actor=SYSTEM,
        )

    def sweep(self) -> None:
        """As if every plan were due."""
        due = clock.now(None) - timedelta(seconds=1)
        for model in (Payment, Refund):
            planned = model.objects.filter(organization=self.organization, next_check_at__isnull=False)
            planned.update(next_check_at=due)
        sweep(organization=self.organization)

    def assert_paid_once(self, invoice: Invoice, step: str) -> None:
        invoice.refresh_from_db()
        assert (invoice.state, invoice.paid_minor) == ("paid", TOTAL), step
        (payment,) = Payment.objects.filter(organization=self.organization, invoice=invoice)
        assert payment.state == "succeeded", step
        entries = JournalEntry.objects.filter(
            organization=self.organization, kind="payment.settled", source_id=payment.id
        )
        assert entries.count() == 1, step


At = Scene[Till]


def till(gateway: str, settings: dict[str, str], method: MethodKind) -> Till:
    organization = factories.make_organization()
    account = add_gateway_account(
        organization=organization, gateway=gateway, label=gateway, settings=settings, actor=SYSTEM
    )
    return Till(organization, factories.make_customer(organization), account, method)


def write_down(scene: At) -> None:
    """Money that is there; the clerk presses again."""
    place = scene.rail
    tries = [Try(step, place.invoice()) for step in scene]
    for each in tries:
        scene.dies("write down", each.step, **_facts(place, each))
    for each in tries:
        place.write_down(each.of, each.key)
    place.sweep()
    for each in tries:
        place.assert_paid_once(each.of, each.step)


def write_down_for_several(scene: At) -> None:
    """All of them are paid by it, or none is."""
    place = scene.rail
    tries = [Try(step, [place.invoice() for _ in range(3)]) for step in scene]
    for each in tries:
        shares = {str(invoice.id): TOTAL for invoice in each.of}
        facts = {"shares": shares, "customer": str(place.customer.id), "method": str(place.method)}
        scene.dies("pay several", each.step, key=each.key, **facts)
        mine = Invoice.objects.filter(organization=place.organization, id__in=shares)
        assert len(set(mine.values_list("paid_minor", flat=True))) == 1, each.step
    for each in tries:
        _for_several(place, each)
    place.sweep()
    for each in tries:
        (payment,) = Payment.objects.filter(organization=place.organization, key=each.key)
        paid = Invoice.objects.filter(id__in=[invoice.id for invoice in each.of], paid_minor=TOTAL)
        assert (payment.state, payment.captured_minor, paid.count()) == ("succeeded", 3 * TOTAL, 3), each.step


def announce(scene: At) -> None:
    """The payer asks where to send it; then it comes."""
    place = scene.rail
    tries = [Try(step, place.invoice()) for step in scene]
    for each in tries:
        scene.dies("pay", each.step, **_facts(place, each))
    for each in tries:
        place.announce(each.of, each.key)
    place.sweep()  # until then it is under way, and the clerk is asked to wait
    for each in tries:
        place.write_down(each.of, a_key())
        place.assert_paid_once(each.of, each.step)


def arrive(scene: At) -> None:
    """A transfer that was announced came, and the clerk who writes that down presses again."""
    place = scene.rail
    tries = [Try(step, place.invoice()) for step in scene]
    for each in tries:
        place.announce(each.of, a_key())
        scene.dies("write down", each.step, **_facts(place, each))
    for each in tries:
        place.write_down(each.of, each.key)
    place.sweep()
    for each in tries:
        place.assert_paid_once(each.of, each.step)


def give_back(scene: At) -> None:
    """By hand as well; the clerk presses again."""
    place = scene.rail
    tries = [Try(step, place.came()) for step in scene]
    for each in tries:
        scene.dies("refund", each.step, payment=str(each.of.id), key=each.key)
    for each in tries:
        place.give_back(each.of, each.key)
    place.sweep()
    for each in tries:
        (made,) = Refund.objects.filter(organization=place.organization, payment=each.of)
        each.of.refresh_from_db()
        assert (made.state, each.of.refunded_minor) == ("succeeded", TOTAL), each.step


def sweep_given_back(scene: At) -> None:
    """Nobody presses again: what was promised is written down as given by the sweep."""
    place = scene.rail
    tries = [Try(step, place.came()) for step in scene]
    for each in tries:
        scene.mortal.dies("refund", "refund.intent_committed", payment=str(each.of.id), key=each.key)
        Refund.objects.filter(payment=each.of).update(next_check_at=clock.now(None) - timedelta(seconds=1))
        scene.dies("sweep", each.step)
        Refund.objects.filter(payment=each.of, next_check_at__isnull=False).update(
            next_check_at=clock.now(None) + timedelta(hours=1)
        )
    place.sweep()
    for each in tries:
        (made,) = Refund.objects.filter(organization=place.organization, payment=each.of)
        assert made.state == "succeeded", each.step


def _facts(place: Till, each: Try) -> dict[str, str]:
    return {"invoice": str(each.of.id), "key": each.key, "method": str(place.method)}


def _for_several(place: Till, each: Try) -> Payment:
    return start_for_customer(
        organization=place.organization,
        asked=Together(
            customer_id=place.customer.id,
            currency=currency("EUR"),
            shares={invoice.id: TOTAL for invoice in each.of},
            on_account=0,
            method=place.method,
            account_id=place.account.id,
            return_url="http://shop.example/back",
        ),
        key=each.key,
        actor=SYSTEM,
    )
