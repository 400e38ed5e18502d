"""A server on loopback that speaks GoCardless's published formats, as far as the adapter uses them.

It is stricter than the real one where that finds mistakes: every write but a page must carry a key, three labels are
all that an object keeps, a page can be completed once, and fees are told by payouts alone, in tenths of a cent.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any

from allsquare.core import clock
from tests.fakes.http_server import Asked, Object, Server, send

TOKEN = "sandbox_of_the_fake"
SECRET = "secret_of_the_fake"  # signs nothing but tests
FEE = 205  # tenths of a cent of each payment

_PREFIX = {
    "billing_requests": "BRQ",
    "billing_request_flows": "BRF",
    "payments": "PM",
    "refunds": "RF",
    "mandates": "MD",
    "customer_bank_accounts": "BA",
    "payouts": "PO",
    "events": "EV",
}
_SINGULAR = {
    "billing_requests": "billing_request",
    "mandates": "mandate",
    "payments": "payment",
    "refunds": "refund",
    "payouts": "payout",
}


class Refused(Exception):
    """An error in GoCardless's form."""

    def __init__(self, status: int, kind: str, *errors: Object) -> None:
        super().__init__(kind)
        self.status = status
        first = errors[0]["message"] if errors else kind
        self.body = {"error": {"code": status, "type": kind, "message": first, "errors": list(errors)}}


