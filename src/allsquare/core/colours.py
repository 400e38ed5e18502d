"""A brand's colour, and what can be read on it and in it.

Contrast is that of WCAG 2.2, success criterion 1.4.3: from 1 (none) to 21 (black on white); text needs 4.5.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from django.utils.translation import gettext as _

from allsquare.core.errors import InvalidInput

WHITE: Final = "#ffffff"
INK: Final = "#11161d"
#: Steps on the way from a colour to black or white.
_STEPS: Final = 50
_ENOUGH: Final = Fraction(9, 2)

_Rgb = tuple[int, int, int]


def tidy(text: str) -> str:
    """``#rrggbb`` in small letters from ``#rgb`` or ``#rrggbb``, with or without the hash; "" stays "". Raises
    ``InvalidInput``."""
    plain = text.strip().lower().removeprefix("#")
    if re.fullmatch(r"[0-9a-f]{3}", plain):
        plain = "".join(mark * 2 for mark in plain)
    if plain and not re.fullmatch(r"[0-9a-f]{6}", plain):
        raise InvalidInput(_("Write the colour like #1f5fcd."), field="brand_color")
    return f"#{plain}" if plain else ""


def contrast(one: str, other: str) -> Fraction:
    """Between two colours of the form ``#rrggbb``."""
    darker, lighter = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (lighter + Fraction(1, 20)) / (darker + Fraction(1, 20))


def reads(one: str, other: str) -> bool:
    """Is text of one colour readable on the other?"""
    return contrast(one, other) >= _ENOUGH


def ink_on(colour: str) -> str:
    """White or dark text, whichever is read better on ``colour``."""
    return WHITE if contrast(colour, WHITE) >= contrast(colour, INK) else INK


def on_light(colour: str) -> str:
    """``colour``, made as much darker as it must be to be read on white."""
    return _towards("#000000", colour, WHITE)


def on_dark(colour: str) -> str:
    """``colour``, made as much lighter as it must be to be read on a dark page."""
    return _towards(WHITE, colour, INK)


def _towards(end: str, colour: str, ground: str) -> str:
    mixes = (_mix(colour, end, step) for step in range(_STEPS + 1))
    return next(mix for mix in mixes if reads(mix, ground))


def _mix(one: str, other: str, step: int) -> str:
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{(a * (_STEPS - step) + b * step) // _STEPS:02x}" for a, b in pairs)


def _rgb(colour: str) -> _Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(rgb: _Rgb) -> Fraction:
    red, green, blue = (_linear(part) for part in rgb)
    return (2126 * red + 7152 * green + 722 * blue) / 10000


def _linear(part: int) -> Fraction:
    share = part / 255
    return Fraction(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
