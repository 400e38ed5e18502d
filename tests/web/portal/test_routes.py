"""Several providers behind one button: the payer sees each way once, and an outage changes nothing that they see."""

from __future__ import annotations

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import Consent, GatewayAccount, Payment
from allsquare.payments.services.put_route import RouteWish, put_route
from tests.payments.makers import AWAY, PAGE, ScriptedGateway, second_account
from tests.statements import statements_sent
from tests.web.portal.conftest import Payer


@pytest.fixture
def second(payer: Payer, account: GatewayAccount) -> GatewayAccount:
    return second_account(payer.organization)


def go_down(account: GatewayAccount) -> None:
    GatewayAccount.objects.filter(organization=account.organization, id=account.id).update(
        down_since=clock.now(None), probe_at=None
    )


def test_each_way_is_there_once_and_served_by_whom_the_rules_say(
    payer: Payer, account: GatewayAccount, second: GatewayAccount
) -> None:
    page = payer.open()
    for method in ("card", "bank_debit"):
        assert page.html.count(f'name="method" value="{method}:') == 1
    assert f'value="card:{account.id}"' in page.html
    wish = RouteWish(accounts=(second.id, account.id), method="card")
    put_route(organization=payer.organization, wish=wish, actor=SYSTEM)
    page = payer.open()
    assert f'value="card:{second.id}"' in page.html
    assert f'value="bank_debit:{account.id}"' in page.html
    ScriptedGateway.answers.append(PAGE)
    payer.press(page)
    assert Payment.objects.get(organization=payer.organization).gateway_account == second


def test_a_page_from_before_the_outage_still_pays_and_a_second_press_is_the_first(
    payer: Payer, account: GatewayAccount, second: GatewayAccount
) -> None:
    page = payer.open()
    go_down(account)
    ScriptedGateway.answers.append(PAGE)
    assert payer.press(page).leads_to == PAGE.redirect
    GatewayAccount.objects.filter(organization=payer.organization).update(down_since=None)
    assert payer.press(page).leads_to == PAGE.redirect
    assert Payment.objects.get(organization=payer.organization).gateway_account == second
    assert len(ScriptedGateway.asked) == 1


def test_the_payer_of_what_did_not_arrive_is_led_to_the_next_at_once(
    payer: Payer, account: GatewayAccount, second: GatewayAccount
) -> None:
    ScriptedGateway.answers.extend([AWAY, PAGE])
    assert payer.press(payer.open()).leads_to == PAGE.redirect
    assert Payment.objects.get(organization=payer.organization).gateway_account == second


def test_who_agreed_to_the_words_of_one_provider_keeps_no_card_at_another(
    payer: Payer, account: GatewayAccount, second: GatewayAccount
) -> None:
    page = payer.open()
    tick = f"card:{account.id}/{account.id}"
    assert f'name="keep" value="{tick}"' in page.html
    go_down(account)
    again = payer.press(page, keep=tick)
    assert again.status == 409
    assert "Another provider takes this payment by now" in again.text
    assert ScriptedGateway.asked == []
    theirs = f"card:{account.id}/{second.id}"
    assert f'name="keep" value="{theirs}"' in again.html
    ScriptedGateway.answers.append(PAGE)
    assert payer.press(again, keep=theirs).leads_to == PAGE.redirect
    (consent,) = Consent.objects.filter(organization=payer.organization)
    payment = Payment.objects.get(organization=payer.organization)
    assert (consent.payment_id, payment.gateway_account) == (payment.id, second)


def test_a_second_press_with_the_tick_is_the_first_whoever_takes_payments_by_then(
    payer: Payer, account: GatewayAccount, second: GatewayAccount
) -> None:
    page, tick = payer.open(), f"card:{account.id}/{account.id}"
    ScriptedGateway.answers.append(PAGE)
    assert payer.press(page, keep=tick).leads_to == PAGE.redirect
    go_down(account)
    assert payer.press(page, keep=tick).leads_to == PAGE.redirect
    assert len(ScriptedGateway.asked) == 1


def test_the_page_needs_few_statements_and_no_more_for_many_rules(
    payer: Payer, account: GatewayAccount, second: GatewayAccount
) -> None:
    payer.open()  # it is viewed once
    with statements_sent() as few:
        payer.open()
    for code in ("EUR", "USD", "GBP"):
        wish = RouteWish(accounts=(second.id, account.id), currency=code)
        put_route(organization=payer.organization, wish=wish, actor=SYSTEM)
    go_down(second)
    with statements_sent() as many:
        payer.open()
    assert few.call_count == many.call_count
    asked = [str(call.args[1]) for call in many.call_args_list]
    assert len([text for text in asked if "gateway_account" in text and "payment_route" in text]) == 1
    assert len([text for text in asked if "payment_route" in text]) == 1, "rules come with the accounts"
