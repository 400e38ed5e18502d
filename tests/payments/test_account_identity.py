"""An account here leads to one account at its provider, and stays at that one: another would say of what was paid with
it that it was never sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.gateways.stripe import StripeGateway
from allsquare.identity.models import Organization
from allsquare.payments import account_identity
from allsquare.payments.attention import ACCOUNT_TWICE, sentence
from allsquare.payments.errors import KeysOfAnother, ProviderAccountTaken
from allsquare.payments.gateway import Status, Subject
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.services import add_gateway_account as adding
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.change_gateway_account import change_gateway_account
from allsquare.payments.services.check_gateway_account import check_gateway_account
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.resolve_attention import resolve_attention
from tests import factories
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.payments.flows import pay
from tests.payments.makers import issued_invoice, open_tasks

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def x() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def y() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


def keys(fake: FakeStripe, key: str = stripe_server.KEY, **more: str) -> dict[str, str]:
    """Good ones, whichever they are."""
    fake.keys.add(key)
    return {"api_key": key, "webhook_secret": stripe_server.SECRET, "base_url": fake.url, **more}


def added(organization: Organization, settings: dict[str, str], label: str = "Stripe") -> GatewayAccount:
    return add_gateway_account(
        organization=organization, gateway="stripe", label=label, settings=settings, actor=SYSTEM
    )


def changed(account: GatewayAccount, settings: dict[str, str]) -> GatewayAccount:
    return change_gateway_account(
        organization=account.organization,
        account_id=account.id,
        label=account.label,
        settings=settings,
        actor=SYSTEM,
    )


def known(account: GatewayAccount) -> str | None:
    return GatewayAccount.objects.get(organization=account.organization, id=account.id).identity


@pytest.fixture
def used(organization: Organization, customer: Customer, x: FakeStripe) -> GatewayAccount:
    """Somebody is at X's page."""
    account = added(organization, keys(x))
    payment = pay(issued_invoice(organization, customer), account)
    assert payment.state == "needs_action"
    return account


def test_it_is_known_since_it_was_added(organization: Organization, x: FakeStripe, y: FakeStripe) -> None:
    account = added(organization, keys(x))
    assert known(account) == f"{x.merchant} test"
    assert known(changed(account, keys(y))) == f"{y.merchant} test", "nothing was paid with it yet"


def test_keys_of_another_account_are_refused_once_something_was_paid(
    used: GatewayAccount, y: FakeStripe
) -> None:
    with pytest.raises(KeysOfAnother, match="Add it as a provider of its own"):
        changed(used, keys(y))
    assert json.loads(GatewayAccount.objects.get(id=used.id).settings)["base_url"] != y.url


def test_live_keys_over_those_for_tests_are_another_account(used: GatewayAccount, x: FakeStripe) -> None:
    with pytest.raises(KeysOfAnother, match="Add it as a provider of its own"):
        changed(used, keys(x, "sk_live_of_the_fake"))


def test_what_the_other_one_would_say(used: GatewayAccount, y: FakeStripe) -> None:
    """The control: without being refused, the charge would be called never sent."""
    payment = Payment.objects.get(organization=used.organization)
    key = PaymentAttempt.objects.get(organization=used.organization, payment=payment).id
    said = StripeGateway(keys(y)).look_up(key=key, reference="", subject=Subject.CHARGE)
    assert said.status is Status.NOT_SENT


def test_a_new_key_of_the_same_account_is_taken(used: GatewayAccount, x: FakeStripe) -> None:
    assert changed(used, keys(x, "sk_test_rolled")).settings != used.settings


def test_keys_of_which_nobody_says_whose_they_are_are_refused(used: GatewayAccount, x: FakeStripe) -> None:
    with pytest.raises(KeysOfAnother, match="does not say whose"):
        changed(used, {**keys(x), "api_key": "sk_test_unheard_of"})
    with pytest.raises(KeysOfAnother, match="does not say whose"):
        changed(used, keys(x, "sk_test_rolled", base_url=NOBODY))


def test_what_leads_nowhere_else_needs_no_answer(used: GatewayAccount, x: FakeStripe) -> None:
    x.key_revoked = True
    settings = keys(x, webhook_secret="whsec_fresh")
    assert json.loads(changed(used, settings).settings)["webhook_secret"] == "whsec_fresh"
    assert known(used) == f"{x.merchant} test"


def test_where_the_stored_keys_were_never_named_they_are_asked(
    used: GatewayAccount, x: FakeStripe, y: FakeStripe
) -> None:
    """It was added by an older version."""
    GatewayAccount.objects.filter(id=used.id).update(identity=None)
    with pytest.raises(KeysOfAnother):
        changed(used, keys(y))
    asked = clock.now(None) - timedelta(days=2)
    GatewayAccount.objects.filter(id=used.id).update(added_at=None, history_until=asked)
    row = changed(used, keys(x, "sk_test_rolled"))
    assert known(used) == f"{x.merchant} test"
    assert (row.added_at, row.history_until) == (None, asked), "it goes on where it was"


