"""What is sold by a payment link: money first, then the invoice, and never more than there is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors
from allsquare.core.idempotency import KeyReused
from allsquare.identity.models import Organization
from allsquare.notifications.receipt import receipt_document
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import Status
from allsquare.payments.models import Attention, GatewayAccount, Payment
from allsquare.payments.selectors import customer_credit, get_payment
from allsquare.payments.services.settle import settle
from allsquare.selling.errors import InvalidSale, LinkClosed, SoldOut
from allsquare.selling.models import Sale
from allsquare.selling.selectors import figures_of, units_left
from allsquare.selling.services.switch_link import switch_link
from tests.payments.makers import ScriptedGateway, charge, eur
from tests.selling.makers import buy, came, make_link, read_news, will_ask, will_pay
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


def test_one_sale_is_customer_invoice_payment_and_booking(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization, tips=[10], most=3)
    will_pay(2618)
    sale, payment = buy(link, account, quantity=2, tip=10)
    assert sale.state == "sold"
    invoice = Invoice.objects.get(organization=organization)
    assert sale.invoice == invoice
    assert (invoice.state, invoice.total_minor, invoice.paid_minor) == ("paid", 2618, 2618)
    assert (invoice.net_minor, invoice.tax_minor) == (2200, 418)
    assert invoice.buyer["email"] == "ada@example.com"
    assert [line.description for line in invoice.lines.order_by("position")] == ["Coffee", "Tip"]
    payment.refresh_from_db()
    assert (payment.state, payment.invoice_id) == ("succeeded", invoice.id)
    assert customer_credit(organization, sale.customer_id) == []
    receipt = receipt_document(
        organization=organization, payment=get_payment(organization, payment.id), language="en", method="card"
    )
    assert [(line.invoice_number, line.applied, line.balance) for line in receipt.lines] == [
        (invoice.number, eur(2618), eur(0))
    ]
    assert receipt.credit is None
    figures = figures_of(organization, link)
    assert (figures.sales, figures.units, figures.total_minor, figures.tips_minor) == (1, 2, 2618, 238)
    assert_all_square()


def test_nothing_is_written_for_who_only_looked(organization: Organization, account: GatewayAccount) -> None:
    link = make_link(organization)
    will_ask()
    sale, payment = buy(link, account)
    assert (sale.state, payment.state) == ("held", "needs_action")
    gone = charge(Status.DECLINED, reference="ch_1", code="canceled")
    settle(organization=organization, gateway_account=account, outcomes=[gone], actor=SYSTEM)
    read_news(organization)
    sale.refresh_from_db()
    assert sale.state == "given_up"
    assert not Invoice.objects.filter(organization=organization).exists()
    assert_all_square()


def test_a_payment_that_comes_by_webhook_completes_the_sale_once(
    organization: Organization, account: GatewayAccount
) -> None:
    will_ask()
    sale, _payment = buy(make_link(organization), account)
    came(account, "ch_1", 1190)
    for _ in range(2):
        read_news(organization)
    sale.refresh_from_db()
    assert sale.state == "sold"
    assert Invoice.objects.filter(organization=organization).count() == 1
    assert_all_square()


def test_a_unit_is_free_at_once_where_the_way_to_pay_is_gone(
    organization: Organization, account: GatewayAccount
) -> None:
    """Whoever then presses another way is not told that somebody, they themselves, is paying for the last of it."""
    link = make_link(organization, limit=1)
    GatewayAccount.objects.filter(organization=organization, id=account.id).update(enabled=False)
    with pytest.raises(GatewayUnavailable):
        buy(link, account)
    assert units_left(organization, link) == 1


def test_the_same_press_is_the_same_sale(organization: Organization, account: GatewayAccount) -> None:
    link = make_link(organization, most=2)
    will_pay(1190)
    first, _ = buy(link, account, key="press")
    again, _ = buy(link, account, key="press")
    assert first.id == again.id
    assert len(ScriptedGateway.asked) == Payment.objects.filter(organization=organization).count() == 1
    with pytest.raises(KeyReused):
        buy(link, account, key="press", quantity=2)
    with pytest.raises(KeyReused):
        buy(make_link(organization, name="Tea", most=2), account, key="press")


def test_a_second_press_that_came_before_the_payment_leaves_the_sale_sold(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saw the sale of the first press without a payment, which came and completed it before the second went on."""
    link = make_link(organization)
    will_pay(1190)
    buy(link, account, key="press")
    monkeypatch.setattr("allsquare.selling.services.start_sale.payment_of_sale", lambda *_: None)
    again, _ = buy(link, account, key="press")
    assert again.state == "sold"
    assert len(ScriptedGateway.asked) == 1
    assert_all_square()


