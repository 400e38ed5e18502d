"""Texts of ours that a page shows in English although it is in German."""

from __future__ import annotations

import re

from translations.catalogs import LOCALE, entries, read

#: Every text that people can see or hear, once each.
TEXTS = """() => {
  const found = new Set(), add = (text) => text && text.trim() && found.add(text.trim().replace(/\\s+/g, " "));
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest("script, style, template, kbd, [lang=en]")) add(walk.currentNode.data);
  }
  for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]")) {
    for (const name of ["title", "aria-label", "placeholder", "alt"]) add(element.getAttribute(name));
  }
  add(document.title);
  return [...found];
}"""


class English:
    """Our texts that say something else in German."""

    def __init__(self) -> None:
        pairs = [
            (text, said)
            for message, entry in entries(read(LOCALE / "de" / "LC_MESSAGES" / "django.po"))
            for text, said in zip(
                [message.text, message.plural],
                [entry.string] if isinstance(entry.string, str) else entry.string or (),
                strict=False,
            )
        ]
        german = {said for _text, said in pairs}
        own = [text for text, said in pairs if text != said and text not in german]
        named_so = {"By hand"}  # what the test world calls its provider
        self.plain = {text for text in own if "%" not in text} - named_so
        # With facts inside, only whole sentences: a pattern such as "%(a)s to %(b)s" fits too much.
        self.patterns = [
            re.compile(re.sub(r"%\\\(\w+\\\)s", ".+", re.escape(text.replace("%%", "%"))))
            for text in own
            if "%(" in text and len(re.findall(r"(?<!\()\b[A-Za-z]{2,}\b", text)) > 3
        ]

    def among(self, texts: list[str]) -> list[str]:
        return [text for text in texts if text in self.plain or any(p.fullmatch(text) for p in self.patterns)]
