"""The worker's steady rounds: one that fails does not stop the others."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError

from allsquare.cli import worker
from allsquare.cli.lanes import Lanes
from allsquare.cli.worker import Round, go_round
from allsquare.connect.services.expire_exports import expire_exports
from allsquare.connect.services.tell_failed_jobs import tell_failed_jobs
from allsquare.core import clock
from allsquare.core.errors import AllsquareError
from allsquare.core.jobs import retry_stalled_jobs
from allsquare.core.sealer import seal
from allsquare.identity.models import Organization
from allsquare.insights.services.start_nightly_check import start_nightly_check
from allsquare.payments.models import GatewayAccount
from tests.factories import make_organization
from tests.payments.makers import offline_account


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failure", [OperationalError("gone"), AllsquareError("no adapter")])
def test_a_failure_ends_a_round_and_not_the_worker(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    stopped = threading.Event()
    calls: list[str] = []

    def failing() -> int:
        calls.append("failing")
        raise failure

    def working() -> int:
        calls.append("working")
        if len(calls) >= 6:
            stopped.set()
        return 1

    go_round([Round("bad", 0.0, failing), Round("good", 0.0, working)], stopped)
    assert calls[:6] == ["failing", "working"] * 3
    assert "round bad failed" in caplog.text


def test_a_worker_without_its_rounds_does_not_look_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []

    def broken(todo: list[Round], stopped: threading.Event) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(worker, "go_round", broken)
    monkeypatch.setattr("os.kill", lambda pid, number: killed.append(number))
    with pytest.raises(RuntimeError):
        worker._go_round_or_end(threading.Event())
    assert killed == [signal.SIGTERM]


def test_everything_that_waits_has_a_round() -> None:
    """What is named here nobody else does: not the job queue, and no request."""
    works = {each.name: getattr(each.work, "func", each.work) for each in worker.rounds(Lanes())}
    assert works.keys() == {
        "restore",
        "inbox",
        "events",
        "sweep",
        "history",
        "mail",
        "autopay",
        "disputes",
        "left open",
        "cards that end",
        "units held",
        "risk",
        "news",
        "sessions",
        "seal",
        "exports",
        "batches",
        "troubles",
        "stalled jobs",
        "failed jobs",
        "books",
    }
    assert works["inbox"] is worker.drain_inboxes
    assert works["events"] is worker.follow_events
    assert works["sweep"] is worker.sweep_payments
    assert works["history"] is worker.ask_histories
    assert works["restore"] is worker.recover_after_restore
    assert works["stalled jobs"] is retry_stalled_jobs
    assert works["failed jobs"] is tell_failed_jobs
    assert works["units held"] is worker.free_units_held
    assert works["autopay"] is worker.charge_by_agreement
    assert works["risk"] is worker.forget_payers
    assert works["news"] is worker.forget_what_was_told
    assert works["troubles"] is worker.forget_outages
    assert works["left open"] is worker.show_what_is_left_open
    assert works["seal"] is seal
    assert works["exports"] is expire_exports
    assert works["books"] is start_nightly_check


@pytest.mark.django_db
def test_histories_are_asked_for_one_account_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = [offline_account(make_organization()) for _ in range(2)]
    GatewayAccount.objects.filter(id__in=[each.id for each in accounts]).update(gateway="sandbox")
    asked: list[UUID] = []

    def ask(*, organization: Organization, gateway_account: GatewayAccount) -> bool:
        asked.append(gateway_account.id)
        later = clock.now(None) + timedelta(hours=1)
        GatewayAccount.objects.filter(organization=organization, id=gateway_account.id).update(
            history_due_at=later
        )
        return True

    monkeypatch.setattr(worker, "ask_history", ask)
    assert [worker.ask_histories() for _ in range(3)] == [1, 1, 0]
    assert sorted(asked) == sorted(each.id for each in accounts)


@pytest.mark.django_db
def test_an_organization_that_fails_does_not_keep_those_after_it_from_charging(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = make_organization(), make_organization()
    served: list[UUID] = []

    def run_autopay(*, organization: Organization) -> int:
        if organization == first:
            raise AllsquareError("no adapter")
        served.append(organization.id)
        return 2

    monkeypatch.setattr(worker, "run_autopay", run_autopay)
    monkeypatch.setattr(worker, "organizations_with_autopay", lambda: [first, second])
    assert worker.charge_by_agreement() == 2
    assert served == [second.id]
    assert str(first.id) in caplog.text


@pytest.mark.django_db
def test_an_organization_that_fails_does_not_keep_those_after_it_from_their_units(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = make_organization(), make_organization()

    def free_units(*, organization: Organization) -> int:
        if organization == first:
            raise AllsquareError("no adapter")
        return 2

    monkeypatch.setattr(worker, "free_units", free_units)
    monkeypatch.setattr(worker, "organizations_with_units_held", lambda: [first, second])
    assert worker.free_units_held() == 2
    assert str(first.id) in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "failure", [KeyError("api_key"), ValueError("no address"), AllsquareError("no adapter")]
)
def test_an_account_that_fails_does_not_keep_the_news_of_those_after_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    first, second = (offline_account(make_organization()) for _ in range(2))

    def serve(*, organization: Organization, gateway_account: GatewayAccount) -> int:
        if gateway_account == first:
            raise failure
        return 2

    for work in ("drain", "recover", "ask_history"):
        monkeypatch.setattr(worker, work, serve)
    monkeypatch.setattr(worker, "accounts_with_mail", lambda: [first, second])
    assert worker.drain_inboxes() == 2
    assert str(first.id) in caplog.text
    monkeypatch.setattr(worker, "accounts_to_ask", lambda: [first])
    assert worker.ask_histories() == 0


@pytest.mark.django_db
def test_the_databases_trouble_is_no_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    account = offline_account(make_organization())

    def gone(*, organization: Organization, gateway_account: GatewayAccount) -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(worker, "drain", gone)
    monkeypatch.setattr(worker, "accounts_with_mail", lambda: [account])
    with pytest.raises(OperationalError):
        worker.drain_inboxes()
