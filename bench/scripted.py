"""A provider that takes no time: every charge succeeds at once, so that only Allsquare is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from allsquare.core.money import Money
from allsquare.payments.gateway import (
    Capability,
    ChargeRequest,
    GatewayEvent,
    MethodKind,
    Outcome,
    RefundRequest,
    SettingField,
    SignatureInvalid,
    Status,
    Subject,
)

FEE_MINOR = 59


def succeeded(key: UUID, amount: Money) -> Outcome:
    """The charge of attempt ``key`` went through, and the provider kept its fee."""
    return Outcome(
        Subject.CHARGE,
        Status.SUCCEEDED,
        ScriptedGateway.name,
        reference=f"ch_{key.hex}",
        key=key,
        amount=amount,
        fee=Money(FEE_MINOR, amount.currency),
    )


class ScriptedGateway:
    """Charges by card, and nothing else."""

    name = "scripted"
    label = "Scripted"
    capabilities = frozenset({Capability.CARD})
    methods: tuple[MethodKind, ...] = (MethodKind.CARD,)
    settings_schema: tuple[SettingField, ...] = ()
    news_names: frozenset[str] = frozenset()
    practice: bool = False

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings

    def identity(self) -> str:
        return ""

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        return self.methods

    def start(self, request: ChargeRequest) -> Outcome:
        return succeeded(request.key, request.amount)

    def refund(self, request: RefundRequest) -> Outcome:
        return Outcome(Subject.REFUND, Status.NOT_SENT, self.name, key=request.key)

    def look_up(self, *, key: UUID, reference: str, subject: Subject) -> Outcome:
        return Outcome(subject, Status.NOT_SENT, self.name, key=key, reference=reference)

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        raise SignatureInvalid

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        return ()
