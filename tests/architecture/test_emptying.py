"""After a test of real commits nothing is left, whichever way it is taken away."""

from __future__ import annotations

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.core.models import Event
from tests import emptying
from tests.emptying import Emptying
from tests.web.console.world import World


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("grown", [False, True], ids=["by rows", "by tables"])
def test_nothing_is_left_and_what_migrations_wrote_stays(
    monkeypatch: pytest.MonkeyPatch, grown: bool
) -> None:
    if grown:
        monkeypatch.setattr(emptying, "_GROWN", 0)
    ours, before = Emptying.learned(), _rows()
    world = World()
    world.paid(world.issued())  # an entry that nobody may delete, a job that waits
    assert Event.objects.exists()
    assert ProcrastinateJob.objects.exists()
    ours.run()
    kept = {name: number for name, number in before.items() if name.startswith(("django_migr", "auth_perm"))}
    assert {name: number for name, number in _rows().items() if number} == before
    assert min(kept.values()) > 50


def _rows() -> dict[str, int]:
    """Of every table that has any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names))  # noqa: S608  # our own names
        return {name: number for name, number in cursor.fetchall() if number}
