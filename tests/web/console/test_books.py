from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.ledger.selectors import entries_of, trial_balance
from tests.web.console.world import World


def test_the_trial_balance_balances_and_leads_to_each_account(world: World, owner: Client) -> None:
    world.paid(world.issued())
    text = owner.get(reverse("console:trial_balance")).content.decode()
    assert "debits = credits" in text
    for row in trial_balance(world.organization, clock.today(world.organization)).rows:
        assert reverse("console:account", args=[row.account_id]) in text


def test_it_can_be_asked_for_an_earlier_day(world: World, owner: Client) -> None:
    world.issued()
    text = owner.get(reverse("console:trial_balance"), {"as_of": "2001-01-01"}).content.decode()
    assert "Nothing is booked up to this day" in text


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "20260101T00"])
def test_a_day_that_is_none_is_an_error_in_words(world: World, owner: Client, day: str) -> None:
    response = owner.get(reverse("console:trial_balance"), {"as_of": day})
    assert response.status_code == 422
    assert "This is not a date" in response.content.decode()


def test_an_entry_shows_debit_and_credit_and_leads_to_its_source(world: World, owner: Client) -> None:
    invoice = world.issued()
    (booked,) = entries_of(world.organization, [invoice.id])
    text = owner.get(reverse("console:entry", args=[booked.entry.id])).content.decode()
    assert text.count("€119.00") == 3  # the receivable, and both sums
    assert "€100.00" in text
    assert "€19.00" in text
    assert reverse("console:invoice", args=[invoice.id]) in text


def test_the_entry_of_a_refund_leads_to_the_payment(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    owner.post(reverse("console:payment_refund", args=[payment.id]), {"amount": "19.00", "key": "k"})
    refund = payment.refunds.get()
    (booked,) = entries_of(world.organization, [refund.id])
    text = owner.get(reverse("console:entry", args=[booked.entry.id])).content.decode()
    assert reverse("console:payment", args=[payment.id]) in text


def test_an_account_runs_its_balance_over_pages(
    world: World, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allsquare.web.console.books._LINES", 2)
    for _ in range(3):
        world.issued()
    entry = entries_of(world.organization, [world.issued().id])[0]
    receivable = next(line.account_id for line in entry.lines if line.base_minor == 11900)
    url = reverse("console:account", args=[receivable])
    first = owner.get(url).content.decode()
    assert "€238.00" in first
    assert "€357.00" not in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = owner.get(url + following).content.decode()
    assert "Carried over" in second
    assert "€476.00" in second
