"""Tables of the event log, of idempotency and of rate limits."""

from allsquare.core.models.event import Event, EventChain, EventFailure, EventReader, EventSeal
from allsquare.core.models.idempotency import IdempotencyRecord
from allsquare.core.models.rate import RateCounter

__all__ = [
    "Event",
    "EventChain",
    "EventFailure",
    "EventReader",
    "EventSeal",
    "IdempotencyRecord",
    "RateCounter",
]
