from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from allsquare.billing.documents.fonts import REPLACEMENT, DocumentFonts, load_fonts

FONTS = load_fonts(Path(settings.FRONTEND_DIR))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Plain text", "Plain text"),
        ("e\u0301", "é"),
        ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("a\tb", "a b"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("a\u202eb\u202c", f"a{REPLACEMENT}b{REPLACEMENT}"),
        ("a\x00b\x1b", f"a{REPLACEMENT}b{REPLACEMENT}"),
        ("\ue000\U000f0000", REPLACEMENT * 2),
        ("\ud800", REPLACEMENT),
        ("\u0378", REPLACEMENT),
        ("\U00013000", REPLACEMENT),
        ("\ufefftext\U000e0041", "text"),
        ("山\u093f", f"山{REPLACEMENT}"),
    ],
)
def test_printable(text: str, printed: str) -> None:
    assert FONTS.printable(text) == printed


@given(st.text())
def test_printable_keeps_what_it_made(text: str) -> None:
    once = FONTS.printable(text)
    assert FONTS.printable(once) == once


@given(st.text())
def test_every_visible_character_has_a_glyph_or_is_replaced(text: str) -> None:
    glyphs = frozenset().union(*FONTS.coverage.values())
    unseen = {char for char in FONTS.printable(text) if char not in glyphs and char != "\n"}
    assert {unicodedata.category(char) for char in unseen} <= {"Cf", "Mn"}


def test_a_mark_needs_the_font_of_its_base() -> None:
    apart = DocumentFonts(
        book=FONTS.book, coverage={"A": frozenset("x"), "B": frozenset("\u0301"), "C": frozenset("y\u0301")}
    )
    assert apart.printable("x\u0301") == f"x{REPLACEMENT}"
    # Composed, the letter is one that none of these fonts has.
    assert apart.printable("y\u0301") == REPLACEMENT
    assert apart.printable("\u0301") == "\u0301"


def test_every_family_that_layouts_name_was_found() -> None:
    assert set(FONTS.families(japanese=False)) == set(FONTS.coverage)
    assert FONTS.families(japanese=False)[0] == "Noto Sans"


def test_japanese_asks_its_own_font_first() -> None:
    for japanese in (True, False):
        families = FONTS.families(japanese=japanese)
        assert (families.index("BIZ UDPGothic") < families.index("Noto Sans S Chinese")) is japanese
        assert len(set(families)) == len(families) == len(FONTS.coverage)
