"""Fault 3: the process dies at every step between intent and commit, and the money is where it should be.

The list of failpoints is read from the sources. Each is tried in every work that passes it, in a real process of its
own that ends by ``os._exit``, against a real provider and a real PostgreSQL. Process death is tried; power loss is not.
"""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.failpoints import DIED
from allsquare.gateways.sandbox import SandboxGateway, adapter, replies
from allsquare.payments.evidence import Given
from allsquare.payments.models import AutopayCharge, Dispute, GatewayAccount, Payment, Refund
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.answer_dispute import answer_dispute
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.charge_autopay import PATIENCE, charge_due
from allsquare.payments.services.plan_autopay import plan_autopay
from allsquare.selling.services.complete_sale import complete_sale
from tests.faults.shop import TOTAL, Shop
from tests.payments.makers import a_key
from tests.selling.makers import buy, make_link, vat
from tests.webhook_catcher import Caught, WebhookCatcher

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]


def _named() -> list[str]:
    """Every failpoint of the product, in the order of its files."""
    found = []
    for path in sorted((ROOT / "src" / "allsquare").rglob("*.py")):
        if "failpoints.reached(" not in (text := path.read_text()):
            continue
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "reached":
                assert isinstance(call.args[0], ast.Constant), f"{path}: a failpoint's name is written out"
                found.append(str(call.args[0].value))
    return found


POINTS = _named()

#: Which failpoints each work comes by. A new one joins by the first part of its name.
PASSES = {
    "pay": ("charge.intent_", "charge.asking", "charge.answered", "settle."),
    "pay several": ("several.", "charge.asking", "charge.answered", "settle."),
    "pay another way": ("charge.page_closed",),
    "take what was agreed": ("taking.begun",),  # tests.faults.test_failpoints_of_adapters
    "give up a page": ("taking.closed",),  # as above
    "pay at the next provider": ("charge.move",),  # tests.faults.test_next_provider
    "charge by agreement": ("autopay.",),
    "take at a reader": ("terminal.",),  # tests.faults.test_failpoints_at_readers
    "read the log": ("tip.",),  # as above
    "forget": ("forget.",),  # tests.faults.test_failpoints_of_adapters
    "sell": ("sale.held", "on_account."),
    "finish a sale": ("sale.issued",),
    "refund": ("refund.", "settle."),
    "answer a dispute": ("evidence.",),
    "compare": ("inquiry.", "settle."),
    "webhook": ("inbox.", "settle."),
    "sweep a payment that was charged": ("sweep.payment_", "settle."),
    "sweep a payment that was not sent": ("charge.asking", "charge.answered"),
    "sweep a refund that was given": ("sweep.refund_", "settle."),
    "sweep a refund that was not sent": ("refund.asking", "refund.answered"),
}


def passed_by(work: str) -> list[str]:
    return [point for point in POINTS if point.startswith(PASSES[work])]


def test_no_failpoint_is_forgotten() -> None:
    assert len(POINTS) == len(set(POINTS)), "two places have the same name"
    assert len(POINTS) >= 20
    tried = {point for work in PASSES for point in passed_by(work)}
    assert set(POINTS) == tried, "no work of these tests comes by these"


@dataclass(frozen=True, slots=True)
class Mortal:
    """See ``tests.faults.mortal``."""

    process: subprocess.Popen[str]
    shop: Shop

    def dies(self, work: str, point: str, **more: Any) -> None:
        """Do ``work`` in a process that dies at ``point``; fails when it did not come there."""
        assert self.may_die(work, point, **more), f"{work} did not die at {point}"

    def may_die(self, work: str, point: str, **more: Any) -> bool:
        """Did it come there? Where it did not, it did its work."""
        order = {
            "work": work,
            "failpoint": point,
            "organization": str(self.shop.organization.id),
            "account": str(self.shop.account.id),
            "card": str(self.shop.card),
            "minor": TOTAL,
            **more,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(order), file=self.process.stdin, flush=True)
        status = int(self.process.stdout.readline())
        assert status in (0, DIED), f"{work}, to die at {point}: exit status {status}"
        return status == DIED


