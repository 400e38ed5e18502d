"""Fault 43: an installation of an earlier release comes to this one, and nothing of it is lost.

The file is a backup of the earlier one (``tests.faults.earlier.make``). It goes into a database that ``DATABASE_URL``
names, so this is also the restore into a PostgreSQL that is not the embedded one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from allsquare.cli.forms import Browser
from allsquare.cli.steps import wait_until
from tests.faults.earlier.make import PASSPHRASE
from tests.faults.installation import Installation
from tests.ports import free_port
from tests.sandbox_process import SandboxAccount

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

EARLIER = Path(__file__).parent / "earlier"
PASSWORD = "all-square-rehearsal"  # of the practice installation


@pytest.fixture
def upgraded(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, sandbox: SandboxAccount
) -> Installation:
    """The installation of an earlier commit, restored and brought to this version."""
    more = {
        "DATABASE_URL": database,
        "ALLSQUARE_BACKUP_PASSPHRASE": PASSPHRASE,
        "ALLSQUARE_BASE_URL": f"http://127.0.0.1:{free_port()}",
    }
    shop = Installation(tmp_path, sandbox.settings, "tests.faults.upgrade_steps", more)
    restored = shop.allsquare("restore", str(EARLIER / f"{request.param}.backup"))
    assert restored.returncode == 0, restored.stderr
    return shop


def prove(shop: Installation, *how: str) -> None:
    """All promises hold but those of time: nobody worked here since the file was made, and it gets older."""
    proven = shop.allsquare("verify", *how)
    broken = [line.split() for line in proven.stdout.splitlines() if line.lstrip().startswith("BROKEN")]
    assert [words for words in broken if words[1] != "deadline"] == [], proven.stdout
    assert proven.returncode == (1 if broken else 0), proven.stdout + proven.stderr
    assert "promises asked" in proven.stdout


@pytest.mark.parametrize("upgraded", ["a79bdf0"], indirect=True)
def test_what_an_earlier_release_promised_is_kept(upgraded: Installation) -> None:
    shop = upgraded
    was = shop.step("rest")
    prove(shop)

    assert [state for _number, state, _total, _paid in was["invoices"]] == ["paid", "sent"]
    assert (was["payments"], was["held"]) == (1, 1)
    assert was["notes"] == ["Calls on Fridays."]
    assert was["tasks"] == [["void_invoice", {"text": "Money came."}]]

    # The provider of then is not there any more: nothing is charged until it is, and asking again is harmless.
    assert shop.step("ask") == {"refused": ["gateway_unavailable"] * 2, "held": 1}

    with served(shop) as browser:
        _see_what_was_mailed(shop, browser, was)
        _pay(shop, browser, was["links"]["INV-00002"])
    now = shop.step("rest")
    number, _state, total, _paid = was["invoices"][1]
    assert now["invoices"] == [was["invoices"][0], [number, "paid", total, total]]
    assert (now["payments"], now["held"]) == (2, 0)
    shop.close()
    prove(shop, "--all")


@pytest.mark.parametrize("upgraded", ["265af2f"], indirect=True)
def test_sums_of_an_earlier_release_are_the_same_to_the_cent(upgraded: Installation) -> None:
    """Paid in part, given back in part, disputed, overpaid, sold by a payment link, paid out; a saved card, a mail that
    failed, a draft. What the release of then saw is in the file beside its backup."""
    shop = upgraded
    then: dict[str, Any] = json.loads((EARLIER / "265af2f.json").read_text())
    assert {name: found for name, found in shop.step("ask_sums").items() if found != then.get(name)} == {}
    was = shop.step("rest")
    prove(shop, "--all")

    # Its secrets open (see above), and a webhook that the provider of then had signed is believed.
    assert shop.step("hear") == {"of then": True, "another": False}
    assert shop.step("ask") == {"refused": ["gateway_unavailable"] * 2, "held": 1}

    with served(shop) as browser:
        _see_what_was_mailed(shop, browser, was)
        _pay(shop, browser, was["links"]["INV-00002"])  # the rest of what was paid in part
        _buy(browser, was["payment_links"])
    now = shop.step("rest")
    states = {number: state for number, state, _total, _paid in now["invoices"]}
    assert states == {
        "INV-00001": "paid",
        "INV-00002": "paid",
        "INV-00003": "paid",
        "INV-00004": "partly_paid",
        "INV-00005": "paid",
        "INV-00006": "paid",
    }
    assert (now["payments"], now["held"]) == (was["payments"] + 2, 0)
    shop.close()
    prove(shop, "--all")


@contextmanager
def served(shop: Installation) -> Iterator[Browser]:
    """The web server answers inside."""
    port = urlsplit(shop.more["ALLSQUARE_BASE_URL"]).port
    assert port is not None
    with shop.running("web", "--port", str(port), "--workers", "1"):
        wait_until(lambda: _answers(port), "The web server did not start.", seconds=60)
        browser = Browser()
        yield browser
        browser.close()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ui/healthy", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _see_what_was_mailed(shop: Installation, browser: Browser, was: dict[str, Any]) -> None:
    """The owner signs in with the password of then, and the links of then give the documents of then."""
    base = shop.more["ALLSQUARE_BASE_URL"]
    page = browser.submit(browser.open(f"{base}/"), having="login", login=was["owner"], password=PASSWORD)
    assert was["organization"] in page.text
    for number, link in was["links"].items():
        assert hashlib.sha256(browser.download(f"{link}invoice.pdf")).hexdigest() == was["documents"][number]


def _pay(shop: Installation, browser: Browser, link: str) -> None:
    """The payer opens the link that was mailed then, and pays."""
    hosted = browser.submit(browser.open(link), having="method")
    assert hosted.url.startswith(shop.sandbox["base_url"])
    back = browser.submit(hosted, having="number", number="4242424242424242", expiry="12/39", cvc="123")
    assert "paid" in back.text.lower()


def _buy(browser: Browser, links: list[str]) -> None:
    """Somebody has kept the address of a payment link."""
    [link] = links
    chosen = browser.submit(browser.open(link), having="quantity", quantity="2", tip="10")
    form = chosen.form(having="nonce")
    way = next(each for each in form.choices["method"] if each.startswith("card:"))
    hosted = browser.submit(chosen, having="nonce", method=way, email="cleo@customer.example", name="Cleo")
    page = browser.submit(hosted, having="number", number="4242424242424242", expiry="12/39", cvc="123")
    assert "Paid" in page.text
