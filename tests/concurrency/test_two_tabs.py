"""A page waits, and two tabs take two other ways at once: one page is left, and not two that could both be paid."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core.actor import Actor
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.asking import close_page
from allsquare.payments.beginning import committed
from allsquare.payments.gateway import MethodKind, Outcome
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services import start, start_for_customer
from allsquare.payments.wish import PagesOpen
from tests.concurrency.races import at_once, failures
from tests.payments.flows import pay
from tests.payments.makers import ScriptedGateway, a_key, issued_invoice
from tests.payments.several import begin, together
from tests.payments.test_closing_pages import ClosingScript, gone, page

pytestmark = pytest.mark.concurrency


class SlowToClose(ClosingScript):
    """Whoever asks first to close a page has the answer when the other tab is through."""

    methods = (*ClosingScript.methods, MethodKind.BANK_TRANSFER)
    is_first = True
    other_is_through = threading.Event()
    _lock = threading.Lock()

    def close(self, *, key: UUID, reference: str) -> Outcome:
        with self._lock:
            waits, SlowToClose.is_first = SlowToClose.is_first, False
            if not waits or self.other_is_through.is_set():
                self.closings.append(gone(reference))
                return super().close(key=key, reference=reference)
        assert self.other_is_through.wait(timeout=60)
        with self._lock:
            self.closings.append(gone(reference))
            return super().close(key=key, reference=reference)


@pytest.fixture
def invoice(
    settings: Settings, organization: Organization, customer: Customer, account: GatewayAccount
) -> Invoice:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.concurrency.test_two_tabs.SlowToClose",
    }
    ClosingScript.closings.clear()
    ClosingScript.closed.clear()
    SlowToClose.is_first = True
    SlowToClose.other_is_through.clear()
    made = issued_invoice(organization, customer)
    ScriptedGateway.answers.extend(page(a_key()) for _ in range(3))
    pay(made, account)
    return made


def alone(invoice: Invoice, account: GatewayAccount) -> Payment:
    return pay(invoice, account, method=MethodKind.BANK_DEBIT)


def with_another(other: Invoice, invoice: Invoice, account: GatewayAccount) -> Payment:
    return begin(together(invoice.customer, account, [invoice, other]), invoice.customer)


def other_way(invoice: Invoice, account: GatewayAccount) -> Payment:
    return pay(invoice, account, method=MethodKind.BANK_TRANSFER)


def _through(work: Callable[[], Payment]) -> Payment:
    try:
        return work()
    finally:
        SlowToClose.other_is_through.set()


def pages(invoice: Invoice) -> int:
    return Payment.objects.filter(organization=invoice.organization, state="needs_action").count()


def in_two_tabs(invoice: Invoice, account: GatewayAccount, *, together_too: bool) -> None:
    second = other_way
    if together_too:
        second = partial(with_another, issued_invoice(invoice.organization, invoice.customer))
    works = [partial(_through, partial(each, invoice, account)) for each in (alone, second)]
    assert failures(at_once(works)) == []


@pytest.mark.parametrize("together_too", [False, True], ids=["alone", "with another invoice"])
def test_one_page_is_left(invoice: Invoice, account: GatewayAccount, together_too: bool) -> None:
    in_two_tabs(invoice, account, together_too=together_too)
    assert pages(invoice) == 1
    assert len(ClosingScript.closed) == 3, (
        "each closed the one that waited, and the later one the page of the other"
    )


class _Everything(frozenset[UUID]):
    def __contains__(self, name: object) -> bool:
        return True


def _once(organization: Organization, actor: Actor, intend: Callable[[frozenset[UUID]], Payment]) -> Payment:
    try:
        return committed(partial(intend, frozenset()))
    except PagesOpen as found:
        for each in found.pages:
            close_page(organization=organization, payment=each, actor=actor)
        return committed(partial(intend, _Everything()))


@pytest.mark.parametrize("together_too", [False, True], ids=["alone", "with another invoice"])
def test_control_where_pages_are_looked_for_once_two_are_left(
    invoice: Invoice, account: GatewayAccount, together_too: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (start, start_for_customer):
        monkeypatch.setattr(module, "past_pages", _once)
    in_two_tabs(invoice, account, together_too=together_too)
    assert pages(invoice) == 2
