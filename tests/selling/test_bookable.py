"""Nobody pays for what could not be booked and invoiced then."""

from __future__ import annotations

from decimal import Decimal

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger.errors import PeriodClosed
from allsquare.ledger.errors import RateMissing as BookRateMissing
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.start_on_account import Asked, start_on_account
from allsquare.selling.models import PaymentLink, Sale
from allsquare.tax.errors import RateMissing as TaxRateMissing
from tests import factories
from tests.payments.makers import ScriptedGateway, a_key, charge, usd
from tests.selling.makers import buy, close_today, make_link, will_pay
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


def assert_nothing_happened(organization: Organization) -> None:
    assert not Sale.objects.filter(organization=organization).exists()
    assert not Payment.objects.filter(organization=organization).exists()
    assert ScriptedGateway.asked == []


def test_a_link_in_a_currency_without_a_rate_is_not_made(
    organization: Organization, account: GatewayAccount
) -> None:
    with pytest.raises(BookRateMissing):
        make_link(organization, currency="USD")
    assert not PaymentLink.objects.filter(organization=organization).exists()
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.9"), actor=SYSTEM)
    link = make_link(organization, currency="USD")
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=usd(1190), fee=usd(30)))
    assert buy(link, account)[0].state == "sold"
    assert_all_square()


def test_a_link_from_before_the_first_rate_takes_no_money(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization)
    PaymentLink.objects.filter(organization=organization, id=link.id).update(currency="USD")
    link.refresh_from_db()
    with pytest.raises(BookRateMissing):
        buy(link, account)
    assert_nothing_happened(organization)


def test_a_closed_period_takes_no_money_and_makes_no_link(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization)
    close_today(organization)
    link.refresh_from_db()
    with pytest.raises(PeriodClosed):
        buy(link, account)
    with pytest.raises(PeriodClosed):
        make_link(organization)
    assert_nothing_happened(organization)


def test_a_link_without_a_rate_of_tax_is_not_made(db: None) -> None:
    with pytest.raises(TaxRateMissing):
        make_link(factories.make_organization())


def test_money_on_account_is_not_asked_for_where_it_could_not_be_booked(
    organization: Organization, account: GatewayAccount
) -> None:
    asked = Asked(
        customer=factories.make_customer(organization),
        amount=usd(1190),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        description="Coffee",
        return_url="https://shop.example/back",
        language="en",
        link_id=new_id(),
    )
    with pytest.raises(BookRateMissing):
        start_on_account(organization=organization, asked=asked, key=a_key(), actor=SYSTEM)
    assert_nothing_happened(organization)


def test_a_repeat_of_what_was_paid_is_answered_in_a_closed_period_too(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization)
    will_pay(1190)
    first, _ = buy(link, account, key="press")
    close_today(organization)
    link.refresh_from_db()
    again, payment = buy(link, account, key="press")
    assert (again.id, payment.state) == (first.id, "succeeded")
    assert len(ScriptedGateway.asked) == 1
