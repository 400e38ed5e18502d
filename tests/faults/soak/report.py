"""What came of it: one table for people, one JSON document for programs, and whether all of it is clean."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Report:
    """``unanswered``: nobody answered for a long time, however often it was asked. ``surprises`` are pages that nobody
    expected; they are shown, and break nothing by themselves."""

    seed: int
    seconds: float = 0.0
    rest_seconds: float = 0.0
    cases: int = 0
    forms: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: dict[str, int] = field(default_factory=dict)
    trial_balance: int = 0
    verify: list[str] = field(default_factory=list)
    objects: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    never_told: int = 0
    mails: int = 0
    mails_again: int = 0
    unanswered: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        broken = self.lost or self.doubled or any(self.stuck.values()) or self.verify or self.differences
        return not (broken or self.unanswered or self.idle) and self.trial_balance == 0

    @property
    def idle(self) -> list[str]:
        """What was not tried at all: where nothing is done, nothing is lost."""
        done = {
            "invoices": self.cases,
            "kills": sum(self.kills.values()),
            "payments that were acknowledged": self.acknowledged.get("paid", 0),
            "charges in the provider's books": self.objects.get("charge", 0),
        }
        return [name for name, number in done.items() if not number]

    def as_json(self) -> dict[str, object]:
        return {"clean": self.clean, "idle": self.idle, **asdict(self)}

    def as_table(self) -> str:
        rows = [
            ("seed", str(self.seed)),
            ("seconds", f"{self.seconds:.0f} under load, {self.rest_seconds:.0f} to come to rest"),
            ("work", f"{self.cases} invoices, {self.forms} forms sent"),
            ("kills", _sum(self.kills)),
            ("acknowledged", _sum(self.acknowledged)),
            ("lost", str(len(self.lost))),
            ("doubled", str(len(self.doubled))),
            ("stuck", _sum({name: number for name, number in self.stuck.items() if number})),
            ("trial balance", str(self.trial_balance)),
            ("verify", f"{len(self.verify)} promises broken"),
            ("provider's books", f"{_sum(self.objects)}; {len(self.differences)} differences"),
            (
                "never told",
                f"{self.never_told} dropped webhooks of disputes, payouts and refunds, found by asking",
            ),
            ("mails", f"{self.mails} caught, {self.mails_again} of them a repeat after a crash"),
            ("unanswered", str(len(self.unanswered))),
            ("surprises", str(len(self.surprises))),
        ]
        lines = [f"{name:17} {value}" for name, value in rows]
        for name in ("idle", "lost", "doubled", "verify", "differences", "unanswered", "surprises"):
            lines += [f"  {name}: {text}" for text in getattr(self, name)[:20]]
        lines.append("All square." if self.clean else "NOT all square.")
        return "\n".join(lines)


def _sum(counts: dict[str, int]) -> str:
    parts = ", ".join(f"{name} {number}" for name, number in counts.items())
    return f"{sum(counts.values())} ({parts})" if parts else "0"
