"""The editor's draft keeps itself: once, however often it is sent, and never over somebody else's words."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.roles import Role
from tests.factories import make_organization
from tests.web.console.world import World, editor_data

WORK = {"description": "Work", "quantity": "3", "unit_price": "133.33"}
BOOK = {"description": "Book", "unit_price": "19.99"}
JSON = {"accept": "application/json"}


def save(client: Client, data: dict[str, str], url: str = "") -> tuple[int, dict[str, Any]]:
    response = client.post(url or reverse("console:invoice_autosave"), data, headers=JSON)
    return response.status_code, json.loads(response.content)


def drafts(world: World) -> list[Invoice]:
    return list(Invoice.objects.filter(organization=world.organization).order_by("created_at"))


def events(world: World, kind: str) -> int:
    return Event.objects.filter(organization_id=world.organization.id, kind=kind).count()


def test_the_first_saving_begins_the_draft_and_says_where_it_is(world: World, owner: Client) -> None:
    status, answer = save(owner, editor_data(world.customer.id, WORK, key="editor-1"))
    (draft,) = drafts(world)
    assert status == 200
    assert answer["edit_url"] == reverse("console:invoice_edit", args=[draft.id])
    assert answer["message"].startswith("Saved ")
    status, answer = save(
        owner, editor_data(world.customer.id, BOOK, seen=answer["seen"]), answer["save_url"]
    )
    assert status == 200
    assert [line.description for line in draft.lines.all()] == ["Book"]


def test_savings_with_one_key_are_one_draft_and_the_latest_words_stand(world: World, owner: Client) -> None:
    """The answers were lost on the way, so the page sends itself again as if nothing had happened."""
    for row in (WORK, WORK, BOOK, WORK, {**BOOK, "description": "Last"}):
        assert save(owner, editor_data(world.customer.id, row, key="editor-1"))[0] == 200
    (draft,) = drafts(world)
    assert [line.description for line in draft.lines.all()] == ["Last"]
    assert events(world, "invoice.created") == 1
    assert events(world, "invoice.changed") == 3  # the second one changed nothing


def test_the_button_pressed_twice_is_one_draft(world: World, owner: Client) -> None:
    data = editor_data(world.customer.id, WORK, key="editor-1")
    first, second = (owner.post(reverse("console:invoice_new"), data) for _ in range(2))
    (draft,) = drafts(world)
    assert first["Location"] == second["Location"] == reverse("console:invoice", args=[draft.id])


@pytest.mark.parametrize(
    ("customer", "row", "why"),
    [
        ("", WORK, "Say who the invoice is for."),
        ("known", {}, "An invoice needs at least one line."),
        ("known", {"description": "Work"}, "Line 1: Give the price of one unit."),
        ("known", {**WORK, "quantity": "1e30"}, "Line 1: Write it like 1234.50."),
        ("known", {**WORK, "quantity": "NaN"}, "Line 1: Write it like 1234.50."),
        ("known", {**WORK, "description": "x" * 5001}, "Line 1: Ensure this value has at most 5000"),
        ("known", {**WORK, "quantity": "-3"}, ""),
    ],
)
def test_what_cannot_be_saved_yet_says_why_in_one_sentence(
    world: World, owner: Client, customer: str, row: dict[str, str], why: str
) -> None:
    """A negative quantity is a correction within an invoice: it is kept, and refused when issued."""
    status, answer = save(owner, editor_data(world.customer.id if customer else "", row))
    assert status == (422 if why else 200)
    assert why in answer["message"]
    assert len(drafts(world)) == (0 if why else 1)


def test_a_customer_who_is_still_being_typed_is_not_entered_behind_the_writers_back(
    world: World, owner: Client
) -> None:
    status, answer = save(owner, editor_data("", WORK, new_name="Ac", new_email="a@example.com"))
    assert (status, answer["code"]) == (422, "waiting")
    assert Customer.objects.filter(organization=world.organization).count() == 1


def test_who_comes_second_is_told_who_was_first_and_nothing_is_written(world: World, owner: Client) -> None:
    draft = world.draft()
    url = reverse("console:draft_autosave", args=[draft.id])
    mark = re.search(
        r'name="seen" value="([^"]+)"',
        owner.get(reverse("console:invoice_edit", args=[draft.id])).content.decode(),
    )
    assert mark
    colleague = world.client(Role.BILLING_CLERK)
    assert save(colleague, editor_data(world.customer.id, BOOK, seen=mark[1]), url)[0] == 200
    status, answer = save(owner, editor_data(world.customer.id, WORK, seen=mark[1]), url)
    assert (status, answer["code"]) == (409, "draft_changed")
    assert "changed this draft at" in answer["title"]
    assert not answer["title"].startswith("You")
    assert draft.lines.get().description == "Book"
    mine = editor_data(world.customer.id, WORK, seen=answer["seen"])
    assert save(owner, mine, answer["save_url"])[0] == 200
    assert draft.lines.get().description == "Work"


def test_mine_can_be_kept_beside_theirs(world: World, owner: Client) -> None:
    draft = world.draft(text="Theirs")
    url = reverse("console:invoice_edit", args=[draft.id])
    data = editor_data(world.customer.id, {**WORK, "description": "Mine"}, seen="0" * 64, key="editor-1")
    refused = owner.post(url, data)
    assert refused.status_code == 422
    assert 'name="as_new"' in refused.content.decode()
    kept = [owner.post(url, {**data, "as_new": "1"})["Location"] for _ in range(2)]
    assert kept[0] == kept[1]
    assert [one.lines.get().description for one in drafts(world)] == ["Theirs", "Mine"]


def test_a_lost_answer_does_not_let_one_overwrite_a_colleague(world: World, owner: Client) -> None:
    first = save(owner, editor_data(world.customer.id, WORK, key="editor-1"))[1]
    colleague = world.client(Role.BILLING_CLERK)
    save(colleague, editor_data(world.customer.id, BOOK, seen=first["seen"]), first["save_url"])
    status, answer = save(owner, editor_data(world.customer.id, WORK, key="editor-1"))
    assert (status, answer["code"]) == (409, "draft_changed")
    assert drafts(world)[0].lines.get().description == "Book"


def test_a_draft_that_is_issued_or_gone_meanwhile_says_so(world: World, owner: Client) -> None:
    issued, gone = world.issued(), world.draft()
    owner.post(reverse("console:invoice_delete", args=[gone.id]))
    data = editor_data(world.customer.id, WORK)
    assert save(owner, data, reverse("console:draft_autosave", args=[issued.id]))[1]["code"] == "not_a_draft"
    status, answer = save(owner, data, reverse("console:draft_autosave", args=[gone.id]))
    assert (status, answer["code"]) == (404, "invoice_not_found")


def test_somebody_elses_draft_is_nowhere(world: World, owner: Client) -> None:
    foreign = World(make_organization(name="Somebody Else")).draft()
    status, answer = save(
        owner, editor_data(world.customer.id, WORK), reverse("console:draft_autosave", args=[foreign.id])
    )
    assert (status, answer["code"]) == (404, "invoice_not_found")
    assert foreign.lines.get().description == "Work"


def test_without_a_session_the_answer_says_so_and_nothing_is_written(world: World) -> None:
    status, answer = save(Client(), editor_data(world.customer.id, WORK))
    assert (status, answer["code"]) == (401, "signed_out")
    assert drafts(world) == []


def test_an_old_proof_of_origin_is_told_apart_from_a_missing_session(world: World) -> None:
    client = world.client()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    status, answer = save(strict, editor_data(world.customer.id, WORK))
    assert (status, answer["code"]) == (403, "csrf_failed")


def test_more_lines_than_a_page_holds_are_refused_by_name(world: World, owner: Client) -> None:
    status, answer = save(owner, editor_data(world.customer.id, *[WORK] * 501))
    assert status == 422
    assert "500" in answer["message"]
    assert save(owner, editor_data(world.customer.id, *[WORK] * 500))[0] == 200
    assert drafts(world)[0].lines.count() == 500


def test_what_was_typed_can_be_shown_again_without_a_judgement(world: World, owner: Client) -> None:
    """What a browser kept while the server was away comes back as it was, right or wrong."""
    data = editor_data("", {**WORK, "quantity": "three"}, reference="PO 7", show="1")
    response = owner.post(reverse("console:invoice_new"), data)
    text = response.content.decode()
    assert response.status_code == 200
    assert 'value="three"' in text
    assert 'value="PO 7"' in text
    assert "_error" not in text
    assert drafts(world) == []


def test_a_sent_page_leaves_word_that_the_browser_may_forget_its_copy(world: World, owner: Client) -> None:
    for key in ("editor-1", "editor-2"):
        owner.post(reverse("console:invoice_new"), editor_data(world.customer.id, WORK, key=key))
    assert owner.cookies["kept_editors"].value.split(".")[-2:] == ["editor-1", "editor-2"]
    owner.post(reverse("console:invoice_new"), editor_data(world.customer.id, WORK, key="; Path=/"))
    assert ";" not in owner.cookies["kept_editors"].value
