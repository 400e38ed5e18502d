"""The part of the stand-in for Stripe that reads cards in a shop: https://docs.stripe.com/api/terminal/readers"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.fakes.stripe_server import FakeStripe

Object = dict[str, Any]

#: What all cards of the stand-in look like.
CARD: Final = {"brand": "visa", "last4": "4242", "exp_year": 2031, "exp_month": 7}


class Refusal(Exception):
    """Why nothing was done: Stripe's code, and words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class FakeTerminal:
    """The readers of one account. What people do in the shop are methods."""

    def __init__(self, stripe: FakeStripe) -> None:
        self._stripe = stripe

    def add_reader(self, label: str = "Front desk") -> str:
        made = self._stripe._make(
            "tmr", "terminal.reader", label=label, status="online", action=None, serial_number="WSC5-1"
        )
        return str(made["id"])

    def unplug(self, reader: str) -> None:
        self._stripe.objects[reader]["status"] = "offline"

    def tap(self, reader: str, *, decline: str = "", tip: int = 0, wallet: bool = False) -> None:
        """A card is held to it, or a phone with one; after a tip was given where it asked for one."""
        action = self._stripe.objects[reader]["action"]
        intent = self._stripe.objects[action["process_payment_intent"]["payment_intent"]]
        if intent["status"] == "canceled":
            self._end(reader, "failed", "intent_invalid_state")
        elif decline:
            intent["last_payment_error"] = {
                "code": "card_declined",
                "decline_code": decline,
                "message": "Your card was declined.",
            }
            self._end(reader, "failed", "card_declined")
            self._stripe.tell("payment_intent.payment_failed", intent)
        else:
            if tip:
                assert action["process_payment_intent"]["process_config"].get("tipping"), "nobody was asked"
                intent["amount"] += tip
                intent["amount_details"] = {"tip": {"amount": tip}}
            if intent["setup_future_usage"] and not wallet:
                intent["_twin"] = self._twin(intent)
            self._stripe._capture(intent)
            self._end(reader, "succeeded")
            self._stripe.tell("payment_intent.succeeded", intent)

    def _twin(self, intent: Object) -> str:
        """The method that Stripe keeps of a card, for its customer: for charges without the card."""
        made = self._stripe._make(
            "pm", "payment_method", type="card", customer=intent["customer"], card=dict(CARD)
        )
        return str(made["id"])

    def walk_away(self, reader: str) -> None:
        """The payer presses the red button."""
        self._end(reader, "failed", "customer_canceled")

    def _end(self, name: str, status: str, code: str = "") -> None:
        reader = self._stripe.objects[name]
        message = code.replace("_", " ").capitalize()
        reader["action"] |= {
            "status": status,
            "failure_code": code or None,
            "failure_message": message or None,
        }
        kind = "succeeded" if status == "succeeded" else "failed"
        self._stripe.tell(f"terminal.reader.action_{kind}", reader)

    # -- the interface ---------------------------------------------------------------------------------------

    def intend(self, fields: Object) -> Object:
        intent = self._stripe._make_intent(int(fields["amount"]), fields["currency"], fields["metadata"])
        intent.update(
            payment_method_types=["card_present"],
            _kind="card_present",
            customer=fields.get("customer"),
            setup_future_usage=fields.get("setup_future_usage"),
        )
        return intent

    def process(self, reader: Object, intent: Object, config: Object) -> Object:
        if reader["status"] != "online":
            raise Refusal("terminal_reader_offline", "Reader is currently offline")
        if (reader["action"] or {}).get("status") == "in_progress":
            raise Refusal("terminal_reader_busy", "Reader is currently busy processing another request")
        if (
            intent["status"] != "requires_payment_method"
            or "card_present" not in intent["payment_method_types"]
        ):
            raise Refusal("intent_invalid_state", "The payment intent cannot be processed by a reader")
        if "allow_redisplay" in config and self._stripe.version < "2024-09-30":
            raise Refusal("parameter_unknown", "Received unknown parameter: process_config[allow_redisplay]")
        if intent["setup_future_usage"] and "allow_redisplay" not in config:
            raise Refusal("parameter_missing", "Missing required param: process_config[allow_redisplay].")
        reader["action"] = {
            "type": "process_payment_intent",
            "status": "in_progress",
            "failure_code": None,
            "failure_message": None,
            "process_payment_intent": {"payment_intent": intent["id"], "process_config": config},
        }
        return reader

    def cancel_action(self, reader: Object) -> Object:
        if reader["status"] != "online":
            raise Refusal("terminal_reader_offline", "Reader is currently offline")
        reader["action"] = None
        return reader
