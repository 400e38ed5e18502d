"""Periods, exchange rates and bookings by hand at the console."""

from __future__ import annotations

from datetime import date, timedelta

from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.identity.roles import Role
from allsquare.ledger.models import Account, ExchangeRate, JournalEntry, Period
from tests.web.console.world import World


def test_closing_says_what_it_will_do_before_it_does_it(world: World, owner: Client) -> None:
    world.issued(on=date(2026, 1, 15))
    world.issued(on=date(2026, 1, 16))
    span = {"starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    address = reverse("console:period_close")
    shown = owner.get(address, span).text
    assert "2 entries stay in these days" in shown
    assert "Close period" in shown
    assert not Period.objects.exists()
    for _ in range(2):
        assert owner.post(address, span)["Location"] == reverse("console:period_list")
    period = Period.objects.get(organization=world.organization)
    reopen = reverse("console:period_reopen", args=[period.id])
    assert "2 entries stand in these days." in owner.get(reopen).text
    for _ in range(2):
        assert owner.post(reopen).status_code == 302
    assert Period.objects.get(id=period.id).closed_at is None


def test_days_that_are_not_over_are_refused(world: World, owner: Client) -> None:
    today = clock.today(world.organization).isoformat()
    span = {"starts_on": today, "ends_on": today}
    assert "Close period" not in owner.get(reverse("console:period_close"), span).text
    refused = owner.post(reverse("console:period_close"), span)
    assert refused.status_code == 422
    assert 'id="id_ends_on_error"' in refused.text
    nonsense = owner.post(reverse("console:period_close"), {"starts_on": "x", "ends_on": "2026-13-01"})
    assert 'id="id_starts_on_error"' in nonsense.text


def test_who_may_see_the_books_but_not_close_them_gets_no_button(world: World) -> None:
    assert world.client(Role.BILLING_CLERK).get(reverse("console:period_list")).status_code == 403


def test_a_rate_is_entered_and_corrected(world: World, owner: Client) -> None:
    address, form = (
        reverse("console:exchange_rates"),
        {"currency": "USD", "valid_on": "2026-01-01", "rate": "0.91"},
    )
    for rate in ("0.91", "0.91", "0.92"):
        assert owner.post(address, {**form, "rate": rate}).status_code == 302
    assert str(ExchangeRate.objects.get(organization=world.organization).rate) == "0.9200000000"
    for bad in ({"rate": "0"}, {"rate": "1e5"}, {"rate": "-1"}):
        assert 'id="id_rate_error"' in owner.post(address, {**form, **bad}).text
    assert 'id="id_currency_error"' in owner.post(address, {**form, "currency": "EUR"}).text


def entry(world: World, **more: str) -> dict[str, str]:
    bank, equity = (
        str(Account.objects.get(organization=world.organization, role=role).id) for role in ("bank", "equity")
    )
    return {
        "date": clock.today(world.organization).isoformat(),
        "memo": "Opening balance",
        "currency": "EUR",
        "key": "one",
        "rows": "3",
        "row-0-account": bank,
        "row-0-debit": "1000",
        "row-1-account": equity,
        "row-1-credit": "1000.00",
        **more,
    }


def test_a_booking_by_hand_is_posted_once(world: World, owner: Client) -> None:
    address, form = reverse("console:entry_new"), entry(world)
    first, second = owner.post(address, form), owner.post(address, form)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert JournalEntry.objects.filter(organization=world.organization, kind="manual").count() == 1
    other = owner.post(address, {**form, "memo": "Something else"})
    assert other.status_code == 422
    assert "was sent before" in other.text


def test_both_sides_are_shown_while_typing(world: World, owner: Client) -> None:
    form = entry(world, **{"row-1-credit": "999.50"})
    shown = owner.post(reverse("console:entry_balance"), form).text
    assert "Missing on the credit side" in shown
    assert "0.50" in shown
    form["row-1-credit"] = "1000"
    assert "Both sides are the same" in owner.post(reverse("console:entry_balance"), form).text
    assert owner.post(reverse("console:entry_balance"), {"rows": "x", "currency": "???"}).status_code == 200


def test_what_does_not_balance_or_cannot_be_is_told(world: World, owner: Client) -> None:
    address = reverse("console:entry_new")
    receivable = str(Account.objects.get(organization=world.organization, role="receivable").id)
    tomorrow = (clock.today(world.organization) + timedelta(days=1)).isoformat()
    told = {
        "Both sides must be the same": entry(world, **{"row-1-credit": "999"}),
        "not both": entry(world, **{"row-1-debit": "5"}),
        "How much?": entry(world, **{"row-1-credit": ""}),
        "Which account?": entry(world, **{"row-2-debit": "5"}),
        "without a sign": entry(world, **{"row-0-debit": "-1000"}),
        "in the future": entry(world, date=tomorrow),
        "This field is required": entry(world, memo=""),
        "not one of the available choices": entry(world, **{"row-0-account": receivable}),
    }
    for sentence, form in told.items():
        response = owner.post(address, form)
        assert response.status_code == 422, sentence
        assert sentence in response.text
    assert not JournalEntry.objects.filter(organization=world.organization).exists()


def test_another_line_keeps_what_was_typed(world: World, owner: Client) -> None:
    page = owner.post(reverse("console:entry_new"), {**entry(world), "more": "1"}).text
    assert 'name="row-3-debit"' in page
    assert 'value="1000.00"' in page
    assert "Opening balance" in page
