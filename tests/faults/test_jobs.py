"""Fault 45: a job of the queue that fails whenever it is tried, by a real worker. The rest flows, a person sees it with
its reason, and when the reason is gone it is done.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.connect.models import Export
from allsquare.connect.services.start_export import start_export
from allsquare.connect.services.tell_failed_jobs import tell_failed_jobs
from allsquare.core.ids import new_id
from allsquare.core.models import JobTrouble
from allsquare.identity.roles import Role
from allsquare.insights.dashboard.needs import Need, needs
from allsquare.insights.proofs import BY_NAME
from allsquare.web.console.lists.looks import LOOKS
from tests.factories import member_actor
from tests.faults.shop import database_url
from tests.square import assert_all_square
from tests.web.console.world import World

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    with connection.cursor() as cursor:  # pytest empties Django's own tables only
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    return World()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Where the worker is to keep PDFs: a file is in the place of the folder."""
    place = tmp_path / "documents"
    place.write_text("in the way")
    return place


#: A worker's process. Whatever failed is due again at once, until nothing is tried again.
WORK: Final = """
import sys
import django
from django.conf import settings
from django.db import connection
settings.STORAGES["documents"]["OPTIONS"]["location"] = sys.argv[1]
django.setup()
from procrastinate.contrib.django.models import ProcrastinateJob
from allsquare.cli import worker
if sys.argv[2] == "mute":
    worker.keep_reason = lambda call_next, context, doing: call_next()
while ProcrastinateJob.objects.filter(status="todo").exists():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    worker.work(concurrency=2, wait=False)
"""


def work(documents: Path, *, mute: bool = False) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "allsquare.config.settings",
    }
    command = [sys.executable, "-c", WORK, str(documents), "mute" if mute else ""]
    subprocess.run(command, env=environment, timeout=60, check=True)


def export(world: World) -> Export:
    return start_export(
        organization=world.organization,
        list_name="customers",
        parameters={},
        file_format="csv",
        key=str(new_id()),
        actor=member_actor(world.organization),
    )


def failed(invoice: Invoice) -> JobTrouble:
    return JobTrouble.objects.get(args__invoice_id=str(invoice.id))


def test_it_is_parked_and_visible_and_done_when_its_reason_is_gone(
    world: World, documents: Path, settings: Settings
) -> None:
    bad = world.issued()
    good = export(world)
    work(documents)
    assert tell_failed_jobs() == 1
    good.refresh_from_db()
    assert good.state == "done", "the rest flows"
    trouble = failed(bad)
    assert (trouble.state, trouble.organization_id) == ("failed", world.organization.id)
    assert trouble.error.splitlines()[0] == "The machine did not let us:"
    assert [finding.facts["task"] for finding in BY_NAME["jobs_succeed"].find()] == ["billing.render_pdf"]
    assert [(group.need, group.count) for group in needs(world.organization)] == [(Need.JOB, 1)]

    clerk = world.client(Role.BILLING_CLERK)
    home = clerk.get("/").text
    assert "PDF of an invoice: tried to the end and not done. The machine did not let us:" in home
    page = clerk.get(LOOKS["jobs"].url, {"state": "failed"}).text
    assert str(bad.number) in page

    documents.unlink()
    clerk.post(f"/jobs/{trouble.id}/again/")
    work(documents)
    tell_failed_jobs()
    assert InvoiceDocument.objects.filter(invoice=bad).exists()
    assert not JobTrouble.objects.exists()
    assert not needs(world.organization)
    settings.STORAGES = {
        **settings.STORAGES,
        "documents": {**settings.STORAGES["documents"], "OPTIONS": {"location": str(documents)}},
    }
    assert_all_square()


def test_control_the_queue_alone_says_neither_why_nor_whose(world: World, documents: Path) -> None:
    bad = world.issued()
    work(documents, mute=True)
    assert ProcrastinateJob.objects.get(args__invoice_id=str(bad.id)).status == "failed"
    assert not JobTrouble.objects.exists()
    assert not needs(world.organization)