@pytest.mark.parametrize("silent", [False, True])
def test_another_account_begins_on_the_day_of_its_keys(
    organization: Organization, x: FakeStripe, y: FakeStripe, silent: bool
) -> None:
    """What it paid out before is none of ours. Of one that is not named nobody knows that it is the same."""
    account = added(organization, keys(x))
    old = clock.now(None) - timedelta(days=14)
    identity = None if silent else account.identity
    mine = GatewayAccount.objects.filter(id=account.id)
    mine.update(added_at=old, history_until=old, identity=identity)
    x.key_revoked = y.key_revoked = silent
    row = changed(account, keys(y, "sk_test_other"))
    assert row.added_at is not None
    assert (row.added_at > old, row.history_until) == (True, None)


def test_and_where_they_do_not_work_any_more_nobody_can_say(used: GatewayAccount, y: FakeStripe) -> None:
    row = GatewayAccount.objects.get(id=used.id)
    row.settings, row.identity = json.dumps({**json.loads(row.settings), "base_url": NOBODY}), None
    row.save()
    with pytest.raises(KeysOfAnother, match="stored keys do not work"):
        changed(used, keys(y, "sk_test_other"))


def test_but_new_ones_that_know_what_was_paid_are_of_the_same(
    used: GatewayAccount, x: FakeStripe, y: FakeStripe
) -> None:
    """They leaked, and were rolled at Stripe first; an older version did not write down whose they are."""
    organization = used.organization
    payment = Payment.objects.get(organization=organization)
    x.pay(str(payment.reference))
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    GatewayAccount.objects.filter(id=used.id).update(identity=None)
    x.keys.discard(stripe_server.KEY)
    with pytest.raises(KeysOfAnother, match="do not know the last payment"):
        changed(used, keys(y, "sk_test_other", base_url=y.url))
    Payment.objects.filter(id=payment.id).update(captured_minor=payment.captured_minor + 1)
    with pytest.raises(KeysOfAnother):
        changed(used, keys(x, "sk_test_rolled"))
    Payment.objects.filter(id=payment.id).update(captured_minor=payment.captured_minor)
    changed(used, keys(x, "sk_test_rolled"))
    assert known(used) == f"{x.merchant} test"


def test_the_same_account_is_here_once(organization: Organization, x: FakeStripe) -> None:
    added(organization, keys(x))
    for other in ("sk_test_second_key", stripe_server.KEY):
        with pytest.raises(ProviderAccountTaken, match="“Stripe”"):
            added(organization, keys(x, other), "Again")
    with pytest.raises(ProviderAccountTaken, match="Another organization"):
        added(factories.make_organization(), keys(x))
    assert GatewayAccount.objects.filter(gateway="stripe").count() == 1


def test_nor_is_one_changed_into_another(organization: Organization, x: FakeStripe, y: FakeStripe) -> None:
    added(organization, keys(x))
    second = added(organization, keys(y), "Second")
    with pytest.raises(ProviderAccountTaken, match="“Stripe”"):
        changed(second, keys(x, "sk_test_second_key"))


def test_of_two_who_add_it_in_the_same_moment_one_is_told(
    organization: Organization, x: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked before the other had written: the database lets one of them pass."""
    added(organization, keys(x))
    looked: list[str] = []

    def look(*args: object, **more: object) -> None:
        looked.append("")
        if len(looked) > 1:
            account_identity.require_free(*args, **more)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(adding, "require_free", look)
    with pytest.raises(ProviderAccountTaken):
        added(factories.make_organization(), keys(x))
    assert len(looked) == 2


@pytest.mark.parametrize("by", ["check", "history"])
def test_it_is_asked_for_where_it_is_not_known(organization: Organization, x: FakeStripe, by: str) -> None:
    account = added(organization, keys(x))
    GatewayAccount.objects.filter(id=account.id).update(identity=None)
    account.refresh_from_db()
    for _ in range(2):
        if by == "check":
            check_gateway_account(organization=organization, account_id=account.id, actor=SYSTEM)
        else:
            GatewayAccount.objects.filter(id=account.id).update(history_due_at=None)
            assert ask_history(organization=organization, gateway_account=account)
        assert known(account) == f"{x.merchant} test"


def test_one_that_is_here_twice_stays_unnamed_and_a_person_is_told_once(
    organization: Organization, x: FakeStripe
) -> None:
    """Its provider was away when it was added."""
    second = added(factories.make_organization(), keys(x, base_url=NOBODY))
    added(organization, keys(x))
    row = GatewayAccount.objects.get(id=second.id)
    row.settings = json.dumps(keys(x))
    row.save()
    assert ask_history(organization=second.organization, gateway_account=row)
    (task,) = open_tasks(second.organization)
    assert (task.kind, task.data) == (ACCOUNT_TWICE, {"provider": "Stripe"})
    assert sentence(task.kind, task.data).startswith("Stripe leads to the same account at the provider")
    resolve_attention(organization=second.organization, task_id=task.id, actor=SYSTEM)
    check_gateway_account(organization=second.organization, account_id=second.id, actor=SYSTEM)
    assert known(second) is None
    assert not open_tasks(second.organization), "they know"
    assert not open_tasks(organization)


def test_money_that_a_person_writes_down_comes_from_no_provider(organization: Organization) -> None:
    account = add_gateway_account(
        organization=organization, gateway="offline", label="Till", settings={}, actor=SYSTEM
    )
    assert account.identity is None
