from __future__ import annotations

import dataclasses
import string

import pytest

from allsquare.billing.states import InvoiceState
from allsquare.notifications.letters.german import GERMAN
from allsquare.notifications.letters.languages import words_for
from allsquare.notifications.letters.words import ENGLISH, Words
from allsquare.payments.gateway import MethodKind


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def sentences(words: Words) -> dict[str, str]:
    return {
        f.name: getattr(words, f.name)
        for f in dataclasses.fields(words)
        if isinstance(getattr(words, f.name), str)
    }


def test_german_says_everything_with_the_same_facts() -> None:
    english, german = sentences(ENGLISH), sentences(GERMAN)
    assert {name for name in english if placeholders(english[name]) != placeholders(german[name])} == set()
    assert [name for name, text in german.items() if not text] == []
    same = {name for name in english if english[name] == german[name]}
    assert same <= {"language"}, "left untranslated"


@pytest.mark.parametrize("words", [ENGLISH, GERMAN], ids=lambda words: words.language)
def test_every_method_and_state_has_a_word(words: Words) -> None:
    assert set(words.methods) == set(MethodKind)
    assert set(words.states) == set(InvoiceState)
    assert set(words.reasons) == set(ENGLISH.reasons)


@pytest.mark.parametrize("words", [ENGLISH, GERMAN], ids=lambda words: words.language)
def test_nobody_is_shouted_at(words: Words) -> None:
    assert [text for text in sentences(words).values() if "!" in text] == []


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_a_language_without_words_gets_english(language: str, spoken: str) -> None:
    assert words_for(language).language == spoken
