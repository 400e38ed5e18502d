"""Words that people type, found by an index: PostgreSQL's own full text search, which every server has.

Text is cut into runs of letters and digits and compared without case, and each typed word finds every word that
begins like it: *inv 42* finds INV-00042, *ada@exa* finds ada@example.com. There is no stemming, since names and
numbers have none. A number is found without its leading zeros too.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final
from uuid import UUID

from django.db.models import BooleanField, Func, Model, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from allsquare.core.vectors import WordsOf

#: Runs of letters and digits.
_WORD: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 8
_LONGEST: Final = 250
#: More matches than this are left to the database to join.
FEW: Final = 200


class Matches(Func):
    """``vector @@ query``."""

    output_field = BooleanField()

    def __init__(self, vector: WordsOf, query: str) -> None:
        self.query = query
        super().__init__(vector)

    def as_sql(self, compiler: SQLCompiler, connection: Any, *_more: Any, **_further: Any) -> Any:
        text, _parameters = compiler.compile(self.source_expressions[0])
        return f"{text} @@ %s::tsquery", [self.query]


def words(text: str) -> list[str]:
    """What is looked for: small letters, composed, at most a few, none longer than an index keeps them."""
    found = _WORD.findall(unicodedata.normalize("NFC", text).lower())
    return [word[:_LONGEST] for word in found[:_MOST_WORDS]]


def matching(vector: WordsOf, text: str) -> Q:
    """Rows that have, for every typed word, a word beginning like it; nothing for a text without words."""
    found = words(text)
    if not found:
        return Q(pk__in=[])
    return Q(Matches(vector, " & ".join(_asked(word, bool(vector.numbers)) for word in found)))


def _asked(word: str, numbered: bool) -> str:
    """Words that begin like it; where numbers are kept bare, *0013* also asks for the very number 13."""
    bare = word.lstrip("0")
    if numbered and word.isdecimal() and bare not in ("", word):
        return f"('{word}':* | '{bare}')"
    return f"'{word}':*"


class Search:
    """What somebody looks for. What its words find is asked of their index once, however many lists want to know."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._found: dict[type[Model], list[UUID] | QuerySet[Any]] = {}

    def related(self, rows: QuerySet[Any], vector: WordsOf) -> list[UUID] | QuerySet[Any]:
        """Ids of those of an organization's ``rows``, all of a table, that have the words, for ``field__in``."""
        if rows.model not in self._found:
            self._found[rows.model] = few_or_all(rows.filter(matching(vector, self.text)))
        return self._found[rows.model]

    def own(self, rows: QuerySet[Any], vector: WordsOf) -> Q:
        """The condition of a list that ``rows`` themselves have the words.

        The planner cannot know how many that are, and walking far for few would cut the words of every row on the
        way: so few are named, and many are left to be walked to."""
        found = self.related(rows, vector)
        return Q(id__in=found) if isinstance(found, list) else matching(vector, self.text)


def few_or_all(rows: QuerySet[Any]) -> list[UUID] | QuerySet[Any]:
    """Ids of rows for ``field__in``: written out while they are few, so that an index can be asked for each; else the
    query itself, which then matches so much that walking the list in its order finds a page at once."""
    ids = list(rows.order_by().values_list("id", flat=True)[: FEW + 1])
    return ids if len(ids) <= FEW else rows.order_by().values("id")