def test_an_open_price_has_its_smallest(organization: Organization, account: GatewayAccount) -> None:
    link = make_link(organization, price_minor=None, least_minor=500, suggested=[500, 1000])
    for wrong in ("", "0", "4.99", "-5"):
        with pytest.raises(InvalidSale):
            buy(link, account, price=wrong)
    will_pay(777)
    sale, _ = buy(link, account, price="7.77")
    assert sale.total_minor == 777
    assert_all_square()


@pytest.mark.parametrize(("quantity", "tip"), [(0, 0), (4, 0), (-1, 0), (1, 11)])
def test_what_is_not_offered_is_not_sold(
    organization: Organization, account: GatewayAccount, quantity: int, tip: int
) -> None:
    link = make_link(organization, most=3, tips=[10])
    with pytest.raises(InvalidSale):
        buy(link, account, quantity=quantity, tip=tip)
    assert not Sale.objects.filter(organization=organization).exists()


def test_sold_out_closed_and_over(organization: Organization, account: GatewayAccount) -> None:
    link = make_link(organization, limit=3, most=3)
    will_pay(2380)
    buy(link, account, quantity=2)
    with pytest.raises(SoldOut, match="Only 1"):
        buy(link, account, quantity=2)
    will_pay(1190, "ch_2")
    buy(link, account)
    with pytest.raises(SoldOut):
        buy(link, account)
    closed = make_link(organization)
    assert switch_link(organization=organization, link_id=closed.id, sells=False, actor=SYSTEM).closed_at
    closed.refresh_from_db()
    with pytest.raises(LinkClosed):
        buy(closed, account)
    over = make_link(organization, ends_on=clock.today(organization))
    over.ends_on = clock.today(organization) - timedelta(days=1)
    over.save(update_fields=["ends_on"])
    with pytest.raises(LinkClosed, match="over"):
        buy(over, account)
    today = make_link(organization, ends_on=clock.today(organization))
    will_pay(1190, "ch_3")
    assert buy(today, account)[0].state == "sold"


def test_units_of_who_was_declined_are_free_again(
    organization: Organization, account: GatewayAccount
) -> None:
    link = make_link(organization, limit=1)
    ScriptedGateway.answers.append(charge(Status.DECLINED, reference="ch_1", code="card_declined"))
    sale, _ = buy(link, account)
    assert sale.state == "given_up"
    assert units_left(organization, link) == 1
    will_pay(1190, "ch_2")
    assert buy(link, account)[0].state == "sold"


def test_money_for_what_went_to_somebody_else_is_kept_and_told(
    organization: Organization, account: GatewayAccount
) -> None:
    """The provider first said declined, and later that it came: by then the last one was sold."""
    link = make_link(organization, limit=1)
    ScriptedGateway.answers.append(charge(Status.DECLINED, reference="ch_1", code="card_declined"))
    late, _ = buy(link, account)
    will_pay(1190, "ch_2")
    buy(link, account, email="bob@example.com")
    came(account, "ch_1", 1190)
    read_news(organization)
    late.refresh_from_db()
    assert late.state == "given_up"
    assert customer_credit(organization, late.customer_id) == [("EUR", 1190)]
    (task,) = Attention.objects.filter(organization=organization)
    assert task.kind == "sale_not_made"
    assert_all_square()


def test_bad_links_are_refused_by_field(organization: Organization) -> None:
    wrong = {
        "name": " ",
        "price_minor": 0,
        "suggested": [1],
        "least_minor": 100,
        "tips": [101],
        "most": 0,
    }
    with pytest.raises(FieldErrors) as refused:
        make_link(organization, **wrong)
    assert refused.value.errors.keys() >= {"name", "price", "suggested", "tips", "most"}
