"""The hosted payment page: card fields or bank debit, 3-D Secure, and back to the merchant.

The same pages serve in a frame (``/fields/…``) inside the merchant's own page. There the payer is not redirected:
the last page tells the parent by ``postMessage`` and, without JavaScript, by a link.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from allsquare_sandbox import cards, charges
from allsquare_sandbox.cards import Form
from allsquare_sandbox.errors import ApiError
from allsquare_sandbox.pages.render import page
from allsquare_sandbox.records import Account, Charge, ChargeStatus, Method, Stage
from allsquare_sandbox.store import Store, Work

FRAME = "/fields/"
Step = Callable[[Work, Charge, dict[str, str]], Response]


def routes() -> list[Route]:
    """Each page by both of its addresses."""
    found = []
    for prefix in ("/pay/", FRAME):
        framed = prefix == FRAME
        for path, method, act in (
            ("{id}", "GET", _show),
            ("{id}", "POST", _pay),
            ("{id}/challenge", "GET", _show),
            ("{id}/challenge", "POST", _challenge),
            ("{id}/cancel", "POST", _cancel),
        ):
            found.append(Route(prefix + path, _door(partial(act, framed=framed)), methods=[method]))
    return found


def _door(act: Callable[[Work, Charge, dict[str, str]], Response]) -> Callable[[Request], Any]:
    """Find the charge that the address names and act in one transaction."""

    async def run(request: Request) -> Response:
        typed = dict(request.query_params)
        if request.method == "POST":
            form = await request.form(max_files=0, max_fields=20)
            typed = {name: value for name, value in form.items() if isinstance(value, str)}
        return await run_in_threadpool(_act, request.app.state.store, request.path_params["id"], act, typed)

    return run


def _act(store: Store, name: str, act: Step, typed: dict[str, str]) -> Response:
    try:
        with store.reading() as db:
            account_id = charges.whose(db, name)
        with store.work(account_id) as work:
            charge = charges.get(work, name)
            # One whose card is to be held to a reader has no page.
            return page("missing.html", status=404) if charge.reader else act(work, charge, typed)
    except ApiError:
        return page("missing.html", status=404)


def _show(work: Work, charge: Charge, typed: dict[str, str], *, framed: bool) -> Response:
    return _page(work.account, charge, _prefilled(work, charge, typed.get("card", "")), framed=framed)


def _pay(work: Work, charge: Charge, typed: dict[str, str], *, framed: bool) -> Response:
    form = cards.read_card(typed, now=work.now) if charge.method == Method.CARD else cards.read_debit(typed)
    if charge.status == ChargeStatus.REQUIRES_ACTION and charge.stage == Stage.DETAILS:
        if form.errors:
            return _page(work.account, charge, form, framed=framed, status=422)
        charge = charges.pay(work, charge.id, form)
    return _onward(charge, framed=framed)


def _challenge(work: Work, charge: Charge, typed: dict[str, str], *, framed: bool) -> Response:
    return _onward(
        charges.answer_challenge(work, charge.id, approved=typed.get("answer") == "approve"), framed=framed
    )


def _cancel(work: Work, charge: Charge, _: dict[str, str], *, framed: bool) -> Response:
    return _onward(charges.cancel(work, charge.id), framed=framed)


def _onward(charge: Charge, *, framed: bool) -> Response:
    """After a form: to the next page, or back to the merchant."""
    if framed:
        return RedirectResponse(f"{FRAME}{charge.id}", 303)
    if charge.status == ChargeStatus.REQUIRES_ACTION:
        return RedirectResponse(f"/pay/{charge.id}", 303)
    return RedirectResponse(back_url(charge), 303)


def back_url(charge: Charge) -> str:
    """The merchant's address with ``payment=<charge>`` added to its query."""
    parts = urlsplit(charge.return_url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("payment", charge.id)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _page(account: Account, charge: Charge, form: Form, *, framed: bool, status: int = 200) -> Response:
    """The page for what the charge waits for, or for how it ended."""
    prefix = FRAME if framed else "/pay/"
    template = "ended.html"
    if charge.status == ChargeStatus.REQUIRES_ACTION:
        template = "card.html" if charge.method == Method.CARD else "debit.html"
        if charge.stage == Stage.CHALLENGE:
            template = "challenge.html"
    return page(
        template,
        status=status,
        leads_to=charge.return_url,
        framed_by=charge.return_url if framed else "",
        scripts=framed,
        account=account,
        charge=charge,
        form=form,
        here=f"{prefix}{charge.id}",
        framed=framed,
        back=back_url(charge),
        cards=cards.CARDS,
        accounts=cards.ACCOUNTS,
    )


def _prefilled(work: Work, charge: Charge, name: str) -> Form:
    """Empty fields, or those of the test card that was picked from the list."""
    picked = cards.SCENARIOS.get(name)
    if picked is None or (picked in cards.CARDS) != (charge.method == Method.CARD):
        return Form(values=dict.fromkeys(("number", "expiry", "cvc", "iban", "holder"), ""))
    return Form(
        values={
            "number": picked.spaced,
            "iban": picked.spaced,
            "holder": charge.customer_name or "Ada Example",
            "expiry": f"12/{(work.now.year + 3) % 100:02d}",
            "cvc": "1234"[: picked.cvc_length],
        },
        scenario=picked,
    )
