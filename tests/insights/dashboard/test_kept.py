"""Sums by day that are kept behind the postings say what the documents say, whatever of it is in them yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.billing.services.void import void
from allsquare.billing.services.write_off import write_off
from allsquare.billing.states import OPEN_STATES
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, follow, record
from allsquare.core.ids import new_id
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.insights.dashboard.kept import kept_to, owed
from allsquare.insights.dashboard.money_due import MoneyDue, Owed, money_due
from allsquare.insights.dashboard.money_in import money_in
from allsquare.insights.models import DashboardMark, MoneyDay, OwedDay
from allsquare.insights.proofs import PROOFS
from allsquare.insights.services import roll_up as service
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.ledger import marks
from allsquare.ledger.models import JournalEntry
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.use_credit import use_credit
from tests.factories import make_customer, make_organization
from tests.log import log_is_readable
from tests.payments.flows import paid, pay, take
from tests.payments.makers import (
    charge,
    empty_script,
    eur,
    issued_invoice,
    offline_account,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.square import assert_all_square
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _scripted(settings: Settings) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()


@dataclass
class Shop:
    """Everything that moves what came in or what is owed, one act after the other."""

    organization: Organization = field(default_factory=make_organization)
    customer: Customer = field(init=False)
    account: GatewayAccount = field(init=False)
    by_hand: GatewayAccount = field(init=False)
    invoice: Invoice = field(init=False)
    payment: Payment = field(init=False)

    def __post_init__(self) -> None:
        self.customer = make_customer(self.organization)
        self.account = scripted_account(self.organization)
        self.by_hand = offline_account(self.organization)
        set_rate(
            organization=self.organization,
            currency="USD",
            valid_on=clock.today(self.organization) - timedelta(days=9),
            rate=Decimal(1),
            actor=SYSTEM,
        )

    def acts(self) -> Sequence[Callable[[], object]]:
        return (
            self.issue,
            self.pay_a_part_days_ago,
            self.pay_the_rest,
            self.pay_too_much,
            self.give_back_a_part,
            self.use_credit,
            self.issue,
            self.void,
            self.issue_in_dollars,
            self.pay_in_dollars,
            self.issue,
            self.write_off,
            self.take_back,
            self.issue,
            self.pay_all_and_give_all_back,
        )

    def issue(self) -> None:
        self.invoice = issued_invoice(self.organization, self.customer)

    def issue_in_dollars(self) -> None:
        self.invoice = issued_invoice(self.organization, self.customer, currency_code="USD")

    def pay_a_part_days_ago(self) -> None:
        on = clock.today(self.organization) - timedelta(days=3)
        pay(self.invoice, self.by_hand, amount=eur(3000), method=MethodKind.CASH, received_on=on)

    def pay_the_rest(self) -> None:
        self.invoice.refresh_from_db()
        pay(self.invoice, self.by_hand, method=MethodKind.CASH)

    def pay_too_much(self) -> None:
        self.payment = paid(self.organization, self.customer, self.account, captured=11_500, fee=100)

    def give_back_a_part(self) -> None:
        back = refund_outcome(
            reference=str(new_id()), amount=eur(4000), charge_reference=self.payment.reference
        )
        take(self.account, back)

    def use_credit(self) -> None:
        """Credit that came before all else, for an invoice that is open since."""
        self.payment = paid(self.organization, self.customer, self.account, captured=10_700)
        self.issue()
        use_credit(
            organization=self.organization,
            invoice_id=self.invoice.id,
            amount=eur(600),
            key=str(new_id()),
            actor=SYSTEM,
        )

    def void(self) -> None:
        void(organization=self.organization, invoice_id=self.invoice.id, reason="Mistake", actor=SYSTEM)

    def pay_in_dollars(self) -> None:
        answer = charge(reference=str(new_id()), amount=usd(6000), fee=usd(100))
        pay(self.invoice, self.account, amount=usd(6000), answer=answer)

    def write_off(self) -> None:
        write_off(
            organization=self.organization,
            invoice_id=self.invoice.id,
            reason="Gone",
            tax_relief=True,
            actor=SYSTEM,
        )

    def take_back(self) -> None:
        take_back_write_off(organization=self.organization, invoice_id=self.invoice.id, actor=SYSTEM)

    def pay_all_and_give_all_back(self) -> None:
        self.payment = paid(self.organization, self.customer, self.account)
        back = refund_outcome(
            reference=str(new_id()), amount=eur(10_000), charge_reference=self.payment.reference
        )
        take(self.account, back)


def roll_up(organization: Organization) -> None:
    log_is_readable(table="journal_entry")
    service.roll_up(organization=organization)


def rows(due: MoneyDue) -> list[Owed]:
    return sorted(due.owed, key=lambda row: (row.due_on, row.currency))


def assert_the_same(organization: Organization) -> None:
    """The documents added up, and what is kept with what came since."""
    mark = kept_to(organization)
    assert mark is not None
    assert money_in(organization, mark=mark) == money_in(organization)
    assert rows(money_due(organization, mark=mark)) == rows(money_due(organization))
    where = where_is_my_money(organization, mark=mark)
    assert where == where_is_my_money(organization)
    assert where.adds_up


@pytest.mark.parametrize("every", [1, 4])
def test_what_is_kept_and_what_came_since_are_what_the_documents_say(every: int) -> None:
    shop = Shop()
    elsewhere = Shop()
    elsewhere.issue()
    roll_up(shop.organization)
    for number, act in enumerate(shop.acts(), start=1):
        act()
        assert_the_same(shop.organization)
        if number % every == 0:
            roll_up(shop.organization)
            assert_the_same(shop.organization)
    assert money_in(shop.organization).currencies == ["EUR", "USD"]
    assert money_due(shop.organization).invoices == 6
    assert_all_square()
    assert kept_to(elsewhere.organization) is None
    roll_up(shop.organization)
    assert_all_square()


def test_what_is_in_the_sums_is_not_read_again() -> None:
    """Another sum in place of the kept one is what the page shows: so it asks no payment and no invoice for it."""
    shop = Shop()
    shop.issue()
    shop.pay_a_part_days_ago()
    roll_up(shop.organization)
    MoneyDay.objects.filter(organization_id=shop.organization.id).update(captured_minor=77, fee_minor=7)
    OwedDay.objects.filter(organization_id=shop.organization.id).update(open_minor=55, invoices=9)
    mark = kept_to(shop.organization)
    assert list(money_in(shop.organization, mark=mark).came.values()) == [77]
    (row,) = where_is_my_money(shop.organization, mark=mark).rows
    assert (row.captured, row.fees) == (77, 7)
    due = money_due(shop.organization, mark=mark)
    assert (due.open, due.invoices) == ({"EUR": 55}, 9)


def test_what_was_booked_at_the_mark_itself_is_not_in_the_sums_and_counts() -> None:
    shop = Shop()
    shop.issue()
    roll_up(shop.organization)
    shop.pay_a_part_days_ago()
    newest = JournalEntry.objects.filter(organization=shop.organization).order_by("-id")
    at = newest.values_list("xact", flat=True)[0]
    DashboardMark.objects.filter(organization_id=shop.organization.id).update(xact=at)
    assert_the_same(shop.organization)
    assert_all_square()


def test_days_on_which_nothing_is_owed_any_more_are_forgotten() -> None:
    shop = Shop()
    shop.issue()
    roll_up(shop.organization)
    assert OwedDay.objects.filter(organization_id=shop.organization.id).count() == 1
    shop.pay_the_rest()
    roll_up(shop.organization)
    assert not OwedDay.objects.filter(organization_id=shop.organization.id).exists()
    assert_the_same(shop.organization)


def test_the_worker_rolls_up_when_much_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "FEW", 2)
    read = import_string(settings.ALLSQUARE_EVENT_READERS["dashboard days"])
    shop = Shop()
    shop.issue()
    log_is_readable()
    assert follow("dashboard days", read) > 0
    assert kept_to(shop.organization) is None
    shop.pay_the_rest()
    log_is_readable()
    assert follow("dashboard days", read) > 0
    assert DashboardMark.objects.filter(organization_id=shop.organization.id).count() == 1
    assert MoneyDay.objects.get(organization_id=shop.organization.id).captured_minor == 10_000
    with transaction.atomic():
        news = [News("journal.posted", "journal_entry", new_id())]
        record(organization_id=shop.organization.id, news=news, actor=SYSTEM, at=clock.now(None))
    log_is_readable()
    before = kept_to(shop.organization)
    assert follow("dashboard days", read) == 1
    assert kept_to(shop.organization) == before


@pytest.mark.django_db
def test_the_check_of_the_books_asks_what_the_first_page_says() -> None:
    """Word for word, but for whose days they are: what is open now, and what that changes since the mark."""
    organization = make_organization()
    today = clock.today(organization)
    (proof,) = (proof for proof in PROOFS if proof.name == "owed_days")
    said = []
    for ask in (proof.find, lambda: owed(organization, mark="0", earliest=today, latest=today)):
        with statements_sent() as sent:
            assert list(ask()) == []
        statement = " ".join(str(sent.call_args.args[1]).split())
        said.append(re.findall(r"CASE WHEN i.state .*? END AS now|\(now > 0\).*? FROM changed", statement))
    assert said[0] == said[1]
    assert len(said[0]) == 2
    assert set(re.findall(r"'(\w+)'", said[0][0])) == OPEN_STATES
