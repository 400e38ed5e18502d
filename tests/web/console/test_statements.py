"""How many SQL statements each page of the console needs: few, and as many with much to show as with little.

The pages are those of the table of addresses, so a new one cannot be forgotten; what is shown is made by the builder of
``make bench``, under every guard of the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest
from django.db.models import Count
from django.test import Client
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.selectors import chart
from allsquare.payments.services.add_gateway_account import add_gateway_account
from bench.company import Company
from bench.volume.build import Size, build
from tests.factories import make_customer, make_organization
from tests.statements import statements_sent
from tests.web.console.routes import ROUTES
from tests.web.console.test_access import ids_of
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

#: Fewer than this many (issue 3).
LIMIT = 15
#: The rates of foreign currencies are asked for where something is owed in one: of the two businesses, only the larger.
FOREIGN = {"console:home": 1, "console:home_now": 1}
#: What is only there for a draft.
OF_DRAFTS = ("console:invoice_edit", "console:invoice_issue", "console:issue_letter", "console:issue_page")
#: What shows no page of its own to whoever reads it; buttons aside, which answer to a press only.
LEADING_ON = {
    "console:books": "leads to the journal",
    "console:settings": "leads to the first of the settings",
    "console:dispute_answer": "leads back to the dispute unless its provider takes answers",
    "console:export_file": "a file, or back to the exports",
    "console:gateway_new": "leads to the account: there is only one of recording by hand",
    "console:payment_at_reader": "says nothing of a payment that is at no reader",
}


@pytest.fixture(autouse=True)
def _scripted(settings: Settings) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "bench.scripted.ScriptedGateway",
    }


def business(name: str, invoices: int) -> tuple[Client, dict[str, UUID]]:
    """The owner's browser, and one thing of each kind."""
    world = World(make_organization(name=name))
    ids = {**ids_of(world), "draft_id": world.draft(lines=1 + invoices // 60).id}
    person = world.member()
    account = add_gateway_account(
        organization=world.organization, gateway="scripted", label="Scripted", settings={}, actor=SYSTEM
    )
    buyer = make_customer(world.organization, name="Pattern")
    company = Company(world.organization, person, buyer, account, world.account)
    build(company, Size(invoices=invoices, customers=60, items=60), guarded=True)
    client = Client()
    client.force_login(person)
    return client, ids


def small(ids: Mapping[str, UUID]) -> dict[str, UUID]:
    """An invoice of one line, paid in one part."""
    return {**ids, **bought(ids, lines=1, parts=1)}


def large(ids: Mapping[str, UUID]) -> dict[str, UUID]:
    """An invoice of three lines, paid in two parts; the customer who bought most; the busiest account."""
    organization = Invoice.objects.get(id=ids["invoice_id"]).organization
    buyers = Invoice.objects.filter(organization=organization).values("customer_id")
    most = buyers.annotate(number=Count("id")).order_by("-number")[0]["customer_id"]
    busiest = chart(organization).account(AccountRole.RECEIVABLE)
    return {**ids, **bought(ids, lines=3, parts=2), "customer_id": most, "account_id": busiest}


def bought(ids: Mapping[str, UUID], *, lines: int, parts: int) -> dict[str, UUID]:
    organization = Invoice.objects.get(id=ids["invoice_id"]).organization
    counted = Invoice.objects.filter(organization=organization, state="paid", reference="").annotate(
        lines_=Count("lines", distinct=True), parts=Count("payments", distinct=True)
    )
    invoice = counted.filter(lines_=lines, parts=parts).order_by("id")[0]
    payment = invoice.payments.filter(organization=organization).order_by("id")[0]
    return {"invoice_id": invoice.id, "payment_id": payment.id}


def statements(client: Client, ids: Mapping[str, UUID]) -> dict[str, int]:
    """Of each page that can be read, the second time that it is."""
    found = {}
    for route in ROUTES:
        url = route.url({**ids, "invoice_id": ids["draft_id"]} if route.name in OF_DRAFTS else ids)
        client.get(url)
        with statements_sent() as sent:
            response = client.get(url)
        if response.status_code == 200:
            found[route.name] = sent.call_count
    return found


def test_every_page_needs_few_statements_and_no_more_for_much() -> None:
    client, ids = business("Few", 60)
    few = statements(client, small(ids))
    client, ids = business("Many", 600)
    much = statements(client, large(ids))
    many = {name: number for name, number in much.items() if number >= LIMIT}
    assert not many, f"{LIMIT} statements or more"
    grew = {
        name: (few[name], much[name])
        for name in few.keys() & much.keys()
        if not few[name] <= much[name] <= few[name] + FOREIGN.get(name, 0)
    }
    assert not grew, "other numbers for 60 and for 600 invoices"
    buttons = {route.name for route in ROUTES if client.get(route.url(ids)).status_code == 405}
    assert {route.name for route in ROUTES} - buttons - (few.keys() & much.keys()) == LEADING_ON.keys()
