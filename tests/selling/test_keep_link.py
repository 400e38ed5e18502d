"""A link is changed by two people, and after something was sold by it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors
from allsquare.identity.models import Organization
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.models import GatewayAccount
from allsquare.selling.details import mark_of_link
from allsquare.selling.errors import InvalidSale, LinkChanged
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.services.keep_link import keep_link
from allsquare.selling.services.switch_link import switch_link
from tests.payments.makers import ScriptedGateway
from tests.selling.makers import buy, make_link, will_ask, will_pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def dollars(organization: Organization) -> None:
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.9"), actor=SYSTEM)


def change(link: PaymentLink, **details: object) -> PaymentLink:
    return keep_link(organization=link.organization, actor=SYSTEM, link_id=link.id, **details)  # type: ignore[arg-type]  # as given


def test_the_currency_stays_once_something_was_sold(
    organization: Organization, account: GatewayAccount, dollars: None
) -> None:
    link = make_link(organization)
    assert change(link, currency="USD").currency == "USD"
    assert change(link, currency="EUR").currency == "EUR"
    will_ask()
    buy(link, account)  # begun is enough: its money may come yet
    with pytest.raises(FieldErrors) as refused:
        change(link, currency="USD")
    assert refused.value.errors.keys() == {"currency"}
    link.refresh_from_db()
    assert link.currency == "EUR"
    assert change(link, currency="EUR", price_minor=1500).price_minor == 1500


def test_a_last_day_that_is_over_is_no_slip_of_the_pen_only_where_it_was_there_already(
    organization: Organization,
) -> None:
    yesterday = clock.today(organization) - timedelta(days=1)
    with pytest.raises(FieldErrors) as refused:
        make_link(organization, ends_on=yesterday)
    assert refused.value.errors.keys() == {"ends_on"}
    link = make_link(organization, ends_on=clock.today(organization))
    PaymentLink.objects.filter(organization=organization, id=link.id).update(ends_on=yesterday)
    assert change(link, ends_on=yesterday, name="Again").name == "Again"


def test_a_press_on_a_page_in_the_old_currency_sells_nothing(
    organization: Organization, account: GatewayAccount, dollars: None
) -> None:
    shown = make_link(organization)
    change(shown, currency="USD")
    for limit in (None, 5):
        PaymentLink.objects.filter(organization=organization, id=shown.id).update(limit=limit)
        with pytest.raises(InvalidSale, match="price has changed"):
            buy(shown, account)
    assert not Sale.objects.filter(organization=organization).exists()
    assert ScriptedGateway.asked == []


def test_who_saves_second_is_told_and_overwrites_nothing(organization: Organization) -> None:
    link = make_link(organization)
    seen = mark_of_link(link)
    change(link, seen=seen, price_minor=1500)
    with pytest.raises(LinkChanged):
        change(link, seen=seen, price_minor=900)
    link.refresh_from_db()
    assert link.price_minor == 1500
    assert change(link, seen=mark_of_link(link), price_minor=900).price_minor == 900


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Tea"},
        {"description": "Hot"},
        {"price_minor": None},
        {"least_minor": 5},
        {"suggested": [100]},
        {"tips": [5]},
        {"most": 2},
        {"limit": 7},
        {"ends_on": date(2099, 1, 1)},
        {"tax_category": "Z"},
    ],
)
def test_the_mark_is_of_all_that_people_fill_in(
    organization: Organization, changed: dict[str, object]
) -> None:
    link = make_link(organization)
    before = mark_of_link(link)
    assert mark_of_link(PaymentLink.objects.get(organization=organization, id=link.id)) == before
    assert mark_of_link(change(link, **changed)) != before


def test_a_sale_and_a_close_are_no_change_of_somebody_else(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization)
    seen = mark_of_link(link)
    will_pay(1190)
    buy(link, account)
    switch_link(organization=organization, link_id=link.id, sells=False, actor=SYSTEM)
    kept = change(link, seen=seen, price_minor=900)
    link.refresh_from_db()
    assert (kept.price_minor, link.price_minor) == (900, 900)
    assert link.closed_at is not None
