"""A restore that does not come to its end: killed at each of its steps, or given a file that is not whole.

What is left is either nothing, and the next restore succeeds as it is; or a database that no command works with, each
of which says what to do. Done, the next restore succeeds as well.
"""

from __future__ import annotations

import base64
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.core.actor import SYSTEM
from allsquare.core.backup import take
from allsquare.core.backup.check import check
from allsquare.core.backup.errors import BackupDamaged, BackupKeyWrong
from allsquare.core.backup.sealed import Key
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.gateway import MethodKind
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.start import start_payment
from tests import factories
from tests.faults.installation import ROOT, Installation
from tests.faults.place import Place
from tests.payments.makers import a_key, issued_invoice

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

SECRET: Final = b"k" * 32
KEY: Final = Key(SECRET, passphrase=False)
SEED: Final = 20261128

#: ``allsquare restore`` in a process that ends as by ``kill -9`` when it calls a step for the so-manieth time.
DYING: Final = """
import os, signal, sys
import django; django.setup()
from allsquare.cli.main import main
from allsquare.core.backup import load
step, times, file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
goes_on = getattr(load, step)
def dying(*given, **named):
    global times
    times -= 1
    if times == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return goes_on(*given, **named)
setattr(load, step, dying)
sys.exit(main(["restore", file]))
"""
AMID: Final = 0  # as often as the file says: see times_of
#: Step, and the so-manieth time: while nothing is committed …
LEAVES_NOTHING: Final = {
    "before the tables are made": ("migrate_to", 1),
    "before the first row": ("_fill", 1),
    "amid the tables": ("_fill", AMID),
    "amid the documents": ("_kind", AMID),
    "before the secrets are kept": ("keep_secrets", 1),
}
#: … and when the rows are in, but not yet what keeps anything from being done twice.
LEAVES_A_HALF: Final = {
    "before the tables are brought to this version": ("migrate", 1),
    "before the holds": ("begin", 1),
    "amid the holds": ("_holds", 1),
}


def _quiet(_sentence: str) -> None:
    """Nobody watches."""


@pytest.fixture
def shop(transactional_db: None) -> None:
    """Two invoices with their documents, one of them paid."""
    organization = factories.make_organization()
    till = add_gateway_account(
        organization=organization, gateway="offline", label="By hand", settings={}, actor=SYSTEM
    )
    customer = factories.make_customer(organization)
    invoices = [issued_invoice(organization, customer) for _ in range(2)]
    for invoice in invoices:
        ensure_pdf(organization=organization, invoice_id=invoice.id)
    start_payment(
        organization=organization,
        invoice_id=invoices[0].id,
        amount=Money(invoices[0].total_minor, currency(invoices[0].currency)),
        method=MethodKind.CASH,
        gateway_account_id=till.id,
        key=a_key(),
        actor=SYSTEM,
    )


@pytest.fixture
def file(shop: None, tmp_path: Path) -> Path:
    return take.backup(tmp_path / "whole.backup", key=KEY, tell=_quiet)[0]


@pytest.fixture
def there(place: Place, tmp_path: Path) -> Installation:
    """Where it shall go."""
    more = {"DATABASE_URL": place.url, "ALLSQUARE_BACKUP_PASSPHRASE": base64.b64encode(SECRET).decode()}
    return Installation(tmp_path / "home", {"base_url": ""}, "tests.faults.restore_steps", more)


def restore_dying(there: Installation, step: str, times: int, file: Path) -> None:
    died = subprocess.run(
        [sys.executable, "-c", DYING, step, str(times), str(file)],
        env=there.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stdout + died.stderr


def assert_whole(there: Installation, place: Place, file: Path) -> None:
    """The next restore succeeds, and everything is there."""
    done = there.allsquare("restore", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    proven = there.allsquare("verify", "--all")
    assert proven.returncode == 0, proven.stdout + proven.stderr
    found = (place.rows("invoice"), place.rows("invoice_document"), place.rows("payment"))
    assert found == (Invoice.objects.count(), InvoiceDocument.objects.count(), 1)


def times_of(step: str, file: Path) -> int:
    """How often a step is reached until half of the tables are in, or one of two documents."""
    held = check(file, key=KEY).manifest
    tables = sum(entry.count > 0 for entry in held.tables.values())
    assert held.documents.count == 2
    return tables // 2 if step == "_fill" else 1 + len(held.secrets) + tables + held.documents.count


def test_one_that_is_killed_before_the_rows_are_in_leaves_nothing(
    there: Installation, place: Place, file: Path
) -> None:
    for moment, (step, times) in LEAVES_NOTHING.items():
        restore_dying(there, step, times or times_of(step, file), file)
        assert (place.rows("organization"), place.rows("invoice"), place.rows("event")) == (0, 0, 0), moment
        # Whoever starts it all the same finds an empty installation, as if nobody had restored anything.
        assert there.allsquare("verify").returncode == 0, moment
    assert_whole(there, place, file)


def test_one_that_is_killed_later_says_at_each_command_what_to_do(
    there: Installation, place: Place, file: Path
) -> None:
    once = iter((["worker"], ["web", "--port", "0"], ["backup"]))
    for moment, (step, times) in LEAVES_A_HALF.items():
        restore_dying(there, step, times, file)
        for command in (["verify"], next(once), ["restore", str(file)]):
            refused = there.allsquare(*command)
            assert refused.returncode == 1, (moment, command)
            assert "was cut off" in refused.stdout + refused.stderr, (moment, command)
            assert "Remove the database" in refused.stdout + refused.stderr, (moment, command)
        place.empty()
    assert_whole(there, place, file)


@pytest.mark.parametrize("spoilt", ["cut off", "a bit is another"])
def test_a_file_that_is_not_whole_changes_nothing_and_the_whole_one_is_taken(
    there: Installation, place: Place, file: Path, tmp_path: Path, spoilt: str
) -> None:
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    if spoilt == "cut off":
        del data[middle:]
    else:
        data[middle] ^= 1
    bad = tmp_path / "spoilt.backup"
    bad.write_bytes(data)
    refused = there.allsquare("restore", str(bad))
    assert refused.returncode == 1
    assert "another copy" in refused.stdout + refused.stderr
    assert place.rows("organization") == 0
    assert_whole(there, place, file)


@pytest.mark.parametrize("key", [KEY, None], ids=["encrypted", "plain"])
def test_no_bit_of_it_can_be_another_unseen(shop: None, tmp_path: Path, key: Key | None) -> None:
    """Three hundred bits, by a seed. Where nothing is encrypted, a bit of what says nothing (such as the name of the
    system in the head of a gzip file) may be another, and then what is read is the same."""
    file, manifest = take.backup(tmp_path / "whole.backup", key=key, tell=_quiet)
    data, chance, seen = file.read_bytes(), random.Random(SEED), 0
    bad = tmp_path / "spoilt.backup"
    for _ in range(300):
        spoilt = bytearray(data)
        place = chance.randrange(len(spoilt))
        spoilt[place] ^= 1 << chance.randrange(8)
        bad.write_bytes(spoilt)
        try:
            assert check(bad, key=key).manifest == manifest, place
        except (BackupDamaged, BackupKeyWrong):
            seen += 1
    assert seen == 300 if key else seen >= 295
