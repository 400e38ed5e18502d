"""Comparing with a provider, and asking for its news once more, from the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from allsquare.cli.main import main
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.payments.inquiries import MOST, differences_of
from allsquare.payments.models import Difference, InboxEvent, Inquiry, Payment
from allsquare.payments.services.start_inquiry import start_inquiry
from allsquare.payments.tasks import inquire
from tests.faults.rails import Rail, sandbox_rail
from tests.payments.makers import a_key
from tests.sandbox_process import SandboxAccount

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rail(db: None, sandbox: SandboxAccount, monkeypatch: pytest.MonkeyPatch) -> Rail:
    """The test's database is there already."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://the-one-in-use")
    return sandbox_rail(sandbox)


def untold(rail: Rail) -> Payment:
    payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
    rail.hands.payer_pays(rail.asked(payment))
    return payment


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_exit_status_1_while_something_differs_and_0_when_it_is_mended(
    rail: Rail, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = untold(rail)

    assert main(["reconcile-gateway"]) == 1
    printed = capsys.readouterr().out
    assert "1 objects compared, 1 differences, 0 mended." in printed
    assert f"DIFFERS  charge {payment.reference}: state. here waiting, there succeeded 10000 EUR" in printed

    assert main(["reconcile-gateway", "--mend", "--account", "sandbox", "--json"]) == 0
    told = document(capsys)
    assert told["same"]
    assert [each["mended"] for each in told["accounts"][0]["differences"]] == [True]
    payment.refresh_from_db()
    assert payment.state == "succeeded"

    assert main(["reconcile-gateway", "--json"]) == 0
    assert document(capsys)["accounts"][0]["found"] == 0


def test_what_somebody_else_asked_is_not_taken_for_ones_own(
    rail: Rail, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another was under way, over other days and without mending: it is finished, and then one's own is asked."""
    payment = untold(rail)
    now = clock.now(None)
    other = start_inquiry(
        organization=rail.organization,
        account_id=rail.account.id,
        kind=Inquiry.Kind.COMPARE,
        begins_at=now - timedelta(days=60),
        ends_at=now - timedelta(days=58),
        actor=SYSTEM,
        queued=False,
    )

    assert main(["reconcile-gateway", "--mend", "--json"]) == 0

    printed = capsys.readouterr()
    assert "another one is under way" in printed.err
    (told,) = json.loads(printed.out)["accounts"]
    assert (told["found"], told["mended"]) == (1, 1)
    payment.refresh_from_db()
    other.refresh_from_db()
    assert (payment.state, other.state, other.found) == ("succeeded", "done", 0)


def test_news_is_asked_for_once_more_once(rail: Rail, capsys: pytest.CaptureFixture[str]) -> None:
    untold(rail)

    assert main(["replay-webhooks"]) == 0
    assert "1 were not here" in capsys.readouterr().out
    assert main(["replay-webhooks", "--json"]) == 0
    assert document(capsys)["accounts"][0]["found"] == 0
    assert InboxEvent.objects.filter(organization=rail.organization).count() == 1


def test_the_job_of_the_queue_asks_to_the_end(rail: Rail) -> None:
    payment = untold(rail)
    now = clock.now(None)
    asked = start_inquiry(
        organization=rail.organization,
        account_id=rail.account.id,
        kind=Inquiry.Kind.COMPARE,
        begins_at=now - timedelta(days=3),
        ends_at=now + timedelta(seconds=1),
        mend=True,
        actor=SYSTEM,
    )

    context: Any = SimpleNamespace(should_abort=lambda: False)
    for _ in range(2):  # as after a kill
        inquire(context, organization_id=str(rail.organization.id), inquiry_id=str(asked.id))

    asked.refresh_from_db()
    payment.refresh_from_db()
    assert (asked.state, asked.found, asked.mended) == ("done", 1, 1)
    assert (asked.place, payment.state) == (asked.ends_at, "succeeded")


@pytest.mark.parametrize(
    "wrong", [["--account", "nobody's"], ["--from", "2020-01-01"], ["--organization", "none"]]
)
def test_what_cannot_be_asked_is_said(
    rail: Rail, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reconcile-gateway", *wrong]) == 1
    assert capsys.readouterr().err.startswith("allsquare: ")


#: In no zone, for neither question.
NEVER = [
    ("0001-01-01", "0001-01-03"),
    ("0001-01-01", "9999-12-31"),
    ("1969-12-31", "1970-01-02"),
    ("9999-12-31", "9999-12-31"),
    ("2026-01-02", "2026-01-01"),
    ("2024-01-01", "2026-01-01"),
]


def test_a_time_that_nobody_can_be_asked_about_is_refused_and_leaves_nothing_behind(
    rail: Rail, capsys: pytest.CaptureFixture[str]
) -> None:
    for zone in ("Europe/Berlin", "America/New_York"):
        Organization.objects.filter(id=rail.organization.id).update(time_zone=zone)
        for (first, last), command in product(NEVER, ("reconcile-gateway", "replay-webhooks")):
            assert main([command, "--from", first, "--until", last]) == 1
            told = capsys.readouterr().err
            assert told.startswith("allsquare: "), (zone, first, last)
            assert "Traceback" not in told
    assert not Inquiry.objects.filter(organization=rail.organization).exists()


def test_every_difference_is_listed_however_many(rail: Rail) -> None:
    inquiry = start_inquiry(
        organization=rail.organization,
        account_id=rail.account.id,
        kind=Inquiry.Kind.COMPARE,
        begins_at=clock.now(None) - timedelta(days=1),
        ends_at=clock.now(None),
        actor=SYSTEM,
        queued=False,
    )
    Difference.objects.bulk_create(
        Difference(
            organization=rail.organization,
            inquiry=inquiry,
            subject="charge",
            reference=f"ch_{n}",
            kind="state",
        )
        for n in range(MOST + 1)
    )
    assert len(differences_of(rail.organization, inquiry)) == MOST
    assert len(differences_of(rail.organization, inquiry, limit=None)) == MOST + 1


def test_a_day_that_is_none_is_a_wrong_argument(rail: Rail) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["reconcile-gateway", "--from", "yesterday"])
    assert ended.value.code == 2
