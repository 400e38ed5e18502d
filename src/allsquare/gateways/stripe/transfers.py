"""Money that payers send from their banks to an account which Stripe keeps: https://docs.stripe.com/payments/bank-transfers

Each attempt has a customer of its own at Stripe, and thereby an account number of its own: whatever comes to it, early
or late, in parts or too much, is of that attempt and no other. What is over stays on that customer's cash balance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid5

from allsquare.core.money import Money
from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.shared import NONSENSE, in_ascii
from allsquare.gateways.stripe import objects
from allsquare.gateways.stripe.amounts import from_stripe
from allsquare.gateways.stripe.api import BLANKS, StripeApi
from allsquare.gateways.stripe.forms import Value
from allsquare.gateways.stripe.requests import labels_of
from allsquare.payments.gateway import (
    HELD,
    ChargeRequest,
    Outcome,
    SettingField,
    Status,
    Subject,
    TransferInstructions,
)
from allsquare.payments.gateway_abilities import NewsUnavailable

TYPE: Final = "customer_balance"
VIA: Final = "transfer"
#: Told with the movement, which names the customer.
NEWS: Final = frozenset({"customer_cash_balance_transaction.created"})
_MOVED_BY_US: Final = "applied_to_payment"
_KINDS: Final[Mapping[str, str]] = {
    "EUR": "eu_bank_transfer",
    "GBP": "gb_bank_transfer",
    "JPY": "jp_bank_transfer",
    "MXN": "mx_bank_transfer",
    "USD": "us_bank_transfer",
}
_COUNTRIES: Final = frozenset({"BE", "DE", "ES", "FR", "IE", "NL"})
"""In which Stripe has accounts for transfers in euros."""
_CHARGE: Final = "latest_charge.balance_transaction"

#: By the type of an account: what a bank's form asks for, in its order. The first type that is told counts, and
#: Stripe's own page shows the others.
_ROWS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "iban": ((_noop("IBAN"), "iban"), (_noop("BIC"), "bic")),
    "sort_code": ((_noop("Sort code"), "sort_code"), (_noop("Account number"), "account_number")),
    "aba": (
        (_noop("Bank"), "bank_name"),
        (_noop("Routing number"), "routing_number"),
        (_noop("Account number"), "account_number"),
    ),
    "zengin": (
        (_noop("Bank"), "bank_name"),
        (_noop("Bank code"), "bank_code"),
        (_noop("Branch"), "branch_name"),
        (_noop("Branch code"), "branch_code"),
        (_noop("Kind of account"), "account_type"),
        (_noop("Account number"), "account_number"),
    ),
    "spei": ((_noop("Bank"), "bank_name"), (_noop("Bank code"), "bank_code"), (_noop("CLABE"), "clabe")),
}

SETTINGS: Final = (
    SettingField(
        "transfer_currencies",
        _noop("Bank transfers in"),
        required=False,
        help=_noop(
            "Such as EUR, GBP, JPY, MXN, USD, where Stripe lets your account take them. Empty: Stripe takes no "
            "transfers for you."
        ),
    ),
    SettingField(
        "transfer_country",
        _noop("Country of the account for euros"),
        required=False,
        help=_noop("BE, DE, ES, FR, IE or NL: payers trust an IBAN of their own country most."),
    ),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """Which transfers the business lets Stripe take: none without currencies."""

    currencies: frozenset[str]
    country: str

    def takes(self, code: str) -> bool:
        return code in self.currencies


def terms(settings: Mapping[str, str], errors: dict[str, str]) -> Terms:
    """Puts a sentence into ``errors`` for what cannot be."""
    codes = frozenset(re.split(r"[\s,;]+", settings.get("transfer_currencies", "").strip().upper())) - {""}
    country = settings.get("transfer_country", "").strip().upper()
    if codes - _KINDS.keys():
        errors["transfer_currencies"] = _(
            "Stripe takes bank transfers in %(known)s. Take away: %(unknown)s."
        ) % {"known": ", ".join(_KINDS), "unknown": ", ".join(sorted(codes - _KINDS.keys()))}
    if country and country not in _COUNTRIES:
        errors["transfer_country"] = _("Give one of %(countries)s.") % {
            "countries": ", ".join(sorted(_COUNTRIES))
        }
    if "EUR" in codes and not country:
        errors["transfer_country"] = _(
            "Transfers in euros need the country of the account: one of %(countries)s."
        ) % {"countries": ", ".join(sorted(_COUNTRIES))}
    return Terms(codes, country)


def ask(api: StripeApi, request: ChargeRequest, units: int, agreed: Terms) -> Reply | Trouble:
    """The attempt's id is the key of the payment intent. Until that is made nobody has anywhere to send money to."""
    made = api.post("/v1/customers", uuid5(request.key, "customer"), _customer(request))
    if isinstance(made, Trouble):
        return replace(made, sent=False)
    if not made.good:
        return made
    return api.post("/v1/payment_intents", request.key, _intent(request, units, str(made.body["id"]), agreed))


