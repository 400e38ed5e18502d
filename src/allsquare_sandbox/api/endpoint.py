"""One way in for every API call: who asks, what befalls the request, what is answered.

The handlers are plain functions of a :class:`Call`; they run in a thread. Misbehaviour is applied
around them here, so no handler knows of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from allsquare_sandbox import accounts, mischief
from allsquare_sandbox.api.reading import Fields
from allsquare_sandbox.connections import cut
from allsquare_sandbox.errors import ApiError, conflict
from allsquare_sandbox.mischief import Kind
from allsquare_sandbox.records import Account, Mischief
from allsquare_sandbox.store import Store, Work


@dataclass(frozen=True, slots=True)
class Answer:
    body: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose key is good."""

    store: Store
    account: Account
    base_url: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    key: str
    body: bytes

    @property
    def fields(self) -> Fields:
        return Fields.of_body(self.body)

    def once(self, act: Callable[[Work], Answer]) -> Answer:
        """Do ``act`` at most once for the request's ``Idempotency-Key``, whatever repeats and races
        there are.

        Act and answer are kept in one transaction. A repeat gets the first answer; the same key with other
        input is refused. A request that is refused with an error did nothing, and its key stays free.
        """
        if not 1 <= len(self.key) <= 200:
            raise ApiError(
                400, "idempotency_key_missing", "Send an Idempotency-Key header of 1 to 200 characters."
            )
        fingerprint = sha256(
            f"{self.path}\n{json.dumps(json.loads(self.body), sort_keys=True)}".encode()
        ).hexdigest()
        with self.store.work(self.account.id) as work:
            told = work.db.execute(
                "SELECT * FROM answer WHERE account_id = ? AND idempotency_key = ?",
                [self.account.id, self.key],
            ).fetchone()
            if told is not None:
                if told["fingerprint"] != fingerprint:
                    raise conflict(
                        "idempotency_key_reused", "This Idempotency-Key came before with another request."
                    )
                return Answer(json.loads(told["body"]), told["status"], {"Idempotent-Replayed": "true"})
            answer = act(work)
            work.db.execute(
                "INSERT INTO answer (account_id, idempotency_key, fingerprint, status, body, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [self.account.id, self.key, fingerprint, answer.status, json.dumps(answer.body), work.stamp],
            )
            return answer


Handler = Callable[[Call], Answer]


def endpoint(handler: Handler, operation: str = "") -> Callable[[Request], Any]:
    """Wrap a handler. ``operation`` is what misbehaviour is aimed at (see ``mischief.Scope``); without
    one the call never misbehaves, which is right for the control API."""

    async def run(request: Request) -> Response:
        body = await request.body()
        try:
            account, struck = await run_in_threadpool(_admit, request, operation)
        except ApiError as error:
            return _refusal(error)
        if Kind.REQUEST_LOST in struck:
            return cut(request)
        if Kind.ERROR_BEFORE in struck:
            return _server_error()
        answer = await run_in_threadpool(_handle, handler, _call(request, account, body))
        if Kind.SLOW in struck:
            await asyncio.sleep(struck[Kind.SLOW].seconds)
        if Kind.REPLY_LOST in struck:
            return cut(request)
        return _server_error() if Kind.ERROR_AFTER in struck else answer

    return run


def _admit(request: Request, operation: str) -> tuple[Account, dict[Kind, Mischief]]:
    store: Store = request.app.state.store
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    with store.reading() as db:
        account = accounts.by_key(db, key.strip() if scheme.lower() == "bearer" else "")
        lurking = bool(operation) and mischief.lurks(db, account.id)
    if not lurking:
        return account, {}
    with store.work(account.id) as work:
        return account, mischief.draw(work, mischief.REQUEST_KINDS, operation)


def _call(request: Request, account: Account, body: bytes) -> Call:
    return Call(
        store=request.app.state.store,
        account=account,
        base_url=str(request.base_url).rstrip("/"),
        path=request.url.path,
        names=dict(request.path_params),
        query=dict(request.query_params),
        key=request.headers.get("idempotency-key", ""),
        body=body,
    )


def _handle(handler: Handler, call: Call) -> Response:
    try:
        answer = handler(call)
    except ApiError as error:
        return _refusal(error)
    return JSONResponse(answer.body, answer.status, dict(answer.headers))


def _refusal(error: ApiError) -> Response:
    told = {"code": error.code, "message": error.message, "field": error.field or None}
    return JSONResponse({"error": told}, error.status)


def _server_error() -> Response:
    return JSONResponse({"error": {"code": "internal", "message": "Something broke here, on order."}}, 500)
