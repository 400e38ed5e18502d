"""The same act for many rows: each done once or left as it was with its reason, whatever happens to the worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, OperationalError, connection
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException

from allsquare.billing.models import Invoice
from allsquare.connect.errors import BatchUnknown, TooManyBatches
from allsquare.connect.long_work import MOST
from allsquare.connect.models import Batch, BatchRow
from allsquare.connect.selectors import count_batch, get_batch, get_export, rows_of_batch
from allsquare.connect.services import run_batch as running
from allsquare.connect.services.expire_batches import expire_batches
from allsquare.connect.services.leave_job import leave_job
from allsquare.connect.services.resume_batch import resume_batch
from allsquare.connect.services.resume_export import resume_export
from allsquare.connect.services.run_batch import MOST_TRIES, run_batch
from allsquare.connect.services.start_batch import start_batch
from allsquare.connect.services.start_export import start_export
from allsquare.connect.services.stop_batch import stop_batch
from allsquare.connect.services.tell_failed_jobs import tell_failed_jobs
from allsquare.connect.services.try_job_again import try_job_again
from allsquare.connect.states import BatchState
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given, batch_act
from allsquare.core.errors import FieldErrors, InvalidInput, NotFound, PermissionDenied
from allsquare.core.ids import first_id_at, new_id
from allsquare.core.models import Event, JobTrouble
from allsquare.identity.models import Membership
from allsquare.identity.roles import Role
from allsquare.payments.models import Payment
from tests.factories import make_customer, make_organization, member_actor
from tests.notifications.makers import read_all
from tests.web.console.world import World


@pytest.fixture
def owner(world: World) -> Actor:
    return member_actor(world.organization)


@pytest.fixture
def world(db: None) -> World:
    with connection.cursor() as cursor:  # tests that really commit leave jobs behind
        cursor.execute("DELETE FROM procrastinate_jobs")
    return World()


def start(world: World, actor: Actor, invoices: list[Invoice], **more: object) -> Batch:
    fields: dict[str, object] = {"given": {"reason": " Sent twice "}, "key": str(new_id()), **more}
    return start_batch(
        organization=world.organization,
        act=str(fields.pop("act", "invoices.void")),
        list_name="invoices",
        rows=[(invoice.id, invoice.number or "") for invoice in invoices],
        actor=actor,
        **fields,  # type: ignore[arg-type]  # a test's shorthand
    )


def states(world: World) -> dict[UUID, str]:
    return dict(Invoice.objects.filter(organization=world.organization).values_list("id", "state"))


def kinds(world: World) -> list[str]:
    found = Event.objects.filter(organization_id=world.organization.id, subject_type="batch").order_by("id")
    return list(found.values_list("kind", flat=True))


def test_what_can_be_void_is_and_the_rest_is_told_one_by_one(world: World, owner: Actor) -> None:
    fine, paid, draft, paying = world.issued(), world.issued(), world.draft(), world.issued()
    world.paid(paid)
    under_way = world.paid(world.issued())
    Payment.objects.filter(id=under_way.id).update(invoice=paying, state="pending", gateway="sandbox")
    batch = start(world, owner, [fine, paid, draft, paying])
    run_batch(organization=world.organization, batch_id=batch.id)
    after = states(world)
    assert [after[each.id] for each in (fine, paid, draft, paying)] == ["void", "paid", "draft", "issued"]
    batch = get_batch(world.organization, batch.id)
    count = count_batch(world.organization, batch)
    assert (batch.state, count.done, count.refused, count.waiting) == ("done", 1, 3, 0)
    rows = rows_of_batch(world.organization, batch)
    assert [row.subject_id for row in rows] == [paid.id, draft.id, paying.id, fine.id]
    assert [row.words for row in rows] == [
        "An invoice that is paid cannot be made void. Give what was paid back first.",
        "An invoice that is draft cannot be made void. Give what was paid back first.",
        "A payment of €119.00 is under way. Wait for its answer, then decide.",
        "Void.",
    ]
    fine.refresh_from_db()
    assert fine.void_reason == "Sent twice"
    voided = Event.objects.get(organization_id=world.organization.id, kind="invoice.voided")
    assert (voided.actor_id, voided.subject_id) == (owner.id, fine.id)
    assert kinds(world) == ["batch.started", "batch.finished"]


def test_the_same_key_is_the_same_batch_and_a_second_run_does_nothing(world: World, owner: Actor) -> None:
    invoices = [world.issued(), world.issued()]
    first = start(world, owner, invoices, key="k")
    assert start(world, owner, invoices, key="k").id == first.id
    for _worker in range(2):
        run_batch(organization=world.organization, batch_id=first.id)
    assert set(states(world).values()) == {"void"}
    assert Event.objects.filter(organization_id=world.organization.id, kind="invoice.voided").count() == 2
    assert kinds(world) == ["batch.started", "batch.finished"]


def test_nothing_is_begun_without_a_reason_a_right_or_rows(world: World, owner: Actor) -> None:
    invoice = world.issued()
    with pytest.raises(FieldErrors, match="Say why"):
        start(world, owner, [invoice], given={"reason": "  "})
    with pytest.raises(PermissionDenied):
        start(world, member_actor(world.organization, Role.BILLING_CLERK), [invoice])
    with pytest.raises(InvalidInput, match="from 1 to"):
        start(world, owner, [])
    with pytest.raises(NotFound):
        start(world, owner, [invoice], act="invoices.burn")
    assert not Batch.objects.filter(organization=world.organization).exists()


def test_a_worker_that_dies_leaves_no_row_half_done(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoices = [world.issued() for _ in range(3)]
    batch = start(world, owner, invoices)

    def dying(run: Callable[..., str]) -> Callable[..., str]:
        def run_then_die(organization: object, actor: Actor, name: UUID, given: Given) -> str:
            words = run(organization, actor, name, given)
            if name == invoices[1].id:
                raise KeyboardInterrupt
            return words

        return run_then_die

    real = batch_act("invoices.void")
    deadly = BatchAct(name=real.name, permission=real.permission, run=dying(real.run), check=real.check)
    with monkeypatch.context() as patch:
        patch.setattr(running, "batch_act", lambda _name: deadly)
        with pytest.raises(KeyboardInterrupt):
            run_batch(organization=world.organization, batch_id=batch.id)
    assert [states(world)[each.id] for each in invoices] == ["void", "issued", "issued"]
    run_batch(organization=world.organization, batch_id=batch.id)
    assert set(states(world).values()) == {"void"}
    assert Event.objects.filter(organization_id=world.organization.id, kind="invoice.voided").count() == 3


def break_row(monkeypatch: pytest.MonkeyPatch, broken: UUID, error: Exception) -> None:
    """Voiding that one invoice raises ``error``."""
    real = batch_act("invoices.void")

    def faulty(organization: object, actor: Actor, name: UUID, given: Given) -> str:
        if name == broken:
            raise error
        return real.run(organization, actor, name, given)

    act = BatchAct(name=real.name, permission=real.permission, run=faulty)
    monkeypatch.setattr(running, "batch_act", lambda _name: act)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        OSError(28, "No space left"),
        RuntimeError("x"),
        ConnectorException("x"),
        IntegrityError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_one_row_raises_leaves_the_others_their_turn(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    invoices = [world.issued(), world.issued()]
    batch = start(world, owner, invoices)
    break_row(monkeypatch, invoices[0].id, error)
    run_batch(organization=world.organization, batch_id=batch.id)
    assert [states(world)[each.id] for each in invoices] == ["issued", "void"]
    refused = BatchRow.objects.get(organization=world.organization, state="refused")
    assert "a fault of the program" in refused.words
    assert get_batch(world.organization, batch.id).state == "done"


def lost_connection() -> ConnectorException:
    """As the queue wraps it, when a job is put into it."""
    error = ConnectorException("the connection is closed")
    error.__cause__ = OperationalError("the connection is closed")
    return error


@pytest.fixture
def given_up(world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> Batch:
    """A batch of two whose second row the database never let be done, to the last try."""
    invoices = [world.issued(), world.issued()]
    batch = start(world, owner, invoices)
    with monkeypatch.context() as patch:
        break_row(patch, invoices[1].id, lost_connection())
        with pytest.raises(OperationalError):
            run_batch(organization=world.organization, batch_id=batch.id)
    assert count_batch(world.organization, batch).waiting == 1
    fail_jobs()
    return get_batch(world.organization, batch.id)


def test_a_row_that_the_database_never_lets_be_done_holds_nobody_up_and_is_given_up(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoices = [world.issued() for _ in range(3)]
    batch = start(world, owner, invoices)
    break_row(monkeypatch, invoices[0].id, OperationalError("canceling statement due to lock timeout"))
    for run in range(1, MOST_TRIES):
        with pytest.raises(OperationalError, match="lock timeout"):
            run_batch(organization=world.organization, batch_id=batch.id)
        row = BatchRow.objects.get(organization=world.organization, subject_id=invoices[0].id)
        assert (row.state, row.tries) == ("waiting", run)
        assert [states(world)[each.id] for each in invoices] == ["issued", "void", "void"]
        assert get_batch(world.organization, batch.id).state == "running"
    run_batch(organization=world.organization, batch_id=batch.id)
    row.refresh_from_db()
    assert row.state == "refused"
    assert row.words.endswith("after several tries: canceling statement due to lock timeout")
    assert get_batch(world.organization, batch.id).state == "done"
    assert kinds(world) == ["batch.started", "batch.finished"]


def fail_jobs() -> None:
    """As the queue does after the last try, and the worker's next round."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM procrastinate_jobs WHERE task_name <> 'connect.do_batch';
               UPDATE procrastinate_jobs SET status = 'failed', attempts = 5"""
        )
    tell_failed_jobs()


def test_a_batch_whose_job_failed_for_good_says_why_and_goes_on_by_its_page(
    world: World, owner: Actor, given_up: Batch
) -> None:
    assert given_up.state == BatchState.FAILED
    assert "Nobody wrote down why" in given_up.error
    again = resume_batch(organization=world.organization, batch_id=given_up.id, actor=owner)
    assert (again.state, again.error) == ("queued", "")
    assert not JobTrouble.objects.exists(), "it waits for nobody any more"
    assert list(ProcrastinateJob.objects.values_list("status", flat=True)) == ["todo"]
    run_batch(organization=world.organization, batch_id=given_up.id)
    assert set(states(world).values()) == {"void"}
    assert kinds(world) == ["batch.started", "batch.failed", "batch.resumed", "batch.finished"]


def test_it_goes_on_by_its_job_too(world: World, owner: Actor, given_up: Batch) -> None:
    trouble = JobTrouble.objects.get()
    try_job_again(organization=world.organization, trouble_id=trouble.id, actor=owner)
    assert get_batch(world.organization, given_up.id).state == BatchState.QUEUED
    run_batch(organization=world.organization, batch_id=given_up.id)
    assert set(states(world).values()) == {"void"}


def test_leaving_its_job_leaves_the_rest_to_be_taken_up(world: World, owner: Actor, given_up: Batch) -> None:
    leave_job(organization=world.organization, trouble_id=JobTrouble.objects.get().id, actor=owner)
    assert get_batch(world.organization, given_up.id).state == BatchState.FAILED
    assert resume_batch(organization=world.organization, batch_id=given_up.id, actor=owner).state == "queued"


def test_one_job_that_failed_does_not_end_what_another_goes_on_with(world: World, owner: Actor) -> None:
    batch = start(world, owner, [world.issued()])
    stop_batch(organization=world.organization, batch_id=batch.id, actor=owner)
    resume_batch(organization=world.organization, batch_id=batch.id, actor=owner)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE procrastinate_jobs SET status = 'failed' WHERE id = (
                   SELECT min(id) FROM procrastinate_jobs WHERE task_name = 'connect.do_batch')"""
        )
    assert tell_failed_jobs() == 1
    assert get_batch(world.organization, batch.id).state == BatchState.QUEUED


