"""Units that somebody keeps back who is not paying: given free, and to nobody twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.refund import refund
from allsquare.selling import holds
from allsquare.selling.errors import SoldOut
from allsquare.selling.holds import MOST_PAGES, organizations_with_units_held
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.selectors import is_sold_out, units_left, why_closed
from allsquare.selling.services.free_units import free_units
from allsquare.selling.services.switch_link import switch_link
from tests import factories
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, refund_outcome
from tests.payments.test_closing_pages import ClosingScript
from tests.selling.makers import buy, came, grow_old, make_link, read_news, vat, will_ask, will_pay
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


def second_account(organization: Organization) -> GatewayAccount:
    return add_gateway_account(
        organization=organization,
        gateway="scripted",
        label="Another",
        settings={},
        actor=SYSTEM,
    )


def leave(link: PaymentLink, account: GatewayAccount, number: int = 1, *, minutes: int = 21) -> Sale:
    """Somebody was led to the provider's page and went away."""
    will_ask(f"ch_{number}")
    sale, _ = buy(link, account, email=f"gone-{number}@example.com")
    grow_old(sale, minutes)
    return sale


def will_close(*numbers: int, status: Status = Status.DECLINED) -> None:
    ClosingScript.closings.extend(charge(status, reference=f"ch_{each}", code="canceled") for each in numbers)


def state(sale: Sale) -> str:
    sale.refresh_from_db()
    return sale.state


