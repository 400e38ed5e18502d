"""The part of the stand-in for Stripe that reads cards in a shop: https://docs.stripe.com/api/terminal/readers"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.stripe_server import FakeStripe

Object = dict[str, Any]


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

    def tap(self, reader: str, *, decline: str = "", tip: int = 0) -> None:
        """A card is held to it, after a tip was given where it asked for one."""
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
            self._stripe._capture(intent)
            self._end(reader, "succeeded")
            self._stripe.tell("payment_intent.succeeded", intent)

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
