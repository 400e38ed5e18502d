"""A customer's statement says what the books say, whatever happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar

import pytest
from django.db import connection

from allsquare.billing.models import Invoice
from allsquare.billing.services.issue import issue
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.billing.services.void import void
from allsquare.billing.services.write_off import write_off
from allsquare.billing.states import OPEN_STATES
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.errors import InvalidInput
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.models import JournalLine
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments import statement as module
from allsquare.payments.credit import usable_credit
from allsquare.payments.gateway import DisputeStage, MethodKind, Status
from allsquare.payments.models import Payment
from allsquare.payments.services.refund import refund
from allsquare.payments.services.use_credit import use_credit
from allsquare.payments.statement import (
    CurrencyStatement,
    CustomerStatement,
    Fact,
    StatementTooLong,
    statement_of,
    statement_page,
)
from tests import factories
from tests.billing.makers import draft, plain
from tests.payments.crediting import credit, off
from tests.payments.flows import paid, pay, take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    offline_account,
    refund_outcome,
    scripted_account,
)
from tests.payments.statement_by_documents import check

pytestmark = pytest.mark.django_db

T = TypeVar("T")


def in_books(organization: Organization, customer: Customer, role: str, *, end: date) -> dict[str, int]:
    """What the sub-ledger of an account says on a day, per currency, without zeros."""
    found: dict[str, int] = {}
    lines = JournalLine.objects.filter(
        organization=organization, account__role=role, customer_id=customer.id, date__lte=end
    )
    for line in lines:
        found[line.currency] = found.get(line.currency, 0) + line.amount_minor
    return {code: minor for code, minor in found.items() if minor}


def says(statement: CustomerStatement) -> dict[str, int]:
    return {each.currency: each.closing_minor for each in statement.currencies if each.closing_minor}


def owes_credit(statement: CustomerStatement) -> dict[str, int]:
    return {each.currency: -each.credit_minor for each in statement.currencies if each.credit_minor}


def test_a_year_of_one_customer(organization: Organization, customer: Customer) -> None:
    account, till = scripted_account(organization), offline_account(organization)
    today = clock.today(organization)
    first = issued_invoice(organization, customer, total="100.00")
    pay(
        first, till, amount=eur(13000), method=MethodKind.BANK_TRANSFER, received_on=today - timedelta(days=3)
    )
    second = paid(organization, customer, account, total="50.00")
    ScriptedGateway.answers.append(refund_outcome(reference="re_1"))
    refund(
        organization=organization,
        payment_id=second.id,
        amount=eur(2000),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
    wrong = issued_invoice(organization, customer, total="7.00")
    void(organization=organization, invoice_id=wrong.id, reason="Wrong", actor=SYSTEM)
    found = statement_of(organization, customer, start=today, end=today)
    [euros] = found.currencies
    assert (euros.opening_minor, euros.closing_minor, euros.credit_minor) == (-10000, 2000, 3000)
    assert [(row.fact, row.minor) for row in euros.rows] == [
        (Fact.INVOICE, 10000),
        (Fact.INVOICE, 5000),
        (Fact.PAYMENT, -5000),
        (Fact.REFUND, 2000),
        (Fact.INVOICE, 700),
        (Fact.VOID, -700),
    ]
    assert euros.rows[-1].balance_minor == euros.closing_minor
    assert says(found) == in_books(organization, customer, "receivable", end=today)


def test_nothing_of_others_and_nothing_at_all(organization: Organization, customer: Customer) -> None:
    today = clock.today(organization)
    issued_invoice(organization, customer)
    other = factories.make_customer(organization)
    assert statement_of(organization, other, start=today, end=today).currencies == ()
    assert statement_of(factories.make_organization(), customer, start=today, end=today).currencies == ()


def test_days_in_the_wrong_order_and_too_many_entries_are_refused(
    organization: Organization, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.today(organization)
    with pytest.raises(InvalidInput):
        statement_of(organization, customer, start=today, end=today - timedelta(days=1))
    monkeypatch.setattr(module, "MOST_ROWS", 1)
    issued_invoice(organization, customer)
    statement_of(organization, customer, start=today, end=today)
    issued_invoice(organization, customer)
    with pytest.raises(StatementTooLong) as caught:
        statement_of(organization, customer, start=today, end=today)
    assert caught.value.fits_from is None


def test_the_days_that_fit_a_document_are_the_latest(
    organization: Organization, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    till, today = offline_account(organization), clock.today(organization)
    for days in (1, 1, 2, 9):
        invoice = issued_invoice(organization, customer)
        day = today - timedelta(days=days)
        pay(invoice, till, method=MethodKind.BANK_TRANSFER, received_on=day)
    start, end = today - timedelta(days=30), today - timedelta(days=1)
    with pytest.raises(StatementTooLong) as caught:
        statement_of(organization, customer, start=start, end=end)
    assert caught.value.fits_from == today - timedelta(days=2)
    found = statement_of(organization, customer, start=today - timedelta(days=2), end=end)
    assert [row.minor for row in found.currencies[0].rows] == [-10000] * 3
    assert found.currencies[0].opening_minor == -10000


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "EUR.2026-01-01.1",
        "E\0R.2026-01-01.1.0",
        "EUR.2026-01-01..0",
        "EUR.soon.1.0",
        "EUR.2026-01-01.1.nobody",
    ],
)
def test_a_page_that_there_is_not_is_refused_in_words(
    organization: Organization, customer: Customer, after: str
) -> None:
    today = clock.today(organization)
    with pytest.raises(InvalidInput):
        statement_page(organization, customer, start=today, end=today, after=after)


def pages_of(
    organization: Organization, customer: Customer, *, start: date, end: date, rows: int
) -> list[CurrencyStatement]:
    """All pages of ``rows`` rows put together again; what each carries is what the one before it came to."""
    found: dict[str, CurrencyStatement] = {}
    after, ended, seen = "", set[str](), list[str]()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "PAGE_ROWS", rows)
        while True:
            page = statement_page(organization, customer, start=start, end=end, after=after)
            assert (page.is_first, page.previous) == (not seen, seen[-1] if seen else "")
            seen.append(after)
            assert sum(len(part.statement.rows) for part in page.parts) <= rows
            for part in page.parts:
                here = part.statement
                assert part.begins == (here.currency not in found)
                if part.begins:
                    found[here.currency] = here
                else:
                    so_far = found[here.currency]
                    assert here.opening_minor == so_far.rows[-1].balance_minor
                    found[here.currency] = replace(so_far, rows=so_far.rows + here.rows)
                if part.ends:
                    ended.add(here.currency)
            after = page.next
            if not after:
                break
    assert ended == found.keys()
    assert page.entries == sum(len(each.rows) for each in found.values())
    return list(found.values())


class History:
    """Things that happen to one customer, some of them entered late. What makes no sense at its moment does nothing."""

    def __init__(self, organization: Organization, customer: Customer, chance: Random) -> None:
        self.organization, self.customer, self.chance = organization, customer, chance
        self.today = clock.today(organization)
        self.account, self.till = scripted_account(organization), offline_account(organization)
        self.invoices: list[Invoice] = []
        self.payments: list[Payment] = []

    def some_day(self) -> date:
        return self.today - timedelta(days=self.chance.choice([0, 0, 3, 8, 12, 44]))

    def bill(self) -> None:
        code = self.chance.choice(["EUR", "EUR", "USD"])
        price = Decimal(self.chance.randint(1, 20000)).scaleb(-2)
        made = draft(self.organization, self.customer, plain(str(price)), currency=code)
        [issued] = issue(
            organization=self.organization, invoice_ids=[made.id], actor=SYSTEM, on=self.some_day()
        )
        self.invoices.append(issued)

    def by_hand(self) -> None:
        """Some of it, all of it, or more."""
        if invoice := self.open_invoice():
            minor = max(
                1, invoice.open_minor * self.chance.choice([1, 2, 3, 4]) // self.chance.choice([2, 3])
            )
            amount = Money(minor, currency(invoice.currency))
            day = self.some_day()
            pay(invoice, self.till, amount=amount, method=MethodKind.BANK_TRANSFER, received_on=day)

    def by_card(self) -> None:
        if invoice := self.open_invoice():
            whole = Money(invoice.open_minor, currency(invoice.currency))
            self.payments.append(pay(invoice, self.account, answer=charge(reference=a_key(), amount=whole)))

    def give_back(self) -> None:
        if payment := self.payment():
            left = payment.captured_minor - payment.refunded_minor - payment.disputed_minor
            if left > 0:
                amount = Money(self.chance.randint(1, left), currency(payment.currency))
                about = {"reference": a_key(), "amount": amount, "charge_reference": payment.reference}
                take(self.account, refund_outcome(Status.SUCCEEDED, **about))
                if self.chance.random() < 0.3:
                    take(self.account, refund_outcome(Status.DECLINED, **about))

    def dispute(self) -> None:
        if payment := self.payment():
            left = payment.captured_minor - payment.refunded_minor - payment.disputed_minor
            if left > 0:
                amount = Money(left, currency(payment.currency))
                about = {"reference": a_key(), "amount": amount, "charge_reference": payment.reference}
                take(self.account, dispute_outcome(DisputeStage.OPENED, **about))
                end = self.chance.choice([DisputeStage.WON, DisputeStage.LOST])
                take(self.account, dispute_outcome(end, **about))

    def make_void(self) -> None:
        invoice = self.open_invoice()
        if invoice and not invoice.covered_minor:
            void(organization=self.organization, invoice_id=invoice.id, reason="Wrong", actor=SYSTEM)

    def give_up(self) -> None:
        invoice = self.open_invoice()
        if invoice:
            write_off(
                organization=self.organization,
                invoice_id=invoice.id,
                reason="Gone",
                tax_relief=self.chance.random() < 0.5,
                actor=SYSTEM,
            )

    def take_some_back(self) -> None:
        """Some of an invoice, open or paid, or all that is left."""
        for invoice in self.invoices:
            invoice.refresh_from_db()
        found = self.one([each for each in self.invoices if each.state in (*OPEN_STATES, "paid")])
        if found and found.due_minor:
            minor = self.chance.choice([found.due_minor, self.chance.randint(1, found.due_minor)])
            credit(found, off(found, minor))

    def hope_again(self) -> None:
        for invoice in self.invoices:
            invoice.refresh_from_db()
        given_up = self.one([each for each in self.invoices if each.state == "written_off"])
        if given_up:
            take_back_write_off(organization=self.organization, invoice_id=given_up.id, actor=SYSTEM)

    def spend(self) -> None:
        invoice = self.open_invoice()
        if invoice:
            credit = usable_credit(self.organization, invoice.customer_id, invoice.currency)
            part = min(credit, invoice.open_minor)
            if part:
                amount = Money(part, currency(invoice.currency))
                use_credit(
                    organization=self.organization,
                    invoice_id=invoice.id,
                    amount=amount,
                    key=a_key(),
                    actor=SYSTEM,
                )

    def open_invoice(self) -> Invoice | None:
        for invoice in self.invoices:
            invoice.refresh_from_db()
        return self.one([each for each in self.invoices if each.state in OPEN_STATES])

    def payment(self) -> Payment | None:
        for payment in self.payments:
            payment.refresh_from_db()
        return self.one(self.payments)

    def one(self, rows: list[T]) -> T | None:
        return self.chance.choice(rows) if rows else None


ACTS = (
    "bill",
    "bill",
    "bill",
    "by_hand",
    "by_hand",
    "by_card",
    "by_card",
    "give_back",
    "dispute",
    "make_void",
    "take_some_back",
    "give_up",
    "hope_again",
    "spend",
    "spend",
)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_statement_says_what_the_books_say(
    organization: Organization, customer: Customer, seed: int
) -> None:
    today = clock.today(organization)
    set_rate(
        organization=organization,
        currency="USD",
        rate=Decimal("0.9"),
        valid_on=today - timedelta(days=90),
        actor=SYSTEM,
    )
    chance = Random(seed)  # a history that can be told again
    history = History(organization, customer, chance)
    for act in ("bill", *chance.choices(ACTS, k=20)):
        getattr(history, act)()
    connection.check_constraints()
    assert history.invoices
    for days in (0, 5, 10, 40):
        end = today - timedelta(days=days)
        found = statement_of(organization, customer, start=end - timedelta(days=5), end=end)
        assert says(found) == in_books(organization, customer, "receivable", end=end)
        check(organization, found)
        for rows in (1, 3, 100):
            paged = pages_of(organization, customer, start=found.start, end=end, rows=rows)
            assert paged == list(found.currencies)
        assert owes_credit(found) == in_books(organization, customer, "customer_credit", end=end)
        earlier = statement_of(
            organization, customer, start=end - timedelta(days=60), end=end - timedelta(days=6)
        )
        opened = {each.currency: each.opening_minor for each in found.currencies if each.opening_minor}
        assert says(earlier) == opened
