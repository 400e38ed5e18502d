"""Simulated days with faults: nothing is lost, doubled, stuck or different; and a seed does the same again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.faults.simulated.days import simulate
from tests.faults.simulated.plan import dies_at, fate, visits
from tests.faults.simulated.report import Report
from tests.sandbox_process import SandboxAccount, SandboxProcess

pytestmark = pytest.mark.faults

Record = Callable[[str, object], None]


def tell(report: Report, record_property: Record) -> None:
    print(f"\n{report.as_table()}")  # noqa: T201 - the figures are what a reader of -s wants
    record_property("figure", report.as_json())
    assert report.clean, report.as_table()


def test_a_seed_decides_everything() -> None:
    assert visits(7, days=2, a_day=30) == visits(7, days=2, a_day=30)
    assert visits(7, days=2, a_day=30) != visits(8, days=2, a_day=30)
    assert visits(7, days=3, a_day=30)[:60] == visits(7, days=2, a_day=30)
    deaths = [dies_at(7, action) for action in range(3000)]
    assert 350 < sum(map(bool, deaths)) < 650
    assert max(deaths) == 8
    lost = sum(not fate(7, number).arrivals for number in range(1000))
    assert 60 < lost < 140


@pytest.mark.timeout(300)
def test_some_days(
    transactional_db: None,
    sandbox: SandboxAccount,
    sandbox_process: SandboxProcess,
    record_property: Record,
) -> None:
    report = simulate((sandbox, sandbox_process.account()), seed=20261127, days=1, a_day=30)
    tell(report, record_property)
    assert report.payments >= 30
    assert report.together
    assert report.at_readers
    assert report.tips
    assert report.kept
    assert report.notes
    assert report.kills >= 5
    assert report.resolved
    assert report.forged
    assert report.news_lost


@pytest.mark.timeout(300)
def test_the_same_seed_does_the_same_again(
    transactional_db: None, sandbox: SandboxAccount, sandbox_process: SandboxProcess
) -> None:
    short = timedelta(hours=6)  # it need not come to rest for that
    one = simulate((sandbox, sandbox_process.account()), seed=3, days=1, a_day=10, rest=short)
    again = (sandbox_process.account(), sandbox_process.account())
    other = simulate(again, seed=3, days=1, a_day=10, rest=short)
    assert one.digest == other.digest
    assert one.deaths == other.deaths


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "seed", range(int(os.environ.get("SEED", "1")), int(os.environ.get("SEED", "1")) + 3)
)
def test_a_month(
    transactional_db: None,
    sandbox: SandboxAccount,
    sandbox_process: SandboxProcess,
    record_property: Record,
    seed: int,
) -> None:
    report = simulate((sandbox, sandbox_process.account()), seed=seed, days=30, a_day=50)
    tell(report, record_property)
    assert report.payments >= 1500
    assert report.moved
