"""The part of the stand-in for Stripe that a browser speaks to: its script with the Payment Element, the frame in which
the fields stand, what they send, and a bank's own page. https://docs.stripe.com/js

It behaves as documented, as far as our page uses it: a secret opens one payment, an error comes back with the payment
as it is now, whatever else happens leads to the address that was given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from tests.fakes.http_server import Asked, File

if TYPE_CHECKING:
    from tests.fakes.stripe_server import FakeStripe

Object = dict[str, Any]

PUBLISHABLE: Final = "pk_test_of_the_fake"
OF_ANOTHER: Final = "pk_test_of_another"
GOOD, POOR, SECURE = "4242424242424242", "4000000000009995", "4000002760003184"
_HERE: Final = Path(__file__).parent
_ENDED: Final = ("succeeded", "processing", "canceled")
_BANK: Final = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>Your bank</title><h1>Is it you?</h1>
<p><a href="?answer=yes">Approve the payment</a></p><p><a href="?answer=no">Deny it</a></p></html>"""


class FakeElement:
    """``down``: its script is not served. Of payments what payers do is done by methods, or by a browser."""

    def __init__(self, stripe: FakeStripe) -> None:
        self._stripe = stripe
        self.down = False

    # -- the interface of the account --------------------------------------------------------------------------

    def intend(self, fields: Object) -> Object:
        """A payment that waits for what a payer enters."""
        self._stripe._check_amount(fields["amount"], fields["currency"])
        (kind,) = fields["payment_method_types"].values()
        assert "return_url" not in fields, "Stripe takes it only with confirm"
        if "setup_future_usage" in fields:
            self._stripe._found(fields["customer"], "customer")
        intent = self._stripe._make_intent(int(fields["amount"]), fields["currency"], fields["metadata"])
        intent.update(
            client_secret=f"{intent['id']}_secret_{len(self._stripe.objects):04}",
            payment_method_types=[kind],
            _kind=kind,
            customer=fields.get("customer"),
            setup_future_usage=fields.get("setup_future_usage"),
            payment_method_options=fields.get("payment_method_options", {}),
        )
        return intent

    def of_publishable_key(self, asked: Asked, key: str) -> tuple[int, Object]:
        """Whoever has a payment's secret may read it."""
        if key not in (PUBLISHABLE, OF_ANOTHER):
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        name = asked.path.rpartition("/")[2]
        found = self._stripe.objects.get(name) if key == PUBLISHABLE else None
        if found is None or found.get("object") != "payment_intent":
            missing = {
                "type": "invalid_request_error",
                "code": "resource_missing",
                "message": f"No such {name}",
            }
            return 404, {"error": missing}
        if found.get("client_secret") != asked.query.get("client_secret"):
            return 400, {"error": {"type": "invalid_request_error", "message": "The secret is wrong."}}
        return 200, found

    # -- what payers do ----------------------------------------------------------------------------------------

    def pay(self, name: str) -> None:
        """By a good card."""
        intent = self._stripe.objects[name]
        if intent.get("setup_future_usage"):
            method = self._stripe._make(
                "pm", "payment_method", type=intent["_kind"], customer=intent["customer"]
            )
            intent["payment_method"] = method["id"]
        intent.update(next_action=None, last_payment_error=None)
        self._stripe._capture(intent)
        self._stripe.tell("payment_intent.succeeded", intent)

    def decline(self, name: str, code: str = "insufficient_funds", message: str = "") -> Object:
        """It may be tried again."""
        intent = self._stripe.objects[name]
        error = {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": code,
            "message": message or "Your card has insufficient funds.",
        }
        intent.update(status="requires_payment_method", next_action=None, last_payment_error=error)
        self.fail_charge(intent)
        self._stripe.tell("payment_intent.payment_failed", intent)
        return error

    def fail_charge(self, intent: Object) -> None:
        """What came to nothing has a charge, too."""
        details = {"type": intent["_kind"], intent["_kind"]: {"fingerprint": "fp_1"}}
        charge = self._stripe._make(
            "ch",
            "charge",
            status="failed",
            currency=intent["currency"],
            payment_intent=intent["id"],
            payment_method_details=details,
            balance_transaction=None,
        )
        intent["latest_charge"] = charge["id"]

    def order_debit(self, name: str) -> None:
        """The mandate is given; the bank takes days."""
        intent = self._stripe.objects[name]
        intent["status"] = "processing"
        self._stripe.tell("payment_intent.processing", intent)

    # -- what a browser asks for -------------------------------------------------------------------------------

    def reply(self, asked: Asked) -> tuple[int, File] | None:
        """``None`` for what is no browser's."""
        if asked.path == "/v3/" and self.down:
            return 503, File("text/plain", b"down")
        files = {
            "/v3/": ("stripe_element.js", "text/javascript"),
            "/v3/fields": ("stripe_fields.html", "text/html"),
        }
        if asked.path in files:
            name, media_type = files[asked.path]
            return 200, File(f"{media_type}; charset=utf-8", (_HERE / name).read_bytes())
        if asked.path.startswith("/3d-secure/"):
            return self._bank(asked.path.rpartition("/")[2], asked.query.get("answer", ""))
        if asked.path.startswith("/v1/payment_intents/") and asked.path.endswith("/confirm"):
            fields = dict(parse_qsl(asked.body.decode()))
            if "client_secret" in fields:
                status, told = self._confirm(asked.path.split("/")[3], fields)
                return status, _json(told)
        return None

    def _confirm(self, name: str, fields: dict[str, str]) -> tuple[int, Object]:
        intent = self._stripe.objects.get(name)
        if (
            intent is None
            or fields["client_secret"] != intent.get("client_secret")
            or fields["key"] != PUBLISHABLE
        ):
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        if intent["status"] in _ENDED:
            words = (
                f"This PaymentIntent's payment_method could not be updated: its status is {intent['status']}."
            )
            error = {
                "type": "invalid_request_error",
                "code": "payment_intent_unexpected_state",
                "message": words,
            }
            return 400, {"error": {**error, "payment_intent": _public(intent)}}
        number = fields["number"].replace(" ", "")
        if not number:
            words = "Your card number is incomplete."
            return 402, {"error": {"type": "validation_error", "code": "incomplete_number", "message": words}}
        if intent["_kind"] != "card":
            self.order_debit(name)
        elif number == POOR:
            error = self.decline(name)
            return 402, {"error": {**error, "payment_intent": _public(intent)}}
        elif number == SECURE:
            url = f"{self._stripe.url}/3d-secure/{name}"
            intent["_back"] = fields["return_url"]
            action = {
                "type": "redirect_to_url",
                "redirect_to_url": {"url": url, "return_url": fields["return_url"]},
            }
            intent.update(status="requires_action", next_action=action)
        else:
            self.pay(name)
        return 200, _public(intent)

    def _bank(self, name: str, answer: str) -> tuple[int, File]:
        intent = self._stripe.objects[name]
        if not answer:
            return 200, File("text/html; charset=utf-8", _BANK.encode())
        if answer == "yes":
            self.pay(name)
        else:
            words = "We are unable to authenticate your payment method."
            self.decline(name, "payment_intent_authentication_failure", words)
        query = {
            "payment_intent": name,
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if answer == "yes" else "failed",
        }
        return 303, File("text/plain", b"", {"location": f"{intent['_back']}?{urlencode(query)}"})


def _public(intent: Object) -> Object:
    """As much as a browser is told."""
    shown = ("id", "object", "status", "client_secret", "next_action", "last_payment_error")
    return {name: intent[name] for name in shown}


def _json(told: Object) -> File:
    return File("application/json", json.dumps(told).encode(), {"access-control-allow-origin": "*"})
