"""Test money pays nobody's real invoice unless somebody wants to try it, and then everybody reads that it does."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.test import Client

from allsquare.billing.links import pay_url
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.gateways.gocardless import GoCardlessGateway
from allsquare.gateways.paypal import PayPalGateway
from allsquare.gateways.sandbox import SandboxGateway
from allsquare.gateways.stripe import StripeGateway
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount
from allsquare.payments.offers import offers_to
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.change_gateway_account import change_gateway_account
from allsquare.payments.services.check_gateway_account import check_gateway_account
from allsquare.payments.services.switch_gateway_account import switch_gateway_account
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.payments.flows import pay
from tests.payments.makers import ScriptedGateway, charge, eur, issued_invoice, open_tasks

SAID = "Test mode: no real money moves."
LIVE = "sk_live_of_the_fake"


@pytest.fixture(scope="module")
def stripe() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


def added(
    organization: Organization, stripe: FakeStripe, *, key: str = stripe_server.KEY, trying: bool = False
) -> GatewayAccount:
    settings = {"api_key": key, "webhook_secret": stripe_server.SECRET, "base_url": stripe.url}
    return add_gateway_account(
        organization=organization,
        gateway="stripe",
        label="Stripe",
        settings=settings,
        actor=SYSTEM,
        trying=trying,
    )


def changed(account: GatewayAccount, stripe: FakeStripe, key: str) -> GatewayAccount:
    settings = {"api_key": key, "base_url": stripe.url}
    return change_gateway_account(
        organization=account.organization,
        account_id=account.id,
        label="Stripe",
        settings=settings,
        actor=SYSTEM,
    )


def offered(organization: Organization) -> set[MethodKind]:
    return {offer.method for offer in offers_to(organization, amount=eur(1000), country="DE")}


def tasks(organization: Organization) -> list[str]:
    return [task.kind for task in open_tasks(organization)]


@pytest.mark.parametrize(
    ("practice", "real"),
    [
        (StripeGateway({"api_key": "sk_test_1"}), StripeGateway({"api_key": "sk_live_1"})),
        (StripeGateway({"api_key": "rk_test_1"}), StripeGateway({"api_key": "rk_live_1"})),
        (
            GoCardlessGateway({"access_token": "sandbox_1"}),
            GoCardlessGateway({"access_token": "live_1"}),
        ),
        (
            PayPalGateway({"client_id": "A", "client_secret": "B", "environment": "sandbox"}),
            PayPalGateway({"client_id": "A", "client_secret": "B"}),
        ),
    ],
)
def test_each_provider_knows_by_its_settings(practice: StripeGateway, real: StripeGateway) -> None:
    assert (practice.practice, real.practice) == (True, False)
    assert SandboxGateway({"base_url": "http://127.0.0.1:1", "api_key": "k"}).practice


def test_nobody_is_offered_it_until_somebody_tries_it_and_a_task_says_so_all_the_while(
    organization: Organization, stripe: FakeStripe
) -> None:
    account = added(organization, stripe)
    assert (account.enabled, offered(organization), tasks(organization)) == (False, set(), [])

    for _ in range(2):  # each time anew
        switch_gateway_account(organization=organization, account_id=account.id, enabled=True, actor=SYSTEM)
        assert MethodKind.CARD in offered(organization)
        (task,) = open_tasks(organization)
        assert (task.kind, task.data["provider"]) == ("practice_is_on", "Stripe")
        assert "pays nothing" in task.text
        switch_gateway_account(organization=organization, account_id=account.id, enabled=False, actor=SYSTEM)
        assert tasks(organization) == []


def test_whoever_only_demonstrates_has_it_on_at_once(organization: Organization, stripe: FakeStripe) -> None:
    assert added(organization, stripe, trying=True).enabled


def test_real_keys_are_on_at_once_and_test_keys_in_their_place_switch_it_off(
    organization: Organization, stripe: FakeStripe
) -> None:
    account = added(organization, stripe, key=LIVE)
    assert (account.enabled, MethodKind.CARD in offered(organization)) == (True, True)

    account = changed(account, stripe, stripe_server.KEY)

    assert (account.enabled, offered(organization)) == (False, set())


def test_the_task_ends_with_real_keys(organization: Organization, stripe: FakeStripe) -> None:
    account = added(organization, stripe)
    switch_gateway_account(organization=organization, account_id=account.id, enabled=True, actor=SYSTEM)
    assert tasks(organization) == ["practice_is_on"]
    account = changed(account, stripe, LIVE)
    assert (account.enabled, tasks(organization)) == (True, [])


def test_one_that_an_older_version_added_is_told_of_once(
    organization: Organization, stripe: FakeStripe
) -> None:
    account = added(organization, stripe, trying=True)
    for since in (account.added_at, None, None):
        GatewayAccount.objects.filter(id=account.id).update(added_at=since, history_due_at=None)
        account.refresh_from_db()
        assert ask_history(organization=organization, gateway_account=account)
        assert tasks(organization) == ([] if since else ["practice_is_on"])


def test_a_rehearsal_is_practice_by_itself(organization: Organization) -> None:
    Organization.objects.filter(id=organization.id).update(rehearsal=True)
    organization.refresh_from_db()
    account = add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label="Sandbox",
        settings={"base_url": "http://127.0.0.1:1", "api_key": "k", "webhook_secret": "whsec_MTIz"},
        actor=SYSTEM,
        trying=False,
    )
    assert account.enabled
    switch_gateway_account(organization=organization, account_id=account.id, enabled=False, actor=SYSTEM)
    switch_gateway_account(organization=organization, account_id=account.id, enabled=True, actor=SYSTEM)
    assert tasks(organization) == []


def test_the_test_of_the_connection_says_so(organization: Organization, stripe: FakeStripe) -> None:
    account = added(organization, stripe)
    found = check_gateway_account(organization=organization, account_id=account.id, actor=SYSTEM)
    assert (found.works, found.practice) == (True, True)


def test_a_payer_reads_it_before_and_after(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invoice = issued_invoice(organization, customer, total="100.00")
    page = urlsplit(pay_url(organization, invoice)).path

    def read() -> str:
        return Client().get(page).content.decode()

    assert SAID not in read()  # the control: with real money nobody is told so
    monkeypatch.setattr(ScriptedGateway, "practice", True)
    assert SAID in read()
    pay(invoice, account, answer=charge(reference="ch_1", amount=eur(10000)))
    assert SAID in read()
    monkeypatch.setattr(ScriptedGateway, "practice", False)
    assert SAID not in read()
