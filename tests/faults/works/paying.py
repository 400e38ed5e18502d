"""Money is asked for, and whoever asks dies: one charge, booked once."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment, PaymentAttempt
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.several import Together
from allsquare.selling.models import PaymentLink
from allsquare.selling.services.complete_sale import complete_sale
from tests.faults.rails import Rail
from tests.faults.shop import TOTAL
from tests.faults.works.scene import Scene, Try, by_key
from tests.payments.makers import a_key, offline_account
from tests.selling.makers import buy, make_link, vat

At = Scene[Rail]
#: After which nothing is there of a payment, since it was never committed.
BEFORE_COMMIT: Final = frozenset({"charge.intent_written", "several.intent_written"})


def pay(scene: At) -> None:
    """Whoever comes first, the sweep or the payer who presses again."""
    rail = scene.rail
    tries = [Try(step, rail.invoice()) for step in scene]
    for each in tries:
        scene.dies("pay", each.step, **_asked(rail, each))
    first = [rail.pay(each.of, key=each.key) for each in tries[::2]]
    rail.sweep()
    rest = [rail.pay(each.of, key=each.key) for each in tries[1::2]]
    rail.sweep()
    payments = {payment.key: payment for payment in rail.finish_all([*first, *rest])}
    for each in tries:
        rail.assert_paid_once(payments[each.key], each.step)


def pay_and_leave(scene: At) -> None:
    """The payer went away: what was intended is finished without them, what was not is not there."""
    rail = scene.rail
    tries = [Try(step, rail.invoice()) for step in scene]
    for each in tries:
        scene.dies("pay", each.step, **_asked(rail, each))
    rail.sweep()
    there = [each for each in tries if each.step not in BEFORE_COMMIT]
    kept = Payment.objects.filter(organization=rail.organization, key__in=[each.key for each in tries])
    assert set(kept.values_list("key", flat=True)) == {each.key for each in there}
    for each, payment in zip(there, rail.finish_all([by_key(rail, each.key) for each in there]), strict=True):
        rail.assert_paid_once(payment, each.step)


def pay_several(scene: At) -> None:
    """All of them are paid by one charge, or none is: no invoice is ahead of the others."""
    rail = scene.rail
    tries = [Try(step, [rail.invoice() for _ in range(3)]) for step in scene]
    for each in tries:
        shares = {str(invoice.id): TOTAL for invoice in each.of}
        facts = {"shares": shares, "customer": str(rail.customer.id), "method": rail.hands.method}
        scene.dies("pay several", each.step, key=each.key, **facts)
        mine = Invoice.objects.filter(organization=rail.organization, id__in=shares)
        assert len(set(mine.values_list("paid_minor", flat=True))) == 1, each.step
    first = [_press_for_several(rail, each) for each in tries[::2]]
    rail.sweep()
    rest = [_press_for_several(rail, each) for each in tries[1::2]]
    rail.sweep()
    payments = {payment.key: payment for payment in rail.finish_all([*first, *rest])}
    for each in tries:
        payment = payments[each.key]
        assert payment.state == "succeeded", each.step
        for invoice in each.of:
            invoice.refresh_from_db()
            assert (invoice.state, invoice.paid_minor) == ("paid", TOTAL), each.step
        assert rail.charged(rail.key_of(payment)) == [3 * TOTAL], each.step


def pay_another_way(scene: At) -> None:
    """A page waits, and its payer takes another way: the page was closed, and nobody wrote it down."""
    rail = scene.rail
    other = rail.another_way
    method = str(other.hands.method)
    tries = [Try(step, rail.invoice()) for step in scene]
    pages = [rail.pay(each.of, key=a_key(), saved=False) for each in tries]
    for each in tries:
        scene.dies("pay", each.step, invoice=str(each.of.id), key=each.key, method=method)
    rail.sweep()
    for each in tries:
        other.assert_paid_once(other.finish(other.pay(each.of, key=each.key)), each.step)
    for page in pages:
        page.refresh_from_db()
        assert (page.state, rail.charged(rail.key_of(page))) == ("canceled", [])


def pay_in_cash(scene: At) -> None:
    """A page waits, and its payer brings the money: the page is closed, and what it was for is paid once."""
    rail = scene.rail
    till = offline_account(rail.organization)
    tries = [Try(step, rail.invoice()) for step in scene]
    pages = [rail.pay(each.of, key=a_key(), saved=False) for each in tries]
    for each in tries:
        facts = {"account": str(till.id), "method": "cash", "invoice": str(each.of.id)}
        scene.dies("write down", each.step, key=each.key, **facts)
    for each in tries:
        record_money(
            organization=rail.organization,
            invoice_id=each.of.id,
            amount=Money(TOTAL, currency("EUR")),
            method=MethodKind.CASH,
            gateway_account_id=till.id,
            key=each.key,
            actor=SYSTEM,
        )
    rail.sweep()
    for each, page in zip(tries, pages, strict=True):
        page.refresh_from_db()
        assert (page.state, rail.charged(rail.key_of(page))) == ("canceled", []), each.step
        rail.invoice_is_paid_once(by_key(rail, each.key), each.step)


def take_what_was_agreed(scene: At) -> None:
    """Killed before the provider was asked for the money: it is taken once all the same."""
    rail = scene.rail
    tries = [Try(step, rail.pay(rail.invoice(), key=a_key(), saved=False)) for step in scene]
    for each in tries:
        rail.agrees(each.of)
        rail.only_due(each.of)
        scene.dies("sweep", each.step)
        if each.step in scene.steps:
            assert rail.charged(rail.key_of(each.of)) == []
    rail.sweep()
    for each, payment in zip(tries, rail.finish_all([each.of for each in tries]), strict=True):
        rail.assert_paid_once(payment, each.step)


def give_up_a_page(scene: At) -> None:
    """Killed after it was closed here: the sweep hears what its payer had done, and nobody takes anything any more."""
    rail = scene.rail
    tries = [Try(step, rail.pay(rail.invoice(), key=a_key(), saved=False)) for step in scene]
    for each in tries:
        old = each.of.created_at - timedelta(days=8)
        Payment.objects.filter(organization=rail.organization, id=each.of.id).update(created_at=old)
        rail.only_due(each.of)
        scene.dies("sweep", each.step)
        if each.step in scene.steps:
            rail.agrees(each.of)
    rail.sweep()
    for each in tries:
        each.of.refresh_from_db()
        assert (each.of.state, rail.charged(rail.key_of(each.of))) == ("canceled", []), each.step


def sell(scene: At) -> None:
    """The buyer presses again, and pays once; the sale is made once."""
    rail = scene.rail
    link = _shelf(rail)
    tries = [Try(step, f"buyer-{number}@shop.example") for number, step in enumerate(scene)]
    method = rail.hands.method
    for each in tries:
        facts = {"link": str(link.id), "email": each.of, "method": method}
        scene.dies("sell", each.step, key=each.key, **facts)
    sales = [buy(link, rail.account, key=each.key, email=each.of, method=method) for each in tries]
    rail.sweep()
    payments = rail.finish_all([payment for _sale, payment in sales])
    for each, (sale, _payment), payment in zip(tries, sales, payments, strict=True):
        for _time in range(2):
            complete_sale(organization=rail.organization, sale_id=sale.id, actor=SYSTEM)
        sale.refresh_from_db()
        assert (sale.state, payment.state) == ("sold", "succeeded"), each.step
        assert rail.charged(rail.key_of(payment)) == [TOTAL], each.step
        mine = Invoice.objects.filter(organization=rail.organization, customer=sale.customer)
        assert [(one.state, one.paid_minor) for one in mine] == [("paid", TOTAL)], each.step


def finish_a_sale(scene: At) -> None:
    """Its money is there, and who writes the invoice dies: it is written once."""
    rail = scene.rail
    link = _shelf(rail)
    for number, step in enumerate(scene):
        email = f"buyer-{number}@shop.example"
        sale, payment = buy(link, rail.account, email=email, method=rail.hands.method)
        assert rail.finish(payment).state == "succeeded"
        scene.dies("finish a sale", step, sale=str(sale.id))
        for _time in range(2):
            complete_sale(organization=rail.organization, sale_id=sale.id, actor=SYSTEM)
        sale.refresh_from_db()
        assert sale.state == "sold", step
        mine = Invoice.objects.filter(organization=rail.organization, customer=sale.customer)
        assert [(one.state, one.paid_minor) for one in mine] == [("paid", TOTAL)], step


def sweep_charged(scene: At) -> None:
    """A second death, of the one who cleans up after the first: the provider had answered."""
    _sweep_after(scene, "charge.answered")


def sweep_not_sent(scene: At) -> None:
    """As above; the provider was never asked."""
    _sweep_after(scene, "charge.intent_committed")


def _sweep_after(scene: At, before: str) -> None:
    rail = scene.rail
    tries = [Try(step, rail.invoice()) for step in scene]
    for each in tries:
        scene.mortal.dies("pay", before, **_asked(rail, each))
        rail.only_due(by_key(rail, each.key))
        scene.dies("sweep", each.step)
    rail.sweep()
    payments = rail.finish_all([by_key(rail, each.key) for each in tries])
    for each, payment in zip(tries, payments, strict=True):
        rail.assert_paid_once(payment, each.step)


def move(scene: At) -> None:
    """To the next provider, since the first cannot be connected to: one charge at both together."""
    rail = scene.rail
    away = rail.away()
    facts = {"account": str(away.account.id), "spares": [str(rail.account.id)], "card": None}
    tries = [Try(step, rail.invoice()) for step in scene]
    for each in tries:
        away.is_up()
        scene.dies("pay", each.step, **{**_asked(rail, each), **facts})
    away.is_up()
    payments = [away.pay(each.of, key=each.key, spares=[rail.account.id]) for each in tries]
    rail.sweep()
    away.is_there()  # until then nobody can say whether the first was reached
    rail.sweep()
    for each, payment in zip(tries, rail.finish_all(payments), strict=True):
        rail.invoice_is_paid_once(payment, each.step)
        attempts = PaymentAttempt.objects.filter(organization=rail.organization, payment=payment)
        assert [minor for one in attempts for minor in rail.charged(one.id)] == [TOTAL], each.step


def _asked(rail: Rail, each: Try) -> dict[str, str]:
    return {"invoice": str(each.of.id), "key": each.key, "method": str(rail.hands.method)}


def _shelf(rail: Rail) -> PaymentLink:
    """Where something is sold."""
    if not PaymentLink.objects.filter(organization=rail.organization).exists():
        vat(rail.organization)
    return make_link(rail.organization, price_minor=TOTAL)


def _press_for_several(rail: Rail, each: Try) -> Payment:
    return start_for_customer(
        organization=rail.organization,
        asked=Together(
            customer_id=rail.customer.id,
            currency=currency("EUR"),
            shares={invoice.id: TOTAL for invoice in each.of},
            on_account=0,
            method=rail.hands.method,
            account_id=rail.account.id,
            return_url="http://shop.example/back",
            saved_method_id=rail.saved,
        ),
        key=each.key,
        actor=SYSTEM,
    )
