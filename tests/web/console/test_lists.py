"""Long lists: pages by keyset, filters in the address, and as many queries for sixty rows as for two."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.billing.services.issue import issue
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.customers.models import Customer
from allsquare.notifications.models import Mail
from allsquare.payments.models import InboxEvent, Payment
from tests.factories import make_customer
from tests.web.console.world import World


def queries(client: Client, url: str) -> int:
    """How many queries a page takes; the session's own are the same for all."""
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def invoices(world: World, count: int) -> list[Invoice]:
    """Issued, each to a customer of its own."""
    drafts = [world.draft(customer=make_customer(world.organization, name=f"C {n}")) for n in range(count)]
    return issue(organization=world.organization, invoice_ids=[d.id for d in drafts], actor=SYSTEM)


def payments(world: World, count: int) -> None:
    """Copies of a real one, with customers and invoices of their own."""
    real = world.paid(world.issued())
    for invoice in invoices(world, count - 1):
        copy = Payment.objects.get(id=real.id)
        copy.id, copy.key, copy.reference = new_id(), str(new_id()), None
        copy.invoice, copy.customer = invoice, invoice.customer
        copy.save(force_insert=True)


def mails(world: World, count: int) -> None:
    for invoice in invoices(world, count):
        world.mail(invoice)


def deliveries(world: World, count: int) -> None:
    for _ in range(count):
        world.delivery()


def credit_notes(world: World, count: int) -> None:
    for invoice in invoices(world, count):
        world.credit_note(invoice)


def jobs(world: World, count: int) -> None:
    for invoice in invoices(world, count):
        world.trouble(invoice)


def tasks(world: World, count: int) -> None:
    for _ in range(count):
        world.task(world.paid(world.issued()).id)


def items(world: World, count: int) -> None:
    for number in range(count):
        world.item(name=f"Item {number:03}")


def events(world: World, count: int) -> None:
    news = [News("customer.changed", "customer", world.customer.id) for _ in range(count)]
    record(organization_id=world.organization.id, news=news, actor=SYSTEM, at=clock.now(world.organization))


def drafts_of_one(world: World, count: int) -> None:
    for _ in range(count):
        world.draft()


MAKERS: dict[str, Callable[[World, int], object]] = {
    "home": payments,
    "invoice_list": invoices,
    "credit_note_list": credit_notes,
    "customer_list": invoices,
    "item_list": items,
    "payment_list": payments,
    "refund_list": payments,
    "dispute_list": payments,
    "journal": invoices,
    "trial_balance": invoices,
    "mail_list": mails,
    "event_list": events,
    "inbox_list": deliveries,
    "job_list": jobs,
    "task_list": tasks,
    "invoice_new": items,
}


@pytest.mark.parametrize("name", MAKERS)
def test_sixty_rows_take_as_many_queries_as_two(name: str, world: World, owner: Client) -> None:
    url = reverse(f"console:{name}")
    MAKERS[name](world, 2)
    queries(owner, url)
    few = queries(owner, url)
    MAKERS[name](world, 60)
    assert queries(owner, url) == few


def test_a_customer_with_sixty_invoices_takes_as_many_queries_as_one_with_two(
    world: World, owner: Client
) -> None:
    url = reverse("console:customer", args=[world.customer.id])
    drafts_of_one(world, 2)
    queries(owner, url)
    few = queries(owner, url)
    drafts_of_one(world, 60)
    assert queries(owner, url) == few


def test_what_a_payment_did_takes_a_fixed_number_of_queries(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    url = reverse("console:payment", args=[payment.id])
    queries(owner, url)
    few = queries(owner, url)
    news = [News("payment.pending", "payment", payment.id) for _ in range(60)]
    record(organization_id=world.organization.id, news=news, actor=SYSTEM, at=clock.now(None))
    assert queries(owner, url) == few
    assert few < 30


def test_pages_follow_one_another_without_gap_or_repeat(world: World, owner: Client) -> None:
    made = {invoice.number for invoice in invoices(world, 60)}
    seen: list[str] = []
    url = reverse("console:invoice_list")
    while url:
        text = owner.get(url).content.decode()
        seen += re.findall(r">(INV-\d+)</a>", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = html.unescape(following[1]) if following else ""
    assert len(seen) == 60
    assert set(seen) == made


def test_customers_are_paged_by_name(world: World, owner: Client) -> None:
    for number in range(60):
        make_customer(world.organization, name=f"~ Tilde {number:02}")
    first = owner.get(reverse("console:customer_list")).content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = owner.get(html.unescape(following[1])).content.decode()
    names = re.findall(r">(~ Tilde \d\d|Grace Buyer)</a>", first + second)
    assert names == sorted(names, key=lambda name: (name[0] == "~", name))
    assert len(names) == Customer.objects.filter(organization=world.organization).count()


@pytest.mark.parametrize("cursor", ["x", "~", "0198f3c2-6d1e-7a41-b7a0-9c5f4e21d807~yesterday", "1' OR 1=1"])
def test_a_damaged_cursor_is_an_error_in_words(world: World, owner: Client, cursor: str) -> None:
    response = owner.get(reverse("console:invoice_list"), {"after": cursor})
    assert response.status_code == 422
    assert "Go back to its beginning" in response.content.decode()


def test_filters_and_search_stand_in_the_address(world: World, owner: Client) -> None:
    draft, issued = world.draft(), world.issued()
    url = reverse("console:invoice_list")
    drafts = owner.get(url, {"state": "draft"}).content.decode()
    assert str(draft.id) in drafts
    assert str(issued.id) not in drafts
    found = owner.get(url, {"q": str(issued.number)}).content.decode()
    assert str(issued.id) in found
    assert str(draft.id) not in found
    none = owner.get(url, {"q": "nothing like it"}).content.decode()
    assert "No invoice like this" in none


def test_search_finds_things_of_every_kind(world: World, owner: Client) -> None:
    customer = make_customer(world.organization, name="Quince & Co")
    invoice = world.issued(customer=customer)
    payment = world.paid(invoice)
    item = world.item(name="Quince jelly")
    text = owner.get(reverse("console:search"), {"q": "quince"}).content.decode()
    for thing in (customer, invoice, payment, item):
        assert str(thing.id) in text


def test_while_one_types_a_few_of_every_kind_are_options(world: World, owner: Client) -> None:
    customer = make_customer(world.organization, name="Quince & Co")
    invoice = world.issued(customer=customer)
    url, htmx = reverse("console:search"), {"HX-Request": "true"}
    text = owner.get(url, {"q": "quince"}, headers=htmx).text
    assert text.count('role="option"') == 2
    assert f"found-{customer.id}" in text
    assert f"found-{invoice.id}" in text
    assert "<html" not in text
    assert 'role="option"' not in owner.get(url, {"q": " "}, headers=htmx).text


def test_no_list_shows_another_organizations_rows(world: World, owner: Client) -> None:
    other = World()
    other.mail(other.issued(), state=Mail.State.FAILED)
    other.paid(other.issued())
    other.item(name="Foreign item")
    other.task(other.paid(other.issued()).id, text="Foreign task")
    assert InboxEvent.objects.filter(id=other.delivery().id).exists()
    for name in MAKERS:
        text = owner.get(reverse(f"console:{name}")).content.decode()
        assert other.customer.name == world.customer.name
        assert str(other.customer.id) not in text
        assert "INV-" not in text
        assert "Foreign" not in text
        assert "charge.succeeded" not in text
