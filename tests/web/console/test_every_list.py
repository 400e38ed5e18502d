"""Every list, every sort, every filter, generated from the registry: a new list cannot be forgotten."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from allsquare.billing.models import Invoice
from allsquare.connect.models import Export
from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.core.listing import (
    AmountFilter,
    ChoiceFilter,
    CurrencyFilter,
    DayFilter,
    Filter,
    ListSpec,
    RowFilter,
    list_specs,
)
from allsquare.core.listing.days import OFFERED, OFFERED_AHEAD
from allsquare.customers.models import Customer
from allsquare.identity.models import SavedView
from allsquare.identity.roles import Role
from allsquare.notifications.models import Mail
from allsquare.payments.models import Dispute, Refund
from allsquare.web.console.lists.looks import LOOKS
from tests.statements import statements_sent
from tests.undone import undone
from tests.web.console.world import World

NAMES: Final = sorted(list_specs())


def samples(item: Filter) -> list[dict[str, str]]:
    """Addresses that set this filter."""
    match item:
        case ChoiceFilter():
            return [{item.name: choice.value} for choice in item.choices]
        case DayFilter():
            low, high, word = item.parameters
            moving = [{word: each} for each in (*OFFERED, *OFFERED_AHEAD, "last_365")]
            return [
                *moving,
                {low: "2026-01-01"},
                {high: "2100-12-31"},
                {low: "2026-01-01", high: "2026-12-31"},
            ]
        case AmountFilter():
            low, high = item.parameters
            return [{low: "1"}, {high: "100,50"}, {low: "1", high: "5000", "currency": "USD"}]
        case CurrencyFilter():
            return [{item.name: "eur"}]
        case RowFilter():
            return [{item.name: str(new_id())}]
    return [{item.name: "x"}]


def nonsense(spec: ListSpec) -> list[dict[str, str]]:
    """Addresses that no page of ours makes."""
    wrong = [
        {"sort": "password"},
        {"columns": "password"},
        {"after": "x"},
        {"before": "~~~"},
        {"after": f"{new_id()}", "before": f"{new_id()}"},
    ]
    for item in spec.filters:
        if isinstance(item, DayFilter):
            wrong += [{item.parameters[0]: text} for text in ("yesterday", "0001-01-01", "9999-12-31")]
            wrong += [{item.name: text} for text in ("last", "last_0", "next_99999", "over_x")]
            wrong.append(dict(zip(item.parameters[:2], ("2026-02-01", "2026-01-01"), strict=True)))
        elif isinstance(item, AmountFilter):
            wrong += [{item.parameters[0]: text} for text in ("much", "1e9", "9" * 40, "1.234,50")]
        elif isinstance(item, ChoiceFilter | CurrencyFilter | RowFilter):
            wrong.append({item.name: "'; DROP TABLE invoice"})
    return wrong


def sloppy(spec: ListSpec) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Addresses that somebody typed or cut, each with what it asks for."""
    found: list[tuple[dict[str, str], dict[str, str]]] = []
    for item in spec.filters:
        found += [({name: blank}, {}) for name in item.parameters for blank in ("", " ", "\t ")]
        found += [
            ({name: f" {value} " for name, value in sample.items()}, sample) for sample in samples(item)
        ]
        if isinstance(item, DayFilter):
            low, _high, word = item.parameters
            found += [({low: "2026-01-01", word: each}, {low: "2026-01-01"}) for each in ("today", "zzz")]
    return found


