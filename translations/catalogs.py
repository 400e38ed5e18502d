"""Writing the catalogues: what is said anew goes in, what is not said any more goes out, and all is compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polib

from translations.extract import SOURCE, Message

LOCALE: Final = SOURCE / "locale"


def catalogs(locale: Path = LOCALE) -> list[Path]:
    """The source of every catalogue: ``locale/<language>/LC_MESSAGES/django.po``."""
    return sorted(locale.glob("*/LC_MESSAGES/django.po"))


def key(entry: polib.POEntry) -> Message:
    """What an entry of a catalogue translates."""
    return Message(entry.msgid, entry.msgid_plural, entry.msgctxt or "")


def update(path: Path, said: Mapping[Message, Sequence[str]]) -> tuple[int, int]:
    """Bring one catalogue in step with what is ``said``; returns how many texts came in and went out.

    Entries stand in the order of their texts, so that two people who add some seldom touch the same lines.
    """
    old = read(path)
    known = {key(entry): entry for entry in old}
    new = polib.POFile(wrapwidth=0)
    new.header, new.metadata = old.header, old.metadata
    for message in sorted(said, key=lambda message: (message.text.lower(), message)):
        entry = known.get(message) or polib.POEntry(
            msgid=message.text,
            msgid_plural=message.plural,
            msgctxt=message.context or None,
            msgstr_plural={0: "", 1: ""} if message.plural else {},
        )
        entry.occurrences = []  # places change with every line that moves; the text is found by searching for it
        entry.comment = ", ".join(said[message][:3])
        entry.flags = ["python-format"] if _names_facts(message) else []
        new.append(entry)
    new.save(str(path))
    return len(said.keys() - known.keys()), len(known.keys() - said.keys())


def compile_catalog(path: Path) -> None:
    """Write the ``.mo`` beside it, which is what the programme reads."""
    read(path).save_as_mofile(str(path.with_suffix(".mo")))


def read(path: Path) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=0, check_for_duplicates=True)


def _names_facts(message: Message) -> bool:
    return "%(" in message.text
