from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.formatting import format_date
from allsquare.core.idempotency import KeyReused
from allsquare.core.money import Money
from allsquare.core.selectors import list_events
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.errors import AccountUnknown, ControlAccount, PeriodClosed, RateMissing, Unbalanced
from allsquare.ledger.models import JournalEntry
from allsquare.ledger.selectors import get_entry, trial_balance
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.post_manual import LARGEST, ManualLine, post_manual
from allsquare.ledger.services.set_rate import set_rate
from tests.factories import make_organization, member_actor
from tests.ledger.makers import DAY, account, balances

pytestmark = pytest.mark.django_db

R = AccountRole


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def accountant(organization: Organization) -> Actor:
    return member_actor(organization, Role.ACCOUNTANT)


def of(organization: Organization, role: AccountRole, amount: str, code: str = "EUR") -> ManualLine:
    return ManualLine(account(organization, role), Money.parse(amount, code))


def booked(
    organization: Organization,
    actor: Actor,
    *lines: ManualLine,
    on: date = DAY,
    memo: str = " Opening balance ",
    key: str = "k",
) -> UUID:
    """Without lines: 100.00 of equity in the bank."""
    hundred = (of(organization, R.BANK, "100.00"), of(organization, R.EQUITY, "-100.00"))
    return post_manual(
        organization=organization, on=on, memo=memo, lines=lines or hundred, key=key, actor=actor
    )


def test_a_booking_by_hand_is_posted_and_told(organization: Organization, accountant: Actor) -> None:
    entry = get_entry(organization, booked(organization, accountant))
    assert (entry.kind, entry.memo, entry.date, entry.source_id) == (
        "manual",
        "Opening balance",
        DAY,
        entry.id,
    )
    assert balances(organization) == {"1000": 10000, "3000": -10000}
    [event] = list_events(organization.id)
    assert (event.kind, event.subject_id, event.actor_id) == ("journal.posted", entry.id, accountant.id)


def test_the_same_key_gives_the_same_entry_and_another_input_is_refused(
    organization: Organization, accountant: Actor
) -> None:
    assert booked(organization, accountant) == booked(organization, accountant)
    with pytest.raises(KeyReused):
        booked(organization, accountant, memo="Something else")
    assert booked(organization, accountant, key="another") != booked(organization, accountant)
    assert balances(organization) == {"1000": 20000, "3000": -20000}
    assert len(list_events(organization.id)) == 2


def test_a_key_whose_booking_was_refused_stays_free(organization: Organization, accountant: Actor) -> None:
    with pytest.raises(Unbalanced):
        booked(organization, accountant, of(organization, R.BANK, "1.00"), of(organization, R.SALES, "-0.99"))
    booked(organization, accountant)


def test_what_rounding_leaves_goes_to_exchange_and_nothing_else_does(
    organization: Organization, accountant: Actor
) -> None:
    set_rate(organization=organization, currency="USD", valid_on=DAY, rate=Decimal("0.5"), actor=SYSTEM)
    lines = [of(organization, R.BANK, "0.02", "USD"), of(organization, R.CASH, "0.01", "USD")]
    lines += [of(organization, R.CHEQUES, "0.01", "USD"), of(organization, R.EQUITY, "-0.04", "USD")]
    booked(organization, accountant, *lines)
    assert balances(organization) == {"1000": 1, "1010": 1, "1020": 1, "3000": -2, "6200": -1}
    assert trial_balance(organization, DAY).differences == ()


@pytest.mark.parametrize(
    ("debit", "credit", "says"),
    [
        (("1.00", "EUR"), ("-0.99", "EUR"), "€0.01 more debits"),
        (("1.00", "EUR"), ("-1.50", "EUR"), "€0.50 more credits"),
        (("1.00", "EUR"), ("-1.00", "USD"), r"(€1.00 more debits|\$1.00 more credits)"),
    ],
)
def test_both_sides_must_be_the_same_in_every_currency(
    organization: Organization, accountant: Actor, debit: tuple[str, str], credit: tuple[str, str], says: str
) -> None:
    with pytest.raises(Unbalanced, match=says):
        booked(
            organization, accountant, of(organization, R.BANK, *debit), of(organization, R.EQUITY, *credit)
        )
    assert not JournalEntry.objects.filter(organization=organization).exists()


def test_no_lines_are_no_booking(organization: Organization, accountant: Actor) -> None:
    with pytest.raises(Unbalanced, match="two lines or more"):
        post_manual(organization=organization, on=DAY, memo="x", lines=[], key="k", actor=accountant)


def test_wrong_fields_are_named_together(organization: Organization, accountant: Actor) -> None:
    tomorrow = clock.today(organization) + timedelta(days=1)
    zero, huge = Money.zero("EUR"), Money.zero("EUR") + Money(LARGEST + 1, Money.zero("EUR").currency)
    for amount in (zero, huge):
        odd = ManualLine(account(organization, R.BANK), amount)
        with pytest.raises(FieldErrors) as caught:
            booked(organization, accountant, odd, on=tomorrow, memo="  ")
        assert caught.value.errors.keys() == {"date", "memo", "lines"}
    for memo in ("x" * 201, "a\0b"):
        with pytest.raises(FieldErrors) as caught:
            booked(organization, accountant, memo=memo)
        assert caught.value.errors.keys() == {"memo"}


@pytest.mark.parametrize("role", [R.RECEIVABLE, R.CUSTOMER_CREDIT, R.DISPUTED])
def test_accounts_that_documents_keep_are_refused(
    organization: Organization, accountant: Actor, role: AccountRole
) -> None:
    with pytest.raises(ControlAccount, match="Correct the invoice or payment"):
        booked(organization, accountant, of(organization, role, "1.00"), of(organization, R.EQUITY, "-1.00"))


def test_accounts_of_others_are_unknown(organization: Organization, accountant: Actor) -> None:
    other = make_organization()
    with pytest.raises(AccountUnknown):
        booked(organization, accountant, of(other, R.BANK, "1.00"), of(organization, R.EQUITY, "-1.00"))


def test_a_currency_without_a_rate_is_named(organization: Organization, accountant: Actor) -> None:
    with pytest.raises(RateMissing, match="USD"):
        booked(
            organization,
            accountant,
            of(organization, R.BANK, "1.00", "USD"),
            of(organization, R.EQUITY, "-1.00", "USD"),
        )


def test_not_into_a_closed_period(organization: Organization, accountant: Actor) -> None:
    close_period(organization=organization, starts_on=DAY, ends_on=DAY, actor=accountant)
    with pytest.raises(PeriodClosed, match=format_date(DAY, "en")), transaction.atomic():
        booked(organization, accountant)
    booked(organization, accountant, on=DAY + timedelta(days=1))


def test_not_everybody_books(organization: Organization) -> None:
    for actor in (member_actor(organization, Role.BILLING_CLERK), member_actor(make_organization())):
        with pytest.raises(PermissionDenied):
            booked(organization, actor)
