"""Every adapter can say which account at its provider it speaks for, and no other one knows what that one charged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allsquare.gateways.sandbox import SandboxGateway
from allsquare.payments.gateway import Gateway, Status, Subject
from tests.contracts.benches import (
    Bench,
    charge_request,
    gocardless_gateway,
    money,
    paypal_gateway,
    stripe_gateway,
)
from tests.contracts.conftest import make_bench
from tests.fakes import gocardless_server, paypal_server, stripe_server
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def elsewhere(remote: Bench, sandbox_process: SandboxProcess) -> Iterator[Gateway]:
    """The same adapter with good keys of a second merchant."""
    name = remote.gateway.name
    if name == "sandbox":
        yield SandboxGateway(sandbox_process.account().settings)
    elif name == "stripe":
        for stripe in stripe_server.running():
            yield stripe_gateway(stripe.url)
    elif name == "gocardless":
        for debits in gocardless_server.running():
            yield gocardless_gateway(debits.url)
    else:
        for orders in paypal_server.running():
            yield paypal_gateway(orders.url)


def test_it_is_the_same_each_time_and_another_merchant_is_another(remote: Bench, elsewhere: Gateway) -> None:
    mine = remote.gateway.identity()
    assert mine
    assert remote.gateway.identity() == mine
    assert remote.with_secret("whsec_c2VjcmV0").identity() == mine, "it hangs on no webhook"
    assert elsewhere.identity() not in ("", None, mine)


def test_nobody_says_it_for_keys_that_are_not_good_or_a_provider_that_is_away(remote: Bench) -> None:
    assert remote.with_wrong_key().identity() is None
    assert remote.unreachable().identity() is None
    remote.revoke_key()
    assert remote.gateway.identity() is None


def test_another_merchant_would_say_that_it_was_never_sent(remote: Bench, elsewhere: Gateway) -> None:
    """So keys of another account must not come in the place of those with which something was asked."""
    asked = charge_request(remote, money(1000))
    remote.payer_pays(remote.gateway.start(asked))
    told = elsewhere.look_up(key=asked.key, reference="", subject=Subject.CHARGE, act=False)
    assert told.status in (Status.NOT_SENT, Status.UNKNOWN)
    assert elsewhere.identity() != remote.gateway.identity()


@pytest.mark.parametrize("adapter", ["offline", "bank_transfer"])
def test_where_nobody_is_asked_there_is_none(adapter: str, request: pytest.FixtureRequest) -> None:
    gateway = make_bench(adapter, request).gateway
    assert (gateway.identity(), gateway.practice) == ("", False)


def test_what_leads_to_an_account_is_known_of_the_settings(remote: Bench) -> None:
    """Whoever changes one of these may mean another account. A secret by which news is believed is none of them."""
    leading = {field.name for field in remote.gateway.settings_schema if field.leads}
    assert leading
    assert not leading & {"webhook_secret", "webhook_id", "base_url"}
