"""Faults 5 and 14 in each provider's own words: a payment, a part of it given back, a case about the rest and its end
are told in all 24 orders, and read one by one. The books are the same, and nobody is debited twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final, cast
from uuid import uuid4

import pytest
from django.db import transaction

from allsquare.core import clock
from allsquare.payments.gateway import RefundRequest, Status
from allsquare.payments.models import InboxEvent, Payment
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from tests.contracts.benches import GoCardlessBench, PayPalBench, SandboxBench, StripeBench
from tests.faults.rails import Rail, gocardless_rail, paypal_rail, sandbox_rail, stripe_rail
from tests.faults.shop import TOTAL
from tests.payments.flows import balances, final_state
from tests.payments.makers import a_key, eur, open_tasks
from tests.square import assert_all_square
from tests.webhook_catcher import Caught, WebhookCatcher

pytestmark = pytest.mark.django_db

BACK: Final = 4_000
RAILS: dict[str, Callable[[], Iterator[Rail]]] = {
    "stripe": stripe_rail,
    "gocardless": gocardless_rail,
    "paypal": paypal_rail,
}


@pytest.fixture(params=["sandbox", *RAILS])
def rail(request: pytest.FixtureRequest, db: None) -> Iterator[Rail]:
    if request.param == "sandbox":
        yield sandbox_rail(request.getfixturevalue("sandbox"))
    else:
        yield from RAILS[request.param]()


@dataclass(frozen=True, slots=True)
class Listener:
    """What the provider tells, act by act."""

    rail: Rail
    catcher: WebhookCatcher

    def told_of(self, act: Callable[[], object]) -> Sequence[Caught]:
        before = len(self.catcher.caught)
        act()
        if isinstance(self.rail.hands, SandboxBench):  # it tells in its own time
            self.catcher.wait(len(self.rail.hands.account.get("/events", limit="100")["data"]))
        return self.catcher.caught[before:]


def story(rail: Rail, payment: Payment, heard: Listener) -> dict[str, Sequence[Caught]]:
    """All of it happens at the provider. Nothing of it is known here."""
    hands = cast(SandboxBench | StripeBench | GoCardlessBench | PayPalBench, rail.hands)
    paid = heard.told_of(lambda: hands.payer_pays(rail.asked(payment)))
    charge = rail.charge_of(payment)
    asked = RefundRequest(key=uuid4(), charge_reference=charge, amount=eur(BACK))

    def give() -> None:
        made = hands.gateway.refund(asked)
        if made.status is Status.PENDING:
            hands.banks_answer(made)

    given = heard.told_of(give)
    cases: list[str] = []

    def fight() -> None:
        if isinstance(hands, GoCardlessBench):
            hands.fake.become(charge, "charged_back", cause="refer_to_payer")
        else:
            cases.append(hands.payer_disputes(replace(rail.asked(payment), reference=charge)))

    def decide() -> None:
        if isinstance(hands, GoCardlessBench):
            hands.fake.tell("payments", "chargeback_settled", charge)
            return
        (case,) = cases
        hands.bank_decides(case)
        if isinstance(hands, StripeBench):
            hands.fake.tell("charge.dispute.closed", hands.fake.objects[case])
        elif isinstance(hands, PayPalBench):
            hands.fake.tell("CUSTOMER.DISPUTE.RESOLVED", hands.fake.disputes[case])

    return {"paid": paid, "given": given, "opened": heard.told_of(fight), "lost": heard.told_of(decide)}


def come(rail: Rail, told: dict[str, Sequence[Caught]], order: Sequence[str]) -> dict[str, object]:
    """What is left when it comes in ``order``, read after each. Then it is as if nothing had come.

    The proofs are asked where it is most out of order: the books are the same in all others."""
    before = transaction.savepoint()
    for name in order:
        for news in told[name]:
            receive(
                organization=rail.organization,
                gateway_account=rail.account,
                headers=news.headers,
                body=news.body,
            )
        read(rail)
    for _time in range(2):  # what was too early
        read(rail)
    found = final_state(rail.organization)
    books = balances(rail.organization)
    # Whether the invoice or the credit bears a lost case is a matter of which came first.
    books["owed"] = books.pop("receivable", 0) + books.pop("customer_credit", 0)
    state = {name: found[name] for name in ("payments", "refunds", "disputes")} | {"books": books}
    state["unread"] = InboxEvent.objects.filter(organization=rail.organization).exclude(state="done").count()
    state["tasks"] = sorted(task.kind for task in open_tasks(rail.organization))
    if order[-1] == "paid":
        assert_all_square()
    transaction.savepoint_rollback(before)
    return state


def read(rail: Rail) -> None:
    InboxEvent.objects.filter(organization=rail.organization).update(next_try_at=clock.now(None))
    while drain(organization=rail.organization, gateway_account=rail.account):
        continue


def test_every_order_of_its_news_comes_to_the_same(rail: Rail, catcher: WebhookCatcher) -> None:
    rail.hands.send_news_to(catcher.url)
    heard = Listener(rail, catcher)
    payments: list[Payment] = []
    heard.told_of(lambda: payments.append(rail.pay(rail.invoice(), key=a_key(), saved=False)))
    told = story(rail, payments[0], heard)
    assert all(told.values()), "each act is told"

    found = {order: come(rail, told, order) for order in permutations(told)}

    first = found["paid", "given", "opened", "lost"]
    assert {order: each for order, each in found.items() if each != first} == {}
    assert first["unread"] == 0
    books = cast(dict[str, int], first["books"])
    # A bank takes a debit back whole, whatever of it was given back: a person is told, and the invoice is owed once.
    more = isinstance(rail.hands, GoCardlessBench)
    assert books["owed"] == TOTAL, "what went back is owed again, once"
    tasks = ["dispute_lost", *(["more_went_back"] if more else [])]
    assert first["tasks"] == tasks
