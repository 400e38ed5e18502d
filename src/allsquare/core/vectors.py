"""The words of a row, as an index keeps them and as a search asks for them (see ``core.listing.search``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, F, Func
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler


class WordsOf(Func):
    """The words of some columns as PostgreSQL's ``tsvector``; of the columns named by ``numbers`` also the number
    without its leading zeros. Written the same in an index and in a query, so that one serves the other.

    The words are cut here and not by PostgreSQL's parser, which takes *4e39* out of *4e39e4* for a number. It holds no
    word of more than 2,046 bytes, so what is longer counts by its first 250 letters."""

    template = "%(expressions)s"

    def __init__(self, *fields: str | Expression, numbers: Iterable[str] = ()) -> None:
        self.plain, self.numbers = fields, tuple(numbers)
        super().__init__(*fields, *(F(name) for name in self.numbers))
        self.output_field = BooleanField()  # never read: a vector stands only before @@ and in an index

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        more = {"numbers": list(self.numbers)} if self.numbers else {}
        return "allsquare.core.vectors.WordsOf", self.plain, more

    def as_sql(self, compiler: SQLCompiler, connection: Any, *_more: Any, **_further: Any) -> Any:
        compiled = [compiler.compile(part)[0] for part in self.source_expressions]
        plain, numbers = compiled[: len(self.plain)], compiled[len(self.plain) :]
        texts = [f"coalesce({text}, '')" for text in plain]
        joined = " || ' ' || ".join(texts)
        words = f"regexp_replace({joined}, '[^[:alnum:]]+', ' ', 'g')"
        short = f"regexp_replace({words}, '([[:alnum:]]{{250}})[[:alnum:]]+', '\\1', 'g')"
        words = f"CASE WHEN octet_length({joined}) > 1000 THEN {short} ELSE {words} END"
        bare = [f"ltrim(coalesce(substring({text} from '[0-9]+$'), ''), '0')" for text in numbers]
        every = " || ' ' || ".join([words, *bare])
        return f"array_to_tsvector(array_remove(string_to_array(lower({every}), ' '), ''))", []
