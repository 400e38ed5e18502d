"""Fault 25, whole requests over HTTP: two whose requests deadlock both get what they asked for, a clerk and a payer,
and two clerks of whom one issues an invoice and the other makes one void."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice
from allsquare.billing.services import issue, void
from allsquare.cli.forms import Page
from allsquare.core import transactions
from allsquare.ledger.services.reverse import reverse
from allsquare.payments.models import Payment
from allsquare.payments.services import start
from allsquare.payments.wish import Wish, check_wish
from tests.payments.makers import ScriptedGateway, charge, eur, scripted_account
from tests.square import assert_all_square
from tests.web.console.world import World

pytestmark = pytest.mark.concurrency


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


def wanting_the_other(pair: tuple[Invoice, Invoice]) -> Callable[[UUID], None]:
    """To be called by each of two requests once it has locked its own invoice: then it wants the other's, once."""
    other = {pair[0].id: pair[1].id, pair[1].id: pair[0].id}
    meeting = threading.Barrier(2)
    been_there: set[UUID] = set()

    def want(mine: UUID) -> None:
        if mine not in been_there:
            been_there.add(mine)
            meeting.wait(timeout=30)
            wanted = Invoice.objects.select_for_update(no_key=True).filter(
                organization_id=pair[0].organization_id
            )
            wanted.get(id=other[mine])

    return want


@pytest.fixture
def crossing(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Invoice, Invoice]:
    """Two invoices whose payments surely deadlock."""
    pair = (world.issued(), world.issued())
    want, check = wanting_the_other(pair), check_wish

    def want_the_other(organization: Any, wish: Wish, account: Any, *, recorded: bool) -> None:
        want(wish.invoice_id)
        check(organization, wish, account, recorded=recorded)

    monkeypatch.setattr(start, "check_wish", want_the_other)
    return pair


@pytest.fixture
def crossing_clerks(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Invoice, Invoice]:
    """A draft and an issued invoice: issuing the one and voiding the other surely deadlock."""
    pair = (world.draft(), world.issued())
    want, freeze = wanting_the_other(pair), issue._freeze

    def freeze_wanting(organization: Any, invoice: Invoice, *more: Any) -> None:
        want(invoice.id)
        freeze(organization, invoice, *more)

    def reverse_wanting(*, entries: Any, **more: Any) -> None:
        want(entries[0][0])
        reverse(entries=entries, **more)

    monkeypatch.setattr(issue, "_freeze", freeze_wanting)
    monkeypatch.setattr(void, "reverse", reverse_wanting)
    return pair


@pytest.fixture(autouse=True)
def no_thread_keeps_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test database could not be dropped."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture
def browser() -> Iterator[Callable[[], httpx.Client]]:
    made: list[httpx.Client] = []

    def one() -> httpx.Client:
        made.append(httpx.Client(timeout=30, trust_env=False, follow_redirects=True))
        return made[-1]

    yield one
    for each in made:
        each.close()


def clerk_records(client: httpx.Client, page: str) -> httpx.Response:
    """Money in cash."""
    form = Page.of(client.get(page)).form(having="note")
    return client.post(page, data={**form.fields, "method": "cash"})


def payer_pays(client: httpx.Client, link: str) -> httpx.Response:
    """By card, from the link."""
    form = Page.of(client.get(link)).form(having="method")
    way = next(value for value in form.choices["method"] if value.startswith("card:"))
    return client.post(link, data={**form.fields, "method": way})


def signed_in(world: World, client: httpx.Client) -> httpx.Client:
    session = world.client().cookies[django_settings.SESSION_COOKIE_NAME]
    client.cookies.set(session.key, session.value)
    return client


def press(client: httpx.Client, page: str, *, having: str, **typed: str) -> httpx.Response:
    """Send the form of a page of the console."""
    form = Page.of(client.get(page)).form(having=having)
    return client.post(page, data={**form.fields, **typed})


def both_clerks(
    world: World, server: LiveServer, pair: tuple[Invoice, Invoice], browser: Callable[[], httpx.Client]
) -> list[httpx.Response]:
    """One issues the first invoice, the other makes the second one void."""
    one, other = signed_in(world, browser()), signed_in(world, browser())
    issuing, voiding = (
        f"{server.url}/invoices/{pair[0].id}/issue/",
        f"{server.url}/invoices/{pair[1].id}/void/",
    )
    with ThreadPoolExecutor(2) as pool:
        works = [
            pool.submit(press, one, issuing, having="seen"),
            pool.submit(press, other, voiding, having="reason", reason="Sent twice"),
        ]
        return [work.result() for work in works]


def both(
    world: World, server: LiveServer, crossing: tuple[Invoice, Invoice], browser: Callable[[], httpx.Client]
) -> list[httpx.Response]:
    scripted_account(world.organization)
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(11900), fee=eur(100)))
    clerk, payer = signed_in(world, browser()), browser()
    page = f"{server.url}/invoices/{crossing[0].id}/record-payment/"
    link = server.url + urlsplit(pay_url(world.organization, crossing[1])).path
    with ThreadPoolExecutor(2) as pool:
        works = [pool.submit(clerk_records, clerk, page), pool.submit(payer_pays, payer, link)]
        return [work.result() for work in works]


def test_both_get_what_they_asked_for(
    world: World,
    live_server: LiveServer,
    crossing: tuple[Invoice, Invoice],
    browser: Callable[[], httpx.Client],
) -> None:
    clerk, payer = both(world, live_server, crossing, browser)
    assert (clerk.status_code, payer.status_code) == (200, 200)
    assert "is recorded" in clerk.text
    states = dict(Payment.objects.values_list("invoice_id", "state"))
    assert states == {crossing[0].id: "succeeded", crossing[1].id: "succeeded"}
    assert len(ScriptedGateway.asked) == 1
    assert_all_square()


def test_control_without_another_try_one_of_them_is_told_that_it_broke(
    world: World,
    live_server: LiveServer,
    crossing: tuple[Invoice, Invoice],
    browser: Callable[[], httpx.Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    answers = both(world, live_server, crossing, browser)
    assert sorted(answer.status_code for answer in answers) == [200, 500]
    assert Payment.objects.count() == 1
    assert_all_square()


def test_two_clerks_of_whom_one_issues_and_one_voids_are_both_done(
    world: World,
    live_server: LiveServer,
    crossing_clerks: tuple[Invoice, Invoice],
    browser: Callable[[], httpx.Client],
) -> None:
    issuer, voider = both_clerks(world, live_server, crossing_clerks, browser)
    assert (issuer.status_code, voider.status_code) == (200, 200)
    assert "is issued" in issuer.text
    assert "is void" in voider.text
    states = dict(Invoice.objects.values_list("id", "state"))
    assert states == {crossing_clerks[0].id: "issued", crossing_clerks[1].id: "void"}
    assert set(Invoice.objects.values_list("number", flat=True)) == {"INV-00001", "INV-00002"}
    assert_all_square()


def test_control_without_another_try_one_of_the_clerks_is_told_that_it_broke(
    world: World,
    live_server: LiveServer,
    crossing_clerks: tuple[Invoice, Invoice],
    browser: Callable[[], httpx.Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    answers = both_clerks(world, live_server, crossing_clerks, browser)
    assert sorted(answer.status_code for answer in answers) == [200, 500]
    assert_all_square()
