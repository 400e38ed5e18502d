"""The adapter of GoCardless, over its published HTTP interface.

Money is collected under a mandate. The payer gives one on GoCardless's hosted page (a *billing request* and its
*flow*); as soon as it is there, whoever hears of it first (the payer who comes back, a webhook, the sweep) makes the
payment, under the attempt's key, so it is made once. A mandate that was kept is charged at once. A debit is under way
for days: only the banks' confirmation is success, and banks may take it back even then.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from allsquare.core.money import Money
from allsquare.core.remote import Trouble
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways.gocardless import history, mandates, objects, requests, signature
from allsquare.gateways.gocardless.api import BLANKS, GoCardlessApi, Refusal, host_of
from allsquare.gateways.gocardless.objects import NAME
from allsquare.gateways.gocardless.reading import PAGE_OPEN, Reading
from allsquare.gateways.shared import ADDRESS, NONSENSE, check_settings, is_secret, webhook_secret, why_not
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
from allsquare.payments.gateway_abilities import MayTake, NewsUnavailable, Sighting, always, never

#: Refusals of a saved mandate: the payer must give a new one.
_MANDATE_GONE: Final = frozenset(
    {"mandate_is_inactive", "mandate_replaced", "bank_account_disabled", "resource_not_found"}
)
#: Events after which the money may be elsewhere, or the payment can go on.
_TELLING: Final = frozenset(
    {
        "billing_requests.fulfilled", "billing_requests.cancelled", "payments.confirmed", "payments.paid_out",
        "payments.failed", "payments.cancelled", "payments.customer_approval_denied", "payments.charged_back",
        "payments.chargeback_cancelled", "payments.chargeback_settled", "payments.late_failure_settled",
        "payments.resubmission_requested", "refunds.created", "refunds.paid", "refunds.failed",
        "refunds.bounced", "refunds.funds_returned", "refunds.refund_settled", "payouts.paid", "payouts.bounced",
    }
    | {f"mandates.{action}" for action in mandates.NEWS}
)  # fmt: skip
_MOST: Final = 10**9
"""Minor units. What an account may really collect only GoCardless knows; this keeps nonsense from being asked for."""
_NO_SUM: Final = _noop("GoCardless cannot collect this amount in this currency.")


class GoCardlessGateway:
    """One account at GoCardless."""

    name: str = NAME
    label: str = "GoCardless"
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.BANK_DEBIT,
            Capability.SAVED_METHODS,
            Capability.FORGETS,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.WEBHOOKS,
            Capability.HINTS,
            Capability.LOOKUP,
            Capability.CLOSES,
            Capability.TAKES,
            Capability.HISTORY,
            Capability.REPLAY,
        }
    )
    methods: tuple[MethodKind, ...] = (MethodKind.BANK_DEBIT,)
    page_life: timedelta = PAGE_OPEN
    settings_schema: tuple[SettingField, ...] = (
        SettingField(
            "access_token",
            _noop("Access token"),
            secret=True,
            leads=True,
            help=_noop(
                "With read-write access. Starts with live_, or with sandbox_ to try it without money."
            ),
        ),
        webhook_secret(_noop("GoCardless shows it when you enter our webhook address there.")),
        ADDRESS,
    )
    news_names: frozenset[str] = frozenset({"id", "action", "resource_type", "created_at"})

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises :class:`FieldErrors` for settings that no request could be made with."""
        _check(settings)
        self._secret = settings.get("webhook_secret", "")
        self.practice = settings["access_token"].startswith("sandbox_")
        self._api = GoCardlessApi(settings["access_token"], settings.get("base_url", ""))
        self._reading = Reading(self._api)

    def check(self) -> Checkup:
        """Reads its own account: who it is, and whether it may collect."""
        told = self._api.ask("GET", "/creditors")
        if isinstance(told, Trouble):
            return Checkup(False, told.message, "base_url")
        if isinstance(told, Refusal):
            return Checkup(False, told.message, "access_token")
        creditor = next((each for each in told.body.get("creditors") or [] if isinstance(each, dict)), None)
        if creditor is None:
            return Checkup(
                False, _noop("There is no creditor at GoCardless yet. Complete the account there.")
            )
        if creditor.get("verification_status") == "action_required":
            return Checkup(
                False, _noop("GoCardless does not pay this account out yet. Complete its verification there.")
            )
        if not self._secret:
            return Checkup(
                False,
                _noop(
                    "GoCardless may collect, but its news is not believed yet: enter our webhook address there, and "
                    "the webhook secret here."
                ),
                "webhook_secret",
            )
        return Checkup(
            True, kept(_noop("GoCardless answers as:"), str(creditor.get("name") or creditor["id"]))
        )

    def identity(self) -> str | None:
        """Its creditor, of several the oldest. Those of the sandbox are others than the real ones."""
        told = self._api.ask("GET", "/creditors")
        if isinstance(told, Trouble | Refusal):
            return None
        found = [
            (str(each.get("created_at") or ""), str(each["id"]))
            for each in told.body.get("creditors") or []
            if isinstance(each, dict) and each.get("id")
        ]
        return min(found)[1] if found else None

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        """A debit where the currency has a scheme. What an account may really collect only GoCardless knows."""
        code = amount.currency.code
        known = code in requests.SCHEMES and 0 < amount.minor <= _MOST
        return self.methods if known and not (code == "USD" and country not in ("", "US")) else ()

    def start(self, request: ChargeRequest) -> Outcome:
        """A page of GoCardless for the payer, or a debit under a mandate that was kept."""
        if request.method not in self.offers(amount=request.amount, country=""):
            return BLANKS.blank(Subject.CHARGE, Status.NOT_SENT, request.key, "amount_unsupported", _NO_SUM)
        try:
            if request.saved_method:
                return self._collect(request)
            return self._lead(request)
        except NewsUnavailable as problem:
            return BLANKS.blank(Subject.CHARGE, Status.UNKNOWN, request.key, "no_answer", str(problem))
        except NONSENSE:
            return BLANKS.malformed(Subject.CHARGE, request.key)

    def _lead(self, request: ChargeRequest) -> Outcome:
        """Two questions: the second may be repeated as often as one likes, since only one page can be completed."""
        made = self._api.make("billing_requests", requests.mandate(request), str(request.key))
        if isinstance(made, Refusal | Trouble):
            return self._refused(Subject.CHARGE, request.key, made)
        if made["status"] != "pending":
            return self._reading.of_request(made, act=False)  # the next question takes it
        flow = self._api.make("billing_request_flows", requests.flow(made["id"], request), "")
        if isinstance(flow, Refusal | Trouble):
            # Nobody was led there, so nothing can be collected, and asking again is safe.
            status, about = (flow.status, flow.field) if isinstance(flow, Refusal) else (0, "")
            code = why_not(status, "no_page", about)
            return BLANKS.blank(Subject.CHARGE, Status.NOT_SENT, request.key, code, flow.message)
        return objects.page(made, str(flow["authorisation_url"]))

    def _collect(self, request: ChargeRequest) -> Outcome:
        fields = requests.payment(
            request.amount, request.description, request.saved_method, requests.labels(request)
        )
        made = self._api.make("payments", fields, Reading.key_of_payment(request.key))
        if isinstance(made, Refusal | Trouble):
            return self._refused(Subject.CHARGE, request.key, made)
        return self._reading.of_payment(made)

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back once. A charge that is still called by its page is looked up first."""
        try:
            outcome = self._give_back(request)
        except NewsUnavailable as problem:
            outcome = BLANKS.blank(Subject.REFUND, Status.UNKNOWN, request.key, "no_answer", str(problem))
        except NONSENSE:
            outcome = BLANKS.malformed(Subject.REFUND, request.key)
        return replace(outcome, charge_reference=request.charge_reference)

    def _give_back(self, request: RefundRequest) -> Outcome:
        """What was given under this key is looked for first."""
        if request.amount.minor <= 0:
            return BLANKS.blank(Subject.REFUND, Status.NOT_SENT, request.key, "amount_unsupported", _NO_SUM)
        try:
            payment = self._reading.payment_named(request.charge_reference)
            earlier = self._reading.refund_with(request.key, str(payment["id"]))
        except NewsUnavailable as problem:
            return BLANKS.blank(Subject.REFUND, Status.NOT_SENT, request.key, "no_answer", str(problem))
        if earlier is not None:
            return objects.refund(earlier)
        asked = replace(request, charge_reference=str(payment["id"]))
        fields = requests.refund(asked, given_before=int(payment["amount_refunded"]))
        made = self._api.make("refunds", fields, str(request.key))
        if isinstance(made, Refusal | Trouble):
            return self._refused(Subject.REFUND, request.key, made)
        return objects.refund(made)

    def look_up(
        self, *, key: UUID, reference: str, subject: Subject, act: bool = True, may_take: MayTake = always
    ) -> Outcome:
        """What became of it; and where the payer has given the mandate meanwhile, the payment is made (``act``)."""
        take = may_take if act else never
        try:
            outcome = (
                self._reading.named(subject, reference, act=act, may_take=take)
                if reference
                else self._reading.with_key(subject, key, act=act, may_take=take)
            )
        except NewsUnavailable as problem:
            return BLANKS.blank(subject, Status.UNKNOWN, key, "no_answer", str(problem), reference)
        except NONSENSE:
            return BLANKS.malformed(subject, key)
        return outcome if outcome.key else replace(outcome, key=key)

    def close(self, *, key: UUID, reference: str) -> Outcome:
        """The question for a mandate is taken back. Where its payer was faster, and nothing was collected yet, the
        mandate is cancelled instead: nobody collects under it."""
        if reference.startswith("BRQ"):
            try:
                told = self._api.act("billing_requests", reference, "cancel")
            except NewsUnavailable as problem:
                return BLANKS.blank(Subject.CHARGE, Status.UNKNOWN, key, "no_answer", str(problem), reference)
            if not isinstance(told, Refusal | Trouble):
                return replace(objects.left(told), key=key)
            try:
                return self._reading.given_up(reference)
            except NewsUnavailable as problem:
                return BLANKS.blank(Subject.CHARGE, Status.UNKNOWN, key, "no_answer", str(problem), reference)
            except NONSENSE:
                return BLANKS.malformed(Subject.CHARGE, key)
        after = self.look_up(key=key, reference=reference, subject=Subject.CHARGE, act=False)
        # It would not close: it may be completed yet.
        return replace(after, status=Status.UNKNOWN) if after.status is Status.ACTION_REQUIRED else after

    def forget(self, token: str) -> Outcome:
        """The mandate is cancelled, once no debit waits under it."""
        return mandates.cancel(self._api, token)

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        """Check the signature, then read each event of the delivery."""
        lowered = {name.lower(): value for name, value in headers.items()}
        signature.check(self._secret, lowered.get("webhook-signature", ""), body)
        return signature.read(body)

    def about(self, event: GatewayEvent) -> Hashable:
        """The object that it names."""
        if event.kind not in _TELLING or not event.object_reference:
            return None
        return event.kind.partition(".")[0], event.object_reference

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        """Nothing: see :meth:`follow`."""
        return ()

    def follow(self, event: GatewayEvent, *, may_take: MayTake = always) -> Sequence[Outcome]:
        """What the event is about, unless it was made by somebody else with the same account."""
        if event.kind not in _TELLING or not event.object_reference:
            return ()
        try:
            return self._reading.news_of(event.kind.partition(".")[0], event.object_reference, may_take)
        except NONSENSE as problem:
            raise NewsUnavailable(BLANKS.unreadable) from problem

    def since(self, moment: datetime, until: datetime | None = None) -> Iterator[Sighting]:
        """Everything that happened since ``moment``. Raises :class:`HistoryUnavailable`."""
        return history.since(self._api, self._reading, moment, until)

    def told(self, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
        """Its news of then once more. Raises :class:`HistoryUnavailable`."""
        return history.told(self._api, first, until)

    def _refused(self, subject: Subject, key: UUID, told: Refusal | Trouble) -> Outcome:
        """What is known of a request that may have moved money."""
        if isinstance(told, Trouble):
            return BLANKS.troubled(subject, key, told)
        if subject is Subject.CHARGE and told.reason in _MANDATE_GONE:
            return BLANKS.blank(subject, Status.DECLINED, key, "saved_method_unknown", told.message)
        if told.field in ("amount", "currency", "scheme"):
            status = Status.DECLINED if subject is Subject.REFUND else Status.NOT_SENT
            return BLANKS.blank(subject, status, key, "amount_unsupported", told.message)
        if told.reason == "total_amount_confirmation_invalid":
            # Another refund was made in between, perhaps by an earlier request of our own: it is looked for again.
            return BLANKS.blank(subject, Status.UNKNOWN, key, told.reason, told.message)
        final = subject is Subject.REFUND and told.reason in _FINAL_FOR_REFUNDS
        status = Status.DECLINED if final else Status.NOT_SENT
        code = why_not(told.status, told.reason[:60], told.field)
        return BLANKS.blank(subject, status, key, code, told.message)


_FINAL_FOR_REFUNDS: Final = frozenset(
    {
        "refund_payment_invalid_state", "number_of_refunds_exceeded", "available_refund_amount_insufficient",
        "refund_is_unreachable", "validation_failed",
    }
)  # fmt: skip


def _check(settings: Mapping[str, str]) -> None:
    errors: dict[str, str] = {}
    token = settings.get("access_token", "")
    if not (host_of(token) and is_secret(token)):
        errors["access_token"] = _(
            "Give the access token, which starts with live_ or sandbox_, without spaces."
        )
    check_settings(settings, errors)
