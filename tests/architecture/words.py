"""Sentences that people read, and that no translator would find."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from tests.architecture.source import Source, Violation

MARKS = frozenset(
    {"_", "_lazy", "_noop", "_now", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
    | {"pgettext", "pgettext_lazy"}
)
#: Errors of the programme, not of people: their words are for who mends it.
_FOR_PROGRAMMERS = re.compile(
    r"(Type|Value|Key|Lookup|Index|Runtime|Assertion|Attribute|NotImplemented)Error|ImproperlyConfigured"
)
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_SENTENCE = re.compile(r"[A-Z“%{][^\n]* [^\n]*[.?]\s*$")
#: Arguments that name something on a page.
_LABELS = frozenset({"label", "help_text", "title", "verbose_name", "placeholder", "help", "empty_label"})


def unmarked_sentences(source: Source) -> Iterator[Violation]:
    """Texts of two words and more that end as a sentence does, and labels of fields, outside of ``_(…)``."""
    for node in ast.walk(source.tree):
        text = _text(node)
        if text is None or node in source.docstrings or _is_spared(source, node):
            continue
        parent = source.parents.get(node)
        label = isinstance(parent, ast.keyword) and parent.arg in _LABELS and text[:1].isupper()
        if label or _SENTENCE.match(text):
            yield source.violation(node, f"not marked for translation: {text[:60]!r}")


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        return "".join(str(part) for part in parts)
    return None


def _is_spared(source: Source, node: ast.AST) -> bool:
    """Marked already, a part of something that is looked at by itself, or for programmers."""
    for around in source.ancestors(node):
        match around:
            case ast.JoinedStr() | ast.FormattedValue():
                return True
            case ast.Call(func=ast.Name(id=name)) if name in MARKS:
                return True
            case ast.Call(func=ast.Attribute(attr=name)) if name in MARKS | _LOGS:
                return True
            case ast.Raise(exc=ast.Call(func=called)) if _FOR_PROGRAMMERS.search(ast.unparse(called)):
                return True
            case ast.Call(func=ast.Attribute(attr="add_argument" | "add_parser")):
                return True
    return False


_BLOCKS = re.compile(
    r"{%-?\s*(blocktranslate|comment)\b.*?{%-?\s*end\1\s*-?%}|{% block body_\w+ %}.*?{% endblock %}",
    re.DOTALL,
)
_TAGS = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
_READ_ALOUD = frozenset({"title", "aria-label", "placeholder", "alt", "data-label"})
_SILENT = frozenset({"script", "style", "code", "kbd", "svg"})
_WORD = re.compile(r"[A-Za-z]{2,}")
#: The same in every language.
_NAMES = re.compile(r"\b(Allsquare|PDF|PNG|JPEG|SVG|IBAN|BIC|Ctrl|Alt|Enter|UTC|CSV|XLSX|EUR)\b")


def unmarked_text(path: str, text: str) -> Iterator[Violation]:
    """Words that stand in a template as they are: between tags, or in an attribute that people see or hear."""

    def blank(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found[0])

    parser = _Texts()
    parser.feed(_TAGS.sub(blank, _BLOCKS.sub(blank, text)))
    parser.close()
    for line, words in parser.found:
        if _WORD.search(_NAMES.sub("", words)):
            yield Violation(path, line, f"not marked for translation: {words[:60]!r}")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        for name, value in attrs:
            if name in _READ_ALOUD and value:
                self.found.append((self.getpos()[0], value.strip()))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append((self.getpos()[0], " ".join(data.split())))
