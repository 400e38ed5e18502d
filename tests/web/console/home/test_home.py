"""The first page: what it says, to whom, and in how many statements."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.identity.roles import Role
from allsquare.insights.dashboard.needs import Need
from allsquare.notifications.models import Mail
from allsquare.payments import attention
from allsquare.payments.models import Attention, Payment
from tests.insights.dashboard.makers import Till, set_clock
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

_days = itertools.count(1)

HOME, NOW = "console:home", "console:home_now"


def text_of(client: Client, name: str = HOME) -> str:
    """What a person reads, without tags."""
    page = client.get(reverse(name)).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def busy(world: World) -> None:
    """Something of everything."""
    till = Till(world.organization, label=f"Till {new_id()}")
    for minor in (100, 200, 300):
        till.refund(till.payment(str(clock.today(world.organization)), 10_000), minor, "2026-01-01")
    till.payment(str(clock.today(world.organization)), 5000, "USD")
    till.debit(till.invoice("2099-01-01", 1000), 1000)
    till.invoice("2020-01-01", 700)
    till.rate("USD", str(clock.today(world.organization) - timedelta(days=next(_days))), "0.9")
    for _ in range(3):
        payment = world.paid(world.issued())
        world.task(payment.id)
        world.draft()
        world.delivery()
        world.trouble()
        world.mail(world.issued(), state=Mail.State.FAILED)
        stuck = world.paid(world.issued())
        Payment.objects.filter(id=stuck.id).update(state="unknown", next_check_at=payment.created_at)


@pytest.mark.parametrize("name", [HOME, NOW])
def test_few_statements_and_no_more_with_more_to_show(world: World, name: str) -> None:
    client = world.client()
    client.get(reverse(name))
    counts = []
    for _ in range(2):
        busy(world)  # the second time there is twice as much to show
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] < 15


def test_money_in_is_compared_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client()
    set_clock(monkeypatch, "2026-11-27T11:00")
    till = Till(world.organization)
    till.payment("2026-11-27", 15_000)
    till.payment("2026-11-20", 10_000)
    till.payment("2026-10-05", 50_000)
    till.refund(till.payment("2026-10-28", 1), 700, "2026-11-27T10:00")
    page = text_of(client)
    assert "Came in today €150.00 50% more: €100.00 on the same day last week (Fri, Nov 20)" in page
    assert "Given back: €7.00" in page
    assert (
        "Came in this month €250.00 50% less: €500.00 on the same days last month (Oct 1 – 27)"
        in page.replace("\u2009", " ")
    )


def test_several_currencies_stand_apart_and_together_only_at_known_rates(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client()
    set_clock(monkeypatch, "2026-11-27T11:00")
    till = Till(world.organization)
    till.payment("2026-11-27", 10_000)
    till.payment("2026-11-27", 5_000, "USD")
    page = text_of(client)
    assert "€100.00 $50.00 No total: an exchange rate is missing." in page
    assert "Without USD: there is no exchange rate." in page
    till.rate("USD", "2026-11-03", "0.9")
    page = text_of(client)
    assert "€100.00 $50.00 together about €145.00 at the rates of Nov 3, 2026" in page
    assert "Without USD" not in page


def test_each_age_leads_to_its_invoices(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client()
    set_clock(monkeypatch, "2026-11-27T11:00")
    till = Till(world.organization)
    till.invoice("2026-11-26", 2_500)
    till.invoice("2026-12-01", 7_500)
    page = client.get(reverse(HOME)).content.decode()
    listed = reverse("console:invoice_list")
    assert f'href="{listed}?state=open&amp;due_from=2026-10-28&amp;due_to=2026-11-26"' in page
    assert f'href="{listed}?state=open&amp;due_from=2026-11-27"' in page
    assert 'class="age age-not_due" x="0" y="0" width="7500"' in page
    assert 'class="age age-1_30" x="7500" y="0" width="2500"' in page


def test_the_pictures_have_their_figures_in_tables(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client()
    set_clock(monkeypatch, "2026-11-27T11:00")
    till = Till(world.organization)
    till.payment("2026-11-23", 12_345)
    till.invoice("2026-12-05", 6_789)
    page = client.get(reverse(HOME)).content.decode()
    came = re.findall(r'data-minor="(\d+)"', page.split('id="home-in"')[1].split("</table>")[0])
    due = re.findall(r'data-minor="(\d+)"', page.split('id="home-due"')[1].split("</table>")[0])
    assert came == ["0"] * 11 + ["12345"]
    assert due == ["0", "6789", "0", "0", "0"]


def _unknown(world: World) -> object:
    stuck = world.paid(world.issued())
    Payment.objects.filter(id=stuck.id).update(state="unknown", next_check_at=stuck.created_at)
    return stuck


#: One of each kind that needs a person, and what is offered for it, in the order of the buttons.
CURES: Final[Mapping[Need, tuple[Callable[[World], object], list[str]]]] = {
    Need.TASK: (
        lambda world: world.task(world.paid(world.issued()).id),
        ["Look", "Give it back", "Keep as credit"],
    ),
    Need.UNKNOWN: (_unknown, ["Look", "Ask again"]),
    Need.PARKED: (lambda world: world.delivery(), ["Look", "Read again"]),
    Need.MAIL: (
        lambda world: world.mail(world.issued(), state=Mail.State.FAILED),
        ["Look", "Send again"],
    ),
    Need.HELD: (
        lambda world: world.mail(world.issued(), state=Mail.State.HELD),
        ["Look", "Send", "Leave unsent"],
    ),
    Need.JOB: (lambda world: world.trouble(world.issued()), ["Look", "Try again", "Leave it"]),
    Need.OVERDUE: (
        lambda world: world.issued(on=clock.today(world.organization) - timedelta(days=60)),
        ["Look", "Record a payment"],
    ),
    Need.DRAFT: (lambda world: world.draft(), ["Look", "Issue and send"]),
}


def needs_of(client: Client) -> str:
    """The part of the page about what needs a person."""
    return client.get(reverse(HOME)).text.partition('id="home-needs"')[2].partition('id="home-last"')[0]


def cures(page: str) -> list[tuple[str, str, str]]:
    """``get`` or ``post``, the address, and the word of each button."""
    found = re.findall(
        r'<a class="btn btn-sm" id="[^"]+" href="([^"]+)">([^<]+)</a>'
        r'|<form method="post" action="([^"]+)"[^>]*>.*?<button[^>]*>([^<]+)</button>',
        page,
        re.DOTALL,
    )
    return [("get", href, word) if href else ("post", act, said) for href, word, act, said in found]


@pytest.mark.parametrize("need", list(Need))
def test_every_cure_of_every_kind_is_one_press_away(
    world: World, need: Need, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The provider of this world has nobody to ask.
    monkeypatch.setattr("allsquare.payments.services.ask_provider.check_payment", lambda **_given: None)
    client = world.client()
    make, words = CURES[need]
    make(world)
    offered = cures(needs_of(client))
    assert [word for _how, _url, word in offered] == words
    for how, url, word in offered:
        block = transaction.atomic()
        block._from_testcase = True  # type: ignore[attr-defined]  # as Django marks its own around a test
        with block:
            answer = client.post(url) if how == "post" else client.get(url)
            assert answer.status_code == (302 if how == "post" else 200), (word, answer.text[:500])
            if how == "post":
                told = client.get(answer["Location"]).text
                assert "alert-danger" not in told.partition("</header>")[0], word
                if word != "Ask again":  # its provider decides
                    assert word not in [each for _how, _url, each in cures(needs_of(client))], word
            transaction.set_rollback(True)


@pytest.mark.parametrize("kind", sorted(attention._SENTENCES))
def test_every_kind_of_task_can_be_done_or_leads_to_where_it_is(world: World, kind: str) -> None:
    client = world.client()
    task = world.task(world.paid(world.issued()).id)
    Attention.objects.filter(id=task.id).update(kind=kind)
    offered = {word: (how, url) for how, url, word in cures(needs_of(client))}
    assert client.get(offered["Look"][1]).status_code == 200
    assert ("Give it back" in offered) is (kind in attention.HELD_AS_CREDIT)
    done = "Keep as credit" if kind in attention.HELD_AS_CREDIT else "Done"
    assert (done in offered) is (kind != attention.PAYMENT_REVIEW)
    if done in offered:
        assert client.post(offered[done][1]).status_code == 302
        assert Attention.objects.get(id=task.id).resolved_at is not None


def test_money_for_a_void_invoice_goes_back_by_one_form_and_the_task_is_done(world: World) -> None:
    client = world.client()
    payment = world.paid(world.issued())
    task = world.task(payment.id)
    url = next(url for _how, url, word in cures(needs_of(client)) if word == "Give it back")
    page = client.get(url).text
    assert 'name="amount" value="119.00"' in page
    client.post(url, {"amount": "119.00", "reason": "", "key": "k"})
    assert payment.refunds.get().amount_minor == 11900
    assert Attention.objects.get(id=task.id).resolved_at is not None


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (
            Role.BILLING_CLERK,
            {
                "Issue and send",
                "Send again",
                "Keep as credit",
                "Read again",
                "Record a payment",
                "Try again",
                "Leave it",
            },
        ),
        (Role.SUPPORT, {"Send again"}),
        (Role.SALES, set()),
        (Role.VIEWER, set()),
    ],
)
def test_a_role_is_offered_what_it_may_do(world: World, role: Role, acts: set[str]) -> None:
    busy(world)
    page = text_of(world.client(role))
    offered = {
        "Issue and send",
        "Send again",
        "Keep as credit",
        "Read again",
        "Record a payment",
        "Try again",
        "Leave it",
    }
    assert {act for act in offered if f" {act} " in page} == acts
    assert "Open" in page
    assert "Overdue" in page  # balances are everybody's who sees sales


def test_the_parts_are_the_pages_own(world: World) -> None:
    """What is renewed must look as what was there: the same templates, the same ids."""
    busy(world)
    client = world.client()
    page, parts = (client.get(reverse(name)).content.decode() for name in (HOME, NOW))
    ids = set(re.findall(r'id="(home-[a-z-]+)"', parts))
    assert ids == {
        "home-figures",
        "home-needs",
        "home-last",
        "home-in",
        "home-in-summary",
        "home-due",
        "home-due-summary",
    }
    assert ids <= set(re.findall(r'id="([a-z-]+)"', page))
    assert parts.count('hx-swap-oob="true"') == len(ids) - 1
    assert "hx-swap-oob" not in page
    assert re.search(r'data-live-since="\d+:\d+:[\d,]*"', parts)


def test_an_empty_business_is_told_what_to_do(world: World) -> None:
    page = text_of(world.client())
    for words in ("Nothing needs you", "No payments yet", "€0.00"):
        assert words in page
    assert "How old is what is open?" not in page


def test_a_name_with_markup_stays_words(world: World) -> None:
    world.customer.name = '<b onclick="x">"&'
    world.customer.save()
    world.task(new_id(), text="<script>alert(1)</script>")
    world.paid(world.issued())
    world.draft()
    page = world.client().get(reverse(HOME)).content.decode()
    assert "<b onclick" not in page
    assert "<script>alert" not in page
