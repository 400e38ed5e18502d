"""Kills by the plan: after so many forms were sent, this one dies; whoever should start it again does."""

from __future__ import annotations

import threading
import time
from collections import Counter

from tests.faults.soak.decisions import Victim, kills
from tests.faults.soak.installation import Installation


class Killer(threading.Thread):
    """Tends the installation, counts what was sent, and kills when the count is reached."""

    def __init__(self, installation: Installation, *, seed: int, every: int) -> None:
        super().__init__(name="killer")
        self._installation = installation
        self._plan = kills(seed, every=every)
        self._sent = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.done: Counter[Victim] = Counter()

    def count(self) -> None:
        """A form goes out."""
        with self._lock:
            self._sent += 1

    @property
    def sent(self) -> int:
        with self._lock:
            return self._sent

    def run(self) -> None:
        due = next(self._plan)
        while not self._stopped.wait(0.05):
            self._installation.tend()
            if self.sent < due.at:
                continue
            time.sleep(due.delay)
            if self._installation.kill(due.victim):
                self.done[due.victim] += 1
                due = next(self._plan)

    def stop(self) -> None:
        self._stopped.set()
        self.join()
