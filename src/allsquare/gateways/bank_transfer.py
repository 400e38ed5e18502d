"""Transfers that payers send by themselves, to an account of the business, with a reference that is the invoice's own.

Nobody is asked over any network: a transfer is *waiting* until the bank's statement, or a person, says that it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from allsquare.core import numbers
from allsquare.core.currencies import currency
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.core.money import Money
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.shared import no_amount
from allsquare.payments.gateway import (
    Capability,
    ChargeRequest,
    Checkup,
    GatewayEvent,
    MethodKind,
    Outcome,
    RefundRequest,
    SettingField,
    SignatureInvalid,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import TransferAccount

NAME: Final = "bank_transfer"
DAYS: Final = 30
"""How long a transfer is waited for, when the settings do not say otherwise."""


class BankTransferGateway:
    """One account at a bank."""

    name: str = NAME
    label: str = _noop("Bank transfer")
    capabilities: frozenset[Capability] = frozenset(
        {Capability.AWAITED, Capability.REFUND, Capability.PARTIAL_REFUND, Capability.LOOKUP}
    )
    methods: tuple[MethodKind, ...] = (MethodKind.BANK_TRANSFER,)
    practice: bool = False
    settings_schema: tuple[SettingField, ...] = (
        SettingField(
            "holder",
            _noop("Account holder"),
            suggest="name",
            help=_noop("As the bank knows you: banks compare it."),
        ),
        SettingField("iban", _noop("IBAN"), required=False, suggest="iban"),
        SettingField("bic", _noop("BIC"), required=False, suggest="bic"),
        SettingField(
            "account",
            _noop("Account, where there is no IBAN"),
            required=False,
            help=_noop("Such as: Routing number 021000021, account 12345678"),
        ),
        SettingField(
            "currencies",
            _noop("Currencies"),
            required=False,
            help=_noop("That may be sent to this account, such as EUR, USD. By default EUR."),
        ),
        SettingField(
            "days", _noop("Days to wait for a transfer"), required=False, help=_noop("By default 30.")
        ),
    )

    news_names: frozenset[str] = frozenset()

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises :class:`FieldErrors` for an account that no bank could send money to."""
        self.account, self._currencies, self.wait = _read(settings)

    def check(self) -> Checkup:
        """Nobody is asked: the numbers were checked when they were saved."""
        return Checkup(
            True, _noop("The account's numbers are well formed. Whether it is yours only your bank can tell.")
        )

    def identity(self) -> str:
        """There is no account of anybody else's."""
        return ""

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        return self.methods if amount.currency.code in self._currencies else ()

    def start(self, request: ChargeRequest) -> Outcome:
        """From now on the money is waited for. The name is made from the key, so a repeat is the same transfer."""
        if request.method not in self.offers(amount=request.amount, country=""):
            return Outcome(
                subject=Subject.CHARGE,
                status=Status.NOT_SENT,
                gateway=NAME,
                key=request.key,
                code="method_unsupported",
                message=_noop("This account does not take this currency or way to pay."),
            )
        if request.amount.minor <= 0:
            return no_amount(NAME, request)
        return self._waiting(request.key)

    def refund(self, request: RefundRequest) -> Outcome:
        """A person sends the money back from the bank, and writes that down."""
        return Outcome(
            subject=Subject.REFUND,
            status=Status.SUCCEEDED,
            gateway=NAME,
            reference=f"transfer-{request.key}",
            key=request.key,
            amount=request.amount,
            fee=Money.zero(request.amount.currency),
            charge_reference=request.charge_reference,
        )

    def look_up(self, *, key: UUID, reference: str, subject: Subject, act: bool = True) -> Outcome:
        """What was begun is still waited for. What has no name yet was cut off before its answer was kept, and
        nobody but us could know of it."""
        if reference:
            return self._waiting(key, subject, reference)
        return Outcome(
            subject=subject,
            status=Status.NOT_SENT,
            gateway=NAME,
            key=key,
            code="not_begun",
            message=_noop("This was not begun."),
        )

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        """Banks send statements, not webhooks."""
        raise SignatureInvalid(_("Bank transfers have no webhooks."))

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        return ()

    def _waiting(self, key: UUID, subject: Subject = Subject.CHARGE, reference: str = "") -> Outcome:
        return Outcome(
            subject=subject,
            status=Status.PENDING,
            gateway=NAME,
            reference=reference or f"transfer-{key}",
            key=key,
        )


def _read(settings: Mapping[str, str]) -> tuple[TransferAccount, frozenset[str], timedelta]:
    errors: dict[str, str] = {}
    numbers_read = {"iban": "", "bic": ""}
    for name, read in (("iban", numbers.iban), ("bic", numbers.bic)):
        try:
            numbers_read[name] = read(settings.get(name, ""))
        except InvalidInput as error:
            errors[name] = error.message
    if not settings.get("iban") and not settings.get("account"):
        errors["iban"] = _("Give an IBAN, or the account in the words of its country.")
    holder = settings.get("holder", "")
    if not holder or len(holder) > 70:
        errors["holder"] = _("Give the account holder's name, at most 70 characters.")
    codes = frozenset(re.split(r"[\s,;]+", settings.get("currencies", "").strip().upper()) or ()) - {""}
    try:
        for code in codes:
            currency(code)
    except InvalidInput as error:
        errors["currencies"] = error.message
    days = settings.get("days") or str(DAYS)
    if not (days.isascii() and days.isdigit() and 1 <= int(days) <= 365):
        errors["days"] = _("Give a number of days from 1 to 365.")
    if errors:
        raise FieldErrors(errors)
    account = TransferAccount(
        holder=holder,
        iban=numbers_read["iban"],
        bic=numbers_read["bic"],
        other="" if numbers_read["iban"] else settings.get("account", ""),
    )
    return account, codes or frozenset({"EUR"}), timedelta(days=int(days))
