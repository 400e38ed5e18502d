from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import ProgrammingError, connection
from pytest_django.fixtures import Settings

from allsquare.core import sealer
from allsquare.core.encryption import SecretUnreadable
from allsquare.core.ids import new_id
from allsquare.core.models import Event, EventChain, EventFailure, EventSeal
from allsquare.core.sealer import seal, seal_parked, sign_heads_anew, verify_chain
from tests.core.makers import other_connection, tell
from tests.log import log_is_readable
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db(transaction=True)

MINE, THEIRS = new_id(), new_id()


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "_PAGE", 3)


@pytest.fixture
def events() -> list[Event]:
    """Seven sealed events of one organization, mixed with those of another."""
    mine = []
    for n in range(7):
        mine += tell(MINE, f"mine {n}", wait=False)
        tell(THEIRS, f"theirs {n}", wait=False)
    log_is_readable()
    assert seal() == 14
    assert problems() == []
    return mine


def problems() -> list[tuple[object, str]]:
    return [(problem.event_id, problem.text) for problem in verify_chain(MINE)]


def tamper(statement: str, *parameters: Any) -> None:
    """As somebody who owns the tables: the triggers are off."""
    tables = ("event", "event_seal")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)
        assert cursor.rowcount
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_events_are_numbered_in_log_order_per_organization(events: list[Event]) -> None:
    seals = EventSeal.objects.filter(organization_id=MINE).order_by("sequence")
    assert [(s.sequence, s.event_id) for s in seals] == [(n, e.id) for n, e in enumerate(events, 1)]
    tell(MINE, "later")
    assert [seal(), seal()] == [1, 0]
    assert EventChain.objects.get(organization_id=MINE).sequence == 8
    assert problems() == []
    assert list(verify_chain(THEIRS)) == []


def test_nothing_told_is_nothing_wrong() -> None:
    assert seal() == 0
    assert problems() == []
    tell(MINE, "not sealed yet")
    assert problems() == []


def test_many_organizations_are_sealed_by_a_fixed_number_of_statements() -> None:
    def statements(organizations: int) -> int:
        for _ in range(organizations):
            tell(new_id(), "a", "b", wait=False)
        log_is_readable()
        with statements_sent() as sent:
            assert seal() == organizations * 2
        return sent.call_count

    statements(1)  # the first of all makes the sealer's own note, too
    assert statements(1) == statements(40)


def test_two_sealers_at_once_seal_everything_once() -> None:
    for n in range(30):
        tell(MINE, f"mine {n}", wait=False)
    log_is_readable()
    together, sealed = Barrier(2), []

    def work() -> None:
        together.wait()
        while number := seal(limit=4):
            sealed.append(number)
        connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while number := seal(limit=4):  # one that found the log busy went home
        sealed.append(number)
    assert sum(sealed) == 30
    assert problems() == []


def test_a_sealer_waits_for_one_that_is_sealing_elsewhere(events: list[Event]) -> None:
    tell(MINE, "new")
    with other_connection() as other:
        other.execute("SELECT 1 FROM event_reader WHERE name = 'sealer' FOR UPDATE")
        assert seal() == 0
    assert seal() == 1
    assert problems() == []


def test_an_edited_event_is_named(events: list[Event]) -> None:
    tamper("UPDATE event SET actor_label = 'Somebody else' WHERE id = %s", events[4].id)
    assert problems() == [(events[4].id, "event 5 is not what was sealed")]
    assert list(verify_chain(THEIRS)) == []


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'x'",
        "subject_type = 'x'",
        "subject_id = gen_random_uuid()",
        "actor_kind = 'x'",
        "actor_id = 'x'",
        "address = 'x'",
        "request = 'x'",
        "data = '{}'",
        "at = at + interval '1 microsecond'",
    ],
)
def test_every_column_that_tells_something_is_sealed(events: list[Event], change: str) -> None:
    tamper(f"UPDATE event SET {change} WHERE id = %s", events[0].id)  # noqa: S608  # from the list above
    assert problems() == [(events[0].id, "event 1 is not what was sealed")]


def test_a_removed_event_is_named(events: list[Event]) -> None:
    tamper("DELETE FROM event WHERE id = %s", events[2].id)
    assert problems() == [(events[2].id, "event 3 was removed")]


