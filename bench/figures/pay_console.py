"""Payments recorded by the web server over HTTP, ÷ the limit with four clients.

Each is one request of the console: the signed-in owner sends the form *record a payment*. The server looks up the
session, checks the token against forgery and the role, reads the form, starts and settles the payment, and answers
with the way to its page. Four clients at once, one connection each; two workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.test import Client
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.ids import new_id
from bench.company import Company, company
from bench.crowd import crowd
from bench.figure import Effort, Figure, Timed, timed
from bench.limit import limit
from bench.line import Line
from bench.server import WORKERS, web_server
from bench.settling import Side, compared, pattern_of, take_turns
from bench.stock import Pattern, invoice_copies, tidy

CLIENTS = 4

#: Payments per second that the server does not reach.
_MOST = 500

#: A token against forgery: what the cookie says, the form must say too.
_TOKEN = "b" * 32


def measure(effort: Effort) -> Figure:
    effort = effort.half()
    owner = company()
    of = pattern_of(owner)
    session = Client()
    session.force_login(owner.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
    # The first address that is made loads every page of the console, and the clients are copies of this process.
    reverse("console:payment_record", args=[new_id()])
    served: list[Timed] = []
    limits: list[Timed] = []
    with web_server() as port:
        work = partial(_record, owner, of, port, cookie)
        effort.turn_by_turn(
            lambda seconds: _serve(work, of, seconds, served),
            lambda seconds: _limit(owner, of, seconds, limits),
        )
    detail = {"request": "console: record a payment, signed in", "clients": CLIENTS, "workers": WORKERS}
    return compared(served[1:], limits[1:], detail)


def _serve(work: partial[Timed], of: Pattern, seconds: float, into: list[Timed]) -> None:
    # Always for the quickest server: the first requests of one that has just started say nothing of the others.
    stock = invoice_copies(of, int(_MOST * seconds))
    tidy()
    into.append(crowd(work, stock, processes=CLIENTS, seconds=seconds, never_idle=True))
    paid = Invoice.objects.filter(id__in=stock, state="paid").count()
    if paid != into[-1].count:
        raise AssertionError(f"{into[-1].count} payments were recorded, but {paid} invoices are paid")


def _limit(owner: Company, of: Pattern, seconds: float, into: list[Timed]) -> None:
    side = Side(limit(owner, of))
    side = side.supplied(into) if into else side
    into += take_turns([side], of, seconds=seconds, processes=CLIENTS, backwards=False)


def _record(
    owner: Company, of: Pattern, port: int, cookie: str, stock: Sequence[UUID], seconds: float
) -> Timed:
    """One client: request after request over one connection."""
    form = {
        "csrfmiddlewaretoken": _TOKEN,
        "amount": of.amount.plain,
        "method": "bank_transfer",
        "received_on": clock.today(owner.organization).isoformat(),
        "note": "",
    }
    head = (
        f"Cookie: {settings.SESSION_COOKIE_NAME}={cookie}; {settings.CSRF_COOKIE_NAME}={_TOKEN}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
    )
    left = iter(stock)
    with Line(port, head) as line:

        def step() -> int:
            invoice_id = next(left, None)
            if invoice_id is None:
                return 0
            body = urlencode({**form, "key": str(new_id())})
            status, head, said = line.post(reverse("console:payment_record", args=[invoice_id]), body)
            if status != 302 or b"/payments/" not in head:
                raise AssertionError(f"the server answers {status}: {said[:2000]!r}")
            return 1

        return timed(step, seconds=seconds)
