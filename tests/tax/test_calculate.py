"""Lines + tax = total, always; and the figures are those that the standards' examples and hand sums give."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.currencies import currency
from allsquare.core.money import InvalidAmount, Money
from allsquare.core.rounding import RoundingPolicy, round_ratio
from allsquare.tax.calculate import InvalidLine, LineInput, TaxRounding, Totals, calculate
from allsquare.tax.categories import TaxCategory, UnknownTaxCategory

EUR = currency("EUR")
PER_LINE, PER_DOCUMENT = TaxRounding.PER_LINE, TaxRounding.PER_DOCUMENT


def line(quantity: str, price: str, rate: str = "19", discount: str = "0", **more: Any) -> LineInput:
    return LineInput(
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        tax_rate=Decimal(rate),
        discount_percent=Decimal(discount),
        **more,
    )


def untaxed(quantity: str, price: str, category: TaxCategory, reason: str = "") -> LineInput:
    return line(quantity, price, rate="0", tax_category=category, exempt_reason=reason)


def figures(totals: Totals) -> tuple[int, int, int]:
    return totals.net_minor, totals.tax_minor, totals.total_minor


def breakdown(totals: Totals) -> list[tuple[str, Decimal, int, int]]:
    return [(tax.category.value, tax.rate, tax.base_minor, tax.tax_minor) for tax in totals.taxes]


# --- published examples -------------------------------------------------------------------------------------


def test_example_1_of_the_standards_committee_with_returned_goods() -> None:
    """CEN/TC 434 UBL example 1: groceries at 6 % and 21 %, one line returned."""
    at_6 = [
        ("2", "9.95"),
        ("1", "9.85"),
        ("1", "8.29"),
        ("2", "7.23"),
        ("1", "35"),
        ("1", "35"),
        ("1", "10.65"),
    ]
    at_6 += [("1", "1.55"), ("3", "4.79"), ("1", "8.29"), ("2", "8.29"), ("1", "9.95"), ("2", "1.65")]
    at_6 += [("1", "3.90"), ("6", "17.02"), ("-6", "18.33")]
    at_21 = [("1", "10.80"), ("2", "3.80"), ("2", "4.67"), ("1", "18.63")]
    totals = calculate(
        [line(*x, rate="6") for x in at_6] + [line(*x, rate="21") for x in at_21], currency=EUR
    )
    assert breakdown(totals) == [("S", Decimal(21), 4637, 974), ("S", Decimal(6), 18323, 1099)]
    assert figures(totals) == (22960, 2073, 25033)
    assert (str(totals.net), str(totals.tax), str(totals.total)) == ("229.60 EUR", "20.73 EUR", "250.33 EUR")


def test_example_2_of_the_standards_committee_with_half_a_cent_of_tax() -> None:
    """CEN/TC 434 UBL example 2: 1460.50 at 25 % is 365.125; allowance and freight of 100; a negative base."""
    totals = calculate(
        [
            line("2", "636.50", rate="25"),
            line("-1", "3.96", rate="15"),
            line("2", "2.48", rate="15"),
            untaxed("-1", "25.00", TaxCategory.EXEMPT, "Exempt New Means of Transport"),
            line("250", "0.75", rate="25"),
            line("-1", "100", rate="25"),
            line("1", "100", rate="25"),
        ],
        currency=currency("NOK"),
    )
    assert breakdown(totals) == [
        ("S", Decimal(25), 146050, 36513),
        ("S", Decimal(15), 100, 15),
        ("E", Decimal(0), -2500, 0),
    ]
    assert totals.taxes[2].reason == "Exempt New Means of Transport"
    assert figures(totals) == (143650, 36528, 180178)


def test_base_example_of_peppol_bis_billing() -> None:
    """Peppol BIS Billing 3.0 base example: 7 × 400, -3 × 500, insurance 25, all at 25 %."""
    lines = [line("7", "400", rate="25.0"), line("-3", "500", rate="25.0"), line("1", "25", rate="25.0")]
    assert figures(calculate(lines, currency=EUR)) == (132500, 33125, 165625)


# --- checked by hand ----------------------------------------------------------------------------------------


def test_unit_prices_may_be_finer_than_the_currency() -> None:
    totals = calculate([line("3", "33.333")], currency=EUR)
    assert figures(totals) == (10000, 1900, 11900)


@pytest.mark.parametrize(
    ("policy", "tax"),
    [
        (RoundingPolicy.HALF_UP, 53),
        (RoundingPolicy.HALF_EVEN, 52),
        (RoundingPolicy.DOWN, 52),
        (RoundingPolicy.UP, 53),
    ],
)
def test_half_a_cent_goes_where_the_policy_says(policy: RoundingPolicy, tax: int) -> None:
    for tax_rounding in TaxRounding:
        totals = calculate(
            [line("1", "10.50", rate="5")], currency=EUR, rounding=policy, tax_rounding=tax_rounding
        )
        assert totals.tax_minor == tax


def test_tax_per_line_and_per_document_differ_by_cents_and_both_add_up() -> None:
    lines = [line("1", "0.99")] * 10
    by_document = calculate(lines, currency=EUR, tax_rounding=PER_DOCUMENT)
    assert figures(by_document) == (990, 188, 1178)
    assert [x.tax_minor for x in by_document.lines] == [19] * 8 + [18] * 2
    by_line = calculate(lines, currency=EUR, tax_rounding=PER_LINE)
    assert figures(by_line) == (990, 190, 1180)


@pytest.mark.parametrize("tax_rounding", TaxRounding)
def test_inclusive_price_of_99_cents(tax_rounding: TaxRounding) -> None:
    totals = calculate([line("1", "0.99")], currency=EUR, prices_include_tax=True, tax_rounding=tax_rounding)
    assert figures(totals) == (83, 16, 99)


def test_inclusive_totals_are_what_the_customer_saw() -> None:
    totals = calculate([line("1", "0.99")] * 10, currency=EUR, prices_include_tax=True)
    assert figures(totals) == (832, 158, 990)
    assert {x.gross_minor for x in totals.lines} == {99}


@pytest.mark.parametrize(
    ("code", "price", "wanted"),
    [
        ("JPY", "105", (105, 11, 116)),  # 10.5 yen
        ("KWD", "1.005", (1005, 101, 1106)),  # 100.5 fils
        ("CLF", "0.0005", (5, 1, 6)),  # half of the last decimal
        ("USD", "1.05", (105, 11, 116)),
    ],
)
def test_tax_is_rounded_to_the_currencys_own_minor_unit(
    code: str, price: str, wanted: tuple[int, ...]
) -> None:
    assert figures(calculate([line("1", price, rate="10")], currency=currency(code))) == wanted


def test_line_discounts_come_off_before_rounding() -> None:
    (only,) = calculate([line("3", "33.333", discount="12.5")], currency=EUR).lines
    assert (only.list_minor, only.discount_minor, only.amount_minor) == (10000, 1250, 8750)
    (half_cent,) = calculate([line("1", "0.25", discount="50")], currency=EUR).lines
    assert (half_cent.discount_minor, half_cent.net_minor) == (12, 13)
    (free,) = calculate([line("1", "9.99", discount="100")], currency=EUR).lines
    assert (free.discount_minor, free.gross_minor) == (999, 0)


def test_discounts_follow_the_rounding_policy_too() -> None:
    down, up = RoundingPolicy.DOWN, RoundingPolicy.UP
    by_line = [calculate([line("1", "0.99", discount="1")], currency=EUR, rounding=p) for p in (down, up)]
    assert [x.net_minor for x in by_line] == [98, 99]
    percent = Decimal(1)
    by_document = [
        calculate([line("1", "0.99")], currency=EUR, rounding=p, discount_percent=percent) for p in (down, up)
    ]
    assert [x.document_discount_minor for x in by_document] == [0, 1]


def test_a_document_discount_is_shared_over_lines_and_tax_groups() -> None:
    lines = [line("1", "10.00"), line("1", "10.00"), line("1", "10.00", rate="7")]
    by_amount = calculate(lines, currency=EUR, discount_minor=100)
    assert [x.document_discount_minor for x in by_amount.lines] == [34, 33, 33]
    assert [(t.document_discount_minor, t.base_minor, t.tax_minor) for t in by_amount.taxes] == [
        (67, 1933, 367),
        (33, 967, 68),
    ]
    assert figures(by_amount) == (2900, 435, 3335)
    by_percent = calculate(lines, currency=EUR, discount_percent=Decimal("3.33"))
    assert by_percent.document_discount_minor == 100
    assert figures(by_percent) == figures(by_amount)


def test_a_discount_of_an_amount_spares_lines_that_take_back() -> None:
    totals = calculate(
        [line("1", "10.00"), line("-1", "9.00"), line("1", "5.00")], currency=EUR, discount_minor=150
    )
    assert [x.document_discount_minor for x in totals.lines] == [100, 0, 50]


def test_a_discount_may_leave_nothing() -> None:
    lines = [line("1", "10.00"), line("1", "0.01", rate="7")]
    assert figures(calculate(lines, currency=EUR, discount_minor=1001)) == (0, 0, 0)
    assert figures(calculate(lines, currency=EUR, discount_percent=Decimal(100))) == (0, 0, 0)


def test_untaxed_lines_say_why_and_each_reason_once() -> None:
    totals = calculate(
        [
            line("1", "1.00"),
            untaxed("1", "2.00", TaxCategory.EXEMPT, "Insurance, article 135."),
            untaxed("1", "3.00", TaxCategory.EXEMPT, "Insurance, article 135."),
            untaxed("1", "4.00", TaxCategory.EXEMPT),
            untaxed("1", "5.00", TaxCategory.REVERSE_CHARGE),
            untaxed("1", "6.00", TaxCategory.ZERO, "not printed: a zero rate needs no reason"),
        ],
        currency=EUR,
    )
    assert [(t.category.value, t.base_minor, t.tax_minor, t.reason) for t in totals.taxes] == [
        ("S", 100, 19, ""),
        ("Z", 600, 0, ""),
        ("E", 900, 0, "Insurance, article 135. Exempt from VAT."),
        ("AE", 500, 0, TaxCategory.REVERSE_CHARGE.legal_note),
    ]


def test_rates_that_are_equal_are_one_group_however_they_are_written() -> None:
    totals = calculate([line("1", "1", rate="19"), line("1", "1", rate="19.00")], currency=EUR)
    assert breakdown(totals) == [("S", Decimal(19), 200, 38)]


def test_codes_as_stored_in_columns_do_as_well_as_the_enums() -> None:
    plain = replace(line("1", "10.50", rate="5"), tax_category="S")
    stored: dict[str, Any] = {"tax_rounding": "per_line", "rounding": "half_even"}
    assert calculate([plain], currency=EUR, **stored).tax_minor == 52
    for unknown in ({"tax_rounding": "per_page"}, {"rounding": "sometimes"}):
        with pytest.raises(ValueError, match=r"per_page|sometimes"):
            calculate([plain], currency=EUR, **unknown)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize("inclusive", [False, True])
def test_no_lines_come_to_nothing(inclusive: bool) -> None:
    totals = calculate([], currency=EUR, prices_include_tax=inclusive, discount_percent=Decimal(5))
    assert (totals.lines, totals.taxes, figures(totals)) == ((), (), (0, 0, 0))
    assert totals.total == Money.zero(EUR)


# --- refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (line("NaN", "1"), "quantity"),
        (line("1E+999999999", "1"), "quantity"),
        (line("1E-999999999", "1"), "quantity"),
        (line("1E-40", "1"), "quantity"),
        (line("1", "Infinity"), "unit_price"),
        (line("1", "sNaN"), "unit_price"),
        (line("1", "0." + "1" * 40), "unit_price"),
        (line("1", "1", discount="100.01"), "discount_percent"),
        (line("1", "1", discount="-1"), "discount_percent"),
        (line("1", "1", rate="-19"), "tax_rate"),
        (line("1", "1", rate="0"), "tax_rate"),
        (line("1", "1", rate="1001"), "tax_rate"),
        (line("1", "1", rate="sNaN"), "tax_rate"),
        (line("1", "1", rate="19", tax_category=TaxCategory.EXPORT), "tax_rate"),
    ],
)
def test_a_bad_line_is_refused_by_its_number_and_field(wrong: LineInput, field: str) -> None:
    with pytest.raises(InvalidLine, match="Line 2") as caught:
        calculate([line("1", "1"), wrong], currency=EUR)
    assert (caught.value.field, caught.value.details["line"]) == (field, 2)


def test_other_bad_input_is_refused_by_name() -> None:
    good = line("1", "10.00")
    with pytest.raises(UnknownTaxCategory, match="“X”"):
        calculate([replace(good, tax_category="X")], currency=EUR)
    with pytest.raises(InvalidLine, match="not both"):
        calculate([good], currency=EUR, discount_percent=Decimal(5), discount_minor=5)
    with pytest.raises(InvalidLine, match="between 0 and 100"):
        calculate([good], currency=EUR, discount_percent=Decimal(101))
    for too_much in (1001, -1):
        with pytest.raises(InvalidLine, match="more than the lines come to"):
            calculate([good], currency=EUR, discount_minor=too_much)
    with pytest.raises(InvalidAmount, match="Line 1"):
        calculate([line("1E+20", "1")], currency=EUR)
    with pytest.raises(InvalidAmount, match="Line 1"):
        calculate([line("-1", "8E+16"), line("1", "8E+16")], currency=EUR, tax_rounding=PER_LINE)
    with pytest.raises(InvalidAmount, match="The document"):
        calculate([line("1", "6E+16")] * 2, currency=EUR)
    with pytest.raises(TypeError, match="float"):
        calculate([replace(good, quantity=1.5)], currency=EUR)  # type: ignore[arg-type]  # the mistake under test


# --- what always holds --------------------------------------------------------------------------------------

numbers = st.decimals(-(10**6), 10**6, places=4)
percents = st.decimals(0, 100, places=2)
rates = st.sampled_from(["19", "7", "5.5", "21.25", "25", "0.1", "8.875"]).map(Decimal)
taxed = st.builds(LineInput, quantity=numbers, unit_price=numbers, discount_percent=percents, tax_rate=rates)
exempt = st.builds(
    LineInput, quantity=numbers, unit_price=numbers, tax_category=st.sampled_from(["Z", "E", "AE", "O"])
)
documents = st.lists(taxed | exempt, max_size=12)
settings = st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["EUR", "JPY", "KWD", "CLF"]).map(currency),
        "prices_include_tax": st.booleans(),
        "tax_rounding": st.sampled_from(TaxRounding),
        "rounding": st.sampled_from(RoundingPolicy),
        "discount_percent": st.just(Decimal(0)) | percents,
    }
)


def assert_adds_up(lines: list[LineInput], totals: Totals, inclusive: bool) -> None:
    assert len(totals.lines) == len(lines)
    assert (
        sum(x.net_minor for x in totals.lines) == sum(t.base_minor for t in totals.taxes) == totals.net_minor
    )
    assert (
        sum(x.tax_minor for x in totals.lines) == sum(t.tax_minor for t in totals.taxes) == totals.tax_minor
    )
    assert (
        sum(x.gross_minor for x in totals.lines) == totals.net_minor + totals.tax_minor == totals.total_minor
    )
    discounts = sum(x.document_discount_minor for x in totals.lines)
    assert discounts == sum(t.document_discount_minor for t in totals.taxes) == totals.document_discount_minor
    for x in totals.lines:
        left = x.list_minor - x.discount_minor - x.document_discount_minor
        assert left == (x.gross_minor if inclusive else x.net_minor)
        assert x.net_minor + x.tax_minor == x.gross_minor


@given(documents, settings)
def test_parts_always_sum_to_the_whole(lines: list[LineInput], chosen: dict[str, Any]) -> None:
    totals = calculate(lines, **chosen)
    assert_adds_up(lines, totals, chosen["prices_include_tax"])
    amounts = sum(x.amount_minor for x in totals.lines)
    base = totals.total_minor if chosen["prices_include_tax"] else totals.net_minor
    assert base == amounts - totals.document_discount_minor


@given(documents, settings, st.data())
def test_a_discount_of_an_amount_is_taken_off_exactly(
    lines: list[LineInput], chosen: dict[str, Any], data: st.DataObject
) -> None:
    chosen = {**chosen, "discount_percent": Decimal(0)}
    before = calculate(lines, **chosen)
    subtotal = before.total_minor if chosen["prices_include_tax"] else before.net_minor
    discount = data.draw(st.integers(min(0, subtotal), max(0, subtotal)))
    after = calculate(lines, **chosen, discount_minor=discount)
    assert_adds_up(lines, after, chosen["prices_include_tax"])
    assert after.document_discount_minor == discount
    assert (after.total_minor if chosen["prices_include_tax"] else after.net_minor) == subtotal - discount


@given(documents, settings)
def test_taking_everything_back_comes_to_the_exact_opposite(
    lines: list[LineInput], chosen: dict[str, Any]
) -> None:
    there = calculate(lines, **chosen)
    back = calculate([replace(x, quantity=-x.quantity) for x in lines], **chosen)
    assert figures(back) == tuple(-figure for figure in figures(there))
    assert [(x.net_minor, x.tax_minor) for x in back.lines] == [
        (-x.net_minor, -x.tax_minor) for x in there.lines
    ]


@given(documents, settings)
def test_tax_is_base_times_rate_where_the_chosen_rounding_says_so(
    lines: list[LineInput], chosen: dict[str, Any]
) -> None:
    """BR-CO-17 per document or per line; every line stays within one minor unit of its exact tax."""
    totals = calculate(lines, **chosen)
    inclusive, policy = chosen["prices_include_tax"], chosen["rounding"]

    def exact(amount: int, rate: Decimal) -> Fraction:
        return amount * Fraction(rate) / (100 + Fraction(rate) if inclusive else 100)

    for x, given_line in zip(totals.lines, lines, strict=True):
        tax = exact(x.gross_minor if inclusive else x.net_minor, given_line.tax_rate)
        assert abs(tax - x.tax_minor) < 1
        if chosen["tax_rounding"] is PER_LINE:
            assert x.tax_minor == round_ratio(tax.numerator, tax.denominator, policy)
    if chosen["tax_rounding"] is PER_DOCUMENT:
        for group in totals.taxes:
            tax = exact(group.base_minor + (group.tax_minor if inclusive else 0), group.rate)
            assert group.tax_minor == round_ratio(tax.numerator, tax.denominator, policy)


@given(documents, settings)
def test_no_decimal_context_changes_a_figure(lines: list[LineInput], chosen: dict[str, Any]) -> None:
    calm = calculate(lines, **chosen)
    with localcontext() as context:
        context.prec = 3
        assert calculate(lines, **chosen) == calm
