"""A server on loopback that speaks Stripe's published formats, as far as the adapter uses them.

It is stricter than the real one where that finds mistakes: an object is expanded only when asked for, a key is an
error with other fields, an amount below the least is refused, and every write must carry a key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl

from allsquare.core import clock
from tests.fakes.http_server import Asked, File, Object, Server, send
from tests.fakes.stripe_charges import DECLINED, bounced, failed, given_back
from tests.fakes.stripe_element import FakeElement
from tests.fakes.stripe_evidence import answered, nested, new_file, read_form
from tests.fakes.stripe_terminal import CARD, FakeTerminal, Refusal
from tests.fakes.stripe_transfers import FakeTransfers

KEY = "sk_test_of_the_fake"
SECRET = "whsec_of_the_fake"  # signs nothing but tests


class Refused(Exception):
    """An error in Stripe's form."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **more}


@dataclass
class FakeStripe(Server):
    """One account. ``objects`` by id; what fate and payers do are methods."""

    objects: dict[str, Object] = field(default_factory=dict)
    answers: dict[str, tuple[str, int, Object]] = field(default_factory=dict)
    news_url: str = ""
    lose: str = ""  # "reply" or "request": of the next write
    lose_money: str = ""  # as ``lose``, of the next by which money can move
    lose_later: tuple[int, str] | None = None  # so many writes come through before that
    version: str = ""  # of the interface, in which it was asked last
    page_size: int = 100
    key_revoked: bool = False
    stubborn: bool = False  # nothing is detached
    no_currency: str = ""  # one that the account may not charge in
    settles_in: str = ""  # the account's own currency, when it is not that of the charge

    def __post_init__(self) -> None:
        self._count, self.keys, self.merchant = 0, {KEY}, f"acct_{token_hex(6)}"
        self.terminal, self.element = FakeTerminal(self), FakeElement(self)
        self.transfers = FakeTransfers(self)
        super().__init__()

    @property
    def files(self) -> list[Object]:
        return [each for each in self.objects.values() if each["object"] == "file"]

    # -- what payers, banks and Stripe do --------------------------------------------------------------------

    def pay(self, session_id: str) -> None:
        """The payer enters a good card on the hosted page."""
        page = self.objects[session_id]
        intent = self._intent_of(page)
        self._capture(intent)
        page.update(status="complete", payment_status="paid", url=None)
        self.tell("checkout.session.completed", page)

    def authorize_debit(self, session_id: str) -> str:
        """The payer gives a mandate; the bank takes days. Returns the payment intent."""
        page = self.objects[session_id]
        intent = self._intent_of(page)
        intent["status"] = "processing"
        page.update(status="complete", payment_status="unpaid", url=None)
        self.tell("checkout.session.completed", page)
        return str(intent["id"])

    def clear(self, intent_id: str) -> None:
        self._capture(self.objects[intent_id])
        self.tell("payment_intent.succeeded", self.objects[intent_id])

    def bounce(self, intent_id: str, code: str = "insufficient_funds") -> None:
        intent = self.objects[intent_id]
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = bounced(code)
        self.element.fail_charge(intent)
        self.tell("payment_intent.payment_failed", intent)

    def decline_on_page(self, session_id: str, fingerprint: str = "stolen") -> str:
        """A card is declined on the hosted page, which stays open for another one."""
        intent = self._intent_of(self.objects[session_id])
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = dict(DECLINED)
        intent["latest_charge"] = self._make("ch", "charge", **failed(intent, fingerprint))["id"]
        self.tell("payment_intent.payment_failed", intent)
        return str(intent["id"])

    def expire(self, session_id: str) -> None:
        self.objects[session_id].update(status="expired", url=None)
        self.tell("checkout.session.expired", self.objects[session_id])

    def fail_payout(self, name: str) -> None:
        """The bank did not take it."""
        self.objects[name].update(status="failed", failure_code="account_closed", failure_message="Closed.")
        self.tell("payout.failed", self.objects[name])

    def dispute(self, intent_id: str, status: str = "needs_response") -> Object:
        intent = self.objects[intent_id]
        left = intent["amount_received"] - given_back(self.objects, intent_id)
        case = self._make(
            "dp",
            "dispute",
            amount=left,
            currency=intent["currency"],
            status=status,
            reason="fraudulent",
            evidence_details={"due_by": _now() + 7 * 86_400, "has_evidence": False, "submission_count": 0},
            payment_intent=intent_id,
            balance_transactions=[self._movement("adjustment", "dp", -left, intent["currency"], fee=2000)],
        )
        self.tell("charge.dispute.created", case)
        return case

    def charge_fee(self, amount: int) -> Object:
        """For something beside payments, such as screening them."""
        return self._movement("stripe_fee", None, -amount, "eur")

    def pay_out(self, *, fee: int = 0, automatic: bool = True) -> Object:
        """All that is on the account; ``fee`` is for the payout itself."""
        movements = [
            each
            for each in self.objects.values()
            if each["object"] == "balance_transaction" and "payout" not in each
        ]
        total = sum(each["net"] for each in movements) - fee
        payout = self._make(
            "po",
            "payout",
            amount=total,
            currency=movements[0]["currency"],
            status="paid",
            arrival_date=1_796_000_000,
            automatic=automatic,
        )
        for each in movements:
            each["payout"] = payout["id"]
        own = self._movement("payout", payout["id"], -total, movements[0]["currency"], fee=fee)
        own["payout"], payout["balance_transaction"] = payout["id"], own["id"]
        self.tell("payout.paid", payout)
        return payout

    def replace_card(self, name: str, **card: Any) -> Object:
        """The card network tells of the new card; the method keeps its name."""
        self.objects[name]["card"] = card
        return self.tell("payment_method.automatically_updated", self.objects[name])

    def detach_there(self, name: str) -> Object:
        """Somebody takes it off its customer on Stripe's own pages."""
        customer, self.objects[name]["customer"] = self.objects[name]["customer"], None
        return self.tell("payment_method.detached", self.objects[name], customer=customer)

    def tell(self, kind: str, about: Object, **before: Any) -> Object:
        """A webhook; also returned as the event. ``before`` is what changed, as it was."""
        data: Object = {"object": json.loads(json.dumps(about))}
        if before:
            data["previous_attributes"] = before
        event = self._make("evt", "event", type=kind, data=data)
        if self.news_url:
            body = json.dumps({**event, "metadata": None}).encode()
            send(self.news_url, body, signed(SECRET, _now(), body))
        return event

    def tell_nameless(self) -> list[Object]:
        """News of what has no id."""
        balance: Object = {"object": "balance", "available": [{"amount": 1000, "currency": "eur"}]}
        coming: Object = {"object": "invoice", "amount_due": 1000, "currency": "eur"}
        return [self.tell("balance.available", balance), self.tell("invoice.upcoming", coming)]

    # -- the interface ---------------------------------------------------------------------------------------

    def reply(self, asked: Asked) -> tuple[int, Object | bytes | File] | None:
        by, key = self.element.reply(asked), asked.headers.get("authorization", "").removeprefix("Bearer ")
        if by is not None or key.startswith("pk_"):
            return by or self.element.of_publishable_key(asked, key)
        method, query = asked.method, nested(list(asked.query.items()))
        fields: Object = {}
        if method == "POST":
            kind = asked.headers.get("content-type", "")
            pairs = parse_qsl(asked.body.decode(errors="replace"), keep_blank_values=True)
            fields = read_form(kind, asked.body) if kind.startswith("multipart/") else nested(pairs)
        if method == "POST" and self.lose_later:
            left, what = self.lose_later
            self.lose, self.lose_later = ("", (left - 1, what)) if left else (what, None)
        if method == "POST" and self.lose_money and asked.path != "/v1/customers":
            self.lose, self.lose_money = self.lose_money, ""
        lost, self.lose = (self.lose, "") if method == "POST" else ("", self.lose)
        if lost == "request":
            return None
        try:
            if self.key_revoked or key not in self.keys:
                raise Refused(401, "invalid_request_error", "Invalid API Key provided")
            self.version = asked.headers.get("stripe-version", "")
            assert self.version, "the version is pinned"
            if method == "POST":
                reply = self._once(asked.path, fields, asked.headers.get("idempotency-key", ""))
            else:
                reply = 200, self._expanded(self._get(asked.path, query), query)
        except Refused as refused:
            reply = refused.status, {"error": refused.error}
        return None if lost == "reply" else reply

    def _once(self, path: str, fields: Object, key: str) -> tuple[int, Object]:
        assert key, "a write without a key could be made twice"
        if not str(fields.get("customer_email") or fields.get("email") or "").isascii():
            raise Refused(400, "invalid_request_error", "Invalid email address", param="customer_email")
        said = json.dumps([path, fields], sort_keys=True)
        if key in self.answers:
            earlier, status, body = self.answers[key]
            if earlier != said:
                raise Refused(
                    400,
                    "idempotency_error",
                    "Keys for idempotent requests can only be used with the same parameters",
                )
            return status, body
        try:
            made = 200, json.loads(json.dumps(self._expanded(self._post(path, fields), fields)))
        except Refused as refused:
            made = refused.status, {"error": refused.error}
        self.answers[key] = said, *made
        return made

    def _get(self, path: str, query: Object) -> Object:
        shelf, _slash, name = path.removeprefix("/v1/").rpartition("/")
        if path == "/v1/account":
            return {
                "id": self.merchant,
                "object": "account",
                "charges_enabled": True,
                "settings": {"dashboard": {"display_name": "Harbour"}},
            }
        if "/cash_balance" in path:
            return self.transfers.cash_of(self._found(path.split("/")[3], "customer"), path, query)
        if shelf in _SHELVES:
            if self.objects.get(name, {}).get("object") != _SHELVES[shelf]:
                raise Refused(
                    404, "invalid_request_error", f"No such object: {name}", code="resource_missing"
                )
            return self.objects[name]
        return self._list(_SHELVES[path.removeprefix("/v1/")], query)

    def _list(self, kind: str, query: Object) -> Object:
        found = [each for each in reversed(self.objects.values()) if each["object"] == kind]
        if "payout" in query and not self.objects[query["payout"]]["automatic"]:
            raise Refused(
                400,
                "invalid_request_error",
                "Balance transaction history can only be filtered on automatic transfers, not manual.",
            )
        for name in ("payout", "payment_intent", "customer"):
            if name in query:
                found = [each for each in found if each.get(name) == query[name]]
        created = query.get("created", {})
        found = [
            each
            for each in found
            if int(created.get("gte", 0)) <= each["created"] <= int(created.get("lte", 10**12))
        ]
        if "starting_after" in query:
            names = [each["id"] for each in found]
            found = found[names.index(query["starting_after"]) + 1 :]
        size = min(int(query.get("limit", 10)), self.page_size)
        return {"object": "list", "data": found[:size], "has_more": len(found) > size}

    def _post(self, path: str, fields: Object) -> Object:
        if path == "/v1/checkout/sessions":
            price = fields["line_items"]["0"]["price_data"]
            self._check_amount(price["unit_amount"], price["currency"])
            return self._make(
                "cs",
                "checkout.session",
                status="open",
                payment_status="unpaid",
                payment_intent=None,
                amount_total=int(price["unit_amount"]),
                currency=price["currency"],
                payment_method_types=list(fields["payment_method_types"].values()),
                url="https://checkout.stripe.com/c/pay/cs_test",
                metadata=fields["metadata"],
                _intent=fields["payment_intent_data"],
                _customer=fields.get("customer_creation") == "always",
            )
        if path.startswith("/v1/checkout/sessions/") and path.endswith("/expire"):
            return self._expire(path.split("/")[4])
        if path == "/v1/payment_intents":
            if fields["payment_method_types"] == {"0": "customer_balance"}:
                self._check_amount(fields["amount"], fields["currency"])
                return self.transfers.intend(fields)
            if "confirm" in fields:
                return self._charge_saved(fields)
            if list(fields["payment_method_types"].values()) != ["card_present"]:
                return self.element.intend(fields)
            self._check_amount(fields["amount"], fields["currency"])
            return self.terminal.intend(fields)
        if path.startswith("/v1/payment_methods/") and path.endswith("/detach"):
            return self._detach(path.split("/")[3])
        if path == "/v1/refunds":
            return self._refund(fields)
        return self._post_rarer(path, fields)

    def _post_rarer(self, path: str, fields: Object) -> Object:
        _empty, _version, *parts = path.split("/")
        if path == "/v1/customers":
            return self.transfers.new_customer(fields)
        if path == "/v1/files":
            return self._keep_file(fields)
        if parts[0] == "disputes":
            return self._answer(parts[1], fields)
        if parts[0] == "payment_intents" and parts[2:] == ["cancel"]:
            return self._cancel_intent(parts[1])
        if parts[0] == "terminal":
            return self._command(parts[2], parts[3], fields)
        raise Refused(404, "invalid_request_error", f"Unrecognized request URL ({path})")

    def _cancel_intent(self, name: str) -> Object:
        intent = self._found(name, "payment_intent")
        if intent["status"] in ("succeeded", "processing", "canceled"):
            raise Refused(
                400,
                "invalid_request_error",
                f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
                code="payment_intent_unexpected_state",
            )
        intent.update(status="canceled", next_action=None)
        self.transfers.give_up(intent)
        self.tell("payment_intent.canceled", intent)
        return intent

    def _command(self, name: str, act: str, fields: Object) -> Object:
        reader = self._found(name, "terminal.reader")
        try:
            if act == "cancel_action":
                return self.terminal.cancel_action(reader)
            intent = self._found(fields["payment_intent"], "payment_intent")
            return self.terminal.process(reader, intent, fields["process_config"])
        except Refusal as refusal:
            raise Refused(400, "invalid_request_error", refusal.message, code=refusal.code) from refusal

    def _found(self, name: str, kind: str) -> Object:
        found = self.objects.get(name)
        if found is None or found["object"] != kind:
            raise Refused(404, "invalid_request_error", f"No such {kind}: {name}", code="resource_missing")
        return found

    def _keep_file(self, fields: Object) -> Object:
        wrong, facts = new_file(fields)
        if wrong:
            raise Refused(400, "invalid_request_error", wrong, param="file")
        return self._make("file", "file", **facts, _data=fields["file"]["data"])

    def _answer(self, name: str, fields: Object) -> Object:
        case = self._found(name, "dispute")
        wrong = answered(case, fields, {each["id"] for each in self.files})
        if wrong:
            raise Refused(400, "invalid_request_error", wrong)
        self.tell("charge.dispute.updated", case)
        return case

    def _expire(self, session_id: str) -> Object:
        found = self._found(session_id, "checkout.session")
        if found["status"] != "open":
            raise Refused(400, "invalid_request_error", "Only Checkout Sessions that are open can expire")
        self.expire(session_id)
        return found

    def _detach(self, name: str) -> Object:
        method = self._found(name, "payment_method")
        if not method.get("customer"):
            raise Refused(400, "invalid_request_error", "The payment method is not attached to a customer")
        if self.stubborn:
            raise Refused(400, "invalid_request_error", "This payment method cannot be detached")
        method["customer"] = None
        method["detached"] = True
        return method

    def _charge_saved(self, fields: Object) -> Object:
        self._check_amount(fields["amount"], fields["currency"])
        if fields["payment_method"] not in self.objects:
            raise Refused(
                404,
                "invalid_request_error",
                "No such PaymentMethod",
                code="resource_missing",
                param="payment_method",
            )
        if self.objects[fields["payment_method"]].get("detached"):
            raise Refused(
                400,
                "invalid_request_error",
                "The payment method was detached from a customer",
                param="payment_method",
            )
        intent = self._make_intent(int(fields["amount"]), fields["currency"], fields["metadata"])
        if self.objects[fields["payment_method"]].get("empty"):
            intent["status"] = "requires_payment_method"
            raise Refused(
                402,
                "card_error",
                "Your card has insufficient funds.",
                code="card_declined",
                decline_code="insufficient_funds",
                payment_intent=intent,
            )
        self._capture(intent)
        return intent

    def _refund(self, fields: Object) -> Object:
        intent = self.objects.get(fields["payment_intent"])
        if intent is None or intent["status"] != "succeeded":
            raise Refused(404, "invalid_request_error", "No such payment_intent", code="resource_missing")
        amount = int(fields["amount"])
        if amount <= 0 or given_back(self.objects, intent["id"]) + amount > intent["amount_received"]:
            raise Refused(
                400,
                "invalid_request_error",
                "Refund amount is greater than unrefunded amount on charge",
                param="amount",
            )
        made = self._make(
            "re",
            "refund",
            amount=amount,
            currency=intent["currency"],
            status=self.transfers.status_of_refund(intent),
            metadata=fields["metadata"],
            payment_intent=intent["id"],
        )
        made["balance_transaction"] = self._movement("refund", made["id"], -amount, intent["currency"])["id"]
        self.tell("refund.created", made)
        return made

    # -- making ----------------------------------------------------------------------------------------------

    def _check_amount(self, amount: str, code: str) -> None:
        if code == self.no_currency:
            raise Refused(400, "invalid_request_error", f"Invalid currency: {code}", param="currency")
        if int(amount) < {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50}.get(code, 1):
            raise Refused(400, "invalid_request_error", "Amount must be at least 50", code="amount_too_small")
        if code in ("kwd", "bhd") and int(amount) % 10:
            raise Refused(400, "invalid_request_error", "Invalid amount", code="parameter_invalid_integer")

    def _intent_of(self, page: Object) -> Object:
        if page["payment_intent"] is None:
            data = page["_intent"]
            intent = self._make_intent(page["amount_total"], page["currency"], data["metadata"])
            kind = page["payment_method_types"][0]
            if page["_customer"]:
                customer = self._make("cus", "customer")["id"]
                method = self._make("pm", "payment_method", type=kind, customer=customer)
                intent.update(customer=customer, payment_method=method["id"])
            intent.update(
                setup_future_usage=data.get("setup_future_usage"), _kind=kind, payment_method_types=[kind]
            )
            page["payment_intent"] = intent["id"]
        return self.objects[page["payment_intent"]]

    def _make_intent(self, amount: int, code: str, metadata: Object) -> Object:
        return self._make(
            "pi",
            "payment_intent",
            amount=amount,
            amount_received=0,
            currency=code,
            status="requires_payment_method",
            metadata=metadata,
            latest_charge=None,
            last_payment_error=None,
            next_action=None,
            payment_method_types=["card"],
            _kind="card",
        )

    def _capture(self, intent: Object) -> None:
        kind = intent["_kind"]
        details: Object = {}
        if kind.startswith("card"):
            details = CARD | ({"generated_card": intent.get("_twin")} if kind == "card_present" else {})
        elif kind != "customer_balance":
            details = {"last4": "3000", "bank_code": "37040044", "mandate": self._mandate_of(intent, kind)}
        charge = self._make(
            "ch",
            "charge",
            status="succeeded",
            currency=intent["currency"],
            payment_intent=intent["id"],
            payment_method_details={"type": kind, kind: details},
        )
        fee = intent["amount"] * 15 // 1000
        charge["balance_transaction"] = self._movement(
            "charge", charge["id"], intent["amount"], intent["currency"], fee=fee
        )["id"]
        intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"])

    def _mandate_of(self, intent: Object, kind: str) -> str:
        details = {"type": kind, kind: {"reference": "REF-37040044", "url": "https://hooks.stripe.com/m"}}
        made = self._make(
            "mandate",
            "mandate",
            status="active",
            payment_method=intent.get("payment_method"),
            payment_method_details=details,
        )
        return str(made["id"])

    def _movement(self, kind: str, source: str | None, amount: int, code: str, *, fee: int = 0) -> Object:
        rate, own = (2, self.settles_in) if self.settles_in else (None, code)
        times = rate or 1
        return self._make(
            "txn",
            "balance_transaction",
            type=kind,
            source=source,
            amount=amount * times,
            fee=fee * times,
            net=(amount - fee) * times,
            currency=own,
            exchange_rate=rate,
        )

    def _make(self, prefix: str, kind: str, **facts: Any) -> Object:
        name = self._name(f"{prefix}_test" if prefix == "cs" else prefix)
        made = {"id": name, "object": kind, "created": _now(), "metadata": {}, **facts}
        self.objects[name] = made
        return made

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}_{self._count:06}"

    def _expanded(self, answer: Object, asked: Object) -> Object:
        copy: Object = json.loads(json.dumps(answer))
        for path in (asked.get("expand") or {}).values():
            assert path.count(".") < 4, "Stripe expands four levels"
            self._expand(copy, path.split("."))
        return copy

    def _expand(self, within: Any, path: list[str]) -> None:
        for holder in within if isinstance(within, list) else [within]:
            if not isinstance(holder, dict) or holder.get(path[0]) is None:
                continue
            if isinstance(holder[path[0]], str):
                holder[path[0]] = json.loads(json.dumps(self.objects.get(holder[path[0]], holder[path[0]])))
            if path[1:]:
                self._expand(holder[path[0]], path[1:])


_SHELVES = {
    "webhook_endpoints": "webhook_endpoint",
    "terminal/readers": "terminal.reader",
    "mandates": "mandate",
    "customers": "customer",
    "payment_methods": "payment_method",
    "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "payouts": "payout",
    "balance_transactions": "balance_transaction",
    "events": "event",
}


def _now() -> int:
    return int(clock.now(None).timestamp())


def signed(secret: str, at: int, body: bytes) -> dict[str, str]:
    """The header by which Stripe proves itself."""
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return {"stripe-signature": f"t={at},v1={mark}"}


def running() -> Iterator[FakeStripe]:
    """For a fixture."""
    fake = FakeStripe()
    yield fake
    fake.close()
