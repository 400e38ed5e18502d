from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from allsquare.web.console.forms.fields import FigureField, figure_text


@pytest.mark.parametrize("typed", ["1e9", "1E2", "-2e-3"])
def test_a_slip_into_scientific_notation_is_no_figure(typed: str) -> None:
    with pytest.raises(ValidationError, match=r"1234\.50"):
        FigureField().clean(typed)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("84.900000", 2, "84.90"),
        ("12.345000", 2, "12.345"),
        ("3.000000", 0, "3"),
        ("100", 2, "100.00"),
        ("1E+2", 0, "100"),
    ],
)
def test_figures_are_shown_as_people_write_them(value: str, places: int, text: str) -> None:
    assert figure_text(Decimal(value), places=places) == text