class FakeGoCardless(Server):
    """One account. What banks and payers do are methods."""

    def __init__(self) -> None:
        self.merchant = f"CR{token_hex(6)}"
        self.shelves: dict[str, dict[str, Object]] = {name: {} for name in _PREFIX}
        self.items: dict[str, list[Object]] = {}
        self.keys: dict[tuple[str, str], str] = {}
        self.news_url = ""
        self.lose = ""  # "reply" or "request": of the next write
        self.page_size = 500
        self.token_trouble = ""  # a reason, such as access_token_revoked
        self.stubborn = False  # no mandate can be cancelled
        self.no_scheme = ""  # one that this account may not use
        self.most = 10**9  # what a single payment may be
        self._count = 0
        self._last = datetime.min.replace(tzinfo=UTC)
        super().__init__()

    # -- what payers, banks and GoCardless do ----------------------------------------------------------------

    def give_mandate(self, request: str) -> str:
        """The payer completes the hosted page."""
        asked = self.shelves["billing_requests"][request]
        assert asked["status"] == "pending", "a page can be completed once"
        account = self._make(
            "customer_bank_accounts", account_number_ending="11", bank_name="DEUTSCHE BANK AG"
        )
        mandate = self._make(
            "mandates",
            status="pending_submission",
            scheme=asked["mandate_request"]["scheme"],
            reference="ALLSQ-1",
            metadata=asked["mandate_request"]["metadata"],
            links={"customer_bank_account": account["id"]},
        )
        asked["status"] = "fulfilled"
        asked["links"]["mandate_request_mandate"] = mandate["id"]
        self.tell("billing_requests", "fulfilled", request)
        return str(mandate["id"])

    def replace_mandate(self, mandate: str) -> str:
        """The creditor moved to another scheme number, say: a new mandate stands for the payer's old one."""
        old = self.shelves["mandates"][mandate]
        new = self._make(
            "mandates",
            status="active",
            scheme=old["scheme"],
            reference=f"{old['reference']}-NEW",
            links={"customer_bank_account": old["links"]["customer_bank_account"]},
        )
        old["status"] = "cancelled"
        old["links"]["new_mandate"] = new["id"]
        self.tell("mandates", "replaced", mandate)
        return str(new["id"])

    def transfer_mandate(self, mandate: str, *, ending: str, bank: str) -> None:
        """The payer moved to another bank, and the mandate with them."""
        account = self._make("customer_bank_accounts", account_number_ending=ending, bank_name=bank)
        self.shelves["mandates"][mandate]["links"]["customer_bank_account"] = account["id"]
        self.tell("mandates", "transferred", mandate)

    def end_mandate(self, mandate: str, action: str = "cancelled") -> Object:
        """At the payer's bank."""
        self.shelves["mandates"][mandate]["status"] = action
        return self.tell("mandates", action, mandate)

    def _cancel_mandate(self, mandate: str) -> None:
        """What was not sent to the banks yet goes with it."""
        self._one("mandates", mandate)
        if self.stubborn or self.shelves["mandates"][mandate]["status"] == "cancelled":
            raise Refused(
                422, "invalid_state", {"reason": "cancellation_failed", "message": "It cannot be cancelled"}
            )
        self.end_mandate(mandate)
        for payment in self.shelves["payments"].values():
            if payment["links"]["mandate"] == mandate and payment["status"] == "pending_submission":
                self.become(payment["id"], "cancelled")

    def cancel_request(self, request: str) -> None:
        self.shelves["billing_requests"][request]["status"] = "cancelled"
        self.tell("billing_requests", "cancelled", request)

    def become(self, payment: str, status: str, action: str = "", **details: Any) -> Object:
        """The banks report. Returns the event."""
        self.shelves["payments"][payment]["status"] = status
        return self.tell("payments", action or status, payment, **details)

    def confirm(self, payment: str) -> Object:
        return self.become(payment, "confirmed")

    def pay_refund(self, refund: str, status: str = "paid") -> None:
        self.shelves["refunds"][refund]["status"] = status
        self.tell("refunds", status, refund)

    def refund_mandate(self, mandate: str) -> Object:
        """Money that came by a transfer under a mandate's reference is given back: no payment has to do with it."""
        made = self._make(
            "refunds", amount=300, currency="EUR", status="created", links={"mandate": mandate}, metadata={}
        )
        return self.tell("refunds", "created", made["id"])

    def pay_out(self) -> Object:
        """All that is confirmed, less fees, refunds and what was taken back since."""
        items: list[Object] = []
        for payment in self.shelves["payments"].values():
            if payment["status"] == "confirmed":
                items += [self._item("payment_paid_out", payment, payment["amount"] * 10)]
                items += [self._item("gocardless_fee", payment, -FEE)]
                payment["_out"] = True
                self.become(payment["id"], "paid_out")
            elif payment["status"] in ("failed", "charged_back") and payment.pop("_out", False):
                kind = "payment_failed" if payment["status"] == "failed" else "payment_charged_back"
                settled = "late_failure_settled" if kind == "payment_failed" else "chargeback_settled"
                items += [self._item(kind, payment, -payment["amount"] * 10)]
                items += [self._item("gocardless_fee", payment, FEE)]
                self.tell("payments", settled, payment["id"])
        for refund in self.shelves["refunds"].values():
            if refund["status"] == "created" and "payment" in refund["links"]:
                of = self.shelves["payments"][refund["links"]["payment"]]
                items += [self._item("payment_refunded", of, -refund["amount"] * 10, refund=refund["id"])]
                self.pay_refund(refund["id"])
        tenths = sum(int(each["_tenths"]) for each in items)
        fees = -sum(int(each["_tenths"]) for each in items if each["type"] == "gocardless_fee")
        payout = self._make(
            "payouts",
            amount=_rounded(tenths),
            deducted_fees=_rounded(fees),
            currency="EUR",
            status="paid",
            arrival_date="2026-12-01",
        )
        self.items[payout["id"]] = items
        self.tell("payouts", "paid", payout["id"])
        return payout

    def bounce_payout(self, name: str) -> None:
        """Our bank did not take it."""
        self.shelves["payouts"][name]["status"] = "bounced"
        self.tell("payouts", "bounced", name)

    def send_again(self, name: str) -> None:
        """A bounced payout, under the name that it has."""
        self.shelves["payouts"][name]["status"] = "paid"
        self.tell("payouts", "paid", name)

    def tell(self, shelf: str, action: str, name: str, **details: Any) -> Object:
        """Something happened: an event, and a webhook with it alone. Returned as well."""
        about = {_SINGULAR[shelf]: name}
        event = self._make("events", resource_type=shelf, action=action, links=about, details=details)
        if self.news_url:
            self.deliver([event])
        return event

    def deliver(self, events: list[Object]) -> None:
        body = json.dumps({"events": events, "meta": {"webhook_id": "WB123"}}).encode()
        send(self.news_url, body, signed(SECRET, body))

    # -- the interface ---------------------------------------------------------------------------------------

    def reply(self, asked: Asked) -> tuple[int, Object | bytes] | None:
        lost, self.lose = (self.lose, "") if asked.method == "POST" else ("", self.lose)
        if lost == "request":
            return None
        try:
            if self.token_trouble or asked.headers.get("authorization") != f"Bearer {TOKEN}":
                reason = self.token_trouble or "access_token_not_found"
                status = 403 if reason == "insufficient_permissions" else 401
                raise Refused(
                    status, "invalid_api_usage", {"reason": reason, "message": "Access token trouble"}
                )
            assert asked.headers.get("gocardless-version"), "the version is named"
            told = self._answer(asked)
        except Refused as refused:
            told = refused.status, refused.body
        return None if lost == "reply" else told

    def _answer(self, asked: Asked) -> tuple[int, Object]:
        shelf, _slash, rest = asked.path.strip("/").partition("/")
        if shelf == "creditors":
            creditor = {"id": self.merchant, "name": "Harbour & Pine", "verification_status": "successful"}
            return 200, {"creditors": [creditor]}
        if asked.method == "GET":
            return 200, self._list(shelf, asked.query) if not rest else {shelf: self._one(shelf, rest)}
        if shelf == "mandates" and rest.endswith("/actions/cancel"):
            self._cancel_mandate(rest.partition("/")[0])
            return 200, {shelf: self._one(shelf, rest.partition("/")[0])}
        if rest.endswith("/actions/cancel"):
            if self.shelves[shelf].get(rest.partition("/")[0], {}).get("status") != "pending":
                raise Refused(
                    422,
                    "invalid_state",
                    {"reason": "cancellation_failed", "message": "It cannot be cancelled"},
                )
            self.cancel_request(rest.partition("/")[0])
            return 200, {shelf: self._one(shelf, rest.partition("/")[0])}
        key = asked.headers.get("idempotency-key", "")
        assert key or shelf == "billing_request_flows", "a write without a key could be made twice"
        if key and (shelf, key) in self.keys:
            conflict = {
                "reason": "idempotent_creation_conflict",
                "message": "A resource has already been created with this idempotency key",
                "links": {"conflicting_resource_id": self.keys[shelf, key]},
            }
            raise Refused(409, "invalid_state", conflict)
        made = getattr(self, f"_post_{shelf}")(asked.json[shelf])
        if key:
            self.keys[shelf, key] = made["id"]
        return 201, {shelf: _shown(made)}

    def _one(self, shelf: str, name: str) -> Object:
        if name not in self.shelves.get(shelf, {}):
            raise Refused(
                404, "invalid_api_usage", {"reason": "resource_not_found", "message": "Resource not found"}
            )
        return _shown(self.shelves[shelf][name])

    def _list(self, shelf: str, query: dict[str, str]) -> Object:
        if shelf == "payout_items":
            found = self.items[query["payout"]]
        else:
            found = list(reversed(self.shelves[shelf].values()))
        for name in ("payment", "mandate"):
            if name in query:
                found = [each for each in found if each["links"].get(name) == query[name]]
        first, last = query.get("created_at[gte]", ""), query.get("created_at[lte]", "9999")
        found = [each for each in found if first <= each.get("created_at", first) <= last]
        start = int(query.get("after", 0))
        size = min(int(query.get("limit", 50)), self.page_size)
        after = str(start + size) if len(found) > start + size else None
        return {
            shelf: [_shown(each) for each in found[start : start + size]],
            "meta": {"cursors": {"before": None, "after": after}, "limit": size},
        }

    def _post_billing_requests(self, fields: Object) -> Object:
        scheme = fields["mandate_request"]["scheme"]
        if scheme == self.no_scheme:
            raise _invalid("scheme", "is not enabled for this creditor")
        assert len(fields["mandate_request"]["metadata"]) <= 3
        return self._make("billing_requests", status="pending", links={}, **fields)

    def _post_billing_request_flows(self, fields: Object) -> Object:
        self._one("billing_requests", fields["links"]["billing_request"])
        if not str(fields.get("prefilled_customer", {}).get("email", "")).isascii():
            raise _invalid("prefilled_customer[email]", "is not an email address")
        made = self._make("billing_request_flows", **fields)
        made["authorisation_url"] = f"https://pay-sandbox.gocardless.com/billing/static/flow?id={made['id']}"
        return made

    def _post_payments(self, fields: Object) -> Object:
        mandate = self._one("mandates", fields["links"]["mandate"])
        if mandate["status"] == "cancelled":
            raise Refused(
                422, "invalid_state", {"reason": "mandate_is_inactive", "message": "Mandate is inactive"}
            )
        if not 0 < fields["amount"] <= self.most:
            raise _invalid("amount", "is above the limit of this account")
        charged = {"charge_date": "2026-11-30", "amount_refunded": 0, "status": "pending_submission"}
        made = self._make("payments", **fields, **charged)
        self.tell("payments", "created", made["id"])
        return made

    def _post_refunds(self, fields: Object) -> Object:
        payment = self.shelves["payments"].get(fields["links"]["payment"])
        if payment is None or payment["status"] not in ("confirmed", "paid_out"):
            raise Refused(
                422,
                "invalid_state",
                {"reason": "refund_payment_invalid_state", "message": "The payment cannot be refunded"},
            )
        total = payment["amount_refunded"] + fields["amount"]
        if fields["total_amount_confirmation"] != total:
            reason = "total_amount_confirmation_invalid"
            raise Refused(422, "validation_failed", {"reason": reason, "message": "does not match"})
        if total > payment["amount"]:
            raise _invalid("amount", "exceeds the payment amount")
        payment["amount_refunded"] = total
        made = self._make(
            "refunds",
            amount=fields["amount"],
            currency=payment["currency"],
            status="created",
            metadata=fields["metadata"],
            links=fields["links"],
        )
        self.tell("refunds", "created", made["id"])
        return made

    # -- making ----------------------------------------------------------------------------------------------

    def _item(self, kind: str, payment: Object, tenths: int, **links: str) -> Object:
        return {
            "type": kind,
            "amount": f"{tenths / 10:.1f}",
            "_tenths": tenths,
            "links": {"payment": payment["id"], **links},
        }

    def _make(self, shelf: str, **facts: Any) -> Object:
        self._count += 1
        # No two in the same instant, as if each took a while.
        self._last = max(clock.now(None), self._last + timedelta(milliseconds=1))
        made = {"metadata": {}, "links": {}, **facts}
        made |= {"id": f"{_PREFIX[shelf]}{self._count:06}", "created_at": _text(self._last)}
        assert len(made["metadata"]) <= 3, "GoCardless keeps three labels"
        self.shelves[shelf][made["id"]] = made
        return made


def _invalid(field: str, message: str) -> Refused:
    return Refused(422, "validation_failed", {"field": field, "message": message})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(made: Object) -> Object:
    return {name: value for name, value in made.items() if not name.startswith("_")}


def _rounded(tenths: int) -> int:
    return (tenths + 5) // 10


def signed(secret: str, body: bytes) -> dict[str, str]:
    """The header by which GoCardless proves itself."""
    return {"webhook-signature": hmac.new(secret.encode(), body, sha256).hexdigest()}


def running() -> Iterator[FakeGoCardless]:
    """For a fixture."""
    fake = FakeGoCardless()
    yield fake
    fake.close()
