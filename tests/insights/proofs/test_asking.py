"""How proofs are asked: one snapshot for all, in lanes; what is found is named up to a number and counted beyond it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.models import Event
from allsquare.insights.proofs import NAMED, Finding, Proof, run
from allsquare.insights.proofs.proof import sql
from tests import factories


def proof(name: str, find: object) -> Proof:
    return Proof(name, "I1", "…", "event", "%(text)s", find)  # type: ignore[arg-type]  # plain words do here


@pytest.mark.parametrize(("count", "more"), [(NAMED, 0), (NAMED + 7, 7)])
def test_of_each_organization_so_many_are_named_and_the_rest_is_counted(
    db: None, count: int, more: int
) -> None:
    """One organization's many do not hide another's few."""
    one, other = sorted(new_id() for _ in range(2))
    many = proof(
        "many",
        sql(
            f"SELECT '{one}'::uuid AS organization_id, n AS subject, n AS text FROM generate_series(1, {count}) n "  # noqa: S608  # a test's own numbers
            f"UNION ALL SELECT '{other}', 7, 7"
        ),
    )
    (result,) = run([many])
    assert (len(result.findings), result.more, result.holds) == (NAMED + 1, more, False)
    assert {(f.organization, f.in_all) for f in result.findings} == {(str(one), count), (str(other), 1)}


@pytest.mark.django_db(transaction=True)
def test_all_proofs_read_one_moment_and_write_nothing() -> None:
    """What is committed while they are asked is seen by none of them."""
    organization = factories.make_organization()

    def events() -> Iterator[Finding]:
        with connection.cursor() as cursor:
            for name in ("transaction_isolation", "transaction_read_only"):
                cursor.execute(f"SHOW {name}")
                yield Finding("", name, {"text": cursor.fetchone()[0]})
        yield Finding("", "events", {"text": Event.objects.filter(organization_id=organization.id).count()})

    seen = []
    for result in run([proof(f"snapshot {number}", events) for number in range(4)], lanes=2):
        seen.append({finding.subject: finding.facts["text"] for finding in result.findings})
        news = [News("customer.created", "customer", new_id())]
        record(organization_id=organization.id, news=news, actor=SYSTEM, at=clock.now(None))
    before = seen[0]["events"]
    assert (
        seen
        == [{"transaction_isolation": "repeatable read", "transaction_read_only": "on", "events": before}] * 4
    )
    assert Event.objects.filter(organization_id=organization.id).count() == int(str(before)) + 4


@pytest.mark.django_db(transaction=True)
def test_a_proof_that_cannot_be_asked_is_no_proof_that_holds() -> None:
    broken = proof("broken", sql("SELECT no_such_column FROM organization"))
    with pytest.raises(Exception, match="no_such_column"):
        list(run([proof("good", lambda: iter(())), broken], lanes=2))


@pytest.mark.django_db(transaction=True)
def test_whoever_looks_no_further_leaves_nothing_running() -> None:
    asked: list[int] = []

    def note() -> Iterator[Finding]:
        asked.append(1)
        return iter(())

    answers = run([proof(str(number), note) for number in range(50)], lanes=1)
    next(answers)
    answers.close()  # type: ignore[attr-defined]  # a generator
    assert len(asked) < 50
