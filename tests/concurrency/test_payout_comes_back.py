"""Many workers hear the same news of a payout, and of its end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from allsquare.identity.models import Organization
from allsquare.payments.gateway import Outcome, Status
from allsquare.payments.models import Attention, GatewayAccount, Payout
from allsquare.payments.settlement import payouts
from tests.concurrency.races import at_once, failures
from tests.payments.flows import balances, take
from tests.payments.makers import eur, payout_outcome
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

WORKERS = 6
SENT = payout_outcome(reference="po_1", amount=eur(500))
CAME_BACK = payout_outcome(Status.DECLINED, reference="po_1", amount=eur(500))


def heard_at_once(account: GatewayAccount, news: Sequence[Outcome]) -> list[Exception]:
    return failures(at_once([partial(take, account, outcome) for outcome in news]))


def test_it_is_unbooked_once(organization: Organization, account: GatewayAccount) -> None:
    take(account, SENT)
    assert heard_at_once(account, [CAME_BACK] * WORKERS) == []
    assert balances(organization) == {}
    assert Attention.objects.filter(organization=organization).count() == 1
    assert_all_square()


def test_beginning_and_end_at_once_end_with_the_end(
    organization: Organization, account: GatewayAccount
) -> None:
    assert heard_at_once(account, [SENT, CAME_BACK] * (WORKERS // 2)) == []
    assert balances(organization) == {}
    (payout,) = Payout.objects.filter(organization=organization)
    assert payout.state == "failed"
    assert_all_square()


def test_control_one_after_the_other_is_what_prevents_it(
    account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it, the database itself refuses the second one: its news would wait, and be read again."""
    take(account, SENT)
    monkeypatch.setattr(payouts, "serialize", lambda name: None)
    assert heard_at_once(account, [CAME_BACK] * WORKERS)
