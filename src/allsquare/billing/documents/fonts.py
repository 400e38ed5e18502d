"""The fonts that documents are set in, and which characters they can print.

PDF/A wants every glyph in the file, so the typesetter refuses a text with a character that no font has. A
customer's name must never stop an invoice: :meth:`DocumentFonts.printable` replaces what cannot be printed
by the replacement character, in sight of the reader, before the text reaches the typesetter.

The files come from npm by the lock file (``package.json``). Emoji print in black and white.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

import typst
import uharfbuzz

from allsquare.core.errors import AllsquareError

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

#: Folder below the front-end directory, and the family that its files call themselves, in order of
#: preference.
_LATIN: Final = ("@embedpdf/fonts-latin/fonts", "Noto Sans")
_JAPANESE: Final = ("@expo-google-fonts/biz-udpgothic", "BIZ UDPGothic")
_CHINESE: Final = ("@embedpdf/fonts-sc/fonts", "Noto Sans S Chinese")
_KOREAN: Final = ("@expo-google-fonts/nanum-gothic", "NanumGothic")
_SCRIPTS: Final = tuple(
    (f"@expo-google-fonts/noto-sans-{script.lower()}", f"Noto Sans {script}")
    for script in (
        "Arabic", "Hebrew", "Devanagari", "Bengali", "Thai", "Tamil", "Telugu", "Gujarati", "Gurmukhi",
        "Kannada", "Malayalam", "Sinhala", "Georgian", "Armenian", "Ethiopic", "Khmer", "Lao", "Myanmar",
    )
)  # fmt: skip
_SYMBOLS: Final = (
    ("@expo-google-fonts/noto-sans-symbols", "Noto Sans Symbols"),
    ("@expo-google-fonts/noto-sans-symbols-2", "Noto Sans Symbols 2"),
    ("@expo-google-fonts/noto-emoji", "Noto Emoji"),
)
_PACKAGES: Final = (_LATIN, *_SCRIPTS, _JAPANESE, _CHINESE, _KOREAN, *_SYMBOLS)
_WEIGHTS: Final = {"400Regular", "500Medium", "600SemiBold", "700Bold"}

# Every way to end a line that Unicode knows (UAX 14, classes BK, CR, LF, NL).
_LINE_ENDS: Final = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n") | {ord("\t"): " "}
# They steer joining and direction and print nothing themselves; no font needs a glyph for them.
_SHAPING: Final = frozenset("\u200b\u200c\u200d\u200e\u200f\u061c\u2060\u2066\u2067\u2068\u2069\u00ad")
# Some fonts have glyphs for control characters and for private use, which mean nothing to a reader.
_UNREADABLE: Final = {"Cc", "Co", "Cs"}
# They turn around how the text after them reads, which on an invoice serves deceit only (CVE-2021-42574).
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e")
_ZERO_WIDTH_JOINER: Final = "\u200d"


class FontsMissing(AllsquareError):
    """The font files are not where they should be, so no document can be made."""

    code = "document_fonts_missing"
    status = 500


@dataclass(frozen=True, slots=True)
class DocumentFonts:
    """The typesetter's ``book`` of fonts, and for each family the characters that all its weights have."""

    book: typst.Fonts
    coverage: dict[str, frozenset[str]]

    def families(self, *, japanese: bool) -> list[str]:
        """All families in the order in which a glyph is looked for.

        Chinese and Japanese share characters that each writes a little differently: ``japanese`` asks the
        Japanese font first.
        """
        names = [family for _, family in _PACKAGES]
        if not japanese:
            names.remove(_JAPANESE[1])
            names.insert(names.index(_KOREAN[1]), _JAPANESE[1])
        return names

    def printable(self, text: str) -> str:
        """The text in composed form (NFC), with U+FFFD for whatever no font can print.

        A base character prints together with its marks only when one font has them all; else the marks are
        replaced. Control characters and direction overrides are replaced, other invisible ones left out.
        """
        # isascii first: most texts are plain, and a clean ASCII text needs no look-up.
        if text.isascii() and text.isprintable():
            return text
        lines = text.replace("\r\n", "\n").translate(_LINE_ENDS)
        return "".join(self._cluster(cluster) for cluster in _clusters(unicodedata.normalize("NFC", lines)))

    def _cluster(self, cluster: str) -> str:
        if cluster == "\n":
            return cluster
        if self._one_font_has(cluster):
            return cluster
        return "".join(self._single(char) for char in cluster)

    def _one_font_has(self, cluster: str) -> bool:
        if any(_is_refused(char) for char in cluster):
            return False
        visible = {char for char in cluster if not _is_hidden(char)}
        return bool(visible) and any(visible <= glyphs for glyphs in self.coverage.values())

    def _single(self, char: str) -> str:
        if _is_hidden(char):
            return char if char in _SHAPING else ""
        is_mark = unicodedata.category(char).startswith("M")
        return char if not is_mark and self._one_font_has(char) else REPLACEMENT


def load_fonts(frontend: Path) -> DocumentFonts:
    """Open the fonts below ``frontend`` (``node_modules``). Raises :class:`FontsMissing` with the remedy."""
    missing = [folder for folder, _ in _PACKAGES if not (frontend / folder).is_dir()]
    if missing:
        raise FontsMissing(
            f"Fonts for documents are missing below {frontend}. Run `npm ci --ignore-scripts` in the "
            "project, or set ALLSQUARE_FRONTEND to the directory that has them.",
            missing=missing,
        )
    folders = [folder for name, _ in _PACKAGES for folder in _folders(frontend / name)]
    book = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    covered: dict[str, list[frozenset[str]]] = defaultdict(list)
    for font in book.fonts():
        if font.style == "normal" and font.path is not None:
            covered[font.family].append(_characters(Path(font.path), font.index))
    return DocumentFonts(
        book=book, coverage={family: reduce(frozenset.intersection, sets) for family, sets in covered.items()}
    )


def _folders(package: Path) -> Iterable[Path]:
    """One folder with all weights, or the wanted ones of a folder for each weight."""
    weights = sorted(folder for folder in package.iterdir() if folder.name in _WEIGHTS)
    return weights or [package]


def _characters(path: Path, index: int) -> frozenset[str]:
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(path), index)
    return frozenset(map(chr, face.unicodes))


def _is_refused(char: str) -> bool:
    return char in _OVERRIDES or unicodedata.category(char) in _UNREADABLE


def _is_hidden(char: str) -> bool:
    """Whether the character shows nothing by itself: format characters and variation selectors."""
    return (
        char in _SHAPING
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0000" <= char <= "\U000e01ef"
        or char == "\ufeff"
    )


def _clusters(text: str) -> Iterator[str]:
    """What a reader takes for one character: a base, its marks, and what is joined to it (in the main UAX
    29)."""
    start = 0
    for end in range(1, len(text)):
        continues = (
            unicodedata.category(text[end]).startswith("M") or _ZERO_WIDTH_JOINER in text[end - 1 : end + 1]
        )
        if not continues:
            yield text[start:end]
            start = end
    if text:
        yield text[start:]