def _customer(request: ChargeRequest) -> dict[str, Value]:
    """By its mail address Stripe asks where a refund goes to. Stripe is to put what comes towards the payment by
    itself, whatever else the account is used for."""
    return {
        "email": in_ascii(request.customer_email),
        "name": request.customer_name[:250],
        "preferred_locales": [request.language] if request.language else [],
        "metadata": {"attempt": str(request.key), "via": VIA},
        "cash_balance": {"settings": {"reconciliation_mode": "automatic"}},
    }


def _intent(request: ChargeRequest, units: int, customer: str, agreed: Terms) -> dict[str, Value]:
    code = request.amount.currency.code
    kind = _KINDS[code]
    where: dict[str, Value] = {"type": kind, **({kind: {"country": agreed.country}} if code == "EUR" else {})}
    return {
        "amount": units,
        "currency": code.lower(),
        "customer": customer,
        "payment_method_types": [TYPE],
        "payment_method_data": {"type": TYPE},
        "payment_method_options": {TYPE: {"funding_type": "bank_transfer", "bank_transfer": where}},
        "confirm": True,
        "description": request.description[:500],
        "metadata": labels_of(request, VIA),
        "expand": [_CHARGE],
    }


def is_transfer(intent: Mapping[str, Any]) -> bool:
    return (intent.get("metadata") or {}).get("via") == VIA


def read(api: StripeApi, intent: Mapping[str, Any]) -> Outcome:
    """One for which :func:`is_transfer`: waiting, or what became of it and what lies beside it."""
    if intent["status"] == "requires_action":
        return _waiting(intent)
    return replace(objects.intent_of(intent), left=_left(api, intent))


def _waiting(intent: Mapping[str, Any]) -> Outcome:
    told = intent["next_action"]["display_bank_transfer_instructions"]
    remaining = _remaining(intent)
    part = remaining.minor < from_stripe(intent["amount"], intent["currency"]).minor
    holder, iban, bic, rows = _account(told.get("financial_addresses") or [])
    url = str(told.get("hosted_instructions_url") or "")
    return replace(
        BLANKS.blank(
            Subject.CHARGE,
            Status.PENDING if part else Status.ACTION_REQUIRED,
            objects.attempt_of(intent),
            "",
            "",
            str(intent["id"]),
        ),
        redirect="" if part else url,
        happened_at=objects.instant(intent["created"]),
        instructions=TransferInstructions(
            remaining=remaining,
            rows=rows,
            reference=str(told.get("reference") or ""),
            holder=holder,
            iban=iban,
            bic=bic,
            url=url,
        ),
    )


def _remaining(intent: Mapping[str, Any]) -> Money:
    told = (intent.get("next_action") or {}).get("display_bank_transfer_instructions") or {}
    units = told.get("amount_remaining")
    return from_stripe(intent["amount"] if units is None else units, intent["currency"])


def _account(
    addresses: Sequence[Mapping[str, Any]],
) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    """Its holder, IBAN and BIC where it has them, and the rows to copy."""
    for address in addresses:
        kind = str(address["type"])
        if kind in _ROWS:
            shown = address[kind]
            holder = str(shown.get("account_holder_name") or "")
            rows = ((label, str(shown.get(name) or "")) for label, name in _ROWS[kind])
            iban, bic = str(shown.get("iban") or ""), str(shown.get("bic") or "")
            return holder, iban, bic, ((_noop("Recipient"), holder), *rows)
    return "", "", "", ()


