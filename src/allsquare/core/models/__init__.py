"""Tables of the event log, idempotency, rate limits, the shared cache, jobs that went wrong, addresses of payers."""

from allsquare.core.models.address import PayerAddress
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
    "PayerAddress",
    "RateCounter",
    "Restoration",
]
