"""Tables of the event log and of idempotency."""

from allsquare.core.models.event import Event, EventChain, EventFailure, EventReader, EventSeal
from allsquare.core.models.idempotency import IdempotencyRecord

__all__ = ["Event", "EventChain", "EventFailure", "EventReader", "EventSeal", "IdempotencyRecord"]
