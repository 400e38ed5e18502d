"""Bank transfers as Stripe takes them: an account for each customer, what comes to it, and what is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.fakes.http_server import Object

if TYPE_CHECKING:
    from tests.fakes.stripe_server import FakeStripe

_COUNTRIES: Final = ("BE", "DE", "ES", "FR", "IE", "NL")
_CURRENCIES: Final = {
    "eu_bank_transfer": "eur",
    "gb_bank_transfer": "gbp",
    "jp_bank_transfer": "jpy",
    "mx_bank_transfer": "mxn",
    "us_bank_transfer": "usd",
}
_HOLDER: Final = "Harbour & Pine"
_ADDRESSES: Final[dict[str, list[Object]]] = {
    "eur": [
        {
            "type": "iban",
            "supported_networks": ["sepa"],
            "iban": {
                "account_holder_name": _HOLDER,
                "bic": "COBADEFFXXX",
                "country": "DE",
                "iban": "DE89370400440532013000",
            },
        }
    ],
    "gbp": [
        {
            "type": "sort_code",
            "supported_networks": ["bacs", "fps"],
            "sort_code": {
                "account_holder_name": _HOLDER,
                "account_number": "00012345",
                "sort_code": "108800",
            },
        }
    ],
    "usd": [
        {
            "type": "aba",
            "supported_networks": ["ach", "domestic_wire_us"],
            "aba": {
                "account_number": "11119987600453127",
                "bank_name": "US Test",
                "routing_number": "999999999",
            },
        },
        {
            "type": "swift",
            "supported_networks": ["swift"],
            "swift": {"account_number": "8703", "bank_name": "US Test", "swift_code": "TESTUS99XXX"},
        },
    ],
    "jpy": [
        {
            "type": "zengin",
            "supported_networks": ["zengin"],
            "zengin": {
                "account_holder_name": "ストライプ",
                "account_number": "1234567",
                "account_type": "futsu",
                "bank_code": "0001",
                "bank_name": "みずほ銀行",
                "branch_code": "150",
                "branch_name": "本店",
            },
        }
    ],
    "mxn": [
        {
            "type": "spei",
            "supported_networks": ["spei"],
            "spei": {"bank_code": "002", "bank_name": "BANAMEX", "clabe": "002180650612345670"},
        }
    ],
}


class FakeTransfers:
    """``asks_payer``: refunds wait until the payer has told Stripe their account."""

    def __init__(self, server: FakeStripe) -> None:
        self.server = server
        self.asks_payer = False

    # -- what payers and Stripe do -----------------------------------------------------------------------------

    def send(self, name: str, units: int) -> None:
        """The payer of a payment intent sends money to its account. What the payment waits for it gets."""
        intent = self.server.objects[name]
        customer = self.server.objects[intent["customer"]]
        code = intent["currency"]
        self._move(customer, code, units, "funded")
        missing = self.missing(intent["id"])
        if not missing:
            return
        taken = min(missing, customer["_cash"][code])
        self._move(customer, code, -taken, "applied_to_payment")
        intent["_came"] += taken
        if taken == missing:
            intent["next_action"] = None
            self.server._capture(intent)
            self.server.tell("payment_intent.succeeded", intent)
            return
        self._show_missing(intent)
        self.server.tell("payment_intent.partially_funded", intent)

    def end_refund(self, name: str, *, left: str = "") -> None:
        """The payer told their account, and the bank paid; or nobody answered for 45 days, and the money is ``left`` on
        the cash balance of the ``payer``; with the ``business`` again; or ``somewhere``, of which nothing is told."""
        refund = self.server.objects[name]
        refund["status"] = "canceled" if left else "succeeded"
        if left == "payer":
            self.show_with_payer(name)
        elif left == "business":
            back = self.server._movement("refund_failure", name, refund["amount"], refund["currency"])
            refund["failure_balance_transaction"] = back["id"]
        self.server.tell("refund.updated", refund)

    def show_with_payer(self, name: str) -> None:
        refund = self.server.objects[name]
        intent = self.server.objects[refund["payment_intent"]]
        about = {"refunded_from_payment": {"refund": name}}
        customer = self.server.objects[intent["customer"]]
        self._move(customer, intent["currency"], refund["amount"], "refunded_from_payment", **about)

    # -- the interface -----------------------------------------------------------------------------------------

    def new_customer(self, fields: Object) -> Object:
        """For a transfer, or for what the fields within our page keep."""
        if balance := fields.get("cash_balance"):
            assert balance == {"settings": {"reconciliation_mode": "automatic"}}
        made = self.server._make("cus", "customer", **{**fields, "cash_balance": None})
        made["_cash"] = {}
        return made

    def intend(self, fields: Object) -> Object:
        options = fields["payment_method_options"]["customer_balance"]
        where = options["bank_transfer"]
        assert options["funding_type"] == "bank_transfer"
        assert fields["payment_method_data"] == {"type": "customer_balance"}
        assert fields["confirm"] == "true"
        assert _CURRENCIES[where["type"]] == fields["currency"]
        if fields["currency"] == "eur":
            assert where["eu_bank_transfer"]["country"] in _COUNTRIES
        customer = self.server._found(fields["customer"], "customer")
        intent = self.server._make_intent(int(fields["amount"]), fields["currency"], fields["metadata"])
        intent.update(
            status="requires_action",
            customer=customer["id"],
            payment_method_types=["customer_balance"],
            _kind="customer_balance",
            _came=0,
        )
        self._show_missing(intent)
        return intent

    def balance_of(self, customer: Object) -> Object:
        over = {code: units for code, units in customer.get("_cash", {}).items() if units}
        return {"object": "cash_balance", "available": over or None, "customer": customer["id"]}

    def cash_of(self, customer: Object, path: str, query: Object) -> Object:
        """What lies there, or how it came and went."""
        if path.endswith("_transactions"):
            named = {**query, "customer": customer["id"]}
            return self.server._list("customer_cash_balance_transaction", named)
        return self.balance_of(customer)

    def give_up(self, intent: Object) -> None:
        """What came towards a payment that is canceled goes back to its customer's balance."""
        came = intent.get("_came", 0)
        if came:
            intent["_came"] = 0
            customer = self.server.objects[intent["customer"]]
            self._move(customer, intent["currency"], came, "unapplied_from_payment")

    def status_of_refund(self, intent: Object) -> str:
        waits = self.asks_payer and intent["_kind"] == "customer_balance"
        return "requires_action" if waits else "succeeded"

    def missing(self, name: str) -> int:
        """What a payment intent still waits for."""
        intent = self.server.objects[name]
        return int(intent["amount"] - intent["_came"]) if intent["status"] == "requires_action" else 0

    def _show_missing(self, intent: Object) -> None:
        code = intent["currency"]
        shown: dict[str, Any] = {
            "amount_remaining": self.missing(intent["id"]),
            "currency": code,
            "financial_addresses": _ADDRESSES[code],
            "hosted_instructions_url": f"https://payments.stripe.com/bank_transfers/{intent['id']}",
            "reference": f"ALSQ{intent['id'][-6:]}",
            "type": next(kind for kind, each in _CURRENCIES.items() if each == code),
        }
        intent["next_action"] = {
            "type": "display_bank_transfer_instructions",
            "display_bank_transfer_instructions": shown,
        }

    def _move(self, customer: Object, code: str, units: int, kind: str, **about: Object) -> None:
        customer["_cash"][code] = customer["_cash"].get(code, 0) + units
        moved = self.server._make(
            "ccsbtxn",
            "customer_cash_balance_transaction",
            customer=customer["id"],
            currency=code,
            net_amount=units,
            ending_balance=customer["_cash"][code],
            type=kind,
            **about,
        )
        self.server.tell("customer_cash_balance_transaction.created", moved)
