"""Payments for tests, against the offline gateway or a stand-in that answers what a test tells it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import (
    Capability,
    ChargeRequest,
    DisputeStage,
    GatewayEvent,
    MethodKind,
    Outcome,
    RefundRequest,
    SettingField,
    SignatureInvalid,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import EvidenceRequest
from allsquare.payments.models import Attention, GatewayAccount
from allsquare.payments.services.add_gateway_account import add_gateway_account


class ScriptedGateway:
    """A provider that answers from ``answers`` and remembers what it was asked."""

    name = "scripted"
    label = "Scripted"
    capabilities = frozenset(
        {
            Capability.CARD,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.LOOKUP,
            Capability.EVIDENCE,
        }
    )
    methods: tuple[MethodKind, ...] = (MethodKind.CARD, MethodKind.BANK_DEBIT)
    settings_schema: tuple[SettingField, ...] = ()
    news_names: frozenset[str] = frozenset({"id"})
    practice = False

    answers: list[Outcome] = []  # the test's script, emptied by the fixture
    lookups: list[Outcome] = []  # as above
    asked: list[ChargeRequest | RefundRequest] = []  # as above
    looked_up: list[UUID] = []  # as above
    handed_in: list[EvidenceRequest] = []  # as above
    news: dict[str, list[Outcome]] = {}  # what each webhook says, by its id
    delay: float = 0.0  # seconds that an answer takes, so that races have time to happen

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings

    def identity(self) -> str | None:
        return ""

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        return self.methods

    def start(self, request: ChargeRequest) -> Outcome:
        self.asked.append(request)
        time.sleep(self.delay)
        return _about(self.answers.pop(0), request.key)

    def refund(self, request: RefundRequest) -> Outcome:
        self.asked.append(request)
        time.sleep(self.delay)
        return _about(self.answers.pop(0), request.key)

    def look_up(self, *, key: UUID, reference: str, subject: Subject, act: bool = True) -> Outcome:
        self.looked_up.append(key)
        return _about(self.lookups.pop(0), key)

    def send_evidence(self, request: EvidenceRequest) -> Outcome:
        self.handed_in.append(request)
        time.sleep(self.delay)
        return _about(self.answers.pop(0), request.key)

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        if headers.get("signature") != SIGNATURE:
            raise SignatureInvalid("the signature is wrong")
        envelope = json.loads(body)
        each = envelope if isinstance(envelope, list) else [envelope]
        return [
            GatewayEvent(
                external_id=one["id"],
                kind=one["kind"],
                object_reference=one["object"],
                payload=one,
                occurred_at=datetime.fromisoformat(one["at"]) if one.get("at") else None,
            )
            for one in each
        ]

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        return self.news[event.external_id]


SIGNATURE = "by the provider"


def empty_script() -> None:
    """Nothing is left of the test before."""
    ScriptedGateway.answers.clear()
    ScriptedGateway.lookups.clear()
    ScriptedGateway.asked.clear()
    ScriptedGateway.looked_up.clear()
    ScriptedGateway.handed_in.clear()
    ScriptedGateway.news.clear()
    ScriptedGateway.delay = 0.0


def _about(outcome: Outcome, key: UUID) -> Outcome:
    fields = {name: getattr(outcome, name) for name in Outcome.__slots__}
    return Outcome(**{**fields, "key": key})


def eur(minor: int) -> Money:
    return Money(minor, currency("EUR"))


def usd(minor: int) -> Money:
    return Money(minor, currency("USD"))


def charge(status: Status = Status.SUCCEEDED, **more: object) -> Outcome:
    return Outcome(Subject.CHARGE, status, "scripted", **more)  # type: ignore[arg-type]  # a test's shorthand


def refund_outcome(status: Status = Status.SUCCEEDED, **more: object) -> Outcome:
    return Outcome(Subject.REFUND, status, "scripted", **more)  # type: ignore[arg-type]  # a test's shorthand


def dispute_outcome(stage: DisputeStage, **more: object) -> Outcome:
    return Outcome(Subject.DISPUTE, Status.SUCCEEDED, "scripted", dispute_stage=stage, **more)  # type: ignore[arg-type]  # a test's shorthand


def payout_outcome(status: Status = Status.SUCCEEDED, **more: object) -> Outcome:
    return Outcome(Subject.PAYOUT, status, "scripted", **more)  # type: ignore[arg-type]  # a test's shorthand


#: What becomes of a request whose provider is not there: it surely did not arrive, or nobody knows; or all is well.
AWAY = charge(Status.NOT_SENT, code="unreachable", message="Nobody is there.")
SILENT = charge(Status.UNKNOWN, code="no_answer")
PAGE = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/ch_1")


def scripted_account(organization: Organization) -> GatewayAccount:
    return add_gateway_account(
        organization=organization, gateway="scripted", label="Scripted", settings={}, actor=SYSTEM
    )


def second_account(organization: Organization) -> GatewayAccount:
    """Another one at the same kind of provider, spoken for by a stand-in of its own."""
    account = add_gateway_account(
        organization=organization, gateway="scripted", label="Second", settings={}, actor=SYSTEM
    )
    account.settings = json.dumps({"number": "2"})
    account.save(update_fields=["settings"])
    return account


def offline_account(organization: Organization) -> GatewayAccount:
    return add_gateway_account(
        organization=organization, gateway="offline", label="By hand", settings={}, actor=SYSTEM
    )


def issued_invoice(
    organization: Organization, customer: Customer, *, total: str = "100.00", currency_code: str = "EUR"
) -> Invoice:
    """One line without tax, so that the total is the price."""
    draft = create_draft(
        organization=organization,
        customer_id=customer.id,
        currency=currency_code,
        lines=[
            LineInput(
                description="Work",
                quantity=Decimal(1),
                unit_price=Decimal(total),
                tax_category="Z",
                tax_percent=Decimal(0),
            )
        ],
        actor=SYSTEM,
    )
    return issue(organization=organization, invoice_ids=[draft.id], actor=SYSTEM)[0]


def a_key() -> str:
    return str(new_id())


def open_tasks(organization: Organization) -> list[Attention]:
    """Those that nobody has done yet, newest first."""
    return list(Attention.objects.filter(organization=organization, resolved_at=None).order_by("-id"))
