"""Every catalogue is whole, and what the programme reads is what translators wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from translations.catalogs import catalogs, compiled, entries, missing, read, update
from translations.extract import Message, extract

PATHS = pytest.mark.parametrize("path", catalogs(), ids=lambda path: path.parts[-3])
#: A fact by name, a percent sign, or a tag.
_FACTS = re.compile(r"%\(\w+\)\w|%%|</?\w+>")


def facts(text: str) -> list[str]:
    return sorted(_FACTS.findall(text))


def test_there_is_one_for_each_language_but_that_of_the_sources() -> None:
    assert [path.parts[-3] for path in catalogs()] == ["de"]


@PATHS
def test_translations_name_the_same_facts(path: Path) -> None:
    wrong = []
    for message, entry in entries(read(path)):
        said = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        if any(text and facts(text) != facts(message.plural or message.text) for text in said):
            wrong.append(message.text)
    assert wrong == []


@PATHS
def test_nothing_is_guessed_or_only_begun(path: Path) -> None:
    assert missing(read(path)) == []


@PATHS
def test_a_translation_is_no_copy_of_its_end(path: Path) -> None:
    """A sentence stays a sentence, and a label does not become one."""
    wrong = [
        message.text
        for message, entry in entries(read(path))
        if isinstance(entry.string, str)
        and " " in message.text  # units have their own ways
        and message.text.endswith((".", "?")) != entry.string.endswith((".", "?"))
    ]
    assert wrong == []


@PATHS
def test_the_compiled_one_is_that_of_its_source(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == compiled(path), "run: make messages"


def test_an_update_keeps_what_is_said_and_drops_what_is_not(tmp_path: Path) -> None:
    path = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        "# The head.\n"
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        '# Said by hand.\nmsgid "Kept"\nmsgstr "Behalten"\n\nmsgid "Gone"\nmsgstr "Weg"\n'
    )
    said = {
        Message("Kept"): ["a.py"],
        Message("%(n)s try", "%(n)s tries"): ["b.html"],
        Message("Open", context="verb"): ["c.py"],
    }
    assert update(path, said) == (2, 1)
    after = path.read_text()
    assert after.startswith("# The head.\n")
    assert "# Said by hand." in after
    assert "Gone" not in after
    assert {message for message, _entry in entries(read(path))} == said.keys()
    assert set(missing(read(path))) == said.keys() - {Message("Kept")}
    assert update(path, said) == (0, 0)
    assert path.read_text() == after


@PATHS
def test_everything_that_is_said_is_in_it_and_nothing_else(path: Path) -> None:
    said, there = set(extract()), {message for message, _entry in entries(read(path))}
    assert sorted(said - there) == [], "run: make messages, and translate what it names"
    assert sorted(there - said) == [], "run: make messages"
