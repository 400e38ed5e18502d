"""The texts that the sources want translated.

Read by our own hand, since gettext's tools are on few machines: Python by its syntax tree, templates by what Django
itself makes of them for extraction.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.utils.translation.template import templatize

SOURCE: Final = Path(__file__).parents[1] / "src" / "allsquare"

_PLAIN: Final = frozenset({"_", "_lazy", "_noop", "_now", "gettext", "gettext_lazy", "gettext_noop"})
_PLURAL: Final = frozenset({"ngettext", "ngettext_lazy"})
_IN_CONTEXT: Final = frozenset({"pgettext", "pgettext_lazy"})

_QUOTED: Final = r"""u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_IN_TEMPLATE: Final = re.compile(
    rf"\b(?P<call>_|gettext|ngettext|pgettext|npgettext)\({_QUOTED}(?:\s*,\s*{_QUOTED})?(?:\s*,\s*{_QUOTED})?"
)


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One text: ``plural`` where it counts something, ``context`` where the text alone would be ambiguous."""

    text: str
    plural: str = ""
    context: str = ""


class NotLiteral(ValueError):
    """A text that is put together where it is marked can be found by nobody."""


def extract(root: Path = SOURCE) -> dict[Message, list[str]]:
    """Every text with the files (relative to ``root``) that say it, in the order of the files."""
    found: dict[Message, list[str]] = {}
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.html"), *root.rglob("*.txt")]):
        name = path.relative_to(root).as_posix()
        for message in said_in(path):
            places = found.setdefault(message, [])
            if name not in places:
                places.append(name)
    return found


def said_in(path: Path) -> Iterator[Message]:
    """The texts of one file. Raises :class:`NotLiteral`."""
    text = path.read_text(encoding="utf-8")
    return in_python(text, str(path)) if path.suffix == ".py" else in_template(text)


def in_python(source: str, name: str = "<source>") -> Iterator[Message]:
    """The texts of marked calls. ``_`` counts as a mark wherever it is called."""
    for node in ast.walk(ast.parse(source, name)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in _PLAIN:
            yield Message(*_literals(node, 1, name))
        elif called in _PLURAL:
            yield Message(*_literals(node, 2, name))
        elif called in _IN_CONTEXT:
            context, text = _literals(node, 2, name)
            yield Message(text, context=context)


def _literals(node: ast.Call, count: int, name: str) -> Iterable[str]:
    for argument in node.args[:count]:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            raise NotLiteral(f"{name}:{node.lineno}: a text to translate must stand there as it is")
        yield argument.value


def in_template(source: str) -> Iterator[Message]:
    """The texts of ``{% translate %}``, ``{% blocktranslate %}`` and ``_("…")``."""
    for match in _IN_TEMPLATE.finditer(templatize(source)):
        texts = [ast.literal_eval(quoted) for quoted in match.groups()[1:] if quoted]
        match match["call"]:
            case "ngettext":
                yield Message(texts[0], texts[1])
            case "pgettext":
                yield Message(texts[1], context=texts[0])
            case "npgettext":
                yield Message(texts[1], texts[2], texts[0])
            case _:
                yield Message(texts[0])
