"""Payments settled in batches of 1,000, as a payout, an import or a bank statement brings them, ÷ the limit."""

from __future__ import annotations

from bench.figure import Effort, Figure
from bench.settling import against_limit


def measure(effort: Effort) -> Figure:
    return against_limit(effort, batch=1_000)
