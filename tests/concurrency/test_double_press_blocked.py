"""Two presses of one button: the second comes to the rules when the first was the last that they let through."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.identity.models import Organization
from allsquare.payments.assessing import Judged, judge
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services import start_on_account
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import USUAL, Effect, Rule, Rules, Setting
from allsquare.risk.services.change_rules import change_rules
from allsquare.selling.buyers import Buyer
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.services.start_sale import start_sale
from allsquare.selling.wishes import wish_of
from tests.concurrency.races import at_once
from tests.payments.makers import a_key
from tests.selling.makers import make_link, vat, will_ask
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency


def press(link: PaymentLink, account: GatewayAccount, key: str) -> tuple[Sale, Payment]:
    payer: Actor = customer_actor(link.id, "Ada", address="203.0.113.7")
    return start_sale(
        organization=link.organization,
        link=link,
        wish=wish_of(link, quantity=1, price=None, tip_percent=0),
        buyer=Buyer(name="Ada", email="ada@example.com", language="en"),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=key,
        return_url="https://shop.example/back",
        actor=payer,
    )


@pytest.fixture
def both_at_the_rules(monkeypatch: pytest.MonkeyPatch) -> threading.Barrier:
    """Neither is judged before both have looked for a payment that is there already."""
    barrier = threading.Barrier(2, timeout=30)

    def together(**facts: Any) -> Judged:
        barrier.wait()
        return judge(**facts)

    monkeypatch.setattr(start_on_account, "judge", together)
    return barrier


def test_a_double_press_is_one_payment_and_its_sale_is_held(
    organization: Organization, account: GatewayAccount, request: pytest.FixtureRequest
) -> None:
    vat(organization)
    link = make_link(organization, limit=5)
    rules = Rules({**USUAL, Rule.TRIES_MAIL: Setting(2, Effect.BLOCK)})
    change_rules(organization=organization, rules=rules, keep_days=90, actor=SYSTEM)
    will_ask("ch_0")
    press(link, account, a_key())
    request.getfixturevalue("both_at_the_rules")
    will_ask("ch_1")
    key = a_key()
    answers = at_once([partial(press, link, account, key)] * 2)
    assert not [each for each in answers if isinstance(each, Exception)]
    assert Payment.objects.filter(organization=organization).count() == 2
    assert Sale.objects.filter(organization=organization, state="held").count() == 2
    assert not RiskAssessment.objects.filter(organization=organization, action="block").exists()
    assert_all_square()