def test_the_last_unit_of_who_went_away_is_sold_once_their_page_is_closed(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    link = make_link(organization, limit=1)
    gone = leave(link, account, minutes=19)
    with pytest.raises(SoldOut, match="Somebody is paying for the last of it"):
        buy(link, account, email="bob@example.com")
    assert closes.closed == [], "they have a while to pay"
    grow_old(gone, 21)
    will_close(1)
    will_pay(1190, "ch_2")
    assert buy(link, account, email="bob@example.com")[0].state == "sold"
    assert closes.closed == ["ch_1"]
    assert state(gone) == "given_up"
    assert_all_square()


def test_a_page_on_which_was_paid_after_all_keeps_its_unit(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    link = make_link(organization, limit=1)
    gone = leave(link, account)
    closes.closings.append(charge(reference="ch_1", amount=eur(1190), fee=eur(30)))
    with pytest.raises(SoldOut):
        buy(link, account, email="bob@example.com")
    read_news(organization)
    assert state(gone) == "sold"
    assert is_sold_out(organization, link)
    assert_all_square()


def test_what_is_only_kept_back_is_not_called_sold_out(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization, limit=1)
    leave(link, account, minutes=1)
    assert units_left(organization, link) == 0
    assert why_closed(organization, link) == ""
    came(account, "ch_1", 1190)
    read_news(organization)
    assert why_closed(organization, link) == "This is sold out."


def test_one_press_closes_no_more_pages_than_it_needs_and_never_many(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    link = make_link(organization, limit=8, most=8)
    for number in range(8):
        leave(link, account, number)
    will_close(0, 1)
    will_pay(2380, "ch_two")
    assert buy(link, account, quantity=2)[0].state == "sold"
    assert closes.closed == ["ch_0", "ch_1"], "the oldest, and as many as were wanted"
    will_close(2, 3, 4, 5, 6)
    with pytest.raises(SoldOut, match="Only 5"):
        buy(link, account, quantity=6)
    assert len(closes.closed) == 2 + MOST_PAGES


def test_a_page_that_cannot_be_closed_leaves_the_others_be(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    link = make_link(organization, limit=2, most=2)
    stuck, free = leave(link, account, 1), leave(link, account, 2)
    will_close(1, status=Status.UNKNOWN)
    will_close(2)
    with pytest.raises(SoldOut, match="Only 1"):
        buy(link, account, quantity=2)
    read_news(organization)
    assert (state(stuck), state(free)) == ("held", "given_up")


def test_where_pages_cannot_be_closed_nobody_is_given_their_unit(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization, limit=1)
    gone = leave(link, account, minutes=120)
    with pytest.raises(SoldOut):
        buy(link, account, email="bob@example.com")
    assert free_units(organization=organization) == 0
    assert state(gone) == "held"


def test_the_worker_frees_what_people_left_behind(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    link = make_link(organization, limit=1)
    gone = leave(link, account)
    assert organizations_with_units_held() == [organization]
    will_close(1)
    assert free_units(organization=organization) == 1
    read_news(organization)
    assert state(gone) == "given_up"
    assert units_left(organization, link) == 1
    assert organizations_with_units_held() == []
    assert free_units(organization=organization) == 0


def test_the_worker_leaves_everybody_their_time_while_there_is_enough(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    plenty = make_link(organization, limit=10, most=2)
    young = make_link(organization, limit=1)
    closed = make_link(organization, limit=1)
    endless = make_link(organization)
    slow = leave(plenty, account, 1)
    leave(young, account, 2, minutes=19)
    leave(closed, account, 3)
    leave(endless, account, 4)
    switch_link(organization=organization, link_id=closed.id, sells=False, actor=SYSTEM)
    assert free_units(organization=organization) == 0
    assert closes.closed == []
    assert state(slow) == "held"


def test_the_worker_serves_each_business_by_itself(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    other = factories.make_organization()
    vat(other)
    gone = leave(make_link(organization, limit=1), account)
    assert free_units(organization=other) == 0
    assert state(gone) == "held"
    assert closes.closed == []


def test_in_a_rehearsal_that_was_moved_forward_the_worker_frees_units_too(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    organization.clock_offset = timedelta(days=60)
    organization.save(update_fields=["clock_offset"])
    link = make_link(organization, limit=1)
    gone = leave(link, account)
    (found,) = organizations_with_units_held()
    assert found == organization
    will_close(1)
    assert free_units(organization=found) == 1
    read_news(organization)
    assert state(gone) == "given_up"


def test_a_provider_that_is_not_installed_any_more_stops_neither_the_worker_nor_the_buyer(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization, limit=1)
    gone = leave(link, account)
    moved = make_link(organization, limit=1)
    dead = cut_off(moved, account, "press")
    grow_old(dead, 11)
    GatewayAccount.objects.filter(organization=organization, id=account.id).update(gateway="vanished")
    assert free_units(organization=organization) == 1, "what needs no provider is freed"
    assert (state(gone), state(dead)) == ("held", "given_up")
    with pytest.raises(SoldOut, match="Somebody is paying for the last of it"):
        buy(link, second_account(organization), email="bob@example.com")


def test_a_provider_that_gives_no_answer_is_asked_once_in_a_round(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    """Each of its pages would take twenty seconds, and all that the worker does by rounds waits meanwhile."""
    links = [make_link(organization, limit=3, most=3) for _ in range(2)]
    for number in range(6):
        leave(links[number % 2], account, number)
    will_close(*range(6), status=Status.UNKNOWN)
    assert free_units(organization=organization) == 0
    assert len(closes.closed) == 1
    assert free_units(organization=organization) == 0
    assert len(closes.closed) == 2, "but again in the next"


def test_the_other_accounts_are_asked_when_one_gives_no_answer(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    silent, answers = make_link(organization, limit=1), make_link(organization, limit=1)
    stuck = leave(silent, account, 1)
    gone = leave(answers, second_account(organization), 2)

    def close(self: ClosingScript, *, key: UUID, reference: str) -> Outcome:
        status = Status.UNKNOWN if reference == "ch_1" else Status.DECLINED
        return replace(charge(status, reference=reference, code="canceled"), key=key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClosingScript, "close", close)
        assert free_units(organization=organization) == 1
    read_news(organization)
    assert (state(stuck), state(gone)) == ("held", "given_up")


class Died(Exception):
    """The process of the press."""


def cut_off(link: PaymentLink, account: GatewayAccount, key: str) -> Sale:
    """The press whose process died before it asked for money."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("allsquare.selling.services.start_sale.start_on_account", _die)
        with pytest.raises(Died):
            buy(link, account, key=key)
    return Sale.objects.get(organization=link.organization, key=key)


def _die(**_asked: object) -> Payment:
    raise Died


def test_a_sale_that_never_asked_for_money_is_over_after_a_while(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization, limit=1)
    dead = cut_off(link, account, "press")
    grow_old(dead, 9)
    assert free_units(organization=organization) == 0
    grow_old(dead, 11)
    assert free_units(organization=organization) == 1
    assert state(dead) == "given_up"
    assert units_left(organization, link) == 1


def test_a_press_that_is_still_under_way_keeps_its_unit_from_the_next_buyer(
    organization: Organization, account: GatewayAccount
) -> None:
    """Its payment is not written yet: whoever comes meanwhile must not be sold the same unit."""
    link = make_link(organization, limit=1)
    under_way = cut_off(link, account, "press")
    grow_old(under_way, 9)
    with pytest.raises(SoldOut):
        buy(link, account, email="bob@example.com")
    assert state(under_way) == "held"
    assert not ScriptedGateway.asked


def test_what_is_sold_counts_when_the_worker_looks_where_little_is_left(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    link = make_link(organization, limit=3, most=1)
    for number in range(2):
        will_pay(1190, f"ch_sold_{number}")
        assert buy(link, account, email=f"{number}@example.com")[0].state == "sold"
    gone = leave(link, account)
    will_close(1)
    assert free_units(organization=organization) == 1
    read_news(organization)
    assert state(gone) == "given_up"


def test_a_page_that_could_not_be_closed_for_a_day_is_left_to_end_by_itself(
    organization: Organization, account: GatewayAccount, closes: type[ClosingScript]
) -> None:
    link = make_link(organization, limit=1)
    gone = leave(link, account, minutes=24 * 60 + 1)
    assert free_units(organization=organization) == 0
    assert closes.closed == []
    grow_old(gone, 24 * 60 - 1)
    will_close(1)
    assert free_units(organization=organization) == 1
    assert closes.closed == ["ch_1"]


def test_a_press_again_takes_its_unit_again(organization: Organization, account: GatewayAccount) -> None:
    link = make_link(organization, limit=1)
    dead = cut_off(link, account, "press")
    grow_old(dead, 11)
    assert free_units(organization=organization) == 1
    will_pay(1190)
    again, _ = buy(link, account, key="press")
    assert (again.id, again.state) == (dead.id, "sold")
    with pytest.raises(SoldOut):
        buy(link, account, email="bob@example.com")
    assert_all_square()


def test_a_press_again_charges_nothing_when_the_unit_went_to_somebody_else(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization, limit=1)
    dead = cut_off(link, account, "press")
    grow_old(dead, 11)
    will_pay(1190, "ch_2")
    assert buy(link, account, email="bob@example.com")[0].state == "sold"
    assert state(dead) == "given_up"
    with pytest.raises(SoldOut):
        buy(link, account, key="press")
    assert len(ScriptedGateway.asked) == 1
    assert Payment.objects.filter(organization=organization).count() == 1
    assert_all_square()


def test_a_press_again_within_its_time_needs_no_second_unit(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization, limit=1)
    dead = cut_off(link, account, "press")
    will_pay(1190)
    again, _ = buy(link, account, key="press")
    assert (again.id, again.state) == (dead.id, "sold")


def test_what_is_sold_between_reading_and_writing_is_not_given_up(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link without a limit has no queue: the buyer presses again in the moment in which the sale is found dead. And
    nobody looks for the payments of what was sold long ago."""
    link = make_link(organization)
    will_pay(1190, "ch_long_ago")
    long_ago, _ = buy(link, account, email="bob@example.com")
    dead = cut_off(link, account, "press")
    grow_old(dead, 11)
    looked_for: list[UUID] = []
    read = holds.payments_of_sales

    def meanwhile(of: Organization, sales: list[Sale]) -> dict[UUID, Payment]:
        found = read(of, sales)
        looked_for.extend(sale.id for sale in sales)
        Sale.objects.filter(organization=of, id=dead.id).update(state=Sale.State.SOLD)
        return found

    monkeypatch.setattr(holds, "payments_of_sales", meanwhile)
    assert holds.give_free(organization, link) == 0
    assert looked_for == [dead.id]
    assert (state(dead), state(long_ago)) == ("sold", "sold")


def test_what_was_wholly_given_back_before_there_was_an_invoice_gives_its_unit_free(
    organization: Organization, account: GatewayAccount
) -> None:
    """The provider said declined first and paid later: the last one was gone, and a clerk gave the money back."""
    link = make_link(organization, limit=1)
    will_ask()
    late, payment = buy(link, account)
    Sale.objects.filter(organization=organization, id=late.id).update(state="given_up")
    will_pay(1190, "ch_2")
    sold, _ = buy(link, account, email="bob@example.com")
    came(account, "ch_1", 1190)
    read_news(organization)
    Sale.objects.filter(organization=organization, id=late.id).update(state="held")
    give_back(payment, 500)
    read_news(organization)
    assert state(late) == "held", "part of it is still here, and for a person to judge"
    give_back(payment, 690)
    read_news(organization)
    assert (state(late), state(sold)) == ("given_up", "sold")
    assert_all_square()


def give_back(payment: Payment, minor: int) -> None:
    ScriptedGateway.answers.append(refund_outcome(reference=f"re_{minor}", amount=eur(minor)))
    refund(
        organization=payment.organization,
        payment_id=payment.id,
        amount=eur(minor),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
