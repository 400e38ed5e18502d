"""Acts on many rows in the console: asked first, done once, and told; whatever happened to the rows meanwhile."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.connect.long_work import MOST
from allsquare.connect.models import Batch
from allsquare.connect.services.run_batch import run_batch
from allsquare.core.models import JobTrouble
from allsquare.identity.roles import Role
from allsquare.web.console.lists import batch
from tests.web.console.world import World


@pytest.fixture
def full(world: World) -> World:
    """An invoice that is issued, one that is paid, and a draft."""
    world.issued()
    world.paid(world.issued())
    world.draft()
    return world


def ask(client: Client, **data: object) -> tuple[str, dict[str, str]]:
    """The dialog, and the fields that it posts."""
    page = client.post(reverse("console:invoice_list"), {"do": "act:void", "back": "", **data}).text
    return page, dict(re.findall(r'type="hidden" name="(key|back|ids)" value="([^"]*)"', page))


def test_voiding_many_asks_with_count_and_sum_and_names_what_stays(full: World, owner: Client) -> None:
    paid = Invoice.objects.get(organization=full.organization, state="paid")
    ids = Invoice.objects.filter(organization=full.organization).values_list("id", flat=True)
    page, fields = ask(owner, ids=[str(name) for name in ids])
    assert "Void 1 invoice?" in page
    assert "€119.00" in page
    assert "2 rows stay as they are" in page
    assert f'{paid.number} <span class="text-secondary">(paid)' in page
    url = reverse("console:invoice_list")
    unsaid = owner.post(url, {"do": "act:void", **fields})
    assert unsaid.status_code == 422
    assert "Say why the invoices are void" in unsaid.text
    told = owner.post(url, {"do": "act:void", "reason": "Ordered twice", **fields}, follow=True)
    assert "1 of 3 done, 2 left as they were" in told.text
    assert "Ordered twice" in told.text
    assert not Invoice.objects.filter(organization=full.organization, state="issued").exists()


def test_all_of_a_list_are_many_and_get_a_job_with_a_page_of_progress(
    full: World, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "FEW", 1)
    world_invoices = [full.issued() for _ in range(2)]
    _page, fields = ask(owner, every="1", ids=str(world_invoices[0].id), back="state=open")
    assert len(fields["ids"].split(",")) == 3
    url = reverse("console:invoice_list")
    answer = owner.post(url, {"do": "act:void", "reason": "Twice", **fields}, follow=True)
    assert "0 of 3 done" in answer.text
    assert 'hx-trigger="every 1s"' in answer.text
    started = Batch.objects.get(organization=full.organization)
    owner.post(reverse("console:batch_stop", args=[started.id]))
    assert "Go on" in owner.get(reverse("console:batch", args=[started.id])).text
    viewer = full.client(Role.VIEWER)
    viewer.post(reverse("console:batch_resume", args=[started.id]))
    started.refresh_from_db()
    assert started.state == "stopped"
    owner.post(reverse("console:batch_resume", args=[started.id]))
    run_batch(organization=full.organization, batch_id=started.id)
    after = owner.get(reverse("console:batch", args=[started.id])).text
    assert "3 of 3 done" in after
    assert 'hx-trigger="every 1s"' not in after


def test_while_it_is_under_way_the_page_asks_for_counts_alone(world: World, owner: Client) -> None:
    given = world.batch()
    Batch.objects.filter(id=given.id).update(state="running")
    url = reverse("console:batch", args=[given.id])
    htmx = {"HX-Request": "true"}
    whole = owner.get(url).text
    assert "<table" not in whole
    part = owner.get(url, headers=htmx)
    assert part.text.strip().startswith('<div id="batch-count" hx-get=')
    assert "HX-Retarget" not in part.headers
    Batch.objects.filter(id=given.id).update(state="done")
    last = owner.get(url, headers=htmx)
    assert last.headers["HX-Retarget"] == "#batch"
    assert "<table" in last.text
    assert "hx-get" not in last.text


def test_a_failed_batch_says_why_and_can_go_on(world: World, owner: Client) -> None:
    given = world.batch()
    Batch.objects.filter(id=given.id).update(
        state="failed", error="The machine did not let us:\nNo space left on device"
    )
    page = owner.get(reverse("console:batch", args=[given.id])).text
    assert "No space left on device" in page
    assert 'id="batch-resume"' in page
    owner.post(reverse("console:batch_resume", args=[given.id]))
    given.refresh_from_db()
    assert (given.state, given.error) == ("queued", "")


def test_a_refused_reason_stays_in_its_field(full: World, owner: Client) -> None:
    ids = Invoice.objects.filter(organization=full.organization, state="issued").values_list("id", flat=True)
    _page, fields = ask(owner, ids=[str(name) for name in ids])
    long = "“Ordered” twice & " + "x" * 2_000
    answer = owner.post(reverse("console:invoice_list"), {"do": "act:void", "reason": long, **fields})
    assert answer.status_code == 422
    assert 'value="“Ordered” twice &amp; xxx' in answer.text


def job_fields(client: Client, troubles: list[JobTrouble], act: str) -> tuple[str, dict[str, str]]:
    data = {"do": f"act:{act}", "ids": [str(each.id) for each in troubles], "back": "state=failed"}
    page = client.post(reverse("console:job_list"), data).text
    return page, dict(re.findall(r'type="hidden" name="(key|back|ids)" value="([^"]*)"', page))


def done_meanwhile(trouble: JobTrouble) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [trouble.job_id])
    trouble.delete()


def test_a_row_that_went_before_the_question_is_named_and_the_others_are_done(
    world: World, owner: Client
) -> None:
    gone, here = world.trouble(), world.trouble()
    troubles = [gone, here]
    name = str(here.id)
    ids = [each.id for each in troubles]
    done_meanwhile(gone)
    data = {"do": "act:again", "ids": [str(each) for each in ids]}
    page = owner.post(reverse("console:job_list"), data).text
    assert "Try 1 job again?" in page
    assert "1 row stays as it is:" in page
    assert "1 row that is not there any more" in page
    assert f'name="ids" value="{name}"' in page


def test_a_row_that_goes_after_the_question_is_told_and_the_others_are_done(
    world: World, owner: Client
) -> None:
    gone, here = world.trouble(), world.trouble()
    _page, fields = job_fields(owner, [gone, here], "again")
    done_meanwhile(gone)
    told = owner.post(reverse("console:job_list"), {"do": "act:again", **fields}, follow=True).text
    assert "1 of 2 done, 1 left as they were" in told
    assert "A row that is not there any more" in told
    assert "It may be done by now" in told
    here.refresh_from_db()
    assert here.state == JobTrouble.State.AGAIN


def test_only_when_no_row_is_left_nothing_is_found(world: World, owner: Client) -> None:
    gone = world.trouble()
    _page, fields = job_fields(owner, [gone], "again")
    done_meanwhile(gone)
    answer = owner.post(reverse("console:job_list"), {"do": "act:again", **fields})
    assert answer.status_code == 404


def test_a_second_press_is_answered_whatever_became_of_the_rows(world: World, owner: Client) -> None:
    trouble = world.trouble()
    _page, fields = job_fields(owner, [trouble], "again")
    url = reverse("console:job_list")
    first = owner.post(url, {"do": "act:again", **fields}, follow=True)
    assert "1 job will be tried again in a moment." in first.text
    done_meanwhile(trouble)
    second = owner.post(url, {"do": "act:again", **fields}, follow=True)
    assert second.status_code == 200
    assert "1 job will be tried again in a moment." in second.text
    assert Batch.objects.filter(organization=world.organization).count() == 1


@pytest.mark.parametrize("act", ["again", "leave"])
def test_jobs_that_have_not_failed_stay_as_they_are(world: World, owner: Client, act: str) -> None:
    trying, left = world.trouble(), world.trouble()
    JobTrouble.objects.filter(id=trying.id).update(state="trying")
    JobTrouble.objects.filter(id=left.id).update(state="left")
    page, _fields = job_fields(owner, [trying, left], act)
    assert "None of these can be changed that way" in page
    assert '<span class="text-secondary">(trying again)' in page
    assert '<span class="text-secondary">(left undone)' in page


@pytest.mark.parametrize(("name", "state"), [("job_again", "left"), ("job_leave", "trying")])
def test_one_job_that_has_not_failed_is_refused_in_a_sentence(
    world: World, owner: Client, name: str, state: str
) -> None:
    trouble = world.trouble()
    JobTrouble.objects.filter(id=trouble.id).update(state=state)
    page = owner.post(reverse(f"console:{name}", args=[trouble.id]), follow=True)
    assert page.status_code == 200
    assert {"left": "cannot be tried again", "trying": "is being tried still"}[state] in page.text
    assert "will be tried again in a moment" not in page.text
    assert "The job is left undone" not in page.text


@pytest.mark.parametrize("name", ["job_again", "job_leave"])
def test_a_job_that_is_done_by_now_is_unknown_in_a_sentence(world: World, owner: Client, name: str) -> None:
    trouble = world.trouble()
    url = reverse(f"console:{name}", args=[trouble.id])
    done_meanwhile(trouble)
    page = owner.post(url)
    assert page.status_code == 404
    assert "It may be done by now" in page.text


def test_a_sixth_batch_is_refused_on_the_list(full: World, owner: Client) -> None:
    for _number in range(MOST):
        given = full.batch()
        Batch.objects.filter(id=given.id).update(state="running")
    invoice = Invoice.objects.filter(organization=full.organization, state="issued")[0]
    _page, fields = ask(owner, ids=str(invoice.id))
    url = reverse("console:invoice_list")
    page = owner.post(url, {"do": "act:void", "reason": "Twice", **fields}, follow=True)
    assert page.status_code == 200
    assert "5 acts on many rows are under way" in page.text
    invoice.refresh_from_db()
    assert invoice.state == "issued"


def test_what_was_done_to_all_is_said_as_people_say_it(full: World, owner: Client) -> None:
    full.issued()
    mine = Invoice.objects.filter(organization=full.organization, state="issued")
    _page, fields = ask(owner, ids=[str(invoice.id) for invoice in mine])
    url = reverse("console:invoice_list")
    page = owner.post(url, {"do": "act:void", "reason": "Twice", **fields}, follow=True)
    assert "2 invoices are void." in page.text


def test_the_list_of_events_finds_batches_and_jobs(world: World, owner: Client) -> None:
    page = owner.get(reverse("console:event_list")).text
    for value in ("batch", "job"):
        assert f'name="about" value="{value}"' in page
