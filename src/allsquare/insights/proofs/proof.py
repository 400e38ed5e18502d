"""What a proof is: a promise, and a question to the facts that answers with whatever breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from django.db import connection
from django_stubs_ext import StrPromise

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.money import Money

#: Of each proof and organization so many findings are named; the rest is counted.
NAMED: Final = 100

#: What a sentence is filled with. ``…_minor`` are minor units of the ``currency`` beside them.
Facts = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that breaks a promise. ``organization`` is empty for what concerns the whole installation, and
    ``in_all`` is how many there are of its kind in the organization, named or not."""

    organization: str
    subject: str
    facts: Facts
    in_all: int = 1


@dataclass(frozen=True, slots=True)
class Proof:
    """``invariant`` is I1…I4 of the reliability promises, or ``cache``, ``document``, ``deadline``. ``find`` yields
    what breaks the promise, ``sentence`` says of each what is wrong, ``about`` is the sort of its subject. ``proves``
    names the columns that hold nothing but sums or states of other facts, and are asked again here. ``claimed``: sums
    of whole tables may say first that there is nothing to find (see ``tallies``)."""

    name: str
    invariant: str
    promise: StrPromise
    about: str
    sentence: StrPromise
    find: Callable[[], Iterator[Finding]]
    proves: tuple[str, ...] = ()
    claimed: bool = False

    def text(self, facts: Facts) -> str:
        """What is wrong, in the language of whoever reads."""
        return str(self.sentence) % _as_read(facts)


@dataclass(frozen=True, slots=True)
class Result:
    proof: Proof
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.findings

    @property
    def more(self) -> int:
        """How many are not named."""
        in_all = {finding.organization: finding.in_all for finding in self.findings}
        return max(0, sum(in_all.values()) - len(self.findings))


#: Around each question: the first findings of each organization, and how many there are.
_FEW: Final = """
    SELECT * FROM (
        SELECT q.*, count(*) OVER (PARTITION BY organization_id) AS in_all,
            row_number() OVER (PARTITION BY organization_id) AS place
        FROM ({question}) q
    ) found WHERE place <= {named}
"""


#: Groups and joins along the indexes, which is the order of the rows too since ids grow with time. The planner
#: believes in tables of hashes, which take three times as long when there are millions of groups of two rows.
WALK: Final = """
    SET LOCAL enable_hashagg = {0}; SET LOCAL enable_hashjoin = {0}; SET LOCAL enable_sort = {0}
"""


def sql(
    question: LiteralString, *, walk: bool = False, given: Callable[[], Mapping[str, list[str]]] = dict
) -> Callable[[], Iterator[Finding]]:
    """A question whose rows are ``organization_id``, ``subject`` and the facts of the proof's sentence. It may name
    ``%(now)s``, the machine's time, and what is ``given`` when it is asked. ``walk``: along the indexes, for what is
    asked of each of millions."""
    statement = _FEW.format(question=question, named=NAMED)

    def find() -> Iterator[Finding]:
        with connection.cursor() as cursor:
            if walk:
                cursor.execute(WALK.format("off"))
            cursor.execute(statement, {"now": clock.now(None), **given()})
            names = [column.name for column in cursor.description][2:-2]
            for organization, subject, *facts, in_all, _place in cursor:
                yield Finding(
                    str(organization or ""),
                    str(subject),
                    dict(zip(names, map(_plain, facts), strict=True)),
                    in_all,
                )
            if walk:
                cursor.execute(WALK.format("on"))

    return find


def _plain(value: object) -> str | int | None:
    """As JSON can hold it: sums are ``numeric`` to the database."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() else text


def _as_read(facts: Facts) -> dict[str, str]:
    unit = facts.get("currency")
    read = {}
    for name, value in facts.items():
        if name.endswith("_minor") and isinstance(value, int) and isinstance(unit, str):
            read[name] = format_money(Money(value, currency(unit)), spoken_language())
        else:
            read[name] = "" if value is None else str(value)
    return read
