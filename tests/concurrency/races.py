"""Running the same moment many times: threads with connections of their own, let go together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(works: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """What each of ``works`` returned or raised, in their order. They start in the same moment."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T | Exception:
        try:
            connection.ensure_connection()  # opening one takes longer than many a race lasts
            gate.wait(timeout=30)
            return work()
        except Exception as error:  # noqa: BLE001  # it is the answer
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def succeeded(answers: Sequence[T | Exception]) -> list[T]:
    return [answer for answer in answers if not isinstance(answer, Exception)]


def failures(answers: Sequence[T | Exception]) -> list[Exception]:
    return [answer for answer in answers if isinstance(answer, Exception)]
