"""How often may somebody try? Counted in the database, so that the answer is one for all processes.

The time of a limit begins with the first try and all tries are forgotten at its end, so up to twice ``most``
fit around such an end. That is close enough for guessing, where thirty or sixty makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F

from allsquare.core.clock import now
from allsquare.core.models import RateCounter


@dataclass(frozen=True, slots=True)
class Limit:
    """``most`` tries of ``name`` by one subject ``within`` a time."""

    name: str
    most: int
    within: timedelta

    def key(self, subject: str) -> str:
        return f"{self.name}:{subject}"[:120]


def take(limit: Limit, subject: str) -> bool:
    """Count one more try; was it among the first ``most``? The count and the answer are one statement, so of two
    processes that ask at once only one gets the last try."""
    at = now(None)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO rate_counter AS old (key, tries, ends_at) VALUES (%(key)s, 1, %(ends_at)s)
               ON CONFLICT (key) DO UPDATE SET
                 tries = CASE WHEN old.ends_at <= %(at)s THEN 1 ELSE old.tries + 1 END,
                 ends_at = CASE WHEN old.ends_at <= %(at)s THEN excluded.ends_at ELSE old.ends_at END
               RETURNING tries""",
            {"key": limit.key(subject), "at": at, "ends_at": at + limit.within},
        )
        (tries,) = cursor.fetchone()
        # Every new counter sweeps some old ones away, so the table stays as small as its traffic.
        if tries == 1:
            cursor.execute(
                """DELETE FROM rate_counter WHERE key IN (
                     SELECT key FROM rate_counter WHERE ends_at <= %s LIMIT 10 FOR UPDATE SKIP LOCKED)""",
                [at],
            )
    return bool(tries <= limit.most)


def wait(limit: Limit, subject: str) -> int:
    """Seconds until ``subject`` may try again; 0 when it may now. Counts nothing."""
    at = now(None)
    full = RateCounter.objects.filter(key=limit.key(subject), tries__gte=limit.most, ends_at__gt=at).first()
    return 0 if full is None else int((full.ends_at - at).total_seconds()) + 1


def give_back(limit: Limit, subject: str) -> None:
    """The last try of ``subject`` does not count: it succeeded, say."""
    RateCounter.objects.filter(key=limit.key(subject), tries__gt=0).update(tries=F("tries") - 1)


def forget(limit: Limit, subject: str) -> None:
    """All tries of ``subject`` are forgotten."""
    RateCounter.objects.filter(key=limit.key(subject)).delete()


def forget_ended() -> int:
    """Counters whose time is over; returns how many. New ones sweep a few away, but where nobody comes any more the
    last would stay, and name who came."""
    return RateCounter.objects.filter(ends_at__lte=now(None)).delete()[0]
