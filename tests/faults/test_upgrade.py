"""Fault 43: an installation of an earlier release comes to this one, and nothing of it is lost.

The file is a backup of the earlier one (``tests.faults.earlier.make``). It goes into a database that ``DATABASE_URL``
names, so this is also the restore into a PostgreSQL that is not the embedded one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from allsquare.cli.forms import Browser
from allsquare.cli.rehearsal import free_port
from allsquare.cli.steps import wait_until
from tests.faults.earlier.make import PASSPHRASE
from tests.faults.installation import Installation
from tests.sandbox_process import SandboxAccount

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

EARLIER = Path(__file__).parent / "earlier"
PASSWORD = "all-square-rehearsal"  # of the practice installation


@pytest.mark.parametrize("file", sorted(EARLIER.glob("*.backup")), ids=lambda file: file.stem)
def test_what_an_earlier_release_promised_is_kept(
    file: Path, database: str, tmp_path: Path, sandbox: SandboxAccount
) -> None:
    port = free_port(0)
    more = {
        "DATABASE_URL": database,
        "ALLSQUARE_BACKUP_PASSPHRASE": PASSPHRASE,
        "ALLSQUARE_BASE_URL": f"http://127.0.0.1:{port}",
    }
    shop = Installation(tmp_path, sandbox.settings, "tests.faults.upgrade_steps", more)
    restored = shop.allsquare("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    was = shop.step("rest")
    proven = shop.allsquare("verify")
    assert proven.returncode == 0, proven.stdout

    assert [state for _number, state, _total, _paid in was["invoices"]] == ["paid", "sent"]
    assert (was["payments"], was["held"]) == (1, 1)
    assert was["notes"] == ["Calls on Fridays."]
    assert was["tasks"] == [["void_invoice", {"text": "Money came."}]]

    # The provider of then is not there any more: nothing is charged until it is, and asking again is harmless.
    assert shop.step("ask") == {"refused": ["gateway_unavailable"] * 2, "held": 1}

    with shop.running("web", "--port", str(port), "--workers", "1"):
        wait_until(lambda: _answers(port), "The web server did not start.", seconds=60)
        _sign_in_and_pay(shop, was)
    now = shop.step("rest")
    number, _state, total, _paid = was["invoices"][1]
    assert now["invoices"] == [was["invoices"][0], [number, "paid", total, total]]
    assert (now["payments"], now["held"]) == (2, 0)
    shop.close()
    proven = shop.allsquare("verify", "--all")
    assert proven.returncode == 0, proven.stdout


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ui/healthy", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _sign_in_and_pay(shop: Installation, was: dict[str, Any]) -> None:
    """The owner signs in with the password of then; the payer opens the link that was mailed then, and pays."""
    browser = Browser()
    base = shop.more["ALLSQUARE_BASE_URL"]
    page = browser.submit(browser.open(f"{base}/"), having="login", login=was["owner"], password=PASSWORD)
    assert was["organization"] in page.text
    for number, link in was["links"].items():
        assert hashlib.sha256(browser.download(f"{link}invoice.pdf")).hexdigest() == was["documents"][number]
    page = browser.open(was["links"]["INV-00002"])
    hosted = browser.submit(page, having="method")
    assert hosted.url.startswith(shop.sandbox["base_url"])
    back = browser.submit(hosted, having="number", number="4242424242424242", expiry="12/39", cvc="123")
    assert "paid" in back.text.lower()
    browser.close()
