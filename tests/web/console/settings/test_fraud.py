"""Settings: the rules against fraud, and the lists of blocked and allowed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils.html import escape

from allsquare.identity.roles import Role
from allsquare.risk.models import RiskEntry, RiskSettings
from allsquare.risk.rules import DEFINITIONS, USUAL, Effect, Rule, Rules, Unit
from allsquare.risk.settings import rules_of
from tests.web.console.world import World

RULES, LISTS = "/settings/fraud/", "/settings/fraud/lists/"


def as_usual(**changed: str) -> dict[str, str]:
    """What the form sends when nothing is touched."""
    data = {"challenge_from": "40", "review_from": "60", "block_from": "100", "keep_days": "90"}
    for each in DEFINITIONS:
        setting = USUAL[each.rule]
        data[each.rule.value] = setting.effect.value
        if each.has_limit:
            data[f"limit_{each.rule}"] = "5000.00" if each.unit is Unit.MONEY else str(setting.limit)
    return {**data, **changed}


def test_every_rule_stands_there_with_its_sentence_and_its_limit(owner: Client) -> None:
    page = owner.get(RULES).content.decode()
    assert page.count('<fieldset class="fraud-rule">') == len(Rule)
    assert (
        "Within an hour, 30 payments from the same network address were declined, and fewer succeeded."
        in page
    )
    assert "and the sum is €5,000.00 or more" in page


def test_nothing_touched_is_nothing_changed(owner: Client, world: World) -> None:
    assert owner.post(RULES, as_usual()).status_code == 302
    row = RiskSettings.objects.get(organization=world.organization)
    assert (row.rules, rules_of(row)) == ({}, Rules())


def test_a_rule_is_changed_and_says_so(owner: Client, world: World) -> None:
    sent = as_usual(tries_mail="block", limit_tries_mail="3", limit_new_payer="250.00", keep_days="30")
    assert owner.post(RULES, sent).status_code == 302
    rules = rules_of(RiskSettings.objects.get(organization=world.organization))
    assert (rules.settings[Rule.TRIES_MAIL].limit, rules.settings[Rule.TRIES_MAIL].effect) == (
        3,
        Effect.BLOCK,
    )
    assert rules.settings[Rule.NEW_PAYER].limit == 25000
    page = owner.get(RULES).content.decode()
    assert "somebody tried 3 times to pay" in page
    assert "€250.00 or more" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit_tries_mail": "1"},
        {"limit_tries_mail": "many"},
        {"provider_score": "block"},
        {"review_from": "30"},
        {"block_from": "0"},
        {"keep_days": "3"},
        {"limit_new_payer": "-1"},
        {"limit_new_payer": "0"},
        {"limit_new_payer": ""},
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_changed(
    owner: Client, world: World, wrong: dict[str, str]
) -> None:
    assert owner.post(RULES, as_usual(**wrong)).status_code == 422
    assert not RiskSettings.objects.filter(organization=world.organization).exists()


@pytest.mark.parametrize("address", [RULES, LISTS])
def test_the_rules_are_for_those_who_change_settings(world: World, address: str) -> None:
    assert world.client(Role.ACCOUNTANT).get(address).status_code == 403


def test_somebody_is_put_on_a_list_and_taken_off(owner: Client, world: World) -> None:
    sent = {"verdict": "blocked", "kind": "mail", "value": "Thief@example.com", "note": "Tried ten cards"}
    assert owner.post(LISTS, sent).status_code == 302
    page = owner.get(LISTS).content.decode()
    assert "thief@example.com" in page
    assert "Tried ten cards" in page
    row = RiskEntry.objects.get(organization=world.organization)
    assert owner.post(f"{LISTS}{row.id}/remove/").status_code == 302
    assert "thief@example.com" not in owner.get(LISTS).content.decode()


def test_who_blocks_a_country_hears_whom_of_their_own_they_turn_away(owner: Client, world: World) -> None:
    data = {"verdict": "blocked", "kind": "country", "note": ""}
    there = world.customer.country
    said = owner.post(LISTS, {**data, "value": there}, follow=True).content.decode()
    assert f"{there} is on the list. 1 customer of yours is there" in said
    elsewhere = owner.post(LISTS, {**data, "value": "BR"}, follow=True).content.decode()
    assert "BR is on the list." in elsewhere
    assert "customer of yours" not in elsewhere


def test_what_a_refusal_listed_says_until_when_and_typing_it_takes_the_end_away(
    owner: Client, world: World
) -> None:
    sent = {"verdict": "blocked", "kind": "mail", "value": "thief@example.com", "note": ""}
    owner.post(LISTS, sent)
    assert "until" not in owner.get(LISTS).content.decode()
    ends = datetime(2031, 4, 5, 12, tzinfo=UTC)
    RiskEntry.objects.filter(organization=world.organization).update(until=ends)
    page = owner.get(LISTS).content.decode()
    assert "until" in page
    assert "2031" in page
    owner.post(LISTS, sent)
    assert RiskEntry.objects.get(organization=world.organization).until is None


def test_what_is_no_address_keeps_what_was_typed(owner: Client) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = owner.post(LISTS, {"verdict": "blocked", "kind": "mail", "value": hostile, "note": hostile})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert hostile not in page
    assert escape(hostile) in page
    assert "This is not an e-mail address." in page
