"""Mandates that were kept: what becomes of them at their banks, and how they end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx

from allsquare.core import clock
from allsquare.core.remote import Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.gocardless import objects
from allsquare.gateways.gocardless.api import BLANKS, GoCardlessApi, Refusal
from allsquare.gateways.shared import NONSENSE
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.gateway_abilities import NewsUnavailable

#: A mandate under which nothing can be collected any more.
ENDED: Final = frozenset({"cancelled", "expired", "failed", "consumed"})
#: Payments that GoCardless would cancel together with their mandate.
_CANCELLABLE: Final = frozenset({"pending_customer_approval", "pending_submission"})


#: What happens to a mandate, and changes what we may show of it or collect under it.
NEWS: Final = frozenset({"replaced", "transferred", "cancelled", "expired", "failed"})


def now(api: GoCardlessApi, name: str) -> Outcome | None:
    """A mandate as it is now, by the name that it had: moved to another account of its payer, replaced (more than once
    perhaps), or ended. ``None`` for one that its payer did not let us use again. Raises ``NewsUnavailable``."""
    at = clock.now(None)
    mandate = api.get("mandates", name)
    if (mandate.get("metadata") or {}).get("keep") == "no":
        return None
    seen = {name}
    while (newer := _newer(mandate)) and newer not in seen:
        seen.add(newer)
        mandate = api.get("mandates", newer)
    if mandate["status"] in ENDED:
        return Outcome(Subject.METHOD, Status.DECLINED, objects.NAME, reference=name, happened_at=at)
    account = api.get("customer_bank_accounts", str(mandate["links"]["customer_bank_account"]))
    return Outcome(
        Subject.METHOD,
        Status.SUCCEEDED,
        objects.NAME,
        reference=name,
        method=objects.method(mandate, account, keep=True),
        happened_at=at,
    )


def _newer(mandate: Mapping[str, Any]) -> str:
    return str((mandate.get("links") or {}).get("new_mandate") or "")


def cancel(api: GoCardlessApi, token: str) -> Outcome:
    """``token`` is the mandate. Cancelling it cancels what was not sent to the banks yet, and a payment that the payer
    agreed to goes on: so it waits for that. GoCardless refuses to cancel what is cancelled, so after a refusal the
    mandate itself is asked."""
    try:
        if any(each["status"] in _CANCELLABLE for each in api.pages("payments", {"mandate": token})):
            waits = _noop(
                "A debit under this mandate is about to go to the bank. It is cancelled after that."
            )
            return _outcome(Status.NOT_SENT, token, "under_way", waits)
        told = api.act("mandates", token, "cancel")
        if isinstance(told, Trouble):
            return _outcome(Status.UNKNOWN if told.sent else Status.NOT_SENT, token, told.code, told.message)
        if not isinstance(told, Refusal):
            return _outcome(Status.SUCCEEDED, token)
        if told.status == httpx.codes.NOT_FOUND or api.get("mandates", token)["status"] in ENDED:
            return _outcome(Status.SUCCEEDED, token)
    except NewsUnavailable as problem:
        return _outcome(Status.UNKNOWN, token, "no_answer", str(problem))
    except NONSENSE:
        return BLANKS.malformed(Subject.METHOD, None)
    return _outcome(Status.DECLINED, token, told.reason[:60], told.message)


def _outcome(status: Status, token: str, code: str = "", message: str = "") -> Outcome:
    return BLANKS.blank(Subject.METHOD, status, None, code, message, token)