def _left(api: StripeApi, intent: Mapping[str, Any]) -> Money | None:
    """Of the currency of the payment. Where it cannot be read the payment does not wait for it: news of the next
    movement, and the hourly look at what happened, read it again."""
    told = api.get(f"/v1/customers/{quote(str(intent['customer']), safe='')}/cash_balance")
    if isinstance(told, Trouble) or not told.good:
        return None
    try:
        units = (told.body.get("available") or {}).get(intent["currency"])
        return from_stripe(units, intent["currency"]) if units and units > 0 else None
    except NONSENSE:
        return None


def given_back(api: StripeApi, data: Mapping[str, Any]) -> Outcome:
    """A refund. One of a transfer for which nobody named a bank account for 45 days, or that a bank sent back, is ended
    by Stripe, and its money is put on the cash balance of the payer: it has left the business all the same. Raises
    ``NewsUnavailable``."""
    found = objects.refund(data)
    taken = data.get("balance_transaction")
    if found.status is not Status.DECLINED or data.get("failure_balance_transaction") or not taken:
        return found  # or the business has it again, or never gave it away
    intent = api.one(f"/v1/payment_intents/{quote(str(data['payment_intent']), safe='')}")
    if not is_transfer(intent):
        return found
    movements = api.pages(
        f"/v1/customers/{quote(str(intent['customer']), safe='')}/cash_balance_transactions", {}
    )
    if not any(_came_of(each, found.reference) for each in movements):
        return replace(found, status=Status.PENDING)  # until Stripe shows where it is
    message = _noop("It had no bank account to go to: the provider holds it for the payer.")
    return replace(
        objects.refund({**data, "status": "succeeded"}), code=HELD, message=message, left=_left(api, intent)
    )


def _came_of(movement: Mapping[str, Any], refund: str) -> bool:
    about = (movement.get("refunded_from_payment") or {}).get("refund")
    return (about.get("id") if isinstance(about, Mapping) else about) == refund


def cancel(api: StripeApi, key: UUID, name: str, *, part: bool) -> None:
    """For good. One of which a part came only with ``part``. Of no effect on what ended or has another way. Raises
    ``NewsUnavailable``."""
    path = f"/v1/payment_intents/{quote(name, safe='')}"
    intent = api.one(path)
    if not is_transfer(intent) or intent["status"] != "requires_action":
        return
    if part or _remaining(intent) == from_stripe(intent["amount"], intent["currency"]):
        api.post(f"{path}/cancel", uuid5(key, "cancel"), {})


def customer_in(movement: Mapping[str, Any]) -> str:
    """Whose cash balance moved; empty where Stripe put money towards a payment, of which it tells by itself."""
    return "" if movement.get("type") == _MOVED_BY_US else str(movement["customer"])


def of_customer(api: StripeApi, name: str) -> Mapping[str, Any]:
    """The payment intent for which a customer was made; empty for customers of others. Raises ``NewsUnavailable``."""
    listed = api.pages("/v1/payment_intents", {"customer": name, "expand[0]": f"data.{_CHARGE}"})
    return next((each for each in listed if is_transfer(each)), {})


def named(api: StripeApi, name: str) -> Mapping[str, Any]:
    """What a charge is called by: a page, a payment intent or, in news of a cash balance, a customer. Raises
    ``NewsUnavailable``."""
    if name.startswith("cus_"):
        return of_customer(api, name)
    shelf = "checkout/sessions" if name.startswith("cs_") else "payment_intents"
    return api.one(f"/v1/{shelf}/{quote(name, safe='')}")


def whole(api: StripeApi, name: str) -> Mapping[str, Any]:
    """As :func:`of_customer`, where there must be one."""
    found = of_customer(api, name)
    if not found:
        raise NewsUnavailable(BLANKS.unreadable)
    return found
