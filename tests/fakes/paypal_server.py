"""A server on loopback that speaks PayPal's published formats, as far as the adapter uses them.

It is stricter than the real one where that finds mistakes: an order that nobody approved is not captured, an amount
with too many decimals is refused, a label longer than 127 characters too, and a token is wanted before anything else.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.message import Message
from functools import cache
from secrets import token_hex
from typing import cast
from urllib.parse import urlencode
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from allsquare.core import clock
from tests.fakes.http_server import Asked, Object, Server, send

CLIENT = "client_of_the_fake"
SECRET = "secret_of_the_fake"  # opens nothing but tests
WEBHOOK = "WH0OK"
CERTIFICATE = "/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"


class Refused(Exception):
    """An error in PayPal's form."""

    def __init__(self, status: int, name: str, issue: str = "", description: str = "") -> None:
        super().__init__(issue or name)
        self.status = status
        self.body: Object = {"name": name, "message": name.lower(), "debug_id": "d1"}
        if issue:
            self.body["details"] = [{"issue": issue, "description": description or issue.lower()}]


class FakePayPal(Server):
    """One account. What payers, banks and PayPal do are methods."""

    def __init__(self) -> None:
        self.merchant = token_hex(6).upper()
        self.orders: dict[str, Object] = {}
        self.captures: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.disputes: dict[str, Object] = {}
        self.report: list[Object] = []
        self.news: list[Object] = []
        self.answers: dict[tuple[str, str], tuple[int, Object]] = {}
        self.tokens = 0
        self.token_gone = False  # the token that is in use was withdrawn
        self.news_url = ""
        self.lose = ""  # "reply" or "request": of the next write
        self.key_revoked = False
        self.may_report = True
        self.no_currency = ""
        self.lag = timedelta()  # of the report
        self.sends = ["*"]  # kinds of news that it sends to us
        self.untold = ""  # of a capture: "fee", or "all" but its amount
        self.hidden: dict[
            str, int
        ] = {}  # what another integration made, and how it is kept from us: 403 or 404
        self.next_capture = "COMPLETED"  # or an issue, such as INSTRUMENT_DECLINED
        self.page_size = 500
        self.cases_page = 50
        self.most_reported = 10_000
        self.reports = self.certificates = 0  # how often they were asked for
        self.while_certificate: Callable[[], object] | None = None
        self._count = 0
        super().__init__()

    # -- what payers, banks and PayPal do --------------------------------------------------------------------

    def approve(self, name: str) -> None:
        """The payer presses *Pay now* on PayPal's page."""
        order = self.orders[name]
        assert order["status"] in ("PAYER_ACTION_REQUIRED", "CREATED"), "approved once"
        order["status"] = "APPROVED"
        self.tell("CHECKOUT.ORDER.APPROVED", order)

    def forget(self, name: str) -> None:
        """Nobody came for hours."""
        del self.orders[name]

    def dispute(self, capture: str, *, stage: str = "CHARGEBACK", fee: str = "") -> Object:
        """Somebody wants back what was not given back already."""
        of = self.captures[capture]["amount"]
        back = [
            one for one in self.refunds.values() if one["links"][0]["href"].endswith(f"/captures/{capture}")
        ]
        left = Decimal(of["value"]) - sum(Decimal(one["amount"]["value"]) for one in back)
        case: Object = {
            "dispute_id": self._name("PP-D-"),
            "create_time": _now(),
            "update_time": _now(),
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "status": "WAITING_FOR_SELLER_RESPONSE",
            "seller_response_due_date": _later(days=10),
            "links": [{"rel": "provide_evidence", "href": "/", "method": "POST"}],
            "dispute_life_cycle_stage": stage,
            "dispute_amount": {**of, "value": str(left)},
            "disputed_transactions": [{"seller_transaction_id": capture}],
        }
        if fee:
            amount = {"currency_code": case["dispute_amount"]["currency_code"], "value": fee}
            case["fund_movements"] = [
                {"party": "SELLER", "type": "DEBIT", "reason": "CHARGEBACK_FEE", "amount": amount}
            ]
        self.disputes[case["dispute_id"]] = case
        self.tell("CUSTOMER.DISPUTE.CREATED", case)
        return case

    def reverse(self, capture: str, value: str = "", *, ago: timedelta = timedelta(minutes=61)) -> Object:
        """A bank took the money back. Returns the news."""
        of = self.captures[capture]
        amount = {**of["amount"], "value": value or of["amount"]["value"]}
        made: Object = {
            "id": self._name("6R"),
            "status": "COMPLETED",
            "amount": amount,
            "create_time": _later(days=0, more=-ago),
            "links": [{"rel": "up", "href": f"{self.url}/v2/payments/captures/{capture}", "method": "GET"}],
        }
        self.refunds[made["id"]] = made
        of["status"] = "REFUNDED"
        less = {**amount, "value": f"-{amount['value']}"}
        self._write_down(made["id"], "T1106", less, of["custom_id"])
        self.report[-1] |= {"paypal_reference_id": capture, "paypal_reference_id_type": "TXN"}
        self.report[-1]["transaction_initiation_date"] = made["create_time"]
        return self.tell("PAYMENT.CAPTURE.REVERSED", made)

    def move(
        self, code: str, value: str, currency: str = "EUR", *, words: str = "", fee: str = "", about: str = ""
    ) -> str:
        """The balance is moved by what is no payment: ``code`` says what it was."""
        name = self._name("9M")
        self._write_down(name, code, {"currency_code": currency, "value": value})
        self.report[-1]["transaction_initiation_date"] = _later(days=0, more=-timedelta(hours=4))
        more: Object = {"transaction_subject": words, "paypal_reference_id": about}
        more["fee_amount"] = {"currency_code": currency, "value": fee} if fee else None
        self.report[-1] |= {field: told for field, told in more.items() if told}
        return name

    def withdraw(self, value: str, code: str = "EUR") -> str:
        """The balance goes to the bank."""
        name = self._name("WD")
        self._write_down(name, "T0400", {"currency_code": code, "value": f"-{value}"})
        return name

    def tell(self, kind: str, about: Object) -> Object:
        event = {
            "id": self._name("WH-"),
            "event_type": kind,
            "create_time": _now(),
            "resource": json.loads(json.dumps(about)),
        }
        self.news.append(event)
        if self.news_url:
            body = json.dumps(event).encode()
            send(self.news_url, body, signed(self.url, WEBHOOK, clock.now(None), body))
        return event

    def tell_nameless(self) -> list[Object]:
        """News of what has no id."""
        partner: Object = {"partner_client_id": "P1", "merchant_id": "M1"}
        return [self.tell("MERCHANT.PARTNER-CONSENT.REVOKED", partner)]

    def by_others(self, status: int) -> tuple[Object, Object, Object]:
        """A capture, its refund and a case about it that another integration of this account made, which this one is
        not shown."""
        capture: Object = {"id": self._name("9X"), "custom_id": "order 4711", "create_time": _now()}
        capture |= {"amount": {"currency_code": "EUR", "value": "5.00"}, "status": "COMPLETED"}
        refund: Object = {**capture, "id": self._name("9Y")}
        refund["links"] = [{"rel": "up", "href": f"{self.url}/v2/payments/captures/{capture['id']}"}]
        self.captures[capture["id"]] = capture
        self.refunds[refund["id"]] = refund
        self._write_down(capture["id"], "T0006", capture["amount"], "order 4711")
        self._write_down(refund["id"], "T1107", {"currency_code": "EUR", "value": "-5.00"}, "order 4711")
        self.hidden |= {capture["id"]: status, refund["id"]: status}
        return capture, refund, self.dispute(capture["id"])

    # -- the interface ---------------------------------------------------------------------------------------

    def reply(self, asked: Asked) -> tuple[int, Object | bytes] | None:
        if asked.path.startswith("/v1/notifications/certs/"):
            return self._certificate(asked.path)
        try:
            if asked.path == "/v1/oauth2/token":
                return self._token(asked)
            lost, self.lose = (self.lose, "") if asked.method == "POST" else ("", self.lose)
            if lost == "request":
                return None
            told = self._answer(asked)
        except Refused as refused:
            told = refused.status, refused.body
        return None if lost == "reply" else told

    def _certificate(self, path: str) -> tuple[int, Object | bytes]:
        self.certificates += 1
        if self.while_certificate:
            self.while_certificate()
        return (200, certificate()) if path == CERTIFICATE else (404, {"name": "RESOURCE_NOT_FOUND"})

    def _token(self, asked: Asked) -> tuple[int, Object]:
        right = "Basic " + b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if self.key_revoked or asked.headers.get("authorization") != right:
            return 401, {"error": "invalid_client", "error_description": "Client Authentication failed"}
        assert asked.body == b"grant_type=client_credentials"
        self.tokens += 1
        self.token_gone = False
        return 200, {"access_token": f"A21{self.tokens}", "token_type": "Bearer", "expires_in": 32400}

    def _answer(self, asked: Asked) -> tuple[int, Object]:
        if self.token_gone or asked.headers.get("authorization") != f"Bearer A21{self.tokens}":
            return 401, {"error": "invalid_token", "error_description": "Token signature verification failed"}
        if asked.method == "GET":
            return 200, self._get(asked.path, asked.query)
        key = (asked.path, asked.headers.get("paypal-request-id", ""))
        if key[1] and key in self.answers:
            return self.answers[key]
        if asked.path.endswith("/provide-evidence"):
            made = 200, self._take_evidence(asked)
        else:
            made = self._post(asked.path, asked.json)
        if key[1]:
            self.answers[key] = made[0], json.loads(json.dumps(made[1]))
        return made

    def _get(self, path: str, query: dict[str, str]) -> Object:
        if path == "/v1/reporting/transactions":
            return self._list(query)
        if path == "/v1/customer/disputes":
            return self._cases(query)
        if path == "/v1/notifications/webhooks-events":
            return self._events(query)
        shelf, _slash, name = path.rpartition("/")
        shelves = {
            "/v2/checkout/orders": self.orders,
            "/v2/payments/captures": self.captures,
            "/v2/payments/refunds": self.refunds,
            "/v1/customer/disputes": self.disputes,
            "/v1/notifications/webhooks": {
                WEBHOOK: {
                    "id": WEBHOOK,
                    "url": "https://shop.example/hooks/",
                    "event_types": [{"name": each, "status": "ENABLED"} for each in self.sends],
                }
            },
        }
        if self.hidden.get(name) == 403:
            raise Refused(403, "NOT_AUTHORIZED", "PERMISSION_DENIED", "You do not have permission.")
        if name in self.hidden or name not in shelves.get(shelf, {}):
            raise Refused(
                404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID", "Specified resource ID does not exist."
            )
        return shelves[shelf][name]

    def _events(self, query: dict[str, str]) -> Object:
        """The news that was sent, newest first; each page leads to the next."""
        first = datetime.fromisoformat(query["start_time"])
        last = datetime.fromisoformat(query.get("end_time") or clock.now(None).isoformat())
        assert clock.now(None) - first <= timedelta(days=30, minutes=1), "PayPal keeps its news for 30 days"
        found = [
            each
            for each in reversed(self.news)
            if first <= datetime.fromisoformat(each["create_time"]) <= last
        ]
        start, size = int(query.get("start_id", "0")), min(int(query["page_size"]), self.cases_page)
        told: Object = {"events": found[start : start + size], "count": len(found)}
        if len(found) > start + size:
            asked = urlencode({**query, "start_id": str(start + size)})
            href = f"https://api-m.paypal.com/v1/notifications/webhooks-events?{asked}"
            told["links"] = [{"rel": "next", "href": href, "method": "GET"}]
        return told

    def _cases(self, query: dict[str, str]) -> Object:
        """Its pages lead to one another: PayPal tells no number of them."""
        assert "page" not in query
        assert "total_required" not in query
        about = query.get("disputed_transaction_id", "")
        found = [
            each
            for each in self.disputes.values()
            if query.get("update_time_after", "")
            <= each["update_time"]
            <= query.get("update_time_before", "9999")
            and about in ("", each["disputed_transactions"][0]["seller_transaction_id"])
        ]
        first = int(query.get("next_page_token", "0"))
        size = min(int(query.get("page_size", "10")), self.cases_page)
        told: Object = {"items": [{"dispute_id": each["dispute_id"]} for each in found[first : first + size]]}
        if len(found) > first + size:
            address = f"https://api-m.paypal.com/v1/customer/disputes?page_size={size}"
            link = {"rel": "next", "href": f"{address}&next_page_token={first + size}", "method": "GET"}
            told["links"] = [{"rel": "self", "href": address, "method": "GET"}, link]
        return told

    def _list(self, query: dict[str, str]) -> Object:
        self.reports += 1
        if not self.may_report:
            raise Refused(403, "NOT_AUTHORIZED")
        first, last = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        assert first < last <= first + timedelta(days=31), "PayPal reports 31 days at once"
        fresh = clock.now(None) - self.lag
        if first > fresh:
            issue = "Data for the given start date is not available."
            raise Refused(400, "INVALID_REQUEST", issue)
        found = [
            each
            for each in self.report
            if first <= datetime.fromisoformat(each["transaction_initiation_date"]) <= min(last, fresh)
        ]
        if len(found) > self.most_reported:
            raise Refused(400, "RESULTSET_TOO_LARGE")
        size = min(int(query["page_size"]), self.page_size)
        page = int(query.get("page", "1"))
        shown = found[(page - 1) * size : page * size]
        return {
            "transaction_details": [{"transaction_info": each} for each in shown],
            "last_refreshed_datetime": fresh.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "account_number": self.merchant,
            "total_pages": -(-len(found) // size),
        }

    def _post(self, path: str, fields: Object) -> tuple[int, Object]:
        parts = path.strip("/").split("/")
        if path == "/v2/checkout/orders":
            return 200, self._order(fields)
        if parts[:3] == ["v2", "checkout", "orders"] and parts[-1] == "capture":
            return 201, self._capture(parts[3])
        if parts[:3] == ["v2", "payments", "captures"] and parts[-1] == "refund":
            return 201, self._refund(parts[3], fields)
        raise Refused(404, "RESOURCE_NOT_FOUND")

    def decide(self, name: str, outcome: str, refunded: str = "") -> None:
        """PayPal ends a case, maybe with a part of its sum."""
        case = self.disputes[name]
        ended: Object = {"outcome_code": outcome}
        if refunded:
            ended["amount_refunded"] = {**case["dispute_amount"], "value": refunded}
        case |= {"status": "RESOLVED", "dispute_outcome": ended, "links": [], "update_time": _now()}
        del case["seller_response_due_date"]

    def _take_evidence(self, asked: Asked) -> Object:
        case = self.disputes[asked.path.split("/")[-2]]
        if not case["links"]:
            raise Refused(422, "UNPROCESSABLE_ENTITY", "ACTION_NOT_ALLOWED", "Evidence is not accepted now.")
        kind = asked.headers["content-type"]
        parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + asked.body).get_payload()
        first, *files = cast(list[Message], parts)
        assert (first.get_content_type(), first.get_filename()) == ("application/json", None)
        (told,) = json.loads(cast(bytes, first.get_payload(decode=True)))["evidences"]
        assert (told["evidence_type"], 0 < len(told["notes"]) <= 2000) == ("OTHER", True)
        documents = [{"name": each.get_filename()} for each in files]
        case |= {
            "evidences": [{**told, "source": "SUBMITTED_BY_SELLER", "documents": documents}],
            "status": "UNDER_REVIEW",
            "links": [],
        }
        return {"links": []}

    def _order(self, fields: Object) -> Object:
        (unit,) = fields["purchase_units"]
        _check_amount(unit["amount"])
        if unit["amount"]["currency_code"] == self.no_currency:
            raise Refused(
                422, "UNPROCESSABLE_ENTITY", "CURRENCY_NOT_SUPPORTED", "The currency is not supported."
            )
        assert len(unit["custom_id"]) <= 127
        assert fields["payment_source"]["paypal"]["experience_context"]["return_url"]
        name = self._name("5O")
        self.orders[name] = {
            "id": name,
            "intent": fields["intent"],
            "status": "PAYER_ACTION_REQUIRED",
            "create_time": _now(),
            "purchase_units": [{"reference_id": "default", **unit}],
            "links": [
                {
                    "rel": "payer-action",
                    "href": f"https://www.sandbox.paypal.com/checkoutnow?token={name}",
                    "method": "GET",
                }
            ],
        }
        return self.orders[name]

    def _capture(self, name: str) -> Object:
        order = self.orders.get(name)
        if order is None:
            raise Refused(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        if order["status"] == "COMPLETED":
            raise Refused(422, "UNPROCESSABLE_ENTITY", "ORDER_ALREADY_CAPTURED", "Order already captured.")
        if order["status"] != "APPROVED":
            raise Refused(
                422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED", "Payer has not yet approved the Order."
            )
        if self.next_capture not in ("COMPLETED", "PENDING"):
            issue, self.next_capture = self.next_capture, "COMPLETED"
            if issue == "INSTRUMENT_DECLINED":
                order["status"] = "PAYER_ACTION_REQUIRED"
            raise Refused(422, "UNPROCESSABLE_ENTITY", issue, "The payment was declined.")
        unit = order["purchase_units"][0]
        captured: Object = {
            "id": self._name("2G"),
            "status": self.next_capture,
            "amount": unit["amount"],
            "custom_id": unit["custom_id"],
            "create_time": _now(),
            "final_capture": True,
            **self._parts(unit["amount"]),
            "supplementary_data": {"related_ids": {"order_id": name}},
        }
        if captured["status"] == "PENDING":
            captured["status_details"] = {"reason": "PENDING_REVIEW"}
        self.captures[captured["id"]] = captured
        order["status"] = "COMPLETED"
        unit["payments"] = {"captures": [captured], "refunds": []}
        self._write_down(captured["id"], "T0006", captured["amount"], captured["custom_id"])
        self.tell(f"PAYMENT.CAPTURE.{captured['status']}", captured)
        return order

    def _parts(self, amount: Object) -> Object:
        """Only the sum itself is promised."""
        told = {name: value for name, value in breakdown(amount).items() if name != f"paypal_{self.untold}"}
        return {} if self.untold == "all" else {"seller_receivable_breakdown": told}

    def _refund(self, capture: str, fields: Object) -> Object:
        of = self.captures.get(capture)
        if of is None:
            raise Refused(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        _check_amount(fields["amount"])
        order = self.orders[of["supplementary_data"]["related_ids"]["order_id"]]
        given = order["purchase_units"][0]["payments"]["refunds"]
        total = sum((Decimal(each["amount"]["value"]) for each in given), Decimal(fields["amount"]["value"]))
        if total > Decimal(of["amount"]["value"]):
            raise Refused(
                422,
                "UNPROCESSABLE_ENTITY",
                "REFUND_AMOUNT_EXCEEDED",
                "The refund amount must be less than or equal",
            )
        made: Object = {
            "id": self._name("1J"),
            "status": "COMPLETED",
            "create_time": _now(),
            "links": [{"rel": "up", "href": f"{self.url}/v2/payments/captures/{capture}", "method": "GET"}],
            **fields,
        }
        self.refunds[made["id"]] = made
        given.append(made)
        of["status"] = "REFUNDED" if total == Decimal(of["amount"]["value"]) else "PARTIALLY_REFUNDED"
        value = {**fields["amount"], "value": f"-{fields['amount']['value']}"}
        self._write_down(made["id"], "T1107", value, of["custom_id"])
        self.tell("PAYMENT.CAPTURE.REFUNDED", made)
        return made

    # -- making ----------------------------------------------------------------------------------------------

    def _write_down(self, name: str, code: str, amount: Object, label: str = "") -> None:
        self.report.append(
            {
                "transaction_id": name,
                "transaction_event_code": code,
                "transaction_initiation_date": clock.now(None).astimezone(UTC).isoformat(timespec="seconds"),
                "transaction_amount": amount,
                "transaction_status": "S",
                "custom_field": label,
            }
        )

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count:015}"


def breakdown(amount: Object) -> Object:
    """PayPal's fee is 1.5 %, in whole units of what it counts."""
    step = Decimal(1) if amount["currency_code"] in ("HUF", "JPY", "TWD") else Decimal("0.01")
    fee = (Decimal(amount["value"]) * 15 / 1000).quantize(step)
    return {
        "gross_amount": amount,
        "paypal_fee": {**amount, "value": str(fee)},
        "net_amount": {**amount, "value": str(Decimal(amount["value"]) - fee)},
    }


def _check_amount(amount: Object) -> None:
    value = Decimal(amount["value"])
    if value <= 0:
        raise Refused(422, "UNPROCESSABLE_ENTITY", "CANNOT_BE_ZERO_OR_NEGATIVE")
    places = 0 if amount["currency_code"] in ("HUF", "JPY", "TWD") else 2
    if value.as_tuple().exponent < -places:  # type: ignore[operator]  # a finite number
        raise Refused(422, "UNPROCESSABLE_ENTITY", "DECIMAL_PRECISION")
    if amount["currency_code"] in ("KWD", "CLF", "BHD"):
        raise Refused(400, "INVALID_REQUEST", "INVALID_CURRENCY_CODE")


def _later(*, days: int, more: timedelta = timedelta()) -> str:
    return (clock.now(None) + timedelta(days=days) + more).astimezone(UTC).isoformat().replace("+00:00", "Z")


def _now() -> str:
    return clock.now(None).astimezone(UTC).isoformat().replace("+00:00", "Z")


@cache
def _key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate() -> bytes:
    """That by which the fake's signatures are checked."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messageverificationcerts.paypal.com")])
    now = clock.now(None)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=_key().public_key(),
        serial_number=1,
        not_valid_before=now - timedelta(days=30),
        not_valid_after=now + timedelta(days=30),
    )
    return builder.sign(_key(), SHA256()).public_bytes(Encoding.PEM)


def signed(origin: str, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers by which PayPal proves itself."""
    name = str(uuid4())
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    message = f"{name}|{moment}|{webhook_id}|{zlib.crc32(body)}".encode()
    return {
        "paypal-transmission-id": name,
        "paypal-transmission-time": moment,
        "paypal-transmission-sig": b64encode(_key().sign(message, PKCS1v15(), SHA256())).decode(),
        "paypal-cert-url": f"{origin}{CERTIFICATE}",
        "paypal-auth-algo": "SHA256withRSA",
    }


def running() -> Iterator[FakePayPal]:
    """For a fixture."""
    fake = FakePayPal()
    yield fake
    fake.close()
