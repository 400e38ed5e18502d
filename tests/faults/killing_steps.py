"""What ``tests.faults.killing`` does once Django is set up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Final, LiteralString
from urllib.parse import urljoin
from uuid import UUID

import httpx
import psycopg
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.embedded_postgres import Cluster
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.selectors import recording_account
from allsquare.payments.services.start import start_payment
from tests.factories import make_customer
from tests.faults.soak.decisions import Victim
from tests.faults.soak.desk import sign_in
from tests.faults.soak.findings import doubled, trial_balance
from tests.faults.soak.installation import Installation
from tests.faults.soak.run import begin, verify
from tests.faults.soak.surfer import Surfer

#: Seconds for the installation to come back from one kill and finish what was under way.
PATIENCE: Final = 120.0
#: Who settles at once when PostgreSQL is killed, and how much each.
CLERKS: Final = 4
EACH: Final = 25

Told = dict[str, object]


def kill_each(installation: Installation) -> Told:
    place = begin(installation)
    organization = place.organization
    customer = make_customer(organization).id
    shop = _Shop(installation, organization, customer)
    told: Told = {
        "postgres under settling": shop.kill_postgres_under_settling(),
        "worker amid a job": shop.kill_amid_a_job(Victim.WORKER),
        "postgres amid a job": shop.kill_amid_a_job(Victim.POSTGRES),
        "web amid a request": shop.kill_web_amid_a_request(),
    }
    installation.wait_until_well()
    close_old_connections()
    told["doubled"] = doubled(organization, place.provider)
    told["trial balance"] = trial_balance(organization)
    told["verify"] = verify()
    place.provider.close()
    return told


class _Shop:
    def __init__(self, installation: Installation, organization: Organization, customer: UUID) -> None:
        self._installation, self._organization, self._customer = installation, organization, customer
        till = recording_account(organization)
        assert till is not None
        self._till = till

    # -- fault 20 --------------------------------------------------------------------------------------------

    def kill_postgres_under_settling(self) -> Told:
        """Clerks record money as fast as they can. Who gets no answer asks again, under the same key."""
        invoices = self._issued(CLERKS * EACH)
        said: list[str] = []
        unanswered: list[str] = []
        begun = threading.Event()

        def clerk(mine: list[Invoice]) -> None:
            for invoice in mine:
                said.append(self._record(invoice, unanswered))
                if len(said) > CLERKS * EACH // 4:
                    begun.set()
            connection.close()

        with ThreadPoolExecutor(CLERKS) as pool:
            works = [pool.submit(clerk, invoices[n * EACH : (n + 1) * EACH]) for n in range(CLERKS)]
            begun.wait(PATIENCE)
            before = len(said)
            assert self._installation.kill(Victim.POSTGRES)
            for work in works:
                work.result()
        self._installation.wait_until_well()
        connection.close()  # it was the old server's
        there = set(Payment.objects.filter(state="succeeded").values_list("key", flat=True))
        return {
            "kills": 1,
            "before": before,
            "unanswered": len(unanswered),
            "acknowledged": len(said),
            "lost": len(set(said) - there),
        }

    def _record(self, invoice: Invoice, unanswered: list[str]) -> str:
        key = f"clerk:{invoice.id}"
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                close_old_connections()
                payment = start_payment(
                    organization=self._organization,
                    invoice_id=invoice.id,
                    amount=Money(invoice.total_minor, currency(invoice.currency)),
                    method=MethodKind.CASH,
                    gateway_account_id=self._till.id,
                    key=key,
                    actor=SYSTEM,
                )
                if payment.state == "succeeded":
                    return key
            except (OperationalError, InterfaceError):
                unanswered.append(key)
                connection.close()
            if time.monotonic() > deadline:
                raise TimeoutError(key)
            time.sleep(0.1)

    # -- fault 21, and a database that dies with the job ------------------------------------------------------

    def kill_amid_a_job(self, victim: Victim) -> Told:
        """A PDF waits for a table that we hold. Its job must be done once, soon after."""
        printing = ProcrastinateJob.objects.filter(task_name="billing.render_pdf", status="doing")
        with self._held("LOCK TABLE invoice_document IN ACCESS EXCLUSIVE MODE"):
            self._issued(1)
            _until(printing.exists)
            job = printing.order_by("id")[0]
            assert self._installation.kill(victim)
        began = time.monotonic()
        self._installation.wait_until_well()
        connection.close()  # it may be the old server's
        invoice = job.args["invoice_id"]
        _until(lambda: self._is_printed(invoice))
        _until(lambda: not ProcrastinateJob.objects.filter(id=job.id).exists())
        return {
            "kills": 1,
            "seconds until done": round(time.monotonic() - began, 1),
            "documents": InvoiceDocument.objects.filter(invoice_id=invoice).count(),
        }

    def _is_printed(self, invoice: str) -> bool:
        """Meanwhile a minute's silence of the worker that was killed is over."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'"
                " WHERE last_heartbeat < now() - interval '15 seconds'"
            )
        return InvoiceDocument.objects.filter(invoice_id=invoice).exists()

    # -- fault 21, the web server -----------------------------------------------------------------------------

    def kill_web_amid_a_request(self) -> Told:
        """A clerk's form waits for an invoice that we hold; the clerk gets no answer and sends the same form again."""
        (invoice,) = self._issued(1)
        clerk = Surfer(heard=lambda response: None, sent=lambda: None)
        sign_in(clerk, self._installation.base_url)
        page = clerk.open(f"{self._installation.base_url}/invoices/{invoice.id}/record-payment/")
        form = page.form(having="note")
        fields = {**form.fields, "method": "cash"}
        broken: list[str] = []

        def send_once() -> None:
            window = clerk.twin()
            try:
                window._http.post(urljoin(page.url, form.action or page.url), data=fields)
            except httpx.TransportError as error:
                broken.append(type(error).__name__)
            window.close()

        with self._held("SELECT id FROM invoice WHERE id = %s FOR UPDATE", invoice.id):
            sending = threading.Thread(target=send_once)
            sending.start()
            _until(_somebody_waits_for_a_lock)
            assert self._installation.kill(Victim.WEB)
            sending.join()
        self._installation.wait_until_well()
        answer = clerk.send(page, form, method="cash")
        clerk.close()
        return {
            "kills": 1,
            "unanswered": len(broken),
            "acknowledged": int("is recorded" in answer.text),
            "payments": Payment.objects.filter(invoice=invoice, state="succeeded").count(),
        }

    # -- what all need ----------------------------------------------------------------------------------------

    def _issued(self, number: int) -> list[Invoice]:
        line = LineInput(description="Work", quantity=Decimal(1), unit_price=Decimal("83.19"))
        drafts = [
            create_draft(
                organization=self._organization, customer_id=self._customer, lines=[line], actor=SYSTEM
            )
            for _ in range(number)
        ]
        return issue(organization=self._organization, invoice_ids=[each.id for each in drafts], actor=SYSTEM)

    @contextmanager
    def _held(self, statement: LiteralString, *values: object) -> Iterator[None]:
        """What ``statement`` locks, until the end or the database's."""
        held = psycopg.connect(Cluster.at(self._installation.home / "postgres").url)
        held.execute(statement, values)
        yield
        with suppress(psycopg.OperationalError):
            held.rollback()
        held.close()


def _until(it_is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(OperationalError, InterfaceError):
            close_old_connections()
            if it_is_so():
                return
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
