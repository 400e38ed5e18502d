"""Invoices created, issued, paid and booked, one at a time, by one process; their PDFs are queued."""

from __future__ import annotations

from bench.company import company, issued_invoice, pay
from bench.figure import Effort, Figure, timed
from bench.stock import tidy


def measure(effort: Effort) -> Figure:
    effort = effort.half()
    owner = company()

    def step() -> int:
        payment = pay(owner, issued_invoice(owner))
        if payment.state != "succeeded":
            raise AssertionError(f"the payment is {payment.state}")
        return 1

    timed(step, seconds=effort.seconds / 4)  # warm
    tidy()
    runs = [timed(step, seconds=effort.seconds) for _ in range(effort.rounds)]
    cpu = [run.cpu_ms for run in runs]
    return Figure(
        unit="invoices/s",
        rounds=[run.rate for run in runs],
        detail={"client_cpu_ms": round(sum(cpu) / len(cpu), 2)},
    )
