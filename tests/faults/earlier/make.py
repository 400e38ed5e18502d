"""Makes the file that ``test_upgrade`` restores: an installation of an earlier release, backed up by today's program.

    .venv/bin/python -m tests.faults.earlier.make COMMIT HOME

checks ``COMMIT`` out beside, lets its own code live through a few minutes of business in ``HOME`` (an empty folder that
PostgreSQL's user can reach), and writes ``<commit>.backup`` here. The installation is a practice one, and so are all
its keys. Make a new one for each release, with whatever that release has and the one before had not, and keep the old.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
PASSPHRASE: Final = "an earlier release, for practice alone"
#: Run by the earlier code, so it is text here: today's names need not be those of then.
BUSINESS: Final = """
import re, sys
from allsquare.cli import rehearsal
rehearsal.enter("walkthrough")
import django
django.setup()
from django.db import connection
from allsquare.billing.models import Invoice
from allsquare.cli.forms import Browser
from allsquare.cli.smtp_catcher import caught
from allsquare.cli.stack import serve, stack
from allsquare.cli.steps import print_step, wait_until
from allsquare.cli.walk import walk
from allsquare.cli.walkthrough import _newcomer

with stack() as running:
    walker = _newcomer(running)
    serve(running)
    assert all(step.ok for step in walk(running, walker, tell=print_step))
    # A second invoice is sent and stays open.
    clerk = Browser()
    page = clerk.open(f"{running.base_url}/")
    clerk.submit(page, having="login", login=walker.email, password=walker.password)
    page = clerk.open(f"{running.base_url}/invoices/new/")
    clerk.submit(page, having="lines-0-description", **{
        "customer": str(walker.invoice.customer_id), "lines-0-description": "Waiting to be paid",
        "lines-0-quantity": "2", "lines-0-unit_price": "50", "lines-0-tax_category": "S",
    })
    invoice = Invoice.objects.get(number=None)
    clerk.submit(clerk.open(f"{running.base_url}/invoices/{invoice.id}/"), to="/issue/")
    invoice.refresh_from_db()
    def mailed():
        return [m for m in caught(running.mail_directory) if invoice.number in m.subject and "/pay/" in m.text]
    wait_until(mailed, "The mail did not come.")
    clerk.close()
    # What later releases keep in another way.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customer SET notes = 'Calls on Fridays.'")
        cursor.execute(
            "INSERT INTO attention (id, organization_id, kind, subject_type, subject_id, text, created_at) "
            "SELECT gen_random_uuid(), organization_id, 'void_invoice', 'invoice', id, 'Money came.', now() "
            "FROM invoice WHERE id = %s", [invoice.id])
"""


def main(commit: str, home: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "earlier"
        subprocess.run(["git", "worktree", "add", "--detach", str(checkout), commit], cwd=ROOT, check=True)
        try:
            _link(checkout)
            _python(checkout, home, "-c", BUSINESS)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(checkout)], cwd=ROOT, check=True)
    target = Path(__file__).with_name(f"{commit[:7]}.backup")
    _python(ROOT, home / "walkthrough", "-m", "allsquare.cli", "backup", str(target))


def _link(checkout: Path) -> None:
    """Front-end files are fetched once, here."""
    (checkout / "node_modules").symlink_to((ROOT / "node_modules").resolve())


def _python(code: Path, home: Path, *arguments: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(code / "src"),
        "DJANGO_SETTINGS_MODULE": "allsquare.config.settings",
        "ALLSQUARE_HOME": str(home),
        "ALLSQUARE_BACKUP_PASSPHRASE": PASSPHRASE,
    }
    subprocess.run([sys.executable, *arguments], cwd=code, env=environment, check=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
