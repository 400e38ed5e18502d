"""Adding, changing, switching and trying accounts at providers."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.attention import KEYS_REFUSED
from allsquare.payments.errors import GatewayUnknown
from allsquare.payments.models import Attention, GatewayAccount
from allsquare.payments.offers import is_any_offered
from allsquare.payments.selectors import account_settings, open_settings
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.ask_for_keys import ask_for_keys
from allsquare.payments.services.change_gateway_account import change_gateway_account
from allsquare.payments.services.check_gateway_account import check_gateway_account
from allsquare.payments.services.switch_gateway_account import switch_gateway_account
from tests.factories import make_organization, member_actor
from tests.sandbox_process import SandboxAccount

pytestmark = pytest.mark.django_db

GOOD = {"base_url": "http://127.0.0.1:9", "api_key": "sk_secret", "webhook_secret": "whsec_c2VjcmV0"}


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def added(organization: Organization, label: str = "Sandbox", **settings: str) -> GatewayAccount:
    return add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label=label,
        settings={**GOOD, **settings},
        actor=SYSTEM,
    )


def test_twice_is_once(organization: Organization) -> None:
    assert added(organization).id == added(organization).id
    assert Event.objects.filter(kind="gateway_account.added").count() == 1


def test_a_label_is_needed_and_free(organization: Organization) -> None:
    added(organization)
    for label in ("", "Sandbox", "x" * 101, "a\0b"):
        with pytest.raises(FieldErrors) as caught:
            added(organization, label, api_key="sk_other")
        assert "label" in caught.value.errors


def test_settings_that_no_request_could_be_made_with_are_refused_at_their_field(
    organization: Organization,
) -> None:
    with pytest.raises(FieldErrors) as caught:
        added(organization, base_url="nowhere")
    assert list(caught.value.errors) == ["base_url"]
    with pytest.raises(FieldErrors) as caught:
        added(organization, api_key=" ", webhook_secret="")
    assert set(caught.value.errors) == {"api_key", "webhook_secret"}
    assert not GatewayAccount.objects.filter(organization=organization).exists()


def test_an_empty_secret_keeps_the_one_that_is_stored(organization: Organization) -> None:
    account = added(organization)
    changed = change_gateway_account(
        organization=organization,
        account_id=account.id,
        label="Renamed",
        settings={"base_url": "http://127.0.0.1:10", "api_key": "", "webhook_secret": ""},
        actor=SYSTEM,
    )
    assert account_settings(organization, changed) == {**GOOD, "base_url": "http://127.0.0.1:10"}
    assert open_settings(organization, changed) == {"base_url": "http://127.0.0.1:10"}
    event = Event.objects.get(kind="gateway_account.changed")
    assert event.data["fields"] == ["base_url", "label"]


def test_no_secret_is_in_the_log(organization: Organization) -> None:
    account = added(organization)
    change_gateway_account(
        organization=organization,
        account_id=account.id,
        label="Sandbox",
        settings={**GOOD, "api_key": "sk_fresh_secret"},
        actor=SYSTEM,
    )
    log = json.dumps(list(Event.objects.values_list("data", flat=True)))
    assert "api_key" in log
    assert "sk_" not in log
    assert "whsec_" not in log


def test_the_same_again_is_no_news(organization: Organization) -> None:
    account = added(organization)
    change_gateway_account(
        organization=organization, account_id=account.id, label="Sandbox", settings=GOOD, actor=SYSTEM
    )
    assert not Event.objects.filter(kind="gateway_account.changed").exists()


def test_off_is_not_offered_and_on_is(organization: Organization) -> None:
    account = added(organization)
    assert is_any_offered(organization)
    for _ in range(2):
        switch_gateway_account(organization=organization, account_id=account.id, enabled=False, actor=SYSTEM)
    assert not is_any_offered(organization)
    switch_gateway_account(organization=organization, account_id=account.id, enabled=True, actor=SYSTEM)
    assert is_any_offered(organization)
    kinds = Event.objects.filter(kind__startswith="gateway_account.switched").values_list("kind", flat=True)
    assert sorted(kinds) == ["gateway_account.switched_off", "gateway_account.switched_on"]


def test_a_checkup_says_what_is_wrong(organization: Organization, sandbox: SandboxAccount) -> None:
    good = dict(sandbox.settings)
    account = added(organization, **good)
    assert "does not know where to send" in _check(organization, account)
    sandbox.http.patch("/v1/account", json={"webhook_url": "http://127.0.0.1:9/hooks/"}).raise_for_status()
    assert _check(organization, account, works=True).startswith("The sandbox answers as")
    wrong_secret = change_gateway_account(
        organization=organization,
        account_id=account.id,
        label="Secret",
        settings={**good, "webhook_secret": "whsec_d3Jvbmc="},
        actor=SYSTEM,
    )
    assert "another secret" in _check(organization, wrong_secret)
    wrong_key = added(organization, "Key", **{**good, "api_key": "sk_wrong"})
    assert "API key" in _check(organization, wrong_key)
    nobody = added(organization, "Nobody", **{**good, "base_url": "http://127.0.0.1:1"})
    assert "cannot be reached" in _check(organization, nobody)
    assert Event.objects.filter(kind="gateway_account.checked").count() == 5


def test_who_entered_the_keys_anew_is_left_alone_until_those_are_refused_too(
    organization: Organization, sandbox: SandboxAccount
) -> None:
    account = added(organization, **sandbox.settings)
    sandbox.http.patch("/v1/account", json={"webhook_url": "http://127.0.0.1:9/hooks/"}).raise_for_status()

    def is_asked() -> bool:
        return Attention.objects.filter(
            organization=organization, kind=KEYS_REFUSED, resolved_at=None
        ).exists()

    assert ask_for_keys(organization=organization, account=account, actor=SYSTEM)
    assert not ask_for_keys(organization=organization, account=account, actor=SYSTEM)
    change_gateway_account(
        organization=organization,
        account_id=account.id,
        label="Cards",
        settings={"base_url": sandbox.settings["base_url"]},
        actor=SYSTEM,
    )
    assert is_asked(), "another name is no other key"
    change_gateway_account(
        organization=organization,
        account_id=account.id,
        label="Cards",
        settings={**sandbox.settings, "api_key": "sk_new"},
        actor=SYSTEM,
    )
    assert not is_asked()
    assert ask_for_keys(organization=organization, account=account, actor=SYSTEM)
    _check(organization, account)
    assert is_asked()
    change_gateway_account(
        organization=organization,
        account_id=account.id,
        label="Cards",
        settings=sandbox.settings,
        actor=SYSTEM,
    )
    assert ask_for_keys(organization=organization, account=account, actor=SYSTEM)
    _check(organization, account, works=True)
    assert not is_asked()


def _check(organization: Organization, account: GatewayAccount, *, works: bool = False) -> str:
    found = check_gateway_account(organization=organization, account_id=account.id, actor=SYSTEM)
    assert found.works is works
    return found.message


def test_foreign_accounts_are_unknown_and_others_may_not(organization: Organization) -> None:
    foreign = added(make_organization())
    clerk = member_actor(organization, Role.BILLING_CLERK)
    mine = added(organization)
    with pytest.raises(GatewayUnknown):
        switch_gateway_account(organization=organization, account_id=foreign.id, enabled=False, actor=SYSTEM)
    with pytest.raises(GatewayUnknown):
        check_gateway_account(organization=organization, account_id=uuid4(), actor=SYSTEM)
    with pytest.raises(GatewayUnknown):
        change_gateway_account(
            organization=organization, account_id=foreign.id, label="x", settings=GOOD, actor=SYSTEM
        )
    with pytest.raises(PermissionDenied):
        switch_gateway_account(organization=organization, account_id=mine.id, enabled=False, actor=clerk)
    with pytest.raises(PermissionDenied):
        check_gateway_account(organization=organization, account_id=mine.id, actor=clerk)
