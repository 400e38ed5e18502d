"""Fault 8: exactly one webhook in ten never comes. Sixty payments of all kinds, refunds that fail late, disputes and
payouts: after the sweeps our books are the provider's own. What only a webhook tells is found in the provider's list.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.ask_history import ask_history
from allsquare_sandbox.cards import SCENARIOS
from tests import factories
from tests.faults.shop import TOTAL, Shop
from tests.faults.soak.books import differences
from tests.faults.soak.our_books import our_books
from tests.faults.soak.provider import Provider
from tests.faults.soak.their_books import their_books
from tests.log import payouts_are_looked_at
from tests.sandbox_process import SandboxAccount
from tests.square import assert_all_square
from tests.webhook_catcher import Caught, WebhookCatcher

pytestmark = pytest.mark.faults

PAYMENTS = 60
#: What becomes of the payments, in turn: the payer's card or account, and what happens to the money afterwards.
KINDS = (
    ("visa", ""),
    ("debit", ""),
    ("refunds_fail", "refund"),
    ("visa", "lost"),
    ("debit_poor", ""),
    ("mastercard", "part"),
    ("debit_disputed", ""),
    ("visa", "won"),
    ("jcb", "refund"),
    ("declined", ""),
)
#: One in ten of each of these at least: no other question finds them.
ONLY_TOLD = ("payout.", "dispute.", "refund.failed")


@pytest.fixture
def shop(transactional_db: None, sandbox: SandboxAccount, catcher: WebhookCatcher) -> Shop:
    """Without a saved card: the provider's books begin with ours. Its webhooks go to the catcher."""
    sandbox.http.patch("/v1/account", json={"webhook_url": catcher.url}).raise_for_status()
    organization = factories.make_organization()
    account = add_gateway_account(
        organization=organization, gateway="sandbox", label="Sandbox", settings=sandbox.settings, actor=SYSTEM
    )
    return Shop(organization, factories.make_customer(organization), account, sandbox, UUID(int=0))


@pytest.fixture
def provider(sandbox: SandboxAccount) -> Iterator[Provider]:
    found = Provider(sandbox.base_url, sandbox.api_key)
    yield found
    found.close()


def one_case(shop: Shop, provider: Provider, number: int) -> str:
    """A payment at the provider's page, and what its payer and the banks do; returns the charge. We hear of nothing
    but what our own requests are answered."""
    scenario, after = KINDS[number % len(KINDS)]
    debit = scenario.startswith("debit")
    method = MethodKind.BANK_DEBIT if debit else MethodKind.CARD
    payment = shop.pay(shop.invoice(), by_card=False, method=method)
    charge = str(payment.reference)
    shop.merchant.http.post(f"/control/charges/{charge}/pay", json={"number": SCENARIOS[scenario].number})
    if after in ("refund", "part"):
        shop.sweep()
        shop.refund(payment, minor=TOTAL if after == "refund" else TOTAL // 3)
    elif after:
        provider.dispute(charge, won=after == "won")
    if number % 25 == 24:
        provider.pay_out()
    if number == PAYMENTS - 10:
        provider.return_payout()
    return charge


def every_webhook(catcher: WebhookCatcher, provider: Provider) -> list[Caught]:
    """Each once, what only a webhook tells before the rest, kind by kind."""
    events = {event["id"] for event in provider.every("/v1/events")}
    deadline = time.monotonic() + 120
    while len(found := {each.headers["webhook-id"]: each for each in list(catcher.caught)}) < len(events):
        assert time.monotonic() < deadline, f"{len(found)} of {len(events)} webhooks came"
        time.sleep(0.1)
    return sorted(found.values(), key=lambda each: (not kind(each).startswith(ONLY_TOLD), kind(each)))


def kind(webhook: Caught) -> str:
    return str(webhook.event["type"])


def ask(shop: Shop) -> None:
    """As if an hour had passed."""
    account = GatewayAccount.objects.get(organization=shop.organization, id=shop.account.id)
    GatewayAccount.objects.filter(organization=shop.organization, id=account.id).update(history_due_at=None)
    assert ask_history(organization=shop.organization, gateway_account=account)


@pytest.mark.timeout(300)
def test_one_webhook_in_ten_is_lost_and_nothing_with_it(
    shop: Shop, catcher: WebhookCatcher, provider: Provider
) -> None:
    charges = [one_case(shop, provider, number) for number in range(PAYMENTS)]
    shop.merchant.control("/clock", days=14)
    provider.pay_out()
    webhooks = every_webhook(catcher, provider)
    dropped = webhooks[::10]
    for webhook in webhooks:
        if webhook not in dropped:
            shop.deliver(webhook)
    shop.drain()
    for _ in range(3):
        shop.sweep()

    theirs = their_books(provider)
    apart = differences(theirs=theirs, ours=our_books(shop.organization, shop.account))
    lost = Counter(kind(each) for each in dropped)
    assert any(name.startswith("dispute.") for name in lost)
    assert any(name.startswith("payout.") for name in lost)
    assert apart, "the control: the sweep of what is open does not find what only a webhook tells"

    ask(shop)
    payouts_are_looked_at()
    assert differences(theirs=theirs, ours=our_books(shop.organization, shop.account)) == []
    assert_all_square()
    happened = Event.objects.count()
    ask(shop)
    for webhook in dropped:  # it comes after all
        shop.deliver(webhook)
    shop.drain()
    assert differences(theirs=theirs, ours=our_books(shop.organization, shop.account)) == []
    assert Event.objects.count() == happened
    assert len(charges) == len(set(charges)) == PAYMENTS
    print(  # noqa: T201  # the figures, for `pytest -s`
        f"{len(webhooks)} webhooks of {PAYMENTS} payments, {len(dropped)} dropped: {dict(lost)}; without the list "
        f"{len(apart)} objects differed, with it none"
    )


def test_two_workers_ask_once_and_an_answer_that_fails_is_asked_for_again(
    shop: Shop, provider: Provider
) -> None:
    first = GatewayAccount.objects.get(id=shop.account.id)
    assert ask_history(organization=shop.organization, gateway_account=first)
    assert not ask_history(organization=shop.organization, gateway_account=first)
    asked = GatewayAccount.objects.get(id=shop.account.id)
    assert asked.history_until is not None
    assert asked.history_due_at is not None
    assert asked.history_due_at > clock.now(None)

    shop.merchant.misbehave("error_before", scope="reads")
    GatewayAccount.objects.filter(id=asked.id).update(history_due_at=None)
    assert not ask_history(organization=shop.organization, gateway_account=asked)
    again = GatewayAccount.objects.get(id=asked.id)
    assert again.history_until == asked.history_until


def test_what_others_do_with_the_account_is_left_alone(shop: Shop) -> None:
    theirs = shop.merchant.paid(1234)
    shop.merchant.refund(theirs["id"], 1234).raise_for_status()
    happened = Event.objects.count()
    ask(shop)
    assert Event.objects.count() == happened
