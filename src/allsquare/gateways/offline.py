"""Money that needs no provider: cash, cheque or bank transfer, written down by a person after it arrived.

The answer is local and certain, so nothing is ever pending or unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

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

NAME: Final = "offline"


class OfflineGateway:
    """Believes the person who writes it down. Has no settings and no webhooks."""

    name: str = NAME
    label: str = _noop("Recorded by hand")
    capabilities: frozenset[Capability] = frozenset(
        {Capability.RECORDED, Capability.REFUND, Capability.PARTIAL_REFUND, Capability.LOOKUP}
    )
    methods: tuple[MethodKind, ...] = (MethodKind.BANK_TRANSFER, MethodKind.CASH, MethodKind.CHEQUE)
    practice: bool = False
    settings_schema: tuple[SettingField, ...] = ()
    news_names: frozenset[str] = frozenset()

    def __init__(self, settings: Mapping[str, str]) -> None:
        """There is nothing to set."""

    def check(self) -> Checkup:
        """Nobody has to be reached."""
        return Checkup(True, _noop("Recorded by hand: nothing can be wrong here."))

    def identity(self) -> str:
        """There is no account of anybody else's."""
        return ""

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        return self.methods

    def start(self, request: ChargeRequest) -> Outcome:
        """The money is there already, free of fees. The reference is made from the key, so a repeat names the
        same money. A method that only a provider can carry out was not sent anywhere."""
        if request.method not in self.methods:
            return Outcome(
                subject=Subject.CHARGE,
                status=Status.NOT_SENT,
                gateway=NAME,
                key=request.key,
                code="method_unsupported",
                message=_noop("This way to pay needs a payment provider."),
            )
        if request.amount.minor <= 0:
            return no_amount(NAME, request)
        return Outcome(
            subject=Subject.CHARGE,
            status=Status.SUCCEEDED,
            gateway=NAME,
            reference=f"offline-{request.key}",
            key=request.key,
            amount=request.amount,
            fee=Money.zero(request.amount.currency),
            received_on=request.received_on,
        )

    def refund(self, request: RefundRequest) -> Outcome:
        """A person gave the money back, by hand or by bank, and writes that down."""
        return Outcome(
            subject=Subject.REFUND,
            status=Status.SUCCEEDED,
            gateway=NAME,
            reference=f"offline-{request.key}",
            key=request.key,
            amount=request.amount,
            fee=Money.zero(request.amount.currency),
            charge_reference=request.charge_reference,
        )

    def look_up(self, *, key: UUID, reference: str, subject: Subject, act: bool = True) -> Outcome:
        """An attempt that is still open was cut off by a crash before its answer was kept. Nobody but
        us could know of it, so it did not happen; the person sees that and writes it down again."""
        return Outcome(
            subject=subject,
            status=Status.NOT_SENT,
            gateway=NAME,
            key=key,
            code="not_recorded",
            message=_noop("This was not recorded. Record it again."),
        )

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        """Nobody sends news about recorded money."""
        raise SignatureInvalid(_("Recorded payments have no webhooks."))

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        return ()
