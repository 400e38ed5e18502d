"""A shop whose books are in euros charges in dollars, and its account at Stripe is in euros: from the charge to the
payout, as Stripe tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.gateways.stripe import StripeGateway
from allsquare.identity.models import Organization
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment, PaymentMethod, Payout
from allsquare.payments.payouts import payout_contents
from allsquare.payments.selectors import trace
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment
from tests import factories
from tests.contracts.benches import stripe_gateway
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.payments.flows import balances, final_state, take
from tests.payments.makers import a_key, issued_invoice, usd
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


@dataclass
class Shop:
    fake: FakeStripe
    organization: Organization
    account: GatewayAccount
    payment: Payment

    def hear(self) -> None:
        """All that happened at Stripe, twice: the second time changes nothing."""
        gateway: StripeGateway = stripe_gateway(self.fake.url)
        seen = [each.outcome for each in gateway.since(clock.now(None) - timedelta(hours=1))]
        take(self.account, *seen)
        once = final_state(self.organization)
        take(self.account, *seen)
        assert final_state(self.organization) == once


@pytest.fixture
def shop(fake_stripe: FakeStripe) -> Shop:
    """Paid USD 100.00, for which Stripe gives EUR 200.00; the books think a dollar is 1.90."""
    fake_stripe.settles_in = "eur"
    fake_stripe.objects["pm_1"] = {"id": "pm_1", "object": "payment_method", "created": 0}
    organization = factories.make_organization()
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("1.9"), actor=SYSTEM)
    customer = factories.make_customer(organization)
    settings = {
        "api_key": stripe_server.KEY,
        "webhook_secret": stripe_server.SECRET,
        "base_url": fake_stripe.url,
    }
    account = add_gateway_account(
        organization=organization, gateway="stripe", label="Stripe", settings=settings, actor=SYSTEM
    )
    card = PaymentMethod.objects.create(
        organization=organization,
        customer=customer,
        gateway_account=account,
        kind=MethodKind.CARD,
        token="cus_1/pm_1",
        created_at=clock.now(None),
    )
    invoice = issued_invoice(organization, customer, total="100.00", currency_code="USD")
    payment = start_payment(
        organization=organization,
        invoice_id=invoice.id,
        amount=usd(10000),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=a_key(),
        actor=SYSTEM,
        saved_method_id=card.id,
    )
    return Shop(fake_stripe, organization, account, payment)


def test_dollars_that_stripe_turns_into_euros_are_paid_out_to_the_last_cent(shop: Shop) -> None:
    organization = shop.organization
    # USD 1.50 is the fee: EUR 3.00 was taken.
    assert balances(organization) == {
        "clearing": 19700,
        "gateway_fees": 300,
        "exchange": -1000,
        "sales": -19000,
    }
    refund(
        organization=organization,
        payment_id=shop.payment.id,
        amount=usd(2500),
        reason="returned",
        key=a_key(),
        actor=SYSTEM,
    )
    shop.fake.dispute(str(shop.payment.reference))
    sent = shop.fake.pay_out()
    shop.hear()

    money = where_is_my_money(organization)
    assert money.adds_up
    assert {row.currency: row.held for row in money.rows} == {"USD": 0, "EUR": 0}
    assert money.in_transit == [("EUR", sent["amount"])]
    assert "clearing" not in balances(organization)
    contents = payout_contents(organization, Payout.objects.get(organization=organization).id)
    lines = {line.kind: (line.gross, line.fee, line.item.net_minor) for line in contents.lines}
    assert lines["charge"] == (20000, 300, 19700)
    assert lines["refund"] == (0, 0, -5000)
    assert contents.missing == 0
    became = [
        (each.amount.minor, each.into.minor) for each in trace(organization, shop.payment.id).conversions
    ]
    assert became == [(9850, 19700), (-2500, -5000), (-9500, -19000)]
    assert_all_square()
