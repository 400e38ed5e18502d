"""The control panel: what happened, and a hand in what happens next.

There is no sign-in: the sandbox listens on this machine only. A page of another site that makes a
visitor's browser post here is turned away (:func:`_from_elsewhere`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from allsquare_sandbox import accounts, cards, mischief, payouts
from allsquare_sandbox.api import charges, control, merchant, readers
from allsquare_sandbox.api.endpoint import Call, Handler
from allsquare_sandbox.errors import ApiError
from allsquare_sandbox.pages import panel_rows
from allsquare_sandbox.pages.render import page
from allsquare_sandbox.store import Store, Work

TABS = ("charges", "readers", "money", "webhooks", "misbehave", "settings")

ACTIONS: Mapping[str, Handler] = {
    "pay": control.pay_charge,
    "cancel": charges.cancel,
    "present": readers.present,
    "walk_away": readers.walk_away,
    "plug": readers.plug_in,
    "unplug": readers.unplug,
    "add_reader": readers.add,
    "settle": control.settle_charge,
    "bounce": control.bounce_charge,
    "dispute": control.dispute_charge,
    "win": control.win_dispute,
    "lose": control.lose_dispute,
    "settle_refund": control.settle_refund,
    "fail_refund": control.fail_refund,
    "payouts": control.make_payouts,
    "fail_payout": control.fail_payout,
    "resend": control.resend_event,
    "misbehave": control.order_mischief,
    "behave": control.clear_mischief,
    "clock": control.move_clock,
    "settings": merchant.change_account,
    "reset": control.reset,
}
_WHOLE = frozenset(
    {
        "days",
        "hours",
        "count",
        "copies",
        "seed",
        "card_basis_points",
        "card_fixed",
        "debit_fixed",
        "dispute_fee",
    }
    | {"settlement_days", "debit_days", "tip"}
)
_FRACTION = frozenset({"probability", "seconds"})


def routes() -> list[Route]:
    return [
        Route("/", _home),
        Route("/panel", _home),
        Route("/panel/{account}", _door(_tab)),
        Route("/panel/{account}/charges/{id}", _door(_charge)),
        Route("/panel/{account}/do", _do, methods=["POST"]),
        Route("/panel/{account}/{tab}", _door(_tab)),
    ]


def _home(request: Request) -> Response:
    """All accounts; with only one, straight to it."""
    store: Store = request.app.state.store
    with store.reading() as db:
        found = accounts.every(db)
    if len(found) == 1:
        return RedirectResponse(f"/panel/{found[0].id}", 303)
    return page("panel_accounts.html", accounts=found)


def _door(show: Callable[[Work, Request], Response]) -> Callable[[Request], Response]:
    def run(request: Request) -> Response:
        store: Store = request.app.state.store
        try:
            with store.view(request.path_params["account"]) as work:
                return show(work, request)
        except ApiError:
            return page("missing.html", status=404)

    return run


def _tab(work: Work, request: Request) -> Response:
    tab = request.path_params.get("tab", TABS[0])
    if tab not in TABS:
        return page("missing.html", status=404)
    return page(
        f"panel_{tab}.html",
        **_frame(work, request, tab),
        **panel_rows.of(tab, work, request.query_params.get("before", "")),
        books=payouts.books(work.db, work.account.id, work.stamp),
        orders=mischief.listed(work.db, work.account.id),
        kinds=mischief.MEANINGS,
        request_kinds=mischief.REQUEST_KINDS,
        scopes=list(mischief.Scope),
        cards=cards.CARDS,
        banks=cards.ACCOUNTS,
    )


def _charge(work: Work, request: Request) -> Response:
    return page(
        "panel_charge.html",
        **_frame(work, request, "charges"),
        **panel_rows.charge(work, request.path_params["id"]),
        cards=cards.CARDS,
        banks=cards.ACCOUNTS,
    )


def _frame(work: Work, request: Request, tab: str) -> dict[str, Any]:
    """What every page of an account shows."""
    return {
        "account": work.account,
        "clock": work.stamp,
        "tab": tab,
        "tabs": TABS,
        "here": request.url.path,
        "said": request.query_params.get("said", "")[:300],
        "wrong": request.query_params.get("wrong", "")[:300],
        "misbehaves": mischief.lurks(work.db, work.account.id),
    }


async def _do(request: Request) -> Response:
    """Carry out one action of the control API and come back to the page."""
    form = await request.form(max_files=0, max_fields=30)
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    if _from_elsewhere(request):
        return page("missing.html", status=403)
    back = typed.pop("back", "")
    if not back.startswith("/panel/"):
        back = f"/panel/{request.path_params['account']}"
    told = await run_in_threadpool(_carry_out, request, typed)
    return RedirectResponse(f"{back}?{urlencode(told)}", 303)


def _carry_out(request: Request, typed: dict[str, str]) -> dict[str, str]:
    """What to say about it on the next page."""
    handler = ACTIONS.get(typed.pop("act", ""))
    name = typed.pop("id", "")
    if handler is None:
        return {"wrong": "There is no such action."}
    store: Store = request.app.state.store
    try:
        with store.view(request.path_params["account"]) as work:
            account = work.account
        handler(
            Call(
                store=store,
                account=account,
                base_url=str(request.base_url).rstrip("/"),
                path=request.url.path,
                names={"id": name},
                query={},
                key="",
                body=json.dumps(_typed(typed)).encode(),
            )
        )
    except ApiError as error:
        return {"wrong": error.message}
    return {"said": "Done."}


def _typed(typed: Mapping[str, str]) -> dict[str, object]:
    """Form fields as the API's types. What is not a number stays a text, and the API says what is wrong with it."""
    body: dict[str, object] = {}
    for name, value in typed.items():
        text = value.strip()
        if name == "daily_payouts":
            body[name] = text == "yes"
        elif text == "":
            if name == "webhook_url":
                body[name] = ""
        elif name in _WHOLE and text.isascii() and text.isdigit():
            body[name] = int(text)
        elif name in _FRACTION and text.isascii() and text.replace(".", "", 1).isdigit():
            body[name] = float(text)
        else:
            body[name] = text
    return body


def _from_elsewhere(request: Request) -> bool:
    """Whether another site's page sent this form (``Sec-Fetch-Site``, or ``Origin`` from older browsers)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    came_from = request.headers.get("origin", "")
    return came_from not in ("", "null") and urlsplit(came_from).netloc != request.headers.get("host")
