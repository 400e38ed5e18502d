"""PDF/A-3 invoices made by a warm process, each with other facts, per second of one core.

Seconds of CPU are counted, on all threads: the typesetter may use several cores, and others may use them too.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from statistics import median

from django.conf import settings

from allsquare.billing.documents.facts import InvoiceDocument
from allsquare.billing.documents.typeset import typesetter
from allsquare.billing.printing import invoice_facts
from allsquare.core.money import Money
from bench.company import company, issued_invoice
from bench.figure import Effort, Figure, timed


def measure(effort: Effort) -> Figure:
    effort = effort.half()
    document = invoice_facts(issued_invoice(company()))
    setter, numbers = typesetter(settings.FRONTEND_DIR), count(1)
    size = 0

    def step() -> int:
        nonlocal size
        size = len(setter.invoice(_another(document, next(numbers))))
        return 1

    timed(step, seconds=effort.seconds / 2)  # warm
    runs = [timed(step, seconds=effort.seconds) for _ in range(effort.rounds)]
    return Figure(
        unit="invoices/s of one core",
        rounds=[1000 / run.cpu_ms for run in runs],
        detail={"per_second_by_the_clock": round(median(run.rate for run in runs), 1), "bytes": size},
    )


def _another(document: InvoiceDocument, number: int) -> InvoiceDocument:
    """Another number, buyer, link, texts and amounts, so that nothing printed can be taken from the last one."""
    more = Money(number, document.total.currency)
    return replace(
        document,
        number=f"INV-{number:06d}",
        buyer=replace(document.buyer, name=f"{document.buyer.name} {number}"),
        pay_url=f"{document.pay_url}{number}",
        lines=tuple(
            replace(
                line,
                description=f"{line.description}, order {number}",
                net=line.net + more,
                total=line.total + more,
            )
            for line in document.lines
        ),
        lines_total=document.lines_total + more,
        net=document.net + more,
        total=document.total + more,
        balance=document.balance + more,
    )
