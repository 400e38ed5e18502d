"""Writing the catalogues: what is said anew goes in, what is not said any more goes out, and all is compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from translations.extract import SOURCE, Message

LOCALE: Final = SOURCE / "locale"

_HEAD: Final = (b'"Language:', b'"Plural-Forms:', b'"Content-Type:')
_NEVER_MIND: Final = datetime(2026, 1, 1, tzinfo=UTC)


def catalogs(locale: Path = LOCALE) -> list[Path]:
    """The source of every catalogue: ``locale/<language>/LC_MESSAGES/django.po``."""
    return sorted(locale.glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """The catalogue of one language, named by its folder."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parts[-3], abort_invalid=True)
    catalog.creation_date = catalog.revision_date = _NEVER_MIND  # the same source compiles to the same bytes
    return catalog


def entries(catalog: Catalog) -> Iterator[tuple[Message, Entry]]:
    """What is translated, each text with its entry; the head of the file left out."""
    for entry in catalog:
        if entry.id:
            yield message_of(entry), entry


def message_of(entry: Entry) -> Message:
    text, plural = (entry.id, "") if isinstance(entry.id, str) else (entry.id[0], entry.id[1])
    return Message(text, plural, entry.context or "")


def missing(catalog: Catalog) -> list[Message]:
    """Texts without a translation, or with one that was only guessed."""
    return [message for message, entry in entries(catalog) if entry.fuzzy or not _whole(entry)]


def update(path: Path, said: Mapping[Message, Sequence[str]]) -> tuple[int, int]:
    """Bring one catalogue in step with what is ``said``; returns how many texts came in and went out.

    Entries stand in the order of their texts, so that two people who add some seldom touch the same lines. Each says
    in which files to look, without lines: those change whenever something moves.
    """
    old = read(path)
    known = dict(entries(old))
    new = Catalog(
        locale=old.locale, header_comment=old.header_comment, fuzzy=False, charset="utf-8", project=None
    )
    new.mime_headers = old.mime_headers
    for message in sorted(said, key=lambda message: (message.text.lower(), message)):
        before = known.get(message)
        new.add(
            (message.text, message.plural) if message.plural else message.text,
            before.string if before else ("", "") if message.plural else "",
            auto_comments=[", ".join(said[message][:3])],
            user_comments=before.user_comments if before else (),
            flags=["fuzzy"] if before and before.fuzzy else (),
            context=message.context or None,
        )
    path.write_bytes(_po(new))
    return len(said.keys() - known.keys()), len(known.keys() - said.keys())


def compile_catalog(path: Path) -> None:
    """Write the ``.mo`` beside it, which is what the programme reads."""
    path.with_suffix(".mo").write_bytes(compiled(path))


def compiled(path: Path) -> bytes:
    """What the ``.mo`` should be."""
    file = BytesIO()
    write_mo(file, read(path))
    return file.getvalue()


def _whole(entry: Entry) -> bool:
    return bool(entry.string) and all(entry.string or ())


def _po(catalog: Catalog) -> bytes:
    """With a head of what the programme needs: babel's dates would make every update a change."""
    file = BytesIO()
    write_po(file, catalog, width=0)
    head, _, body = file.getvalue().partition(b"\n\n")
    kept = [line for line in head.splitlines() if not line.startswith(b'"') or line.startswith(_HEAD)]
    return b"\n".join(kept) + b"\n\n" + body