@pytest.fixture
def mortal(shop: Shop, forks: subprocess.Popen[str]) -> Mortal:
    return Mortal(forks, shop)


@pytest.fixture
def report(
    shop: Shop, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[list[str]]:
    """The failpoints that were died at. In the end the proofs are asked, and the figure is said."""
    kills: list[str] = []
    yield kills
    shop.assert_square()
    if not request.session.testsfailed:
        figure = f"{len(kills)} kills, after each everything is there once"
        print(f"\n{request.node.name}: {figure}")  # noqa: T201 - the figure is what a reader of -s wants
        record_property("figure", figure)


def test_paying(shop: Shop, mortal: Mortal, report: list[str]) -> None:
    """Killed anywhere; the sweep and the payer, who presses again, come to one charge that is booked once."""
    for point in passed_by("pay"):
        invoice, key = shop.invoice(), a_key()
        mortal.dies("pay", point, invoice=str(invoice.id), key=key)
        if len(report) % 2:  # whoever comes first
            shop.sweep()
        payment = shop.pay(invoice, key=key)
        shop.sweep()
        assert_paid_once(shop, payment, point)
        report.append(point)


def test_paying_and_nobody_presses_again(shop: Shop, mortal: Mortal, report: list[str]) -> None:
    """The payer went away: what was intended is finished without them, what was not is not there."""
    for point in passed_by("pay"):
        invoice, key = shop.invoice(), a_key()
        mortal.dies("pay", point, invoice=str(invoice.id), key=key)
        shop.sweep()
        intended = point != "charge.intent_written"
        assert Payment.objects.filter(organization=shop.organization, key=key).exists() is intended
        if intended:
            assert_paid_once(shop, Payment.objects.get(organization=shop.organization, key=key), point)
        report.append(point)


def test_paying_another_way(shop: Shop, mortal: Mortal, report: list[str]) -> None:
    """The provider's page was closed and nobody wrote it down."""
    for point in passed_by("pay another way"):
        invoice, key = shop.invoice(), a_key()
        page = shop.pay(invoice, by_card=False)
        mortal.dies("pay", point, invoice=str(invoice.id), key=key)
        payment = shop.pay(invoice, key=key)
        shop.sweep()
        assert_paid_once(shop, payment, point)
        page.refresh_from_db()
        assert page.state == "canceled", point
        report.append(point)


def test_paying_several_invoices(shop: Shop, mortal: Mortal, report: list[str]) -> None:
    """All of them are paid by one charge, or none is: killed anywhere, no invoice is ahead of the others."""
    for point in passed_by("pay several"):
        invoices, key = [shop.invoice() for _ in range(3)], a_key()
        shares = {str(invoice.id): TOTAL for invoice in invoices}
        mortal.dies("pay several", point, shares=shares, customer=str(shop.customer.id), key=key)
        kept = {Invoice.objects.get(id=invoice.id).paid_minor for invoice in invoices}
        assert kept == ({TOTAL} if point == "settle.committed" else {0}), point
        if len(report) % 2:  # whoever comes first
            shop.sweep()
        payment = shop.pay_several(invoices, key=key)
        shop.sweep()
        payment.refresh_from_db()
        for invoice in invoices:
            invoice.refresh_from_db()
        assert (payment.state, {each.state for each in invoices}) == ("succeeded", {"paid"}), point
        charged = [one for one in shop.charges() if shop.payment_of(one) == payment.id]
        assert [one["amount"] for one in charged] == [3 * TOTAL], point
        shop.assert_same_books()
        report.append(point)


def test_charging_by_agreement(shop: Shop, mortal: Mortal, report: list[str]) -> None:
    """Whoever claimed the attempt is gone; another takes it up after a while."""
    agree_autopay(organization=shop.organization, customer_id=shop.customer.id, actor=SYSTEM, note="Contract")
    for point in passed_by("charge by agreement"):
        invoice = shop.invoice()
        shop.organization.clock_offset += timedelta(days=28)
        shop.organization.save()
        plan_autopay(organization=shop.organization)
        mine = AutopayCharge.objects.filter(organization=shop.organization, invoice=invoice)
        mine.update(planned_on=clock.today(shop.organization), told_at=clock.now(shop.organization))
        mortal.dies("charge by agreement", point)
        mine.update(started_at=clock.now(None) - PATIENCE)
        charge_due(organization=shop.organization)
        shop.sweep()
        charged = mine.get()
        assert charged.payment is not None, point
        assert_paid_once(shop, charged.payment, point)
        assert Payment.objects.filter(organization=shop.organization, invoice=invoice).count() == 1, point
        report.append(point)
    # Back to the clock by which events are sealed in time: others' transactions may hold the sealer up for a moment.
    shop.organization.clock_offset = timedelta()
    shop.organization.save()


def test_selling(shop: Shop, mortal: Mortal, report: list[str]) -> None:
    """The buyer presses again, and pays once; the sale is made once."""
    vat(shop.organization)
    link = make_link(shop.organization, price_minor=TOTAL)
    for point in [*passed_by("sell"), *passed_by("finish a sale")]:
        key, email = a_key(), f"buyer-{len(report)}@shop.example"
        if point in passed_by("sell"):
            mortal.dies("sell", point, link=str(link.id), key=key, email=email)
        sale, payment = buy(link, shop.account, key=key, email=email)
        shop.sweep()
        payment.refresh_from_db()
        shop.payer_pays(payment)
        shop.sweep()
        if point in passed_by("finish a sale"):
            mortal.dies("finish a sale", point, sale=str(sale.id))
        for _time in range(2):
            complete_sale(organization=shop.organization, sale_id=sale.id, actor=SYSTEM)
        sale.refresh_from_db()
        assert sale.state == "sold", point
        assert [one for one in shop.charges() if shop.payment_of(one) == payment.id], point
        assert Invoice.objects.filter(organization=shop.organization).count() == len(report) + 1, point
        shop.assert_same_books()
        report.append(point)


def test_giving_back(shop: Shop, mortal: Mortal, report: list[str]) -> None:
    for point in passed_by("refund"):
        payment, key = shop.pay(shop.invoice()), a_key()
        mortal.dies("refund", point, payment=str(payment.id), key=key)
        if len(report) % 2:
            shop.sweep()
        made = shop.refund(payment, key=key)
        shop.sweep()
        assert_given_once(shop, made, point)
        report.append(point)


def test_answering_a_dispute(shop: Shop, mortal: Mortal, report: list[str]) -> None:
    """Whoever sends it again under the same key hands it in once."""
    note = Given("note.pdf", b"%PDF-1.7 delivered")
    for point in passed_by("answer a dispute"):
        payment, key = shop.pay(shop.invoice()), a_key()
        shop.merchant.control(f"/charges/{payment.reference}/dispute")
        GatewayAccount.objects.filter(organization=shop.organization).update(history_due_at=None)
        assert ask_history(organization=shop.organization, gateway_account=shop.account)
        dispute = Dispute.objects.get(organization=shop.organization, payment=payment)
        mortal.dies("answer a dispute", point, dispute=str(dispute.id), key=key)
        for _time in range(2):
            made = answer_dispute(
                organization=shop.organization,
                dispute_id=dispute.id,
                text="It was delivered.",
                files=[note],
                key=key,
                actor=SYSTEM,
            )
            assert made.state == "sent", point
        events = shop.merchant.get("/events", limit="100")["data"]
        told = [each for each in events if each["type"] == "dispute.answered"]
        assert [each["data"]["id"] for each in told].count(dispute.reference) == 1, point
        report.append(point)


def test_hearing_of_it(shop: Shop, mortal: Mortal, catcher: WebhookCatcher, report: list[str]) -> None:
    """No answer came, so the provider delivers again; the sweep asks as well."""
    shop.merchant.http.patch("/v1/account", json={"webhook_url": catcher.url}).raise_for_status()
    for point in passed_by("webhook"):
        payment = shop.pay(shop.invoice(), by_card=False)
        shop.payer_pays(payment)
        news = news_of(catcher, payment)
        mortal.dies("webhook", point, headers=news.headers, body=news.body.decode())
        is_new = shop.deliver(news)
        assert is_new is (point == "inbox.written"), point
        shop.drain()
        payment.refresh_from_db()
        assert payment.state == "succeeded", point
        shop.sweep()
        assert_paid_once(shop, payment, point)
        report.append(point)


@pytest.mark.parametrize(
    ("work", "before"),
    [
        ("sweep a payment that was charged", "charge.answered"),
        ("sweep a payment that was not sent", "charge.intent_committed"),
    ],
)
def test_asking_what_became_of_a_payment(
    shop: Shop, mortal: Mortal, report: list[str], work: str, before: str
) -> None:
    """A second death, of the one who cleans up after the first."""
    for point in passed_by(work):
        invoice, key = shop.invoice(), a_key()
        mortal.dies("pay", before, invoice=str(invoice.id), key=key)
        shop.time_passes()
        mortal.dies("sweep", point)
        shop.sweep()
        assert_paid_once(shop, Payment.objects.get(organization=shop.organization, key=key), point)
        report.append(f"{before}, {point}")


@pytest.mark.parametrize(
    ("work", "before"),
    [
        ("sweep a refund that was given", "refund.answered"),
        ("sweep a refund that was not sent", "refund.intent_committed"),
    ],
)
def test_asking_what_became_of_a_refund(
    shop: Shop, mortal: Mortal, report: list[str], work: str, before: str
) -> None:
    for point in passed_by(work):
        payment, key = shop.pay(shop.invoice()), a_key()
        mortal.dies("refund", before, payment=str(payment.id), key=key)
        shop.time_passes()
        mortal.dies("sweep", point)
        shop.sweep()
        assert_given_once(shop, Refund.objects.get(organization=shop.organization, key=key), point)
        report.append(f"{before}, {point}")


def test_control_a_sweep_that_does_not_look_charges_again(
    shop: Shop, mortal: Mortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider charged and the process died: without the look-up and the attempt's key, asking is charging."""
    invoice, key = shop.invoice(), a_key()
    mortal.dies("pay", "charge.answered", invoice=str(invoice.id), key=key)
    assert len(shop.charges()) == 1
    monkeypatch.setattr(SandboxGateway, "capabilities", frozenset())
    ask = replies.ask

    def without_our_key(http: Any, method: str, path: str, **more: Any) -> Any:
        return ask(http, method, path, **{**more, "key": a_key()})

    monkeypatch.setattr(adapter, "ask", without_our_key)
    shop.sweep()
    assert len(shop.charges()) == 2


def assert_paid_once(shop: Shop, payment: Payment, point: str) -> None:
    payment.refresh_from_db()
    assert payment.invoice is not None
    payment.invoice.refresh_from_db()
    assert (payment.state, payment.invoice.state) == ("succeeded", "paid"), point
    charged = [one for one in shop.charges() if shop.payment_of(one) == payment.id]
    assert [one["amount"] for one in charged] == [TOTAL], point
    shop.assert_same_books()


def assert_given_once(shop: Shop, made: Refund, point: str) -> None:
    made.refresh_from_db()
    assert made.state == "succeeded", point
    given = [one for one in shop.refunds() if one["metadata"]["attempt"] == str(made.id)]
    assert [one["amount"] for one in given] == [TOTAL], point
    shop.assert_same_books()


def news_of(catcher: WebhookCatcher, payment: Payment) -> Caught:
    """The delivery that says that ``payment`` was paid."""
    for count in range(1, 200):
        news = catcher.wait(count)[-1]
        if news.event["type"] == "charge.succeeded" and news.event["data"]["id"] == payment.reference:
            return news
    raise AssertionError("the provider did not tell")