def test_an_export_whose_job_failed_for_good_can_go_on_too(world: World, owner: Actor) -> None:
    export = start_export(
        organization=world.organization,
        list_name="invoices",
        parameters={},
        file_format="csv",
        key="k",
        actor=owner,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'connect.write_export'"
        )
    tell_failed_jobs()
    failed = get_export(world.organization, export.id)
    assert failed.state == "failed"
    assert failed.error
    again = resume_export(organization=world.organization, export_id=export.id, actor=owner)
    assert again.state == "queued"


def test_five_are_under_way_at_once_and_below_what_people_wait_for(world: World, owner: Actor) -> None:
    invoice = world.issued()
    batches = [start(world, owner, [invoice], key=str(number)) for number in range(MOST)]
    with pytest.raises(TooManyBatches):
        start(world, owner, [invoice])
    assert start(world, owner, [invoice], key="0").id == batches[0].id
    stop_batch(organization=world.organization, batch_id=batches[0].id, actor=owner)
    start(world, owner, [invoice])
    mine = ProcrastinateJob.objects.filter(task_name="connect.do_batch")
    assert set(mine.values_list("priority", flat=True)) == {-15}


def test_after_ninety_days_it_is_gone_unless_it_is_under_way(world: World, owner: Actor) -> None:
    invoice = world.issued()
    old, going, young = (start(world, owner, [invoice]) for _number in range(3))
    for batch, days in ((old, 91), (going, 92), (young, 89)):
        name = first_id_at(clock.now(None) - timedelta(days=days))
        with connection.cursor() as cursor:  # an id is not changed otherwise
            cursor.execute("UPDATE batch_row SET batch_id = %s WHERE batch_id = %s", [name, batch.id])
            cursor.execute("UPDATE batch SET id = %s WHERE id = %s", [name, batch.id])
        batch.id = name
    for batch in (old, young):
        run_batch(organization=world.organization, batch_id=batch.id)
    assert [expire_batches(), expire_batches()] == [1, 0]
    with pytest.raises(BatchUnknown):
        get_batch(world.organization, old.id)
    rows = BatchRow.objects.filter(organization=world.organization)
    assert set(rows.values_list("batch_id", flat=True)) == {going.id, young.id}


