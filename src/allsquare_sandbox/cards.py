"""Test cards and test bank accounts, each with the one thing it does, and the checks of hosted fields.

Only these are taken. Any other number is refused before it is looked at further and is never stored or
logged, so a real card cannot end up here. The long-known success numbers are those that the card
networks' processors have published for decades; the others say by their second block what they do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from stdnum import luhn
from stdnum.iban import is_valid as is_iban


class Challenge(StrEnum):
    """3-D Secure: whether the payer's bank wants to ask, and what comes of it."""

    NONE = "none"
    ASKED = "asked"  # the payer approves or denies
    FAILS = "fails"  # the payer approves, and the bank still does not confirm


class Aftermath(StrEnum):
    """What happens to a charge after it succeeded."""

    NONE = "none"
    DISPUTED = "disputed"
    REFUNDS_FAIL = "refunds_fail"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A test card or bank account. ``decline`` is (code, message); ``decline_saved`` only strikes when
    the saved method is charged again without the payer."""

    name: str
    number: str
    brand: str
    effect: str
    decline: tuple[str, str] = ("", "")
    decline_saved: tuple[str, str] = ("", "")
    challenge: Challenge = Challenge.NONE
    risk_score: int = 10
    country: str = ""
    can_be_kept: bool = True
    aftermath: Aftermath = Aftermath.NONE

    @property
    def last_four(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        """As printed on a card or a bank statement."""
        if self.brand == "amex":
            return f"{self.number[:4]} {self.number[4:10]} {self.number[10:]}"
        return " ".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))

    @property
    def cvc_length(self) -> int:
        return 4 if self.brand == "amex" else 3


def _visa(block: int) -> str:
    """A Visa-shaped number whose second block is ``block``."""
    stem = f"4000{block:04d}0000000"
    return stem + str(luhn.calc_check_digit(stem))


_POOR: Final = ("insufficient_funds", "The card has insufficient funds.")

CARDS: Final = (
    Scenario("visa", "4242424242424242", "visa", "Succeeds"),
    Scenario("mastercard", "5555555555554444", "mastercard", "Succeeds"),
    Scenario("amex", "378282246310005", "amex", "Succeeds (four-digit CVC)"),
    Scenario("discover", "6011111111111117", "discover", "Succeeds"),
    Scenario("jcb", "3530111333300000", "jcb", "Succeeds"),
    Scenario("declined", _visa(1), "visa", "Declined", ("card_declined", "The card was declined.")),
    Scenario("poor", _visa(2), "visa", "Declined: insufficient funds", _POOR),
    Scenario(
        "expired", _visa(3), "visa", "Declined: expired card", ("expired_card", "The card has expired.")
    ),
    Scenario(
        "wrong_cvc",
        _visa(4),
        "visa",
        "Declined: wrong security code",
        ("incorrect_cvc", "The security code is wrong."),
    ),
    Scenario(
        "stolen",
        _visa(5),
        "visa",
        "Declined: stolen card",
        ("stolen_card", "The card was declined."),
        risk_score=95,
    ),
    Scenario(
        "broken",
        _visa(6),
        "visa",
        "Declined: processing error",
        ("processing_error", "The card could not be processed. Try again in a moment."),
    ),
    Scenario(
        "not_honored",
        _visa(7),
        "visa",
        "Declined: do not honor",
        ("do_not_honor", "The bank declined the card without a reason. It may tell its holder."),
    ),
    Scenario("secure", _visa(30), "visa", "3-D Secure: you approve or deny", challenge=Challenge.ASKED),
    Scenario("secure_fails", _visa(31), "visa", "3-D Secure: always fails", challenge=Challenge.FAILS),
    Scenario(
        "secure_poor",
        _visa(32),
        "visa",
        "3-D Secure, then insufficient funds",
        _POOR,
        challenge=Challenge.ASKED,
    ),
    Scenario(
        "saved_poor",
        _visa(40),
        "visa",
        "Succeeds now; declined when charged again as saved card",
        decline_saved=_POOR,
    ),
    Scenario("disputed", _visa(50), "visa", "Succeeds, then disputed", aftermath=Aftermath.DISPUTED),
    Scenario(
        "refunds_fail",
        _visa(60),
        "visa",
        "Succeeds; refunds of it fail a day later",
        aftermath=Aftermath.REFUNDS_FAIL,
    ),
    Scenario("risky", _visa(70), "visa", "Succeeds, with a risk score of 85", risk_score=85),
    Scenario("foreign", _visa(71), "visa", "Succeeds; a card from Brazil", country="BR"),
    Scenario("wallet", _visa(72), "visa", "Succeeds; a wallet, which cannot be kept", can_be_kept=False),
)

ACCOUNTS: Final = (
    Scenario("debit", "DE89370400440532013000", "", "Clears after the usual days"),
    Scenario(
        "debit_poor",
        "DE75512108001245126199",
        "",
        "Bounces after the usual days: insufficient funds",
        ("insufficient_funds", "The account had insufficient funds for the debit."),
    ),
    Scenario(
        "debit_closed",
        "FR1420041010050500013M02606",
        "",
        "Bounces after the usual days: account closed",
        ("account_closed", "The bank account is closed."),
    ),
    Scenario(
        "debit_refused",
        "NL91ABNA0417164300",
        "",
        "Bounces after the usual days: debit refused by its holder",
        ("debit_refused", "The account's holder refused the debit."),
    ),
    Scenario(
        "debit_disputed",
        "ES9121000418450200051332",
        "",
        "Clears, then the holder takes the debit back (a dispute)",
        aftermath=Aftermath.DISPUTED,
    ),
)

SCENARIOS: Final = {each.name: each for each in (*CARDS, *ACCOUNTS)}
_BY_NUMBER: Final = {each.number: each for each in (*CARDS, *ACCOUNTS)}


@dataclass(slots=True)
class Form:
    """What the payer typed into the hosted fields, and what is wrong with it, by field.

    ``values`` is what may be shown again; it holds no number that the sandbox does not know.
    """

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    scenario: Scenario | None = None
    expires: str = ""  # "YYYY-MM"


def read_card(typed: dict[str, str], *, now: datetime) -> Form:
    """Check number (Luhn, ISO/IEC 7812-1), expiry (not over) and CVC (length by brand)."""
    form = Form(values={name: typed.get(name, "").strip()[:40] for name in ("number", "expiry", "cvc")})
    number = re.sub(r"[\s-]", "", form.values["number"])
    form.scenario = next((each for each in CARDS if each.number == number), None)
    if not number:
        form.errors["number"] = "Enter the card number."
    elif not re.fullmatch(r"[0-9]{12,19}", number, re.ASCII) or not luhn.is_valid(number):
        form.errors["number"] = "This card number is not complete or has a wrong digit."
    elif form.scenario is None:
        form.errors["number"] = (
            "This is a sandbox: only the test cards below work. Never type a real card here."
        )
    if form.scenario is None:
        form.values["number"] = ""
    form.expires = _read_expiry(form, now)
    wanted = form.scenario.cvc_length if form.scenario else 3
    if not re.fullmatch(rf"[0-9]{{{wanted}}}", form.values["cvc"], re.ASCII):
        form.errors["cvc"] = f"Enter the {wanted} digits of the security code."
    return form


def _read_expiry(form: Form, now: datetime) -> str:
    match = re.fullmatch(r"(0?[1-9]|1[0-2])\s*[/-]?\s*(?:20)?([0-9]{2})", form.values["expiry"], re.ASCII)
    if match is None:
        form.errors["expiry"] = "Enter month and year, such as 09/34."
        return ""
    month, year = int(match[1]), 2000 + int(match[2])
    if (year, month) < (now.year, now.month):
        form.errors["expiry"] = "This card's date is over."
    elif year > now.year + 25:
        form.errors["expiry"] = "This year is too far away."
    return f"{year:04d}-{month:02d}"


def read_debit(typed: dict[str, str]) -> Form:
    """Check the IBAN (ISO 13616, mod 97) and that its holder is named."""
    form = Form(values={name: typed.get(name, "").strip()[:80] for name in ("iban", "holder")})
    iban = re.sub(r"\s", "", form.values["iban"]).upper()
    form.scenario = next((each for each in ACCOUNTS if each.number == iban), None)
    if not form.values["holder"]:
        form.errors["holder"] = "Enter the name of the account's holder."
    if not iban:
        form.errors["iban"] = "Enter the IBAN."
    elif not is_iban(iban):
        form.errors["iban"] = "This IBAN has a wrong or missing character."
    elif form.scenario is None:
        form.errors["iban"] = (
            "This is a sandbox: only the test accounts below work. Never type a real one here."
        )
    if form.scenario is None:
        form.values["iban"] = ""
    return form


def by_number(number: str) -> Scenario | None:
    """The scenario of a test card number or IBAN, spaces allowed."""
    return _BY_NUMBER.get(re.sub(r"[\s-]", "", number).upper())
