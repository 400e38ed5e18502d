"""The kill loop, for a moment; and controls: what it would find if something were lost, doubled or different."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from allsquare.core.actor import SYSTEM
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.factories import make_organization
from tests.faults.soak.acknowledged import Acknowledged
from tests.faults.soak.books import Books, Name, differences
from tests.faults.soak.decisions import Victim, case, kills
from tests.faults.soak.findings import doubled, lost
from tests.faults.soak.our_books import our_books
from tests.faults.soak.provider import Provider
from tests.faults.soak.report import Report
from tests.faults.soak.their_books import their_books
from tests.sandbox_process import SandboxAccount

pytestmark = pytest.mark.faults

#: Web, worker, database and sandbox once each, and then some of them again.
KILLS = 6


@pytest.fixture
def home(prefill: Callable[[Path], None]) -> Iterator[Path]:
    """An installation with its tables, where the database's own user may pass."""
    path = Path(tempfile.mkdtemp(prefix="allsquare-soak-"))
    path.chmod(0o711)
    prefill(path)
    yield path
    shutil.rmtree(path, ignore_errors=True)  # it goes by itself when all is well


@pytest.mark.timeout(600)
def test_nothing_is_lost_doubled_or_stuck_when_each_process_is_killed(home: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.soak", "--json", "--seed", "7", "--home", str(home)]
    command += ["--minutes", "0.3", "--desks", "3", "--every", "6", "--at-least", str(KILLS)]
    done = subprocess.run(
        command,
        env={name: value for name, value in os.environ.items() if not name.startswith("ALLSQUARE_")},
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert (told["lost"], told["doubled"], told["differences"], told["verify"]) == ([], [], [], [])
    assert (told["unanswered"], told["idle"]) == ([], [])
    assert sum(told["stuck"].values()) == told["trial_balance"] == 0
    assert sum(told["kills"].values()) >= KILLS
    assert min(told["kills"][name] for name in ("web", "worker", "postgres", "sandbox")) >= 1
    assert told["acknowledged"]["paid"] >= 1
    assert told["objects"]["charge"] >= 1


def test_the_same_seed_decides_the_same() -> None:
    cases = [case(3, desk, number) for desk in range(4) for number in range(50)]
    assert cases == [case(3, desk, number) for desk in range(4) for number in range(50)]
    assert cases != [case(4, desk, number) for desk in range(4) for number in range(50)]
    plan = list(islice(kills(3, every=10), 40))
    assert plan == list(islice(kills(3, every=10), 40))
    assert {kill.victim for kill in plan} == set(Victim)
    assert all(one.at < other.at for one, other in pairwise(plan))


BOOKS: Books = {
    Name("charge", "ch_1"): {"state": "succeeded", "amount": 1000, "fee": 39, "refunded": 0},
    Name("charge", "ch_2"): {"state": "unpaid", "amount": 500, "fee": 0, "refunded": 0},
    Name("refund", "re_1"): {"state": "succeeded", "amount": 200, "charge": "ch_1"},
    Name("dispute", "dp_1"): {"state": "lost", "amount": 800, "fee": 1500},
    Name("payout", "po_1"): {"amount": 961, "items": [("ch_1", 961)]},
    Name("balance", "EUR"): {"amount": 0},
}


def test_the_same_books_have_no_difference() -> None:
    assert differences(theirs=BOOKS, ours=deepcopy(BOOKS)) == []


@pytest.mark.parametrize("name", BOOKS, ids=lambda name: name.kind)
def test_control_an_object_that_one_side_lacks_is_reported(name: Name) -> None:
    without = {other: facts for other, facts in BOOKS.items() if other != name}
    (missing,) = differences(theirs=BOOKS, ours=without)
    assert f"{name.kind} {name.reference}: only the provider has it" in missing
    (extra,) = differences(theirs=without, ours=BOOKS)
    assert f"{name.kind} {name.reference}: only we have it" in extra


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        (Name("charge", "ch_1"), "amount", 1001),
        (Name("charge", "ch_1"), "fee", 0),
        (Name("charge", "ch_2"), "state", "succeeded"),
        (Name("refund", "re_1"), "state", "failed"),
        (Name("dispute", "dp_1"), "fee", 1499),
        (Name("payout", "po_1"), "items", [("ch_1", 961), ("ch_1", 961)]),
        (Name("balance", "EUR"), "amount", 1),
    ],
)
def test_control_a_fact_that_differs_is_reported(name: Name, key: str, value: object) -> None:
    planted = {**BOOKS, name: {**BOOKS[name], key: value}}
    (found,) = differences(theirs=BOOKS, ours=planted)
    assert found.startswith(f"{name.kind} {name.reference}: {key} is ")


