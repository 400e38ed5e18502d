"""One page's stream, as a WSGI thread or an ASGI task reads it.

Both begin to listen with their first step, not before: a connection that nobody reads holds nothing.
"""

from __future__ import annotations

import asyncio
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from typing import Final, Self

from asgiref.sync import sync_to_async
from django.db import connection

from allsquare.core import tail
from allsquare.identity.permissions import Permission
from allsquare.web.console.live.hub import HUB, End, Subscription
from allsquare.web.console.live.rights import Listener
from allsquare.web.console.live.topics import EVERYTHING, Told, tell

#: Seconds of silence after which a beat is sent. It is also how soon a page that went away is noticed.
BEAT: Final = 5.0


def message(event: str, place: str, **data: object) -> bytes:
    """One server-sent event. ``place`` comes back as ``Last-Event-ID``."""
    return f"event: {event}\nid: {place}\ndata: {json.dumps(data)}\n\n".encode()


class _Stream(ABC):
    """What both kinds share: join, catch up, tell, leave."""

    def __init__(self, who: Listener, permissions: frozenset[Permission], since: str) -> None:
        self._who, self._permissions, self._since = who, permissions, since
        self._subscription: Subscription | None = None
        self._over = False

    def _open(self) -> bytes:
        """The first message: what was missed since the page was made. Afterwards no connection is held here."""
        subscription = Subscription(self._who, self._permissions, self._wake)
        try:
            if not HUB.join(subscription):
                self._over = True
                return message("end", "", why=End.FULL)
            self._subscription = subscription
            missed = self._missed()
        finally:
            _release_connection()
        told, place = subscription.take()
        organization = str(self._who.organization_id)
        return message("hello", place, organization=organization, beat=BEAT, **(missed | told).plain())

    def _missed(self) -> Told:
        if not self._since:  # the page does not say when it was made
            return EVERYTHING
        news = tail.since(self._since, organization_id=self._who.organization_id)
        return EVERYTHING if news.too_much else tell(news.happenings, self._permissions)

    def _next(self, subscription: Subscription) -> bytes:
        if subscription.ended:
            self._over = True
            return message("end", subscription.place, why=subscription.ended)
        told, place = subscription.take()
        return message("news", place, **told.plain()) if told else message("beat", place)

    @abstractmethod
    def _wake(self) -> None:
        """There is something to tell."""

    def close(self) -> None:
        self._over = True
        if self._subscription is not None:
            HUB.leave(self._subscription)
            self._wake()


class ThreadStream(_Stream, Iterator[bytes]):
    """Keeps the thread of a WSGI server; there is a bound on how many."""

    def __init__(self, who: Listener, permissions: frozenset[Permission], since: str) -> None:
        super().__init__(who, permissions, since)
        self._news = threading.Event()

    def _wake(self) -> None:
        self._news.set()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._over:
            self.close()
            raise StopIteration
        if self._subscription is None:
            return self._open()
        self._news.wait(BEAT)
        self._news.clear()
        return self._next(self._subscription)


class TaskStream(_Stream, AsyncIterator[bytes]):
    """Keeps nothing but a task of an ASGI server."""

    def __init__(self, who: Listener, permissions: frozenset[Permission], since: str) -> None:
        super().__init__(who, permissions, since)
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._over:
            self.close()
            raise StopAsyncIteration
        if self._subscription is None:
            self._loop = asyncio.get_running_loop()
            return await sync_to_async(self._open, thread_sensitive=False)()
        try:
            async with asyncio.timeout(BEAT):
                await self._news.wait()
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            self.close()
            raise
        self._news.clear()
        return self._next(self._subscription)


def _release_connection() -> None:
    """This thread now waits for hours, or was lent for a moment; inside a test's transaction it is the test's."""
    if not connection.in_atomic_block:
        connection.close()
