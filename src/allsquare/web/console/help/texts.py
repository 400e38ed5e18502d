"""Help texts as pages: Markdown of ours, with HTML off, so that nothing in it can run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from allsquare.web.console.help.topics import NAMES

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_FALLBACK: Final = "en"
_AROUND: Final = 70


@dataclass(frozen=True, slots=True)
class Text:
    """``plain`` is what the search reads."""

    name: str
    title: str
    html: SafeString
    plain: str


@dataclass(frozen=True, slots=True)
class Hit:
    text: Text
    excerpt: str


def text(name: str, language: str) -> Text | None:
    """In the reader's language, else in English; ``None`` for a name that is none."""
    return next((each for each in texts(language) if each.name == name), None)


@cache
def texts(language: str) -> tuple[Text, ...]:
    """All of them, in the order of the index."""
    return tuple(_read(name, language.split("-")[0]) for name in NAMES)


def _read(name: str, language: str) -> Text:
    own = Path(settings.HELP_DIR) / language / f"{name}.md"
    path = own if own.is_file() else Path(settings.HELP_DIR) / _FALLBACK / f"{name}.md"
    source = path.read_text(encoding="utf-8")
    first, _newline, rest = source.partition("\n")
    words = rest.replace("**", "").replace("`", "").replace("## ", "").replace("* ", "")
    return Text(
        name=name,
        title=first.removeprefix("# ").strip(),
        html=SafeString(_MARKDOWN.render(rest)),
        plain=" ".join(words.split()),
    )


def search(words: str, language: str) -> list[Hit]:
    """Texts with every word, those with all of them in the title first."""
    wanted = words.lower().split()[:8]
    found = []
    for each in texts(language):
        everything = f"{each.title} {each.plain}".lower()
        if wanted and all(word in everything for word in wanted):
            in_title = all(word in each.title.lower() for word in wanted)
            found.append((not in_title, Hit(each, _excerpt(each.plain, wanted))))
    return [hit for _, hit in sorted(found, key=lambda pair: pair[0])]


def _excerpt(plain: str, wanted: list[str]) -> str:
    lowered = plain.lower()
    place = next((at for word in wanted if (at := lowered.find(word)) >= 0), 0)
    start, end = max(0, place - _AROUND), place + 2 * _AROUND
    return ("… " if start else "") + plain[start:end].strip() + (" …" if end < len(plain) else "")
