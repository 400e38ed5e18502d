"""A person has looked at a task."""

from __future__ import annotations

import pytest

from allsquare.core import clock
from allsquare.core.errors import PermissionDenied
from allsquare.core.ids import new_id
from allsquare.core.selectors import events_of
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.errors import TaskUnknown
from allsquare.payments.models import Attention
from allsquare.payments.selectors import open_task, payments_of_tasks
from allsquare.payments.services.resolve_attention import resolve_attention
from tests.factories import make_organization, member_actor


@pytest.fixture
def task(organization: Organization) -> Attention:
    return Attention.objects.create(
        organization=organization,
        kind="second_charge",
        subject_type="payment",
        subject_id=new_id(),
        data={"text": "Charged twice."},
        created_at=clock.now(organization),
    )


def test_it_is_done_once_and_no_longer_open(organization: Organization, task: Attention) -> None:
    clerk = member_actor(organization, Role.BILLING_CLERK)
    assert open_task(organization, task.kind) == task
    assert payments_of_tasks(organization, [task]) == {task.id: task.subject_id}
    first = resolve_attention(organization=organization, task_id=task.id, actor=clerk)
    second = resolve_attention(organization=organization, task_id=task.id, actor=clerk)
    assert first.resolved_at == second.resolved_at is not None
    assert open_task(organization, task.kind) is None
    (event,) = events_of(organization.id, [task.subject_id])
    assert (event.kind, event.actor_id, event.data["text"]) == (
        "attention.resolved",
        clerk.id,
        "Charged twice.",
    )


def test_nobody_else_may_and_nobody_elses_is_known(organization: Organization, task: Attention) -> None:
    with pytest.raises(PermissionDenied):
        resolve_attention(
            organization=organization, task_id=task.id, actor=member_actor(organization, Role.VIEWER)
        )
    other = make_organization()
    with pytest.raises(TaskUnknown):
        resolve_attention(organization=other, task_id=task.id, actor=member_actor(other))
    task.refresh_from_db()
    assert task.resolved_at is None