def narrowed_by(page: str) -> list[str]:
    """What the page says that it was narrowed by."""
    found = re.findall(r'<a class="chip".*?</a>', page, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", chip).strip() for chip in found]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), undone():
        yield _filled(World())


@pytest.fixture
def full(made: World, db: None) -> World:
    """One of everything; what a test does to it is undone."""
    return made


@pytest.fixture
def owner(full: World) -> Client:
    """The owner's browser."""
    return full.client()


def _filled(world: World) -> World:
    invoice = world.issued()
    world.draft()
    other = world.issued()
    payment = world.paid(other)
    Refund.objects.create(
        organization=world.organization,
        payment=payment,
        currency=payment.currency,
        amount_minor=100,
        key=str(new_id()),
        created_at=clock.now(world.organization),
    )
    Dispute.objects.create(
        organization=world.organization,
        payment=payment,
        currency=payment.currency,
        amount_minor=100,
        base_minor=100,
        reference="dp_1",
        opened_at=clock.now(world.organization),
    )
    world.credit_note()
    world.item()
    world.payment_link()
    world.movement()
    world.mail(invoice)
    world.mail(other, state=Mail.State.HELD)
    world.delivery()
    world.trouble(invoice)
    world.task(payment.id)
    return world


def test_every_list_has_a_look() -> None:
    assert LOOKS.keys() == list_specs().keys()


@pytest.mark.parametrize("name", NAMES)
def test_every_sort_and_every_filter_is_answered(name: str, full: World, owner: Client) -> None:
    spec, url = list_specs()[name], LOOKS[name].url
    every = ",".join(column.name for column in spec.columns)
    for sort in spec.sorts:
        for text in (sort.name, f"-{sort.name}"):
            page = owner.get(url, {"sort": text, "columns": every})
            assert page.status_code == 200, (name, text)
            assert f'aria-sort="{"descending" if text[0] == "-" else "ascending"}"' in page.text or not any(
                column.sort == sort.name for column in spec.columns
            )
    asked = [sample for item in spec.filters for sample in samples(item)]
    assert ('id="list-search"' in page.text) is (spec.search is not None)
    for given in [*asked, {"q": "grace 42"}]:
        page = owner.get(url, given)
        assert page.status_code == 200, (name, given)
    everything = {key: value for sample in asked for key, value in sample.items()}
    assert owner.get(url, everything).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "invoices",
        "customers",
        "items",
        "payments",
        "refunds",
        "disputes",
        "movements",
        "journal",
        "mails",
        "events",
    ],
)
def test_a_list_to_work_in_has_all_that_a_list_can_have(name: str, full: World, owner: Client) -> None:
    """Search, filters that combine, order both ways, columns, views and exports; the test above tries what is there,
    this one that it is there."""
    spec, look = list_specs()[name], LOOKS[name]
    assert spec.search is not None
    assert spec.search_label
    assert len(spec.filters) >= 2
    assert any(column.sort == spec.default_sort.removeprefix("-") for column in spec.columns)
    assert any(not column.shown for column in spec.columns)
    page = owner.get(look.url).text
    assert 'id="list-search"' in page
    assert 'aria-sort="' in page
    for button in ("view:columns", "view:save", "export:csv", "export:xlsx"):
        assert f'value="{button}"' in page, button
    first = owner.get(look.url, {"q": "zz-nothing-is-called-so"})
    assert narrowed_by(first.text)
    assert owner.post(look.url, {"do": "view:save", "name": "Mine", "back": "q=grace"}).status_code == 302
    assert SavedView.objects.get(organization=full.organization, list_name=name).parameters == {
        "q": ["grace"]
    }
    for form in ("csv", "xlsx"):
        owner.post(look.url, {"do": f"export:{form}", "back": "q=grace", "export_key": form})
    assert Export.objects.filter(organization=full.organization, list_name=name).count() == 2


@pytest.mark.parametrize("name", NAMES)
def test_blanks_and_leftovers_in_an_address_ask_for_nothing(name: str, full: World, owner: Client) -> None:
    url = LOOKS[name].url

    @cache
    def asked_for(meant: frozenset[tuple[str, str]]) -> list[str]:
        return narrowed_by(owner.get(url, dict(meant) or {"view": "all"}).text)

    for given, meant in sloppy(list_specs()[name]):
        page = owner.get(url, given, follow=True)
        assert page.status_code == 200, (name, given)
        assert narrowed_by(page.text) == asked_for(frozenset(meant.items())), (name, given)
        assert len(narrowed_by(page.text)) == bool(meant) + ("currency" in meant and len(meant) > 1), (
            name,
            given,
        )


@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_refused_in_words(name: str, full: World, owner: Client) -> None:
    for given in nonsense(list_specs()[name]):
        page = owner.get(LOOKS[name].url, given)
        assert page.status_code == 422, (name, given)
    for data in ({}, {"do": "x"}, {"do": "act:x", "ids": "y"}, {"do": "view:x"}, {"do": "export:exe"}):
        assert owner.post(LOOKS[name].url, data).status_code == 422, (name, data)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_takes_fewer_than_fifteen_statements(name: str, full: World, owner: Client) -> None:
    owner.get(LOOKS[name].url)
    # What words find is asked of their own indexes first, and how many rows there are with a time limit around it.
    for asked, more in (({}, 0), ({"q": "grace"}, 2), ({"q": "119.00"}, 2)):
        with statements_sent() as sent:
            assert owner.get(LOOKS[name].url, asked).status_code == 200
        assert sent.call_count < 15 + more, asked


