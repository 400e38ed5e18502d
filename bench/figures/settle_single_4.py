"""Payments settled one at a time by four processes at once, ÷ the limit with four clients."""

from __future__ import annotations

from bench.figure import Effort, Figure
from bench.settling import against_limit


def measure(effort: Effort) -> Figure:
    return against_limit(effort, batch=1, processes=4)