def test_it_can_be_stopped_between_rows_and_go_on(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoices = [world.issued() for _ in range(3)]
    batch = start(world, owner, invoices)
    real = batch_act("invoices.void")

    def stopping(organization: object, actor: Actor, name: UUID, given: Given) -> str:
        words = real.run(organization, actor, name, given)
        stop_batch(organization=world.organization, batch_id=batch.id, actor=owner)
        return words

    with monkeypatch.context() as patch:
        stoppable = BatchAct(name=real.name, permission=real.permission, run=stopping)
        patch.setattr(running, "batch_act", lambda _name: stoppable)
        run_batch(organization=world.organization, batch_id=batch.id)
    stopped = get_batch(world.organization, batch.id)
    assert (stopped.state, count_batch(world.organization, stopped).waiting) == (BatchState.STOPPED, 2)
    run_batch(organization=world.organization, batch_id=batch.id)
    assert count_batch(world.organization, stopped).waiting == 2
    with pytest.raises(PermissionDenied):
        resume_batch(
            organization=world.organization,
            batch_id=batch.id,
            actor=member_actor(world.organization, Role.VIEWER),
        )
    resume_batch(organization=world.organization, batch_id=batch.id, actor=owner)
    run_batch(organization=world.organization, batch_id=batch.id)
    assert set(states(world).values()) == {"void"}
    assert kinds(world) == ["batch.started", "batch.stopped", "batch.resumed", "batch.finished"]


def test_who_lost_the_right_meanwhile_does_nothing_more(world: World, owner: Actor) -> None:
    invoice = world.issued()
    batch = start(world, owner, [invoice])
    Membership.objects.filter(organization=world.organization, person_id=owner.id).update(role=Role.VIEWER)
    run_batch(organization=world.organization, batch_id=batch.id)
    assert states(world)[invoice.id] == "issued"
    refused = BatchRow.objects.get(organization=world.organization, batch=batch)
    assert "Your role does not allow this" in refused.words


def test_another_organization_knows_nothing_of_it(world: World, owner: Actor) -> None:
    batch = start(world, owner, [world.issued()])
    with pytest.raises(BatchUnknown):
        get_batch(make_organization(), batch.id)


def test_of_many_that_are_issued_each_says_whether_a_mail_goes_out(world: World, owner: Actor) -> None:
    nobody, by_contact = (make_customer(world.organization, name=name, email="") for name in ("N", "C"))
    world.contact(customer=by_contact, gets_invoices=True)
    drafts = [world.draft(customer=customer) for customer in (world.customer, by_contact, nobody)]
    batch = start(world, owner, drafts, act="invoices.issue", given={})
    run_batch(organization=world.organization, batch_id=batch.id)
    words = [row.words for row in rows_of_batch(world.organization, batch)]
    assert words == [
        "Issued as INV-00001 and on its way.",
        "Issued as INV-00002 and on its way.",
        "Issued as INV-00003; the customer has no e-mail address.",
    ]
    assert len(read_all(world.organization)) == 2
