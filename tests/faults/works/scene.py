"""One work at one adapter, and how it dies there at each of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from allsquare.payments.models import Payment
from tests.faults.dying import NOWHERE, Mortal, Place
from tests.faults.rails import Rail
from tests.payments.makers import a_key
from tests.webhook_catcher import WebhookCatcher

At = TypeVar("At", bound=Place)


@dataclass(frozen=True, slots=True)
class Scene(Generic[At]):
    """``steps`` are the failpoints at which the work must die here. It is done once more without a death, and then
    comes by these and what fits ``shared``, and by no other."""

    rail: At
    mortal: Mortal
    catcher: WebhookCatcher
    steps: tuple[str, ...]
    shared: tuple[str, ...] = ()
    kills: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        """Every step, and in the end none."""
        yield from self.steps
        yield NOWHERE

    def dies(self, work: str, step: str, **order: Any) -> None:
        """Or lives, where ``step`` is none; then every failpoint that it came by is one that was reckoned with."""
        end = self.mortal.ends(work, step, **order)
        came_by = ", ".join(end.passed)
        assert end.died is (step != NOWHERE), f"{work}, to die at {step}, came by {came_by}"
        if end.died:
            self.kills.append(step)
            return
        mine = {each.partition(":")[0] for each in self.steps}
        assert mine <= set(end.passed), f"{work} came by {came_by}"
        strange = {each for each in end.passed if not each.startswith(self.shared)} - mine
        assert not strange, f"nothing dies at {sorted(strange)}, and {work} comes by it"


Do = Callable[[Scene[Any]], None]


@dataclass(frozen=True, slots=True)
class Try:
    """A request that was cut off at ``step``, and its key."""

    step: str
    of: Any
    key: str = field(default_factory=a_key)


def by_key(rail: Rail, key: str) -> Payment:
    return Payment.objects.get(organization=rail.organization, key=key)
