"""Fault 42: an old backup is restored, and the provider is ahead. With real processes: two installations, each on an
embedded PostgreSQL of its own, one sandbox provider and one mail server that both know.

The control takes the protection away after the same restore: the payer is charged again and the mails go out again.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from allsquare.core.embedded_postgres import Cluster
from tests.faults.installation import Installation
from tests.sandbox_process import SandboxAccount
from tests.smtp import Smtp, smtp

__all__ = ["smtp"]

# A dozen processes and three clusters: a minute on a quiet machine, four on a busy one.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture
def homes(
    tmp_path: Path, smtp: Smtp, sandbox: SandboxAccount, prefill: Callable[[Path], None]
) -> Iterator[list[Installation]]:
    """Three places, where PostgreSQL's user can reach them: the second is empty, the others have their tables."""
    base = Path("/var/lib") if os.geteuid() == 0 else tmp_path
    places = [base / f"allsquare-restore-{secrets.token_hex(4)}" for _ in range(3)]
    more = {
        "ALLSQUARE_SMTP_PORT": str(smtp.port),
        "ALLSQUARE_BACKUP_PASSPHRASE": "correct horse battery staple",
    }
    for place in (places[0], places[2]):
        prefill(place)
    made = [Installation(place, sandbox.settings, "tests.faults.restore_steps", more) for place in places]
    yield made
    for installation in made:
        installation.close()
    for place in places:
        if place.exists():
            Cluster.at(place / "postgres").stop()
            shutil.rmtree(place)


def test_nobody_is_charged_twice_and_no_mail_goes_out_twice(
    homes: list[Installation], smtp: Smtp, sandbox: SandboxAccount, tmp_path: Path
) -> None:
    old, new, control = homes
    file = tmp_path / "an-hour-ago.backup"
    old.step("before")
    assert old.allsquare("backup", str(file)).returncode == 0
    old.step("after")
    with old.running("worker"):
        end = old.step("rest")
    assert end["credit"] == 0
    charges, refunds, mails = books(sandbox, smtp)
    assert (charges, refunds) == (3, 1)
    assert mails >= 3  # a receipt for each payment

    restored = new.allsquare("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    held = new.step("tell")
    assert held["held"] == 1
    assert {state for _kind, state in held["mails"]} <= {"held", "sent"}
    assert new.step("pay_second") == {"refused": "gateway_unavailable"}
    assert new.step("refund_again") == {"refused": "gateway_unavailable"}

    with new.running("worker"):
        now = new.step("rest")
        assert new.step("pay_second") == {"refused": "invoice_not_payable"}
        assert new.step("refund_again") == {"refused": "refund_too_high"}
    assert books(sandbox, smtp) == (charges, refunds, mails)
    assert now["held"] == 0
    assert [paid for _number, _state, paid in now["invoices"]] == [7500, 10000, 0]
    assert [paid for _number, _state, paid in end["invoices"]] == [7500, 10000, 0, 10000]
    assert now["refunds"] == [["succeeded", 2500]]
    assert now["payments"] == 3
    # The invoice that was issued after the backup is lost; its money is not.
    assert (now["credit"], now["tasks"]) == (10000, ["lost_invoice"])
    assert "held" in {state for _kind, state in now["mails"]}
    assert "queued" not in {state for _kind, state in now["mails"]}
    proven = new.allsquare("verify")
    assert proven.returncode == 0, proven.stdout

    assert control.allsquare("restore", str(file)).returncode == 0
    control.step("let_go")
    with control.running("worker"):
        assert control.step("pay_second") == {"refused": ""}
        control.step("rest")
    again = books(sandbox, smtp)
    assert again[0] == charges + 1
    assert again[2] > mails


def books(sandbox: SandboxAccount, smtp: Smtp) -> tuple[int, int, int]:
    """What the world outside saw: charges that succeeded, refunds, mails."""
    paid = [charge for charge in sandbox.get("/charges", limit="100")["data"] if charge["succeeded_at"]]
    return len(paid), len(sandbox.get("/refunds", limit="100")["data"]), len(smtp.mails)
