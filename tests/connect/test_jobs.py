"""A job that failed to its last try is shown to a person, who has it tried again or leaves it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.connect.errors import JobNotFailed, JobUnknown
from allsquare.connect.services.leave_job import leave_job
from allsquare.connect.services.tell_failed_jobs import tell_failed_jobs
from allsquare.connect.services.try_job_again import try_job_again
from allsquare.core.errors import PermissionDenied
from allsquare.core.jobs import remember
from allsquare.core.models import Event, JobTrouble
from allsquare.identity.roles import Role
from tests.factories import make_organization, member_actor
from tests.web.console.world import World

pytestmark = pytest.mark.django_db
S = JobTrouble.State


@pytest.fixture
def world(db: None) -> World:
    with connection.cursor() as cursor:  # tests that really commit leave jobs behind
        cursor.execute("DELETE FROM procrastinate_jobs")
    return World()


def told(world: World) -> list[str]:
    kinds = Event.objects.filter(organization_id=world.organization.id, kind__startswith="job.")
    return list(kinds.order_by("id").values_list("kind", flat=True))


def set_state(job_id: int, state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [state, job_id])


def test_only_what_failed_to_its_last_try_is_told_and_once(world: World) -> None:
    trouble = world.trouble()
    JobTrouble.objects.update(state=S.TRYING)
    set_state(trouble.job_id, "todo")
    assert tell_failed_jobs() == 0
    set_state(trouble.job_id, "failed")
    assert [tell_failed_jobs(), tell_failed_jobs()] == [1, 0]
    assert JobTrouble.objects.get().state == S.FAILED
    assert told(world) == ["job.failed"]


def test_a_failure_that_nobody_explained_is_told_too(world: World) -> None:
    trouble = world.trouble()
    JobTrouble.objects.all().delete()
    assert tell_failed_jobs() == 1
    found = JobTrouble.objects.get()
    assert (found.job_id, found.organization_id, found.tries) == (trouble.job_id, world.organization.id, 6)
    assert found.error


def test_what_is_done_after_all_is_forgotten(world: World) -> None:
    trouble = world.trouble()
    try_job_again(
        organization=world.organization, trouble_id=trouble.id, actor=member_actor(world.organization)
    )
    assert ProcrastinateJob.objects.get(id=trouble.job_id).status == "todo"
    tell_failed_jobs()
    assert JobTrouble.objects.get().state == S.AGAIN
    ProcrastinateJob.objects.all()._raw_delete("default")
    tell_failed_jobs()
    assert not JobTrouble.objects.exists()


def test_jobs_that_plan_for_themselves_are_nobodys_trouble(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, status)
               VALUES ('mail', 'notifications.send_mail', 'failed')"""
        )
    remember(1, "notifications.send_mail", {}, tries=1, error="x")
    assert tell_failed_jobs() == 0
    assert not ProcrastinateJob.objects.exists()
    assert not JobTrouble.objects.exists()


def test_trying_again_and_leaving_change_something_once(world: World) -> None:
    actor = member_actor(world.organization, Role.BILLING_CLERK)
    again, left = world.trouble(), world.trouble()
    for _ in range(2):
        try_job_again(organization=world.organization, trouble_id=again.id, actor=actor)
        leave_job(organization=world.organization, trouble_id=left.id, actor=actor)
    assert told(world) == ["job.tried_again", "job.left"]
    assert [job.id for job in ProcrastinateJob.objects.all()] == [again.job_id]
    tell_failed_jobs()
    assert set(JobTrouble.objects.values_list("state", flat=True)) == {S.AGAIN, S.LEFT}


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (S.TRYING, try_job_again),
        (S.LEFT, try_job_again),
        (S.TRYING, leave_job),
        (S.AGAIN, leave_job),
    ],
)
def test_what_has_not_failed_is_refused_in_a_sentence(
    world: World, state: str, act: Callable[..., object]
) -> None:
    trouble = world.trouble()
    JobTrouble.objects.filter(id=trouble.id).update(state=state)
    with pytest.raises(JobNotFailed):
        act(organization=world.organization, trouble_id=trouble.id, actor=member_actor(world.organization))
    assert JobTrouble.objects.get().state == state
    assert ProcrastinateJob.objects.get(id=trouble.job_id).status == "failed"
    assert told(world) == []


@pytest.mark.parametrize("act", [try_job_again, leave_job])
def test_only_who_issues_invoices_and_only_at_home(world: World, act: object) -> None:
    trouble = world.trouble()
    other = make_organization()
    assert callable(act)
    with pytest.raises(PermissionDenied):
        act(
            organization=world.organization,
            trouble_id=trouble.id,
            actor=member_actor(world.organization, Role.VIEWER),
        )
    with pytest.raises(JobUnknown):
        act(organization=other, trouble_id=trouble.id, actor=member_actor(other))
