"""Pages that a strict content security policy can serve, and that escape what people typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from tests.architecture.source import Violation

#: Turns Django's tags into blanks of the same length, so that they do not confuse the HTML parser.
_TAGS = re.compile(r"{%.*?%}|{#.*?#}", re.DOTALL)
_UNESCAPED = re.compile(r"\|\s*safe(?:seq)?\b|{%-?\s*autoescape\s+off\b")


def unsafe_parts(path: str, text: str, *, mail: bool = False) -> Iterator[Violation]:
    """Inline scripts, handlers and styles, and whatever switches escaping off.

    ``mail`` allows inline styles: mail programs know no others.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        for found in _UNESCAPED.finditer(line):
            yield Violation(path, number, f"{found[0].strip()} switches escaping off")
    parser = _Parser()
    parser.feed(_TAGS.sub(lambda tag: re.sub(r"[^\n]", " ", tag[0]), text))
    parser.close()
    for number, kind, message in parser.found:
        if not (mail and kind == "style"):
            yield Violation(path, number, message)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str, str]] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._in_script = tag == "script" and values.get("type") != "application/json"
        for name, value in attrs:
            if re.match(r"on[a-z]+$|hx-on", name):
                self._report("script", f"inline handler {name}")
            if name == "style":
                self._report("style", "inline style")
            if (value or "").strip().lower().startswith("javascript:"):
                self._report("script", f"script in {name}")
        if tag == "style":
            self._report("style", "inline <style>")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self._report("script", "inline script")

    def _report(self, kind: str, message: str) -> None:
        self.found.append((self.getpos()[0], kind, message))
