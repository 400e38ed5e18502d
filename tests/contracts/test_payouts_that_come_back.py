"""A payout that the bank sends back, as each provider tells of it: by its webhooks to our inbox, and in its list."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.payments import payout_reader
from allsquare.payments.attention import PAYOUT_FAILED
from allsquare.payments.models import Attention, GatewayAccount, InboxEvent, Payout
from allsquare.payments.payouts import payout_contents
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from tests import factories
from tests.contracts.benches import Bench, GoCardlessBench, SandboxBench, StripeBench, charge_request
from tests.contracts.conftest import make_bench
from tests.fakes import gocardless_server, stripe_server
from tests.payments.flows import balances
from tests.square import assert_all_square
from tests.webhook_catcher import Caught, WebhookCatcher

pytestmark = pytest.mark.django_db

PROVIDERS = ("sandbox", "stripe", "gocardless")
#: How they call it in the body of a webhook.
WORDS = {
    ("paid", "sandbox"): "payout.paid",
    ("failed", "sandbox"): "payout.failed",
    ("paid", "stripe"): "payout.paid",
    ("failed", "stripe"): "payout.failed",
    ("paid", "gocardless"): '"resource_type": "payouts", "action": "paid"',
    ("failed", "gocardless"): '"resource_type": "payouts", "action": "bounced"',
}


@dataclass
class Merchant:
    """An account at a provider with one charge, which was not ours: only what its payouts do is looked at."""

    organization: Organization
    account: GatewayAccount
    bench: Bench
    catcher: WebhookCatcher
    pay_out: Callable[[], str]
    send_back: Callable[[str], object]

    def news(self, kind: str) -> Caught:
        """The newest webhook of a payout that is ``paid`` or has ``failed``."""
        word, deadline = WORDS[kind, self.account.gateway], time.monotonic() + 60
        while not (found := [each for each in list(self.catcher.caught) if word in each.body.decode()]):
            assert time.monotonic() < deadline, f"no {word} came"
            time.sleep(0.02)
        return found[-1]

    def hear(self, *news: Caught) -> None:
        for each in news:
            receive(
                organization=self.organization,
                gateway_account=self.account,
                headers=each.headers,
                body=each.body,
            )
        # What was digested before is digested again: a repeat must not be stopped at the door alone.
        InboxEvent.objects.filter(organization=self.organization).update(
            state="received", next_try_at=clock.now(None)
        )
        while drain(organization=self.organization, gateway_account=self.account):
            continue
        parked = InboxEvent.objects.filter(organization=self.organization, state="parked")
        assert list(parked.values_list("kind", "error")) == []

    def ask(self) -> None:
        """As if an hour had passed."""
        GatewayAccount.objects.filter(organization=self.organization).update(history_due_at=None)
        account = GatewayAccount.objects.get(organization=self.organization)
        assert ask_history(organization=self.organization, gateway_account=account)

    @property
    def payouts(self) -> list[tuple[int, str]]:
        found = Payout.objects.filter(organization=self.organization).order_by("sending")
        return list(found.values_list("sending", "state"))


def hands_of(bench: Bench) -> tuple[dict[str, str], Callable[[], str], Callable[[str], object]]:
    """The settings of the account; who pays out; and the bank that sends it back."""
    match bench:
        case SandboxBench():
            control = bench.account.control
            return (
                bench.account.settings,
                lambda: str(control("/payouts")["data"][0]["id"]),
                lambda name: control(f"/payouts/{name}/fail"),
            )
        case StripeBench():
            settings = {"api_key": stripe_server.KEY, "webhook_secret": bench.secret()}
            return (
                {**settings, "base_url": bench.fake.url},
                lambda: str(bench.fake.pay_out()["id"]),
                bench.fake.fail_payout,
            )
        case GoCardlessBench():
            settings = {"access_token": gocardless_server.TOKEN, "webhook_secret": bench.secret()}
            return (
                {**settings, "base_url": bench.fake.url},
                lambda: str(bench.fake.pay_out()["id"]),
                bench.fake.bounce_payout,
            )
    raise AssertionError(bench)


@pytest.fixture(params=PROVIDERS)
def merchant(request: pytest.FixtureRequest, catcher: WebhookCatcher) -> Merchant:
    return _merchant(request.param, request, catcher)


@pytest.fixture
def debtor(request: pytest.FixtureRequest, catcher: WebhookCatcher) -> Merchant:
    """At the one provider that sends a payout again under its name."""
    return _merchant("gocardless", request, catcher)


def _merchant(name: str, request: pytest.FixtureRequest, catcher: WebhookCatcher) -> Merchant:
    bench = make_bench(name, request)
    its, pay_out, send_back = hands_of(bench)
    bench.send_news_to(catcher.url)
    organization = factories.make_organization()
    account = add_gateway_account(
        organization=organization, gateway=name, label=name.title(), settings=its, actor=SYSTEM
    )
    bench.payer_pays(bench.gateway.start(charge_request(bench, Money(10000, currency("EUR")))))
    return Merchant(organization, account, bench, catcher, pay_out, send_back)


def assert_unbooked(merchant: Merchant) -> None:
    assert merchant.payouts == [(1, "failed")]
    assert balances(merchant.organization) == {}
    money = where_is_my_money(merchant.organization)
    assert (sum(row.paid_out for row in money.rows), money.in_transit, money.adds_up) == (0, [], True)
    assert Attention.objects.filter(organization=merchant.organization, kind=PAYOUT_FAILED).count() == 1
    payout = Payout.objects.get(organization=merchant.organization)
    assert payout.failure_message, "the page says why"
    assert_all_square()


def assert_of_others(merchant: Merchant) -> None:
    """Each provider says of each line what it is, so none of it, nor of the fees, is taken for ours: but for what
    rounding the whole of the fees leaves, where they have tenths of a cent."""
    net = Payout.objects.get(organization=merchant.organization, state="paid").net_minor
    booked = balances(merchant.organization)
    assert net > 0
    assert abs(booked.pop("clearing", 0)) == booked.pop("gateway_fees", 0) <= 1
    assert booked == {"payouts_in_transit": net, "money_of_others": -net}
    assert_all_square()


def test_what_its_webhooks_tell_is_booked_and_unbooked(merchant: Merchant) -> None:
    name = merchant.pay_out()
    beginning = merchant.news("paid")
    merchant.hear(beginning)
    assert merchant.payouts == [(1, "paid")]
    assert_of_others(merchant)
    merchant.send_back(name)
    end = merchant.news("failed")
    merchant.hear(end)
    assert_unbooked(merchant)
    merchant.hear(beginning, end)
    assert_unbooked(merchant)


def test_webhooks_that_come_the_other_way_round_end_the_same(merchant: Merchant) -> None:
    merchant.send_back(merchant.pay_out())
    merchant.hear(merchant.news("failed"))
    merchant.hear(merchant.news("paid"))
    assert_unbooked(merchant)


def test_webhooks_that_never_come_are_found_in_its_list(merchant: Merchant) -> None:
    name = merchant.pay_out()
    merchant.ask()
    assert merchant.payouts == [(1, "paid")]
    merchant.send_back(name)
    merchant.ask()
    assert_unbooked(merchant)
    merchant.hear(merchant.news("paid"), merchant.news("failed"))
    merchant.ask()
    assert_unbooked(merchant)


def test_one_that_is_sent_again_under_its_name_is_booked_again(debtor: Merchant) -> None:
    name = debtor.pay_out()
    debtor.hear(debtor.news("paid"))
    debtor.send_back(name)
    debtor.hear(debtor.news("failed"))
    heard = len(debtor.catcher.caught)
    assert isinstance(debtor.bench, GoCardlessBench)
    debtor.bench.fake.send_again(name)
    debtor.catcher.wait(heard + 1)
    debtor.hear(debtor.news("paid"))
    debtor.ask()
    assert debtor.payouts == [(1, "failed"), (2, "paid")]
    assert balances(debtor.organization)["payouts_in_transit"] > 0
    assert where_is_my_money(debtor.organization).adds_up
    assert_all_square()


def test_the_sandbox_pays_it_out_again_with_the_next_one(
    request: pytest.FixtureRequest, catcher: WebhookCatcher
) -> None:
    merchant = _merchant("sandbox", request, catcher)
    first = merchant.pay_out()
    merchant.send_back(first)
    merchant.pay_out()
    merchant.ask()
    failed, paid = Payout.objects.filter(organization=merchant.organization).order_by(
        "created_at", "reference"
    )
    if failed.state == "paid":
        failed, paid = paid, failed
    assert (failed.reference, failed.state, paid.state) == (first, "failed", "paid")
    assert paid.net_minor == failed.net_minor
    (line,) = payout_contents(merchant.organization, paid.id).lines
    assert (line.kind, line.item.net_minor) == ("payout", paid.net_minor)
    events = Event.objects.filter(organization_id=merchant.organization.id).order_by("id")
    payout_reader.read(list(events))  # whichever of the two was told of first
    assert_of_others(merchant)
