"""Leave out of a stylesheet what the payer's pages cannot use.

Tabler's whole stylesheet is six times everything else that a pay page loads. A payer on a slow phone should not
wait for the rules of date pickers, so the payer's layout gets the rules alone whose classes occur in the texts of
its pages. Nothing is known by hand: a class that a template starts to use is in the stylesheet again.

Whatever cannot be decided is kept: element rules, custom properties, and what stands inside ``:not()``, ``:is()``,
``:where()`` or ``:has()``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Strings and comments may hold braces; escaped characters are part of names.
_MARK = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\\.|[{};]", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_CLASS = re.compile(r"\.((?:\\.|[A-Za-z0-9_-])+)")
_NESTING = ("@media", "@supports", "@layer", "@container")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the pages. A word that ends in ``-`` is the start of a made-up class (``alert-{{ level }}``)."""

    words: frozenset[str]
    starts: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Vocabulary:
        words = frozenset(word for text in texts for word in _WORD.findall(text))
        return cls(words, tuple(sorted(word for word in words if word.endswith("-") and len(word) > 2)))

    def has(self, css_class: str) -> bool:
        name = css_class.replace("\\", "")
        return name in self.words or name.startswith(self.starts)


def trimmed(css: str, vocabulary: Vocabulary) -> str:
    """``css`` without the rules that no page with this ``vocabulary`` can match. Pure."""
    kept = "".join(_rules(css, vocabulary))
    return "".join(
        rule
        for prelude, body in _blocks(kept)
        if not _unused_animation(prelude, kept)
        for rule in [prelude if body is None else f"{prelude}{{{body}}}"]
    )


def _rules(css: str, vocabulary: Vocabulary) -> Iterator[str]:
    for prelude, body in _blocks(css):
        if body is None:
            yield prelude
        elif prelude.startswith(_NESTING):
            inner = "".join(_rules(body, vocabulary))
            if inner:
                yield f"{prelude}{{{inner}}}"
        elif prelude.startswith("@"):
            yield f"{prelude}{{{body}}}"
        else:
            selectors = [each for each, bare in _selectors(prelude) if _can_match(bare, vocabulary)]
            if selectors and body.strip():
                yield f"{','.join(selectors)}{{{body}}}"


def _selectors(prelude: str) -> Iterator[tuple[str, str]]:
    """Each selector of a list, whole and without what stands in parentheses."""
    depth, whole, bare = 0, "", ""
    for sign in prelude + ",":
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            yield whole, bare
            whole = bare = ""
            continue
        whole += sign
        if depth == 0:
            bare += sign


def _can_match(bare_selector: str, vocabulary: Vocabulary) -> bool:
    return all(vocabulary.has(name) for name in _CLASS.findall(bare_selector))


def _unused_animation(prelude: str, css: str) -> bool:
    """Whether this is ``@keyframes`` of a name that stands nowhere else."""
    if not prelude.startswith("@keyframes"):
        return False
    name = prelude.split()[-1]
    return len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", css)) < 2


def _blocks(css: str) -> Iterator[tuple[str, str | None]]:
    """The outermost rules as (what stands before the brace, what stands inside); statements have no inside."""
    depth = start = inside = 0
    css = _COMMENT.sub("", css)
    for mark in _MARK.finditer(css):
        match mark[0]:
            case "{":
                depth += 1
                if depth == 1:
                    inside = mark.end()
            case "}":
                depth -= 1
                if depth == 0:
                    yield css[start : inside - 1].strip(), css[inside : mark.start()]
                    start = mark.end()
            case ";" if depth == 0:
                yield css[start : mark.end()].strip(), None
                start = mark.end()
