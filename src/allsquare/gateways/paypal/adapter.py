"""The adapter of PayPal, over its published HTTP interface.

The payer approves an *order* on PayPal's page. No money moves by that: whoever hears of it first (the payer who comes
back, a webhook, the sweep) *captures* the order, which can be done once. So an order is closed by not capturing it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import quote
from uuid import UUID

import httpx

from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways.paypal import evidence, history, hook, movements, objects, requests, signature
from allsquare.gateways.paypal.amounts import to_paypal
from allsquare.gateways.paypal.api import BLANKS, LIVE, SANDBOX, PayPalApi, Refusal
from allsquare.gateways.paypal.objects import NAME
from allsquare.gateways.paypal.reading import ORDER, PAGE_OPEN, Reading
from allsquare.gateways.shared import ADDRESS, NONSENSE, check_settings, is_secret, why_not
from allsquare.payments.gateway import (
    Capability,
    ChargeRequest,
    Checkup,
    GatewayEvent,
    MethodKind,
    Outcome,
    RefundRequest,
    SettingField,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import (
    EvidenceRequest,
    ListedMovement,
    MayTake,
    NewsUnavailable,
    Reach,
    Sighting,
    always,
    never,
)

#: Where PayPal serves the certificates that it signs with, by where it is asked.
_CERTIFICATES: Final = {
    LIVE: frozenset({"https://api.paypal.com", "https://api-m.paypal.com"}),
    SANDBOX: frozenset({"https://api.sandbox.paypal.com", "https://api-m.sandbox.paypal.com"}),
}
_NO_SUM: Final = _noop("PayPal cannot take this amount in this currency.")


class PayPalGateway:
    """One account at PayPal."""

    name: str = NAME
    label: str = "PayPal"
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.PAYPAL,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.WEBHOOKS,
            Capability.HINTS,
            Capability.LOOKUP,
            Capability.CLOSES,
            Capability.TAKES,
            Capability.HISTORY,
            Capability.LAGS,
            Capability.REPLAY,
            Capability.EVIDENCE,
            Capability.MOVEMENTS,
        }
    )
    methods: tuple[MethodKind, ...] = (MethodKind.PAYPAL,)
    page_life: timedelta = PAGE_OPEN
    settings_schema: tuple[SettingField, ...] = (
        SettingField("client_id", _noop("Client ID"), leads=True, help=_noop("Of your app at PayPal.")),
        SettingField(
            "client_secret", _noop("Secret"), secret=True, leads=True, help=_noop("Beside the client ID.")
        ),
        SettingField(
            "environment",
            _noop("Environment"),
            required=False,
            choices=(("live", _noop("Real payments")), ("sandbox", _noop("PayPal's sandbox, without money"))),
            leads=True,
        ),
        SettingField(
            "webhook_id",
            _noop("Webhook ID"),
            required=False,  # it exists only after our address was entered there
            help=_noop("PayPal shows it when you enter our webhook address in your app there."),
        ),
        ADDRESS,
    )
    news_names: frozenset[str] = frozenset(
        {
            "id", "event_type", "resource_type", "create_time", "status", "custom_id", "custom", "href", "rel",
            "currency_code", "value", "dispute_id", "seller_transaction_id",
        }
    )  # fmt: skip

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises :class:`FieldErrors` for settings that no request could be made with."""
        _check(settings)
        asked = SANDBOX if settings.get("environment", "") == "sandbox" else LIVE
        own = settings.get("base_url", "").rstrip("/")
        self.practice = asked == SANDBOX
        self._webhook_id = settings.get("webhook_id", "")
        self._api = PayPalApi(settings["client_id"], settings["client_secret"], own or asked)
        self._reading = Reading(self._api)
        origins = frozenset({own}) if own else _CERTIFICATES[asked]
        self._certificates = signature.Certificates(origins)

    def check(self) -> Checkup:
        """Gets a token, looks at the webhook, and whether the report of transactions may be read."""
        told = self._report_of_a_day()
        if isinstance(told, Trouble):
            return Checkup(False, told.message, "base_url")
        if isinstance(told, Refusal) and told.issue == "invalid_client":
            return Checkup(False, told.message, "client_secret")
        if isinstance(told, Refusal) and told.status == httpx.codes.FORBIDDEN:
            return Checkup(
                False,
                _noop(
                    "PayPal may not be asked what happened: switch on “Transaction search” in your app there. It may "
                    "take nine hours until PayPal allows it."
                ),
                "client_id",
            )
        if isinstance(told, Refusal):
            return Checkup(False, told.message, "client_id")
        if not self._webhook_id:
            return Checkup(
                False,
                _noop(
                    "PayPal may charge, but its news is not believed yet: enter our webhook address there, and the "
                    "webhook ID here."
                ),
                "webhook_id",
            )
        try:
            ours = hook.named(self._api, self._webhook_id)
        except NewsUnavailable as problem:
            unknown = kept(_noop("PayPal does not know this webhook ID."), str(problem))
            return Checkup(False, unknown, "webhook_id")
        lacking = hook.lacks(ours)
        if lacking:
            wanted = _noop(
                "PayPal does not send all of its news here. Choose these too in the webhook there:"
            )
            return Checkup(False, kept(wanted, ", ".join(lacking)), "webhook_id")
        return Checkup(True, kept(_noop("PayPal tells its news to:"), str(ours.get("url") or "")))

    def identity(self) -> str | None:
        """The merchant's account, which the report of transactions names; several apps may lead to it."""
        told = self._report_of_a_day()
        if isinstance(told, Trouble | Refusal) or not told.body.get("account_number"):
            return None
        return f"{told.body['account_number']} {'sandbox' if self.practice else 'live'}"

    def _report_of_a_day(self) -> Reply | Refusal | Trouble:
        yesterday = clock.now(None) - timedelta(days=1)
        return self._api.ask(
            "GET", "/v1/reporting/transactions", params=history.window(yesterday, clock.now(None))
        )

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        """Where PayPal has the currency. What an account may really take only PayPal knows."""
        return self.methods if to_paypal(amount) else ()

    def start(self, request: ChargeRequest) -> Outcome:
        """An order, and PayPal's page for its payer. Nobody is charged by it."""
        amount = to_paypal(request.amount)
        if amount is None or request.method not in self.methods:
            return BLANKS.blank(Subject.CHARGE, Status.NOT_SENT, request.key, "amount_unsupported", _NO_SUM)
        told = self._api.ask(
            "POST", "/v2/checkout/orders", json=requests.order(request, amount), key=str(request.key)
        )
        if isinstance(told, Trouble):
            return BLANKS.troubled(Subject.CHARGE, request.key, told)
        if isinstance(told, Refusal):
            code = why_not(told.status, objects.CODES.get(told.issue, told.issue.lower()[:60]))
            return BLANKS.blank(Subject.CHARGE, Status.NOT_SENT, request.key, code, told.message)
        try:
            return self._reading.of_order(told.body)
        except NewsUnavailable as problem:
            return BLANKS.blank(Subject.CHARGE, Status.UNKNOWN, request.key, "no_answer", str(problem))
        except NONSENSE:
            return BLANKS.malformed(Subject.CHARGE, request.key)

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back once."""
        try:
            outcome = self._give_back(request)
        except NewsUnavailable as problem:
            # PayPal was only asked what was there.
            outcome = BLANKS.blank(Subject.REFUND, Status.NOT_SENT, request.key, "no_answer", str(problem))
        except NONSENSE:
            outcome = BLANKS.malformed(Subject.REFUND, request.key)
        return replace(outcome, key=request.key, charge_reference=request.charge_reference)

    def _give_back(self, request: RefundRequest) -> Outcome:
        """What was given under this key is looked for first. Raises ``NewsUnavailable`` when that cannot be done."""
        amount = to_paypal(request.amount)
        if amount is None:
            return BLANKS.blank(Subject.REFUND, Status.NOT_SENT, request.key, "amount_unsupported", _NO_SUM)
        capture = self._reading.capture_of(request.charge_reference)
        earlier = self._reading.refund_with(request.key, capture)
        if earlier is not None:
            return self.look_up(key=request.key, reference=str(earlier["id"]), subject=Subject.REFUND)
        told = self._api.ask(
            "POST",
            f"/v2/payments/captures/{quote(capture, safe='')}/refund",
            json=requests.refund(request, amount),
            key=str(request.key),
        )
        if isinstance(told, Trouble):
            return BLANKS.troubled(Subject.REFUND, request.key, told)
        if isinstance(told, Refusal):
            final = told.status in (httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.NOT_FOUND)
            status = Status.DECLINED if final else Status.NOT_SENT
            return BLANKS.blank(Subject.REFUND, status, request.key, told.issue.lower()[:60], told.message)
        return objects.refund(told.body, capture)

    def look_up(
        self, *, key: UUID, reference: str, subject: Subject, act: bool = True, may_take: MayTake = always
    ) -> Outcome:
        """By its name; an order that its payer has approved is captured (``act``). By our key alone PayPal finds
        nothing, but asking again under it gives what is there, and an order charges nobody."""
        take = may_take if act else never
        try:
            outcome = self._named(subject, reference, key, take) if reference else self._unnamed(subject, key)
        except NewsUnavailable as problem:
            return BLANKS.blank(subject, Status.UNKNOWN, key, "no_answer", str(problem), reference)
        except NONSENSE:
            return BLANKS.malformed(subject, key)
        return outcome if outcome.key else replace(outcome, key=key)

    def _named(self, subject: Subject, reference: str, key: UUID, may_take: MayTake) -> Outcome:
        if subject is Subject.CHARGE:
            return self._reading.charge(reference, key, may_take=may_take)
        if subject is Subject.REFUND:
            return self._reading.refund(reference)
        named = subject is Subject.DISPUTE and not reference.startswith(objects.REVERSAL)
        case = self._reading.dispute(reference) if named else None
        return case or BLANKS.blank(subject, Status.UNKNOWN, key, "no_money_moved", "", reference)

    def _unnamed(self, subject: Subject, key: UUID) -> Outcome:
        """While PayPal does not answer at all, nothing is said."""
        if subject not in (Subject.CHARGE, Subject.REFUND):
            return BLANKS.needs_reference(subject, key)
        self._api.require_answer()
        return BLANKS.unheard_of(subject, key)

    def close(self, *, key: UUID, reference: str) -> Outcome:
        """The order is left, unless it was captured before. One without a name led nobody anywhere."""
        if not reference.startswith(ORDER):
            return self.look_up(key=key, reference=reference, subject=Subject.CHARGE, act=False)
        try:
            return replace(self._reading.given_up(reference.removeprefix(ORDER), key), key=key)
        except NewsUnavailable as problem:
            return BLANKS.blank(Subject.CHARGE, Status.UNKNOWN, key, "no_answer", str(problem), reference)
        except NONSENSE:
            return BLANKS.malformed(Subject.CHARGE, key)

    def send_evidence(self, request: EvidenceRequest) -> Outcome:
        """Hand in what shows that a dispute is wrong."""
        return evidence.send(self._api, request)

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        """Check signature, certificate and age, then read the envelope."""
        lowered = {name.lower(): value for name, value in headers.items()}
        signature.check(self._certificates, self._webhook_id, lowered, body, received_at)
        return (signature.read(body),)

    def about(self, event: GatewayEvent) -> Hashable:
        """The object that it names. By its news money that was reversed is looked for in several places, and the label
        says whose it is: these go by themselves."""
        resource = event.payload.get("resource")
        if event.kind not in hook.TELLING - {hook.REVERSED} or not isinstance(resource, dict):
            return None
        return event.kind.rpartition(".")[0], event.object_reference, str(resource.get("custom_id"))

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        """Nothing: see :meth:`follow`."""
        return ()

    def follow(self, event: GatewayEvent, *, may_take: MayTake = always) -> Sequence[Outcome]:
        """What the event is about, unless it was made by somebody else with the same account."""
        if event.kind not in hook.TELLING:
            return ()
        resource = cast(Mapping[str, Any], event.payload.get("resource") or {})
        try:
            return self._reading.news_of(event.kind, event.object_reference, resource, may_take)
        except NONSENSE as problem:
            raise NewsUnavailable(BLANKS.unreadable) from problem

    def since(self, moment: datetime, until: datetime | None = None) -> Iterator[Sighting]:
        """Everything that happened since ``moment``. Raises :class:`HistoryUnavailable`."""
        return history.since(self._api, self._reading, moment, until, hears=bool(self._webhook_id))

    def reaches(self) -> Reach:
        """As far as its report goes and, where it sends us all its news, until now. Raises
        :class:`HistoryUnavailable`."""
        return history.reach(self._api, self._webhook_id)

    def told(self, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
        """Its news of then once more. Raises :class:`HistoryUnavailable`."""
        return history.told(self._api, first, until)

    def movements(self, first: datetime, until: datetime) -> Iterator[ListedMovement]:
        """As far as its report goes. Raises :class:`HistoryUnavailable`."""
        return movements.movements(self._api, first, until)


def _check(settings: Mapping[str, str]) -> None:
    errors: dict[str, str] = {}
    for name in ("client_id", "client_secret"):
        value = settings.get(name, "")
        if not is_secret(value) or ":" in value:
            errors[name] = _("Give it as PayPal shows it, without spaces.")
    if settings.get("environment", "") not in ("", "live", "sandbox"):
        errors["environment"] = _("Give live or sandbox, or leave it empty.")
    check_settings(settings, errors)