def test_an_event_given_to_another_organization_is_missed(events: list[Event]) -> None:
    tamper("UPDATE event SET organization_id = %s WHERE id = %s", THEIRS, events[2].id)
    assert problems() == [(events[2].id, "event 3 was removed")]
    assert [problem.event_id for problem in verify_chain(THEIRS)] == [events[2].id]


def test_an_event_removed_with_its_seal_leaves_a_gap(events: list[Event]) -> None:
    tamper("DELETE FROM event WHERE id = %s", events[2].id)
    tamper("DELETE FROM event_seal WHERE event_id = %s", events[2].id)
    assert problems() == [
        (events[3].id, "seals 3 to 3 are missing"),
        (events[3].id, "event 4 is not what was sealed"),
    ]


def test_an_event_slipped_in_with_an_old_date_is_named(events: list[Event]) -> None:
    (forged,) = tell(MINE, "forged")
    tamper("UPDATE event SET xact = %s::text::xid8 WHERE id = %s", events[1].xact, forged.id)
    assert problems() == [(forged.id, "the event has no seal, though the sealer passed it")]
    tamper("DELETE FROM event_reader")  # without its note, the sealer's last event tells where it was
    assert problems() == [(forged.id, "the event has no seal, though the sealer passed it")]


def test_an_event_from_the_future_is_named_since_no_reader_would_ever_reach_it(events: list[Event]) -> None:
    (forged,) = tell(MINE, "forged")
    tamper("UPDATE event SET xact = '9000000000000000000'::xid8 WHERE id = %s", forged.id)
    assert seal() == 0
    assert problems() == [(forged.id, "the event claims a transaction that has not begun")]


def test_a_cut_tail_is_seen(events: list[Event]) -> None:
    for table, column in (("event", "id"), ("event_seal", "event_id")):
        cut = f"DELETE FROM {table} WHERE {column} = ANY(%s)"  # noqa: S608  # from the line above
        tamper(cut, [event.id for event in events[5:]])
    assert problems() == [(None, "the chain ends at 5, its head says 7: the tail was cut")]
    tamper(
        """UPDATE event_chain SET sequence = 5, digest = (SELECT digest FROM event_seal WHERE event_id = %s)
           WHERE organization_id = %s""",
        events[4].id,
        MINE,
    )
    assert problems() == [(None, "the head of the chain is not signed with our key")]


def test_a_removed_or_set_back_head_is_seen(events: list[Event]) -> None:
    tamper("UPDATE event_chain SET sequence = 6 WHERE organization_id = %s", MINE)
    assert (events[6].id, "from seal 7 on the head of the chain is missing") in problems()
    tamper("DELETE FROM event_chain WHERE organization_id = %s", MINE)
    assert problems() == [(events[0].id, "from seal 1 on the head of the chain is missing")]


def test_of_a_log_that_is_gone_with_seals_and_head_no_chain_is_left_that_could_break(
    events: list[Event],
) -> None:
    """The limit of a chain. What was paid and issued shows it (``insights.proofs.acknowledged``); and what is told
    afterwards begins another chain."""
    tamper("DELETE FROM event WHERE organization_id = %s", MINE)
    named = problems()
    assert named[0] == (events[0].id, "event 1 was removed")
    tamper("DELETE FROM event_seal WHERE organization_id = %s", MINE)
    assert problems() == [(None, "the chain ends at 0, its head says 7: the tail was cut")]
    tamper("DELETE FROM event_chain WHERE organization_id = %s", MINE)
    assert problems() == []
    assert list(verify_chain(THEIRS)) == []
    tell(MINE, "later")
    assert seal() == 1
    assert EventChain.objects.get(organization_id=MINE).sequence == 1
    assert problems() == []


def test_a_chain_written_anew_by_somebody_without_our_key_is_never_signed(events: list[Event]) -> None:
    """They edit an event, compute every digest again and the head, as we would; only the key is not ours."""
    tamper("UPDATE event SET kind = 'forged' WHERE id = %s", events[0].id)
    digest = b""
    for event in Event.objects.filter(organization_id=MINE).order_by("xact", "id"):
        digest = sealer._link(digest, sealer.event_bytes(event))
        tamper("UPDATE event_seal SET digest = %s WHERE event_id = %s", digest, event.id)
    tamper("UPDATE event_chain SET digest = %s WHERE organization_id = %s", digest, MINE)
    unsigned = [(None, "the head of the chain is not signed with our key")]
    assert problems() == unsigned
    (late,) = tell(MINE, "late")
    tell(THEIRS, "late too")
    assert seal() == 2
    assert [(f.event_id, f.reader) for f in EventFailure.objects.all()] == [(late.id, "sealer")]
    assert problems() == [*unsigned, (late.id, "the event has no seal, though the sealer passed it")]
    assert list(verify_chain(THEIRS)) == []
    assert (sign_heads_anew(), seal_parked()) == (1, 0)
    assert unsigned[0] in problems()


