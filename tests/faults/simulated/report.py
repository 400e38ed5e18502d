"""What came of a simulation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Report:
    """``resolved`` are the waits of payments of which nobody knew what became of them, in the simulation's seconds,
    sorted; ``resolved_later`` of those whose provider could not be reached meanwhile, from when it could be.
    ``digest`` is the same for the same seed."""

    seed: int
    days: int
    seconds: float = 0.0
    actions: int = 0
    payments: int = 0
    together: int = 0  # of them for several invoices, or on account
    at_readers: int = 0
    tips: int = 0  # that were given there, each with its invoice
    kept: int = 0  # cards that were held to them
    moved: int = 0  # attempts made anew at the other provider
    elsewhere: int = 0  # payments that belong to that one
    notes: int = 0
    refunds: int = 0
    disputes: int = 0
    payouts: int = 0
    deaths: dict[str, int] = field(default_factory=dict)
    news_lost: int = 0
    forged: int = 0
    resolved: list[float] = field(default_factory=list)
    resolved_later: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)  # of what is stuck, the news, with what is in its way
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
        facts = {name: value for name, value in asdict(self).items() if not name.startswith("resolved")}
        return {
            "clean": self.clean,
            **facts,
            "kills": self.kills,
            "unknown": len(self.resolved),
            "resolved_p50_seconds": round(self.resolved_within(50), 1),
            "resolved_p99_seconds": round(self.resolved_within(99), 1),
            "unknown_through_an_outage": len(self.resolved_later),
            "resolved_after_it_max_seconds": round(max(self.resolved_later, default=0.0), 1),
        }

    def as_table(self) -> str:
        rows = [
            ("seed", f"{self.seed} ({self.digest[:12]})"),
            ("simulated", f"{self.days} days in {self.seconds:.0f} s, {self.actions} actions"),
            (
                "payments",
                f"{self.payments}, {self.refunds} refunds, {self.disputes} disputes, {self.payouts} payouts",
            ),
            ("of them", f"{self.together} for several invoices or on account, {self.at_readers} at readers"),
            ("at readers", f"{self.tips} tips invoiced, {self.kept} cards kept"),
            ("elsewhere", f"{self.elsewhere} at the second provider, {self.moved} of them made anew there"),
            ("credit notes", str(self.notes)),
            ("kills", f"{self.kills} at {len(self.deaths)} failpoints"),
            ("news", f"{self.news_lost} lost, {self.forged} forged and refused"),
            (
                "unknown",
                f"{len(self.resolved)} payments, resolved within {self.resolved_within(50):.0f} s (half of them) "
                f"and {self.resolved_within(99):.0f} s (99 of 100)",
            ),
            (
                "in an outage",
                f"{len(self.resolved_later)} more, within {max(self.resolved_later, default=0.0):.0f} s of its end",
            ),
            ("lost", str(len(self.lost))),
            ("doubled", str(len(self.doubled))),
            ("stuck", str({name: number for name, number in self.stuck.items() if number} or 0)),
            ("verify", f"{len(self.verify)} promises broken"),
            ("provider's books", f"{len(self.differences)} differences, {len(self.compared)} by comparing"),
        ]
        lines = [f"{name:17} {value}" for name, value in rows]
        for name in ("lost", "doubled", "unread", "verify", "differences", "compared"):
            lines += [f"  {name}: {text}" for text in getattr(self, name)[:20]]
        lines.append("All square." if self.clean else "NOT all square.")
        return "\n".join(lines)
