"""What a payer types for each of several invoices: whatever it is, the shares are within what is owed and sum up."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allsquare.billing.models import Invoice
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.amounts import split_shares
from allsquare.payments.several import MOST
from allsquare.web.portal.several.choice import Account, Choice, Owed, choice_of, lines_of

#: The first draws load what numbers look like everywhere, which takes a busy machine a second.
unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNITS = [currency(code) for code in ("EUR", "JPY", "KWD")]


@st.composite
def accounts(draw: Any) -> Account:
    """Open invoices, of some of which a part may be paid."""
    unit = draw(st.sampled_from(UNITS))
    rows = []
    for open_ in draw(st.lists(st.integers(1, 10**9), min_size=1, max_size=8)):
        least = draw(st.one_of(st.just(open_), st.integers(1, open_)))
        invoice = Invoice(id=new_id(), number="INV", currency=unit.code)
        rows.append(Owed(invoice, Money(open_, unit), Money(least, unit), Money(0, unit), False))
    return Account(unit, tuple(rows), (), 0)


@st.composite
def asked(draw: Any) -> tuple[Account, QueryDict]:
    account = draw(accounts())
    given_ = QueryDict(mutable=True)
    given_["currency"] = account.currency.code
    given_.setlist("invoice", [str(row.invoice.id) for row in account.rows if draw(st.booleans())])
    for row in account.rows:
        right = st.integers(0, 2 * row.open.minor).map(lambda minor: Money(minor, account.currency).plain)
        given_[row.field] = draw(
            st.one_of(st.just(""), st.just(row.open.plain), right, st.text("0123456789.,-x ", max_size=12))
        )
    given_["on_account"] = draw(st.sampled_from(["", "", "5", "-1", "x"]))
    return account, given_


def chosen(account: Account, given_: QueryDict) -> Choice:
    organization = Organization(several_invoices=True, on_account=True)
    choice = choice_of(organization, Customer(currency=account.currency.code), [account], given_)
    assert choice is not None
    return choice


@unhurried
@given(asked())
def test_each_share_is_within_its_bounds_and_all_of_them_are_the_sum(
    of_payer: tuple[Account, QueryDict],
) -> None:
    account, given_ = of_payer
    choice = chosen(account, given_)
    owed = {row.invoice.id: row for row in account.rows}
    assert list(choice.shares) == [line.invoice.id for line in choice.rows]
    for name, minor in choice.shares.items():
        assert owed[name].least.minor <= minor <= owed[name].open.minor
    assert choice.total.minor == sum(choice.shares.values()) + choice.on_account
    for line in choice.rows:
        assert line.now.minor + line.rest.minor == line.row.open.minor
        assert line.row.takes_parts or (line.now, line.error) == (line.row.open, "")
    assert choice.is_right or choice.error
    assert not (choice.is_right and any(line.error for line in choice.rows)), "nothing wrong is asked for"


@unhurried
@given(asked(), st.data())
def test_whatever_others_paid_meanwhile_nothing_of_it_is_lost(
    of_payer: tuple[Account, QueryDict], data: st.DataObject
) -> None:
    """As the one door divides it: no invoice takes more than its share or than is open, and the rest is credit."""
    account, given_ = of_payer
    choice = chosen(account, given_)
    still = [data.draw(st.integers(0, line.row.open.minor)) for line in choice.rows]
    meant = list(choice.shares.values())
    taken = split_shares(choice.total.minor, list(zip(meant, still, strict=True)))
    assert all(part == min(share, open_) for part, share, open_ in zip(taken, meant, still, strict=True)), (
        "the whole sum came, so that none goes short for another"
    )
    assert choice.total.minor - sum(taken) >= choice.on_account


@unhurried
@given(asked())
def test_the_choice_that_is_shown_again_is_the_same_choice(of_payer: tuple[Account, QueryDict]) -> None:
    """What was right is asked for again by the form that shows it."""
    account, given_ = of_payer
    choice = chosen(account, given_)
    again = given_.copy()
    for line in lines_of(account, choice, given_, several=True):
        again[line.row.field] = line.shown
    assert chosen(account, again).shares == choice.shares


def test_the_address_of_the_longest_choice_is_short_enough_for_proxies() -> None:
    """Eight kilobytes are what common ones let pass."""
    unit = currency("EUR")
    rows = [
        Owed(
            Invoice(id=new_id(), currency="EUR"),
            Money(99_999_999, unit),
            Money(1, unit),
            Money(0, unit),
            False,
        )
        for _ in range(MOST)
    ]
    assert len({row.field for row in rows}) == MOST
    fields = [(row.field, row.open.plain) for row in rows]
    address = urlencode([("currency", "EUR"), *(("invoice", row.invoice.id) for row in rows), *fields])
    assert len(address) < 7_800
