"""Fault 9 as the payer does it: twenty presses of *Pay* at once, against the web server with two processes.

One press charges the saved card at the provider without another question, so each press that is let through is money.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice
from allsquare.cli.forms import Page
from allsquare.cli.steps import wait_until
from allsquare.core.models import RateCounter
from allsquare.payments.models import Payment
from tests.faults.shop import TOTAL, Shop, database_url
from tests.ports import free_port
from tests.sandbox_process import SandboxAccount

pytestmark = [pytest.mark.concurrency, pytest.mark.timeout(300)]

PRESSES: Final = 20
WORKERS: Final = 2
Form = Mapping[str, str]


@pytest.fixture
def shop(transactional_db: None, sandbox: SandboxAccount) -> Shop:
    return Shop.open(sandbox)


@contextmanager
def web(shop: Shop, *, settings: str) -> Iterator[str]:
    """The server of an installation on the test's database; its address."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": settings,
        "ALLSQUARE_BASE_URL": f"http://127.0.0.1:{port}",
        "ALLSQUARE_PAYMENT_HOSTS": shop.merchant.base_url,
    }
    # Each process has a thread for every press: none waits for the one before it to be answered.
    sizes = ["--port", str(port), "--workers", str(WORKERS), "--threads", str(PRESSES)]
    process = subprocess.Popen(
        [sys.executable, "-m", "allsquare.cli", "web", *sizes], env=environment, cwd=Path(__file__).parents[2]
    )
    try:
        wait_until(lambda: _answers(port), "The web server did not start.", seconds=120)
        assert len(psutil.Process(process.pid).children()) >= WORKERS
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ui/healthy", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def opened(browser: httpx.Client, link: str) -> Form:
    """The form of the pay page with the saved card chosen, as one tab has it."""
    form = Page.of(browser.get(link)).form(having="method")
    saved = next(way for way in form.choices["method"] if way.startswith("saved:"))
    return {**form.fields, "method": saved}


def press_all(browser: httpx.Client, link: str, forms: Sequence[Form]) -> list[httpx.Response]:
    """All in the same moment."""
    gate = threading.Barrier(len(forms))

    def press(form: Form) -> httpx.Response:
        gate.wait(timeout=60)
        return browser.post(link, data=dict(form))

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(press, forms))


def clicked(base: str, shop: Shop, invoice: Invoice, *, tabs: int) -> list[httpx.Response]:
    """The answers to ``PRESSES`` presses, spread over so many tabs of one browser."""
    link = base + urlsplit(pay_url(shop.organization, invoice)).path
    limits = httpx.Limits(max_connections=PRESSES)
    with httpx.Client(timeout=120, trust_env=False, limits=limits) as browser:
        forms = [opened(browser, link) for _tab in range(tabs)]
        return press_all(browser, link, forms * (PRESSES // tabs))


def test_twenty_presses_are_one_charge(shop: Shop) -> None:
    """Of one button, and of one button in each of twenty tabs."""
    with web(shop, settings="allsquare.config.settings") as base:
        for number, tabs in enumerate((1, PRESSES), start=1):
            invoice = shop.invoice()
            answers = clicked(base, shop, invoice, tabs=tabs)
            assert Counter(answer.status_code for answer in answers) == {303: PRESSES}
            assert len(shop.charges()) == number
            payment = Payment.objects.get(organization=shop.organization, invoice=invoice)
            assert (payment.state, payment.captured_minor) == ("succeeded", TOTAL)
            RateCounter.objects.all().delete()  # so many presses of one address are too many in ten minutes
    shop.assert_square()


def test_control_without_the_invoices_lock_twenty_presses_are_more_than_one_charge(shop: Shop) -> None:
    with web(shop, settings="tests.concurrency.unlocked_settings") as base:
        clicked(base, shop, shop.invoice(), tabs=PRESSES)
    assert len(shop.charges()) > 1
