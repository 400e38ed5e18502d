"""The failpoints of the product, and the process whose children die at them."""

from __future__ import annotations

import ast
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from allsquare.core.failpoints import DIED
from allsquare.payments.models import GatewayAccount
from tests.faults.shop import TOTAL

ROOT = Path(__file__).parents[2]
#: No failpoint has this name: the process does all of its work.
NOWHERE: Final = "nowhere"


def _named() -> list[str]:
    """Every failpoint of the product, in the order of its files."""
    found = []
    for path in sorted((ROOT / "src" / "allsquare").rglob("*.py")):
        if "failpoints.reached(" not in (text := path.read_text()):
            continue
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "reached":
                assert isinstance(call.args[0], ast.Constant), f"{path}: a failpoint's name is written out"
                found.append(str(call.args[0].value))
    return found


POINTS: Final = tuple(_named())


class Place(Protocol):
    """Where something dies: a shop with a provider, or a till without one."""

    @property
    def organization(self) -> Any: ...

    @property
    def account(self) -> GatewayAccount: ...

    @property
    def card(self) -> UUID | str: ...


@dataclass(frozen=True, slots=True)
class End:
    """How it ended, and which failpoints it had come by, the deadly one included."""

    died: bool
    passed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mortal:
    """See ``tests.faults.mortal``."""

    process: subprocess.Popen[str]
    place: Place

    def dies(self, work: str, point: str, **more: Any) -> None:
        """Do ``work`` in a process that dies at ``point``; fails when it did not come there."""
        end = self.ends(work, point, **more)
        assert end.died, f"{work} did not die at {point}, but came by {', '.join(end.passed)}"

    def may_die(self, work: str, point: str, **more: Any) -> bool:
        """Did it come there? Where it did not, it did its work."""
        return self.ends(work, point, **more).died

    def ends(self, work: str, point: str, **more: Any) -> End:
        """Do ``work``, to die at ``point``. Fails when it ends with an error."""
        order = {
            "work": work,
            "failpoint": point,
            "organization": str(self.place.organization.id),
            "account": str(self.place.account.id),
            "card": str(self.place.card),
            "minor": TOTAL,
            **more,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(order), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        status = answer["status"]
        assert status in (0, DIED), f"{work}, to die at {point}: exit status {status}"
        return End(status == DIED, tuple(answer["passed"]))
