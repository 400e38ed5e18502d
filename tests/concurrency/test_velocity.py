"""Payers who come in the same moment are counted one after the other."""

from __future__ import annotations

from functools import partial

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.payments import assessing
from allsquare.payments.errors import AttemptRefused
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.risk.rules import USUAL, Effect, Rule, Rules, Setting
from allsquare.risk.services.change_rules import change_rules
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.makers import issued_invoice
from tests.payments.payers import come, payer_of
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

TRIES, ALLOWED = 16, 4


@pytest.fixture
def four_tries(organization: Organization) -> None:
    """Of one mail address in an hour."""
    rules = Rules({**USUAL, Rule.TRIES_MAIL: Setting(ALLOWED, Effect.BLOCK)})
    change_rules(organization=organization, rules=rules, keep_days=90, actor=SYSTEM)


def race(organization: Organization, account: GatewayAccount) -> list[Payment | Exception]:
    """One payer, at ever other invoices and from ever other addresses, so that nothing else is in the way."""
    customer = payer_of(organization)
    invoices = [issued_invoice(organization, customer) for _ in range(TRIES)]
    return at_once(
        [
            partial(come, invoice, account, address=f"203.0.113.{number}")
            for number, invoice in enumerate(invoices)
        ]
    )


def test_no_more_than_the_limit_are_let_through_however_many_come_at_once(
    organization: Organization, account: GatewayAccount, four_tries: None
) -> None:
    answers = race(organization, account)
    assert len(succeeded(answers)) == ALLOWED
    assert {type(failure) for failure in failures(answers)} == {AttemptRefused}
    assert_all_square()


def test_control_without_the_queue_more_are_let_through(
    organization: Organization,
    account: GatewayAccount,
    four_tries: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assessing, "_QUEUE", "SELECT %b::bigint")
    assert len(succeeded(race(organization, account))) > ALLOWED
