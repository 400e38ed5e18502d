"""A person may try card after card; who tries stolen ones is stopped, and told when to come back (fault 33)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import first_id_at
from allsquare.core.models import RateCounter
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import ChargeRequest, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.risk.services.add_entry import add_entry
from allsquare.selling.addresses import link_url
from allsquare.selling.card_testing import MOST_DECLINED, rests_for
from allsquare.selling.models import PaymentLink, Sale
from allsquare.web.portal import presses
from allsquare.web.portal.presses import FOR_ONE_INVOICE, FOR_ONE_INVOICE_A_DAY, too_many_presses
from allsquare.web.portal.ways import ways_of
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice
from tests.selling.makers import make_link, vat
from tests.web.portal.conftest import Payer, payer_of
from tests.web.portal.pages import Shown, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def coffee(organization: Organization, account: GatewayAccount) -> PaymentLink:
    vat(organization)
    return make_link(organization)


def at(number: int) -> Client:
    """A browser at an address of its own."""
    return Client(REMOTE_ADDR=f"198.51.{100 + number // 250}.{number % 250}")


def will_decline() -> None:
    ScriptedGateway.answers.append(charge(Status.DECLINED, reference=a_key(), code="card_declined"))


def will_pay(minor: int = 1190) -> None:
    ScriptedGateway.answers.append(charge(reference=a_key(), amount=eur(minor), fee=eur(30)))


def charged() -> int:
    return sum(isinstance(request, ChargeRequest) for request in ScriptedGateway.asked)


def buy(client: Client, link: PaymentLink, **typed: str) -> Shown:
    path = urlsplit(link_url(link)).path
    page = shown(client.get(path))
    return shown(client.post(path, {**page.fields, **typed}))


def declined(client: Client, link: PaymentLink) -> int:
    will_decline()
    answer = buy(client, link).status
    if answer == 429:
        ScriptedGateway.answers.pop()
    return answer


def later(minutes: int) -> None:
    """The time of every limit, and of every sale, is so much longer ago."""
    for counter in RateCounter.objects.all():
        RateCounter.objects.filter(key=counter.key).update(
            ends_at=counter.ends_at - timedelta(minutes=minutes)
        )
    for sale in Sale.objects.all():
        Sale.objects.filter(id=sale.id).update(created_at=sale.created_at - timedelta(minutes=minutes))


def test_somebody_whose_card_is_declined_ten_times_pays_with_the_eleventh(
    client: Client, payer: Payer, coffee: PaymentLink
) -> None:
    for _ in range(10):
        will_decline()
        assert payer.press(payer.open()).status == 303
        assert declined(client, coffee) == 303
    will_pay(123400)
    payer.press(payer.open())
    assert payer.now().state == "paid"
    will_pay()
    buy(client, coffee)
    assert Sale.objects.filter(organization=coffee.organization, state="sold").count() == 1


def test_an_invoice_is_tried_so_often_from_wherever(payer: Payer, invoice: Invoice) -> None:
    statuses: Counter[int] = Counter()
    for number in range(50):
        there = payer_of(invoice, at(number))
        page = there.open()
        if number < 20:
            will_decline()
        statuses[there.press(page).status] += 1
    assert statuses == {303: 20, 429: 30}
    assert charged() == Payment.objects.filter(organization=payer.organization).count() == 20


def test_five_hundred_tries_at_one_invoice_end_after_sixty_that_day_and_others_pay(
    payer: Payer, organization: Organization, customer: Customer
) -> None:
    """From ever other addresses, as slowly as the brake of ten minutes lets them."""
    (way, *_) = ways_of(organization, payer.invoice, eur(payer.invoice.open_minor))
    asked = 0
    for number in range(500):
        request = RequestFactory().get("/", REMOTE_ADDR=f"198.51.{100 + number // 250}.{number % 250}")
        asked += too_many_presses(request, way, invoice_id=payer.invoice.id) is None
        if number % 20 == 19:
            RateCounter.objects.filter(key=FOR_ONE_INVOICE.key(str(payer.invoice.id))).delete()
    assert asked == FOR_ONE_INVOICE_A_DAY.most == 60
    refused = payer.press(payer.open())
    assert refused.status == 429
    assert "too many tries to pay this today" in refused.text
    assert "try again in 24 hours." in refused.text
    other = payer_of(issued_invoice(organization, customer), at(3))
    will_pay(10000)
    other.press(other.open())
    assert other.now().state == "paid"
    later(24 * 60)
    will_pay(123400)
    payer.press(payer.open())
    assert payer.now().state == "paid"


def test_the_others_can_pay_meanwhile(
    payer: Payer, organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    for number in range(21):
        will_decline()
        last = payer_of(payer.invoice, at(number))
        refused = last.press(last.open())
    assert refused.status == 429
    ScriptedGateway.answers.clear()
    other = payer_of(issued_invoice(organization, customer), at(3))
    will_pay(10000)
    other.press(other.open())
    assert other.now().state == "paid"


def test_who_is_stopped_is_told_when_to_come_back_and_can_then(payer: Payer) -> None:
    for _ in range(20):
        will_decline()
        payer.press(payer.open())
    page = payer.open()
    assert page.status == 200, "looking is free"
    refused = payer.press(page)
    assert refused.status == 429
    assert "Nothing was charged. Try again in 10 minutes." in refused.text
    assert 540 < int(refused.headers["Retry-After"]) <= 601
    later(9)
    refused = payer.press(page)
    assert "Try again in 1 minute." in refused.text
    later(1)
    will_pay(123400)
    payer.press(page)
    assert payer.now().state == "paid"


def test_one_address_tries_so_often_whatever_it_pays(coffee: PaymentLink, organization: Organization) -> None:
    links = [coffee, *(make_link(organization) for _ in range(4))]
    client = at(1)
    statuses = Counter(declined(client, links[number % 5]) for number in range(50))
    assert statuses == {303: 30, 429: 20}
    assert charged() == 30
    assert declined(at(2), coffee) == 303
    refused = buy(client, coffee)
    assert "Nothing was charged. Try again in 10 minutes." in refused.text


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """As many tries as stop an address, so that a test is quick. That there are thirty is tried above."""
    monkeypatch.setattr(presses, "FROM_ONE_ADDRESS", replace(presses.FROM_ONE_ADDRESS, most=6))
    return 6


def test_one_network_buys_as_much_as_it_likes(coffee: PaymentLink, few: int) -> None:
    """A festival has one address for all of its guests."""
    receipts = set()
    for _ in range(few + 2):
        will_pay()
        client = at(1)
        there = buy(client, coffee)
        assert there.status == 303
        receipts.add(shown(client.get(there.leads_to)).leads_to)
    for receipt in list(receipts)[:5]:
        assert "Paid" in shown(at(1).get(receipt)).text
    statuses = Counter(declined(at(1), coffee) for _ in range(few + 1))
    assert statuses == {303: few, 429: 1}, "no receipt that is looked at again gives a second try"


def left_at_the_provider(client: Client, link: PaymentLink, number: int, **changed: str) -> Shown:
    """They are on its page still."""
    ScriptedGateway.answers.append(
        charge(Status.ACTION_REQUIRED, reference=f"ch_{number}", redirect="https://pay.provider.example/")
    )
    path = urlsplit(link_url(link)).path
    page = shown(client.get(path))
    return shown(client.post(path, {**page.fields, **changed}))


def back_from_the_provider(client: Client, number: int, status: Status = Status.SUCCEEDED) -> Shown:
    """Where the provider sends them, with what became of it."""
    asked = [each for each in ScriptedGateway.asked if isinstance(each, ChargeRequest)][number]
    money = {"amount": eur(1190), "fee": eur(30)} if status is Status.SUCCEEDED else {}
    ScriptedGateway.lookups.append(charge(status, reference=f"ch_{number}", **money))
    return shown(client.get(urlsplit(asked.return_url).path))


def test_a_network_where_all_have_paid_is_open_again_however_often_it_was_refused(
    coffee: PaymentLink, few: int
) -> None:
    client = at(1)
    for number in range(few):
        assert left_at_the_provider(client, coffee, number).status == 303
    assert [buy(client, coffee).status for _ in range(few)] == [429] * few
    for number in range(few):
        receipt = shown(client.get(back_from_the_provider(client, number).leads_to))
        assert receipt.status in (200, 303)
    assert Sale.objects.filter(organization=coffee.organization, state="sold").count() == few
    will_pay()
    assert buy(client, coffee).status == 303


def test_who_is_stopped_at_one_address_uses_up_no_invoice(
    payer: Payer, coffee: PaymentLink, few: int
) -> None:
    for _ in range(few):
        declined(at(1), coffee)
    there = payer_of(payer.invoice, at(1))
    page = there.open()
    assert [there.press(page).status for _ in range(25)] == [429] * 25
    elsewhere = payer_of(payer.invoice, at(2))
    will_pay(123400)
    assert elsewhere.press(elsewhere.open()).status == 303


def test_a_transfer_that_is_announced_tests_no_card(payer: Payer, organization: Organization) -> None:
    bank = add_gateway_account(
        organization=organization,
        gateway="bank_transfer",
        label="Bank",
        settings={"holder": "Harbour & Pine GmbH", "iban": "DE02120300000000202051", "bic": "BYLADEM1001"},
        actor=SYSTEM,
    )
    page = payer.open()
    for _ in range(40):
        assert payer.press(page, method=f"bank_transfer:{bank.id}").status == 303
    assert not RateCounter.objects.filter(key__startswith="pay-press").exists()
    will_pay(123400)
    assert payer.press(payer.open()).status == 303


def test_a_press_without_a_way_or_at_a_resting_link_tests_no_card(
    payer: Payer, coffee: PaymentLink, ten: int
) -> None:
    for _ in range(25):
        assert payer.press(payer.open(), method="").status == 422
    for number in range(ten):
        declined(at(number), coffee)
    counted = RateCounter.objects.filter(key__startswith="pay-press").count()
    assert buy(at(600), coffee).status == 429
    assert RateCounter.objects.filter(key__startswith="pay-press").count() == counted
    will_pay(123400)
    assert payer.press(payer.open()).status == 303


def test_a_bank_debit_counts_until_it_is_ordered(
    coffee: PaymentLink, account: GatewayAccount, few: int
) -> None:
    """The bank takes days: by then the tries are long forgotten."""
    client = at(1)
    debit = f"bank_debit:{account.id}"
    for number in range(few):
        assert left_at_the_provider(client, coffee, number, method=debit).status == 303
    refused = buy(client, coffee)
    assert refused.status == 429
    assert back_from_the_provider(client, 0, Status.PENDING).status == 200
    assert Payment.objects.filter(organization=coffee.organization, state="pending").count() == 1
    will_pay()
    assert buy(client, coffee).status == 303
    assert buy(client, coffee).status == 429


def test_a_card_that_is_pending_counts(coffee: PaymentLink, few: int) -> None:
    client = at(1)
    for number in range(few):
        left_at_the_provider(client, coffee, number)
    back_from_the_provider(client, 0, Status.PENDING)
    assert Payment.objects.filter(organization=coffee.organization, state="pending").count() == 1
    assert buy(client, coffee).status == 429


def test_a_link_at_which_cards_are_tried_rests_and_the_others_sell(
    coffee: PaymentLink, organization: Organization
) -> None:
    tea = make_link(organization, name="Tea")
    statuses = Counter(declined(at(number), coffee) for number in range(100))
    assert statuses == {303: MOST_DECLINED, 429: 100 - MOST_DECLINED}
    assert charged() == MOST_DECLINED
    will_pay()
    assert buy(at(600), tea).status == 303
    refused = buy(at(601), coffee)
    assert re.search(r"Nothing was charged\. Try again in \d+ minutes\.", refused.text)
    assert shown(at(602).get(urlsplit(link_url(coffee)).path)).status == 200, "looking is free"
    later(10)
    will_pay()
    buy(at(603), coffee)
    assert Sale.objects.filter(organization=organization, link=coffee, state="sold").count() == 1


@pytest.fixture
def ten(monkeypatch: pytest.MonkeyPatch) -> int:
    """As many declined sales as stop a link, so that a test is quick."""
    monkeypatch.setattr("allsquare.selling.card_testing.MOST_DECLINED", 10)
    return 10


def test_a_crowd_that_buys_is_not_stopped_by_those_who_are_declined(coffee: PaymentLink, ten: int) -> None:
    for number in range(2 * ten):
        assert declined(at(2 * number), coffee) == 303
        will_pay()
        assert buy(at(2 * number + 1), coffee).status == 303
    statuses = [declined(at(100 + number), coffee) for number in range(ten)]
    assert (statuses[0], statuses[-1]) == (303, 429), "but those who try cards among them are"


def test_tries_that_the_rules_stopped_make_no_link_rest(
    coffee: PaymentLink, organization: Organization, ten: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_entry(
        organization=organization, verdict="blocked", kind="domain", value="thief.example", actor=SYSTEM
    )
    for number in range(2 * ten):
        assert buy(at(number), coffee, email=f"{number}@thief.example").status == 403
    assert Sale.objects.filter(organization=organization, link=coffee, state="given_up").count() == 2 * ten
    will_pay()
    assert buy(at(600), coffee).status == 303


def test_what_was_declined_slowly_stops_nobody(coffee: PaymentLink, ten: int) -> None:
    for number in range(3 * ten):
        assert declined(at(number), coffee) == 303
        if number % 5 == 4:
            later(6)


def test_what_was_tried_long_ago_is_not_looked_through(coffee: PaymentLink) -> None:
    """Tries that the rules stopped may be thousands: by the index, none is read that is too old."""
    now = clock.now(None)
    declined(at(1), coffee)
    sale = Sale.objects.get(organization=coffee.organization)
    Sale.objects.filter(id=sale.id).delete()
    for minutes in range(60, 160):
        then = now - timedelta(minutes=minutes)
        sale.id, sale.key, sale.state = first_id_at(then), a_key(), "given_up"
        sale.created_at = then
        sale.save(force_insert=True)
    with CaptureQueriesContext(connection) as asked:
        assert rests_for(coffee.organization, coffee) == 0
    (query,) = [each["sql"] for each in asked if '"sale"' in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {query}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "sale_by_link" in plan or "sale_pkey" in plan
    assert "Rows Removed" not in plan, plan


def test_a_stopped_press_begins_no_sale_and_enters_nobody(coffee: PaymentLink, ten: int) -> None:
    for number in range(ten):
        declined(at(number), coffee)
    before = Customer.objects.filter(organization=coffee.organization).count()
    assert declined(at(900), coffee) == 429
    assert Sale.objects.filter(organization=coffee.organization).count() == ten
    assert Customer.objects.filter(organization=coffee.organization).count() == before
