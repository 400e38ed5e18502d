from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare_sandbox.money import exponent, share, write


@pytest.mark.parametrize(
    ("minor", "code", "text"),
    [
        (123456, "EUR", "€1,234.56"),
        (5, "USD", "$0.05"),
        (500, "JPY", "¥500"),
        (1234, "KWD", "KWD\u00a01.234"),
        (1234, "IQD", "IQD\u00a01.234"),
        (12345, "CLF", "CLF\u00a01.2345"),
        (-150, "EUR", "-€1.50"),
    ],
)
def test_amounts_have_the_decimals_of_iso_4217(minor: int, code: str, text: str) -> None:
    assert write(minor, code) == text


@pytest.mark.parametrize("code", ["XAU", "XXX", "eur", "EURO", ""])
def test_what_cannot_be_charged_has_no_exponent(code: str) -> None:
    assert exponent(code) is None


@given(minor=st.integers(0, 10**15), points=st.integers(0, 10_000))
def test_a_share_is_rounded_half_up_and_never_above_the_whole(minor: int, points: int) -> None:
    got = share(minor, points)

    assert 0 <= got <= minor
    assert -5_000 < got * 10_000 - minor * points <= 5_000
