from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.billing.tasks import render_pdf
from allsquare.core import bulk, clock
from allsquare.core.deferring import defer
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db


def jobs() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name="billing.render_pdf").order_by("id"))


def test_jobs_are_queued_as_procrastinate_itself_does_it() -> None:
    later = clock.now(None) + timedelta(hours=1)
    for configured in (
        render_pdf.configure(),
        render_pdf.configure(priority=7, lock="one at a time", queueing_lock="once", schedule_at=later),
    ):
        ProcrastinateJob.objects.all().delete()
        configured.defer(organization_id="ö", invoice_id="1")
        [theirs] = jobs()
        ProcrastinateJob.objects.all().delete()
        defer([configured.make_new_job(organization_id="ö", invoice_id="1")])
        [ours] = jobs()
        for name in ("queue_name", "priority", "lock", "queueing_lock", "args", "status", "scheduled_at"):
            assert getattr(ours, name) == getattr(theirs, name), name


def test_many_are_one_statement_and_none_are_none() -> None:
    made = [render_pdf.configure().make_new_job(organization_id="o", invoice_id=str(n)) for n in range(40)]
    with statements_sent() as sent:
        defer(made)
        defer([])
    assert sent.call_count == 1
    assert [job.args["invoice_id"] for job in jobs()] == [str(n) for n in range(40)]


def test_a_job_that_waits_already_is_refused_at_the_end_of_the_pipeline() -> None:
    job = render_pdf.configure(queueing_lock="once").make_new_job(organization_id="o", invoice_id="1")
    defer([job])

    def again() -> None:
        with bulk.pipelined():
            defer([job])

    with pytest.raises(IntegrityError, match="queueing_lock"), transaction.atomic():
        again()
    assert len(jobs()) == 1
