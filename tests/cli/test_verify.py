"""``allsquare verify``: what it prints, and its exit status."""

from __future__ import annotations

import argparse
import json

import pytest
from django.utils.translation import gettext_lazy as _

from allsquare.cli import verify
from allsquare.cli.main import main
from allsquare.insights.proofs import PROOFS, Finding, Proof

BROKEN = Proof(
    "gold",
    "I1",
    _("There is gold in the cellar."),
    "cellar",
    _("It holds %(gold_minor)s."),
    lambda: iter([Finding("org", "cellar", {"gold_minor": 0, "currency": "EUR"}, in_all=3)]),
)


@pytest.fixture(autouse=True)
def running(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's database is there already."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://the-one-in-use")


def test_exit_status_0_when_every_promise_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.run(argparse.Namespace(json=False, all=False)) == 0
    printed = capsys.readouterr().out
    assert printed.count("holds ") == len(PROOFS)
    assert "All square." in printed


def test_exit_status_1_and_the_row_when_one_does_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PROOFS", (*PROOFS, BROKEN))
    assert verify.run(argparse.Namespace(json=False, all=False)) == 1
    printed = capsys.readouterr().out
    assert "org cellar: It holds €0.00." in printed
    assert f"1 of {len(PROOFS) + 1} promises are broken." in printed


def test_programs_get_one_document(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PROOFS", (BROKEN,))
    assert verify.run(argparse.Namespace(json=True, all=False)) == 1
    document = json.loads(capsys.readouterr().out)
    (proof,) = document["proofs"]
    assert (document["holds"], proof["holds"], proof["more"]) == (False, False, 2)
    assert proof["findings"] == [
        {
            "organization": "org",
            "about": "cellar",
            "subject": "cellar",
            "text": "It holds €0.00.",
            "facts": {"gold_minor": 0, "currency": "EUR"},
        }
    ]


def test_all_is_read_when_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "THOROUGH", (BROKEN,))
    assert verify.run(argparse.Namespace(json=False, all=True)) == 1
    assert "1 of 1 promises are broken." in capsys.readouterr().out


def test_it_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out