def test_keys_are_rotated_by_signing_heads_anew(events: list[Event], settings: Settings) -> None:
    old, new = list(settings.ENCRYPTION_KEYS), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *old]
    assert problems() == []
    assert sign_heads_anew() == 2
    settings.ENCRYPTION_KEYS = [new]
    assert problems() == []


def test_what_could_not_be_sealed_for_want_of_the_old_key_is_sealed_when_it_is_back(
    events: list[Event], settings: Settings
) -> None:
    old, new = list(settings.ENCRYPTION_KEYS), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new]
    tell(MINE, "late", "later")
    seal()
    assert EventSeal.objects.filter(organization_id=MINE).count() == 7
    settings.ENCRYPTION_KEYS = [new, *old]
    assert (sign_heads_anew(), seal_parked()) == (2, 2)
    settings.ENCRYPTION_KEYS = [new]
    assert problems() == []
    assert EventChain.objects.get(organization_id=MINE).sequence == 9


def test_without_any_key_nothing_is_sealed_and_nothing_is_parked(settings: Settings) -> None:
    tell(MINE, "a")
    keys, settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS, []
    with pytest.raises(SecretUnreadable):
        seal()
    settings.ENCRYPTION_KEYS = keys
    assert seal() == 1
    assert not EventFailure.objects.filter(organization_id=MINE).exists()


def test_seals_cannot_be_edited(events: list[Event]) -> None:
    for statement in ("UPDATE event_seal SET sequence = sequence + 1", "DELETE FROM event_seal"):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), connection.cursor() as cursor:
            cursor.execute(statement)


def test_verifying_reads_in_pages(events: list[Event]) -> None:
    """Seven seals, pages of three: three times seals with their events."""
    with statements_sent() as sent:
        assert problems() == []
    head, gaps, removed, last, beyond, slipped_in = 1, 1, 1, 1, 1, 1
    assert sent.call_count == head + gaps + removed + 3 + last + beyond + slipped_in


def test_a_night_puts_seals_and_events_beside_one_another_only_where_they_differ(events: list[Event]) -> None:
    with statements_sent() as sent:
        assert list(verify_chain(MINE, night=0)) == []
    head, are_whole, last, beyond = 1, 1, 1, 1
    assert sent.call_count == head + are_whole + 3 + last + beyond


def test_a_night_hashes_the_newest_and_its_own_part_and_all_nights_together_everything(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of three: 1 to 3, 4 to 6, and the newest with 7. An edit in an old page is found in that page's night."""
    monkeypatch.setattr(sealer, "_NEWEST", 1)
    for number in (0, 4, 6):
        tamper("UPDATE event SET kind = 'x' WHERE id = %s", events[number].id)
    ill = {n: (events[n].id, f"event {n + 1} is not what was sealed") for n in (0, 4, 6)}

    def found(night: int) -> list[tuple[object, str]]:
        return [(problem.event_id, problem.text) for problem in verify_chain(MINE, night=night)]

    first = 30 * 24_000
    assert found(first) == [ill[0], ill[6]]
    assert found(first + 1) == [ill[4], ill[6]]
    assert [found(first + night) for night in range(2, 30)] == [[ill[6]]] * 28
    assert problems() == [*ill.values()]


def test_what_was_removed_or_slipped_in_is_found_in_any_night(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "_NEWEST", 0)
    (forged,) = tell(MINE, "forged")
    tamper("UPDATE event SET xact = %s::text::xid8 WHERE id = %s", events[1].xact, forged.id)
    tamper("DELETE FROM event WHERE id = %s", events[4].id)
    tamper("DELETE FROM event_seal WHERE event_id = %s", events[1].id)
    texts = {problem.text for problem in verify_chain(MINE, night=17)}
    assert texts == {
        "seals 2 to 2 are missing",
        "event 5 was removed",
        "the event has no seal, though the sealer passed it",
    }
