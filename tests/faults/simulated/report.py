"""What came of a simulation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Report:
    """``resolved`` are the waits of payments of which nobody knew what became of them, in the simulation's seconds,
    sorted. ``digest`` is the same for the same seed."""

    seed: int
    days: int
    seconds: float = 0.0
    actions: int = 0
    payments: int = 0
    refunds: int = 0
    disputes: int = 0
    payouts: int = 0
    deaths: dict[str, int] = field(default_factory=dict)
    news_lost: int = 0
    forged: int = 0
    resolved: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: dict[str, int] = field(default_factory=dict)
    verify: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    digest: str = ""

    @property
    def clean(self) -> bool:
        wrong = self.lost or self.doubled or self.verify or self.differences or self.compared
        return not wrong and not any(self.stuck.values())

    @property
    def kills(self) -> int:
        return sum(self.deaths.values())

    def resolved_within(self, percent: int) -> float:
        """Seconds within which so many of a hundred were resolved."""
        return self.resolved[(len(self.resolved) * percent - 1) // 100] if self.resolved else 0.0

    def as_json(self) -> dict[str, object]:
        facts = {name: value for name, value in asdict(self).items() if name != "resolved"}
        return {
            "clean": self.clean,
            **facts,
            "kills": self.kills,
            "unknown": len(self.resolved),
            "resolved_p50_seconds": round(self.resolved_within(50), 1),
            "resolved_p99_seconds": round(self.resolved_within(99), 1),
        }

    def as_table(self) -> str:
        rows = [
            ("seed", f"{self.seed} ({self.digest[:12]})"),
            ("simulated", f"{self.days} days in {self.seconds:.0f} s, {self.actions} actions"),
            (
                "payments",
                f"{self.payments}, {self.refunds} refunds, {self.disputes} disputes, {self.payouts} payouts",
            ),
            ("kills", f"{self.kills} at {len(self.deaths)} failpoints"),
            ("news", f"{self.news_lost} lost, {self.forged} forged and refused"),
            (
                "unknown",
                f"{len(self.resolved)} payments, resolved within {self.resolved_within(50):.0f} s (half of them) "
                f"and {self.resolved_within(99):.0f} s (99 of 100)",
            ),
            ("lost", str(len(self.lost))),
            ("doubled", str(len(self.doubled))),
            ("stuck", str({name: number for name, number in self.stuck.items() if number} or 0)),
            ("verify", f"{len(self.verify)} promises broken"),
            ("provider's books", f"{len(self.differences)} differences, {len(self.compared)} by comparing"),
        ]
        lines = [f"{name:17} {value}" for name, value in rows]
        for name in ("lost", "doubled", "verify", "differences", "compared"):
            lines += [f"  {name}: {text}" for text in getattr(self, name)[:20]]
        lines.append("All square." if self.clean else "NOT all square.")
        return "\n".join(lines)
