"""A booking under way while its period is closed. See ``ledger.services.close_period``."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.ledger.errors import PeriodClosed
from allsquare.ledger.models import JournalEntry
from allsquare.ledger.services import close_period as service
from tests.factories import make_organization
from tests.ledger.makers import draft, posted

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


def close_while_booking(organization: Organization) -> bool:
    """Book, and let somebody close the period before the booking commits. Was it closed by then?"""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            posted(organization, draft(organization, on=JANUARY[1]))
            closing = pool.submit(close, organization)
            early = ended_or_waiting(closing)
        closing.result(timeout=30)
    return early


def close(organization: Organization) -> None:
    try:
        service.close_period(
            organization=organization, starts_on=JANUARY[0], ends_on=JANUARY[1], actor=SYSTEM
        )
    finally:
        connection.close()


def ended_or_waiting(closing: Future[None]) -> bool:
    """True when it ended, False once it is seen waiting for a lock."""
    deadline = monotonic() + 30
    while monotonic() < deadline:
        if closing.done():
            return True
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                       WHERE d.datname = current_database() AND NOT l.granted)"""
            )
            [(waiting,)] = cursor.fetchall()
        if waiting:
            return False
        sleep(0.01)
    raise AssertionError("the closing neither ended nor waited")


def test_closing_waits_for_the_booking_and_then_nothing_more_gets_in() -> None:
    organization = make_organization()
    closed_before_commit = close_while_booking(organization)
    assert not closed_before_commit
    with pytest.raises(PeriodClosed), transaction.atomic():
        posted(organization, draft(organization, on=JANUARY[1]))
    assert JournalEntry.objects.filter(organization=organization).count() == 1


def test_a_booking_that_comes_while_the_period_is_being_closed_waits_and_is_refused() -> None:
    organization = make_organization()

    def book() -> None:
        try:
            with transaction.atomic():
                posted(organization, draft(organization, on=JANUARY[1]))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            service.close_period(
                organization=organization, starts_on=JANUARY[0], ends_on=JANUARY[1], actor=SYSTEM
            )
            booking = pool.submit(book)
            assert not ended_or_waiting(booking)
        with pytest.raises(PeriodClosed):
            booking.result(timeout=30)
    assert not JournalEntry.objects.filter(organization=organization).exists()


def test_bookings_of_others_are_not_waited_for() -> None:
    organization, other = make_organization(), make_organization()
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        posted(other, draft(other, on=JANUARY[1]))
        closing = pool.submit(close, organization)
        assert ended_or_waiting(closing)
        closing.result()


def test_without_waiting_an_entry_gets_in_behind_the_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the fault is really there."""
    monkeypatch.setattr(service, "_wait_for_bookings", lambda organization: None)
    organization = make_organization()
    closed_before_commit = close_while_booking(organization)
    assert closed_before_commit
    assert JournalEntry.objects.filter(organization=organization, date=JANUARY[1]).count() == 1
