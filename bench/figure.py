"""What a figure is, and how long one is measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import median

#: What explains a figure: numbers and words, or tables of them.
Detail = dict[str, object]


@dataclass(frozen=True, slots=True)
class Effort:
    """``rounds`` measurements of about ``seconds`` each; of the rounds the median counts."""

    rounds: int
    seconds: float

    def round_seconds(self, number: int) -> float:
        """Of round ``number``: the one before the first warms, and is shorter."""
        return self.seconds if number else self.seconds / 4

    def turn_by_turn(self, *sides: Callable[[float], None]) -> None:
        """Every round, the warming one too; who is first is second in the next. A side is told its seconds."""
        for number in range(self.rounds + 1):
            for side in sides if number % 2 else reversed(sides):
                side(self.round_seconds(number))

    def half(self) -> Effort:
        """For what varies little from second to second, so that all figures together take less than 25 minutes."""
        return replace(self, seconds=self.seconds / 2)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result. A ``ratio`` compares with a limit measured in the same round; a ``value`` is alone."""

    unit: str
    rounds: list[float]
    ratio: bool = False
    detail: Detail = field(default_factory=dict)

    def line(self, name: str) -> dict[str, object]:
        """As it is printed."""
        return {
            "name": name,
            "ratio" if self.ratio else "value": round(median(self.rounds), 3),
            "unit": self.unit,
            "rounds": [round(value, 3) for value in self.rounds],
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Timed:
    """Work that was done: how much, in how many seconds, with how many seconds of this process's CPU."""

    count: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of the client's CPU for one."""
        return 1000 * self.cpu_seconds / self.count


def timed(step: Callable[[], int], *, seconds: float) -> Timed:
    """Repeat ``step`` for ``seconds``; it returns how many it has done, and 0 when there is nothing left to do."""
    count = 0
    cpu, began = time.process_time(), time.perf_counter()
    while time.perf_counter() - began < seconds:
        done = step()
        if not done:
            break
        count += done
    took, took_cpu = time.perf_counter() - began, time.process_time() - cpu
    if not count:
        raise ValueError("nothing was done, so nothing was measured")
    return Timed(count, took, took_cpu)
