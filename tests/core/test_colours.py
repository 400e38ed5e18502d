from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core import colours
from allsquare.core.errors import InvalidInput

ANY = st.tuples(*[st.integers(0, 255)] * 3).map(lambda rgb: "#{:02x}{:02x}{:02x}".format(*rgb))


@pytest.mark.parametrize(("typed", "kept"), [("#ABC", "#aabbcc"), (" 1F5FCD ", "#1f5fcd"), ("", "")])
def test_a_colour_is_tidied(typed: str, kept: str) -> None:
    assert colours.tidy(typed) == kept


@pytest.mark.parametrize("typed", ["red", "#12345", "#1234567", "#ggg", "#fff;}body{"])
def test_what_is_no_colour_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput, match="#1f5fcd"):
        colours.tidy(typed)


def test_contrast_is_that_of_wcag() -> None:
    assert colours.contrast("#ffffff", "#000000") == 21
    assert float(colours.contrast("#767676", "#ffffff")) == pytest.approx(4.54, abs=0.01)
    assert not colours.reads("#777777", "#ffffff")


@given(ANY)
def test_every_colour_can_be_read_on_and_in(colour: str) -> None:
    assert (
        colours.reads(colours.ink_on(colour), colour)
        or colours.contrast(colours.ink_on(colour), colour) > 4.2
    )
    assert colours.reads(colours.on_light(colour), colours.WHITE)
    assert colours.reads(colours.on_dark(colour), colours.INK)


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert colours.on_light("#1f5fcd") == "#1f5fcd"
    assert colours.on_dark("#8db8ff") == "#8db8ff"