@pytest.fixture
def provider(sandbox: SandboxAccount) -> Iterator[Provider]:
    found = Provider(sandbox.base_url, sandbox.api_key)
    yield found
    found.close()


@pytest.mark.django_db
def test_control_a_charge_that_we_do_not_know_is_reported(
    sandbox: SandboxAccount, provider: Provider
) -> None:
    organization = make_organization()
    account = add_gateway_account(
        organization=organization, gateway="sandbox", label="Sandbox", settings=sandbox.settings, actor=SYSTEM
    )
    charge = sandbox.paid(1000)
    found = differences(theirs=their_books(provider), ours=our_books(organization, account))
    assert [line.split(",")[0] for line in found] == [
        "balance EUR: only the provider has it",
        f"charge {charge['id']}: only the provider has it",
    ]


@pytest.mark.django_db
def test_control_a_second_charge_for_one_attempt_is_reported(
    sandbox: SandboxAccount, provider: Provider
) -> None:
    attempt = str(uuid4())
    sandbox.paid(1000, metadata={"attempt": attempt})
    assert doubled(make_organization(), provider) == []
    sandbox.paid(1000, metadata={"attempt": attempt})
    assert doubled(make_organization(), provider) == [f"2 charges for attempt {attempt}"]


@pytest.mark.django_db
def test_control_what_was_said_and_is_not_there_is_lost() -> None:
    told = Acknowledged("http://square.example")
    payment, key, token = uuid4(), uuid4(), "t" * 22
    redirected = {"Location": f"/payments/{payment}/"}
    told.hear(_answer("POST", f"/invoices/{uuid4()}/record-payment/", {}, 302, redirected))
    told.hear(_answer("POST", f"/payments/{payment}/refund/", {"key": str(key)}, 302, redirected))
    told.hear(
        _answer("POST", f"/invoices/{uuid4()}/record-payment/", {}, 422, {})
    )  # refused: nothing was said
    page = f'<a href="/pay/{token}/receipt/{payment}.pdf">Receipt</a>'
    told.hear(_answer("GET", f"/pay/{token}/", {}, 200, {}, page))
    assert told.counts() == {"paid": 1, "recorded": 1, "refund": 1}
    assert lost(make_organization(), told) == [
        f"paid {payment}",
        f"recorded {payment}",
        f"refund console:{key}",
    ]


def _answer(
    method: str, path: str, sent: dict[str, str], status: int, headers: dict[str, str], text: str = ""
) -> httpx.Response:
    request = httpx.Request(method, f"http://square.example{path}", data=sent or None)
    return httpx.Response(status, headers=headers, text=text, request=request)


def worked(**more: Any) -> Report:
    """A run in which something was done, and all of it was right."""
    return Report(
        1,
        **{
            "cases": 3,
            "kills": {"web": 1},
            "acknowledged": {"paid": 2},
            "objects": {"charge": 2},
            "stuck": {"payments": 0},
            **more,
        },
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"lost": ["paid x"]},
        {"doubled": ["2 charges"]},
        {"stuck": {"payments": 1}},
        {"verify": ["trial_balance"]},
        {"differences": ["charge ch_1"]},
        {"trial_balance": -1},
        {"unanswered": ["GET /"]},
        {"cases": 0},
        {"kills": {"web": 0}},
        {"acknowledged": {"issued": 3}},
        {"objects": {"payout": 1}},
    ],
)
def test_control_one_finding_of_any_kind_is_not_clean(broken: dict[str, Any]) -> None:
    assert worked().clean
    report = worked(**broken)
    assert not report.clean
    assert "NOT all square." in report.as_table()
