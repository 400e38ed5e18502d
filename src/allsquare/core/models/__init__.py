"""Tables of the event log, of idempotency, of rate limits, of the shared cache, and of jobs that went wrong."""

from allsquare.core.models.cache import CacheEntry
from allsquare.core.models.event import Event, EventChain, EventFailure, EventReader, EventSeal
from allsquare.core.models.idempotency import IdempotencyRecord
from allsquare.core.models.job import JobTrouble
from allsquare.core.models.rate import RateCounter
from allsquare.core.models.restoration import Restoration

__all__ = [
    "CacheEntry",
    "Event",
    "EventChain",
    "EventFailure",
    "EventReader",
    "EventSeal",
    "IdempotencyRecord",
    "JobTrouble",
    "RateCounter",
    "Restoration",
]
