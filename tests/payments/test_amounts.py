"""Pure sums: parts always come to the whole."""

from __future__ import annotations

from decimal import Decimal, localcontext
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.currencies import currency, current_currencies
from allsquare.ledger.amounts import to_base
from allsquare.payments.amounts import Held, base_share, split_capture, split_return, split_shares

minor = st.integers(0, 10**15)
rates = st.decimals("0.0000000001", "9999999999", places=10)
codes = st.sampled_from([unit.code for unit in current_currencies()])


@given(captured=minor, open_minor=st.integers(-(10**15), 10**15))
def test_a_capture_pays_what_is_open_and_leaves_the_rest_as_credit(captured: int, open_minor: int) -> None:
    split = split_capture(captured, open_minor=open_minor)
    assert split.invoice + split.credit == captured
    assert 0 <= split.invoice <= max(open_minor, 0)
    assert split.credit >= 0
    assert split.credit == 0 or split.invoice == max(open_minor, 0)


@given(
    captured=minor,
    shares=st.lists(st.tuples(st.integers(1, 10**12), st.integers(-(10**12), 10**12)), max_size=20),
)
def test_several_invoices_take_what_was_meant_for_them_and_is_open(
    captured: int, shares: list[tuple[int, int]]
) -> None:
    """Never more than came, was meant or is open; a later one takes nothing while an earlier one could."""
    taken = split_shares(captured, shares)
    most = [min(meant, max(open_minor, 0)) for meant, open_minor in shares]
    assert len(taken) == len(shares)
    assert all(0 <= part <= bound for part, bound in zip(taken, most, strict=True))
    assert sum(taken) == min(captured, sum(most))
    short = next((place for place, part in enumerate(taken) if part < most[place]), len(taken))
    assert not any(taken[short + 1 :])


@given(returned=minor, credit=minor, allocated=minor)
def test_money_that_goes_back_comes_from_credit_then_invoice_then_loss(
    returned: int, credit: int, allocated: int
) -> None:
    split = split_return(returned, credit=credit, allocated=allocated)
    assert split.credit + split.invoice + split.rest == returned
    assert (split.credit <= credit, split.invoice <= allocated) == (True, True)
    assert split.invoice == 0 or split.credit == credit
    assert split.rest == 0 or split.invoice == allocated


@given(
    total=st.integers(1, 10**15),
    base_total=minor,
    cuts=st.lists(st.decimals(0, 1, places=6), max_size=8),
)
def test_shares_of_the_base_amount_sum_to_it_in_however_many_parts(
    total: int, base_total: int, cuts: list[Decimal]
) -> None:
    """Paid in parts, taken back and paid again: when all is paid, all of the base amount is used."""
    stops = [0, *(int(cut * total) for cut in cuts), total]  # up and down, as payments and refunds go
    shares = [
        base_share(base_total=base_total, total=total, before=before, after=after)
        for before, after in pairwise(stops)
    ]
    assert sum(shares) == base_total
    exact = base_total * stops[1]
    assert abs(shares[0] * total - exact) * 2 <= total


@given(
    amount=st.integers(-(10**15), 10**15), base=minor, cuts=st.lists(st.decimals(0, 1, places=6), max_size=5)
)
def test_what_is_taken_in_parts_takes_all_of_the_base_with_it(
    amount: int, base: int, cuts: list[Decimal]
) -> None:
    held = Held(amount, base if amount else 0)
    taken = 0
    for cut in cuts:
        part = int(held.amount * cut)
        if part:
            taken += held.take(part, at_rate=-1)
    if held.amount:
        taken += held.take(held.amount, at_rate=-1)
    assert (held.amount, held.base, taken) == (0, 0, base if amount else 0)


def test_what_is_not_there_counts_at_the_rate_of_the_day() -> None:
    held = Held(100, 90)
    assert held.take(101, at_rate=80) == 80
    assert held == Held(-1, 10)
    assert held.take(5, at_rate=4) == 4


def test_an_invoice_of_nothing_has_no_share() -> None:
    assert base_share(base_total=0, total=0, before=0, after=0) == 0


@given(amount=minor, rate=rates, code=codes, base=codes)
def test_conversion_is_within_half_a_unit_symmetric_and_indifferent_to_the_decimal_context(
    amount: int, rate: Decimal, code: str, base: str
) -> None:
    converted = to_base(amount, currency=code, base=base, rate=rate)
    assert to_base(-amount, currency=code, base=base, rate=rate) == -converted
    with localcontext() as context:
        context.prec = 3
        assert to_base(amount, currency=code, base=base, rate=rate) == converted
    if code == base:
        assert converted == amount
        return
    above, below = rate.as_integer_ratio()
    # In units of 1 / (below × decimals), so that no fraction is needed.
    exact = amount * above * currency(base).minor_per_major
    scale = below * currency(code).minor_per_major
    assert abs(converted * scale - exact) * 2 <= scale


def test_currencies_with_other_decimals() -> None:
    assert to_base(1, currency="JPY", base="EUR", rate=Decimal("0.0061")) == 1  # 0.61 cents
    assert to_base(1000, currency="JPY", base="EUR", rate=Decimal("0.0061")) == 610
    assert to_base(1000, currency="KWD", base="EUR", rate=Decimal("2.9")) == 290
    assert (
        to_base(100, currency="EUR", base="JPY", rate=Decimal("163.5")) == 164
    )  # a half goes away from zero
    assert to_base(100, currency="EUR", base="KWD", rate=Decimal("0.3333")) == 333
