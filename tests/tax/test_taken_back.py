"""Whatever is credited in whatever parts, the parts sum to the line, and none is more than there is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.currencies import currency
from allsquare.core.rounding import RoundingPolicy
from allsquare.tax.calculate import LineInput, TaxRounding, calculate
from allsquare.tax.taken_back import NOTHING, Part, by_amount, by_quantity

EUR = currency("EUR")
HALF_UP = RoundingPolicy.HALF_UP

quantities = st.decimals("-1000", "1000", places=3).filter(bool)
prices = st.decimals("0", "99999", places=4)
lines = st.lists(
    st.builds(
        LineInput,
        quantity=quantities,
        unit_price=prices,
        discount_percent=st.decimals("0", "100", places=2),
        tax_rate=st.sampled_from([Decimal(19), Decimal(7), Decimal("8.1")]),
    ),
    min_size=1,
    max_size=5,
)


@given(
    lines,
    st.booleans(),
    st.sampled_from(list(TaxRounding)),
    st.sampled_from(list(RoundingPolicy)),
    st.decimals("0", "100", places=2),
    st.data(),
)
def test_all_of_it_in_any_split_is_the_invoice_to_the_cent(
    given_lines: list[LineInput],
    inclusive: bool,
    tax_rounding: TaxRounding,
    rounding: RoundingPolicy,
    discount: Decimal,
    data: st.DataObject,
) -> None:
    """Pieces and amounts in turn, each of the size that is drawn, until nothing is left."""
    totals = calculate(
        given_lines,
        currency=EUR,
        prices_include_tax=inclusive,
        tax_rounding=tax_rounding,
        rounding=rounding,
        discount_percent=discount,
    )
    credited = NOTHING
    for line, charged in zip(given_lines, totals.lines, strict=True):
        left = Part(line.quantity, charged.net_minor, charged.tax_minor)
        for _turn in range(data.draw(st.integers(0, 4))):
            if data.draw(st.booleans()):
                share = data.draw(st.integers(1, 1000))
                quantity = (left.quantity * share / 1000).quantize(Decimal("0.000001"))
                part = by_quantity(left, quantity, inclusive=inclusive, rounding=rounding)
            else:
                low, high = sorted((0, left.measure(inclusive=inclusive)))
                part = by_amount(
                    left, data.draw(st.integers(low, high)), inclusive=inclusive, rounding=rounding
                )
            assert is_within(part.net_minor, left.net_minor)
            assert is_within(part.tax_minor, left.tax_minor)
            left, credited = left - part, credited + part
            if not left.quantity:
                break
        last = by_quantity(left, left.quantity, inclusive=inclusive, rounding=rounding)
        assert last == left
        credited += last
    assert (credited.net_minor, credited.tax_minor) == (totals.net_minor, totals.tax_minor)
    assert credited.total_minor == totals.total_minor
    assert credited.quantity == sum(line.quantity for line in given_lines)


def is_within(part: int, whole: int) -> bool:
    return min(whole, 0) <= part <= max(whole, 0)


@pytest.mark.parametrize(("inclusive", "net", "tax"), [(False, 3333, 633), (True, 3334, 633)])
def test_a_third_of_a_line(inclusive: bool, net: int, tax: int) -> None:
    """Of 100.00 and 19.00 tax: a third of the net and of its tax, or of 119.00 with a third of the tax in it."""
    left = Part(Decimal(3), 10000, 1900)
    part = by_quantity(left, Decimal(1), inclusive=inclusive, rounding=HALF_UP)
    assert (part.net_minor, part.tax_minor) == (net, tax)


def test_pieces_cost_less_after_their_price_was_lowered() -> None:
    left = Part(Decimal(10), 10000, 1900)
    left -= by_amount(left, 2000, inclusive=False, rounding=HALF_UP)
    assert left == Part(Decimal(10), 8000, 1520)
    assert by_quantity(left, Decimal(1), inclusive=False, rounding=HALF_UP) == Part(Decimal(1), 800, 152)


def test_a_line_that_takes_something_off_is_taken_back_with_its_sign() -> None:
    left = Part(Decimal(-2), -1001, -190)
    part = by_quantity(left, Decimal(-1), inclusive=False, rounding=HALF_UP)
    assert part == Part(Decimal(-1), -501, -95)
    assert left - part == Part(Decimal(-1), -500, -95)
