"""A backup that is taken while invoices are issued, printed and paid holds one moment: rows and documents agree.

The control takes the snapshot away: then what comes out does not agree, so what was written meanwhile was really there.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import connection

from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.cli.steps import wait_until
from allsquare.core.actor import SYSTEM
from allsquare.core.backup import take
from allsquare.core.backup.sealed import Key
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.start import start_payment
from tests import factories
from tests.faults.installation import Installation
from tests.faults.place import Place
from tests.payments.makers import a_key, issued_invoice

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

SECRET: Final = b"k" * 32
#: What the writers write into; between any two of these they have written more.
WRITTEN: Final = {
    "allocation",
    "event",
    "invoice",
    "invoice_document",
    "journal_entry",
    "journal_line",
    "payment",
    "payment_attempt",
}


class Desk:
    """Issues, prints and takes cash until it is told to stop. ``done`` are the invoices that are paid."""

    def __init__(self, organization: Organization, customer: Customer, till: GatewayAccount) -> None:
        self._organization, self._customer, self._till = organization, customer, till
        self.done = 0
        self.failure: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Desk:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for_more(self) -> None:
        """Something that began after now is there."""
        seen = self.done
        wait_until(lambda: self.done > seen + 1 or self.failure, "Nobody writes.", seconds=120)

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._one()
                self.done += 1
        except Exception as failure:  # noqa: BLE001  # the test asks for it
            self.failure = failure
        finally:
            connection.close()

    def _one(self) -> None:
        invoice = issued_invoice(self._organization, self._customer)
        ensure_pdf(organization=self._organization, invoice_id=invoice.id)
        start_payment(
            organization=self._organization,
            invoice_id=invoice.id,
            amount=Money(invoice.total_minor, currency(invoice.currency)),
            method=MethodKind.CASH,
            gateway_account_id=self._till.id,
            key=a_key(),
            actor=SYSTEM,
        )


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    organization = factories.make_organization()
    till = add_gateway_account(
        organization=organization, gateway="offline", label="By hand", settings={}, actor=SYSTEM
    )
    return Desk(organization, factories.make_customer(organization), till)


@contextmanager
def written_between_tables(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing waits for a lock here: the backup only gives the desk the time that a large table would."""
    table, documents = take._table, take._documents

    def slow_table(archive: Any, kept: Any, *rest: Any) -> Any:
        if kept.name in WRITTEN:
            desk.wait_for_more()
        return table(archive, kept, *rest)

    def slow_documents(*given: Any) -> Any:
        desk.wait_for_more()
        return documents(*given)

    with monkeypatch.context() as patch:
        patch.setattr(take, "_table", slow_table)
        patch.setattr(take, "_documents", slow_documents)
        yield


@pytest.fixture
def taken(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[Path, int, int]]:
    """Takes a backup while the desk works: the file, and how many invoices were paid before and after it."""

    def now() -> tuple[Path, int, int]:
        with desk, written_between_tables(desk, monkeypatch):
            desk.wait_for_more()
            before = desk.done
            file, _manifest = take.backup(tmp_path, key=Key(SECRET, passphrase=False), tell=_quiet)
            after = desk.done
        assert desk.failure is None, desk.failure
        return file, before, after

    return now


def _quiet(_sentence: str) -> None:
    """Nobody watches."""


def restored(place: Place, folder: Path, file: Path) -> tuple[int, str]:
    """The end of restoring ``file`` into an empty place and asking for every promise and every document."""
    more = {
        "DATABASE_URL": place.url,
        "ALLSQUARE_BACKUP_PASSPHRASE": base64.b64encode(SECRET).decode(),
    }
    shop = Installation(folder / "home", {"base_url": ""}, "tests.faults.restore_steps", more)
    done = shop.allsquare("restore", str(file))
    if done.returncode == 0:
        done = shop.allsquare("verify", "--all")
    return done.returncode, done.stdout + done.stderr


def test_rows_and_documents_are_of_one_moment(
    taken: Callable[[], tuple[Path, int, int]], place: Place, tmp_path: Path
) -> None:
    file, before, after = taken()
    assert after - before >= len(WRITTEN)  # they did write meanwhile

    end, said = restored(place, tmp_path, file)

    assert end == 0, said
    found = {table: place.rows(table) for table in ("invoice", "invoice_document", "payment")}
    print(f"{before} paid before, {after} after, in the backup: {found}")  # noqa: T201  # the figures
    assert before <= place.rows("payment") <= after - len(WRITTEN)  # of the moment before the first wait
    assert Invoice.objects.count() > place.rows("invoice")
    assert InvoiceDocument.objects.count() > place.rows("invoice_document")
    assert Payment.objects.count() > place.rows("payment")


def test_control_without_one_snapshot_they_do_not_agree(
    taken: Callable[[], tuple[Path, int, int]],
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(take, "_SNAPSHOT", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    file, _before, _after = taken()
    end, said = restored(place, tmp_path, file)
    assert end == 1, said
