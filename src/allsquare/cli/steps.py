"""Steps of a walkthrough: what was done, what was seen, how long it took."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from allsquare.core.errors import AllsquareError

T = TypeVar("T")


class NotAsPromised(AllsquareError):
    """Something that Allsquare promises did not happen."""

    code = "not_as_promised"
    status = 500


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    ok: bool
    seconds: float
    saw: str = ""
    facts: dict[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        return {
            "step": self.name,
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "saw": self.saw,
            **self.facts,
        }


@dataclass(frozen=True, slots=True)
class Saw:
    """What a step found: a sentence for people, facts for programs."""

    text: str
    facts: dict[str, object] = field(default_factory=dict)


def print_step(step: Step) -> None:
    mark = "✓" if step.ok else "✗"
    print(f"{mark} {step.seconds:6.2f} s  {step.name}: {step.saw}", flush=True)


def take(name: str, action: Callable[[], Saw], tell: Callable[[Step], None] | None) -> Step:
    """Do one step, time it, and tell. What goes wrong is part of the answer."""
    start = time.perf_counter()
    try:
        saw = action()
        step = Step(name, True, time.perf_counter() - start, saw.text, saw.facts)
    except (AllsquareError, httpx.HTTPError, LookupError, ValueError, TypeError) as error:
        text = error.message if isinstance(error, AllsquareError) else traceback.format_exc(limit=3)
        step = Step(name, False, time.perf_counter() - start, text)
    if tell:
        tell(step)
    return step


def insist(truth: bool, sentence: str) -> None:
    """Raises :class:`NotAsPromised`."""
    if not truth:
        raise NotAsPromised(sentence)


def wait_until(question: Callable[[], T | None], sentence: str, *, seconds: float = 20.0) -> T:
    """Ask until there is an answer. Raises :class:`NotAsPromised` with ``sentence``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise NotAsPromised(f"{sentence} (waited {seconds:.0f} s)")