def test_chips_take_one_filter_away_each(full: World, owner: Client) -> None:
    page = owner.get(reverse("console:invoice_list"), {"q": "grace", "state": "draft", "total_min": "1"}).text
    chips = [html.unescape(url) for url in re.findall(r'class="chip" href="([^"]+)"', page)]
    assert len(chips) == 3
    assert "q=grace" not in chips[0]
    assert "state=draft" in chips[0]
    assert "state=draft" not in chips[1]
    assert "total_min" not in chips[2]


def post(client: Client, what: str, **data: object) -> str:
    """The address that the answer leads to."""
    answer = client.post(reverse("console:invoice_list"), {"do": what, **data})
    assert answer.status_code == 302, answer.text
    return str(answer["Location"])


def test_views_are_saved_renamed_opened_by_default_and_deleted(full: World) -> None:
    member = full.client(Role.VIEWER)
    url = post(member, "view:save", back="state=draft&sort=-total", name="  My   drafts ")
    view = SavedView.objects.get(organization=full.organization, name="My drafts")
    assert f"view={view.id}" in url
    assert "state=draft" in url
    assert "Send" not in member.get(url).text
    post(member, "view:rename", id=view.id, name="Drafts of mine")
    assert "Drafts of mine" in member.get(url).text
    post(member, "view:default", id=view.id)
    bare = member.get(reverse("console:invoice_list"))
    assert bare.status_code == 302
    assert f"view={view.id}" in bare["Location"]
    assert member.get(reverse("console:invoice_list"), {"view": "all"}).status_code == 200
    other = full.client(Role.OWNER)
    answer = other.post(reverse("console:invoice_list"), {"do": "view:delete", "id": str(view.id)})
    assert answer.status_code == 404
    post(member, "view:delete", id=view.id)
    assert not SavedView.objects.filter(organization=full.organization).exists()


def test_chosen_columns_are_remembered(full: World, owner: Client) -> None:
    post(owner, "view:columns", back="", columns=["total", "reference"])
    page = owner.get(reverse("console:invoice_list")).text
    heads = re.findall(r'<th scope="col" class="(?:num)?"[^>]*>(?:<a[^>]*>)?([A-Z][a-z]+)', page)
    assert heads == ["Number", "Total", "Reference"]


def test_chosen_drafts_are_issued_and_the_rest_is_told(full: World, owner: Client) -> None:
    url = reverse("console:invoice_list")
    draft = Invoice.objects.get(organization=full.organization, state="draft")
    issued = Invoice.objects.filter(organization=full.organization, state="issued")[0]
    numbered = Invoice.objects.filter(organization=full.organization, number__isnull=False)
    before = numbered.count()
    data = {"do": "act:issue", "ids": [str(draft.id), str(issued.id)], "back": "state=draft"}
    asked = owner.post(url, data).text
    assert "Issue and send 2 invoices?" in asked
    draft.refresh_from_db()
    assert draft.state == "draft"
    key = re.search(r'name="key" value="([^"]+)"', asked)
    assert key
    told = owner.post(url, {**data, "key": key[1]}, follow=True)
    assert "1 of 2 done, 1 left as they were" in told.text
    assert "issued before" in told.text
    draft.refresh_from_db()
    assert draft.state == "issued"
    number = draft.number
    again = owner.post(url, {**data, "key": key[1]}, follow=True)
    assert str(number) in again.text
    assert numbered.count() == before + 1


def test_an_act_is_refused_to_who_may_not(full: World) -> None:
    viewer = full.client(Role.VIEWER)
    draft = Invoice.objects.get(organization=full.organization, state="draft")
    answer = viewer.post(
        reverse("console:invoice_list"), {"do": "act:issue", "ids": str(draft.id), "key": "k"}
    )
    assert answer.status_code == 403
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_rows_of_another_organization_are_unknown_to_a_batch(full: World, owner: Client) -> None:
    foreign = World().customer
    data = {"do": "act:archive", "ids": str(foreign.id), "key": "k"}
    assert owner.post(reverse("console:customer_list"), data).status_code == 404
    assert Customer.objects.get(id=foreign.id).archived_at is None


def test_an_export_is_asked_for_once_from_the_list(full: World, owner: Client) -> None:
    data = {"do": "export:csv", "back": "state=draft", "export_key": "k"}
    for _press in range(2):
        answer = owner.post(reverse("console:invoice_list"), data)
        assert answer["Location"] == reverse("console:export_list")
    export = Export.objects.get(organization=full.organization)
    assert (export.parameters["state"], export.format) == (["draft"], "csv")
    assert "0 of 1" in owner.get(reverse("console:export_list")).text
