"""The adapter of Stripe, over its published HTTP interface.

The payer goes to Stripe's hosted page (Checkout), where cards, Apple Pay, Google Pay and Link are offered as they
work, and mandates for bank debits are given. A saved method is charged at once. What became of it is always asked
for, since webhooks carry neither fees nor the contents of payouts, and speak the version of their endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid5

import httpx

from allsquare.core.money import Money
from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways.shared import ADDRESS, NONSENSE, webhook_secret, why_not
from allsquare.gateways.stripe import (
    checkup,
    declines,
    element,
    evidence,
    forgetting,
    history,
    methods,
    news,
    objects,
    payouts,
    signature,
    terminal,
    transfers,
)
from allsquare.gateways.stripe.amounts import smallest_units, to_stripe
from allsquare.gateways.stripe.api import BLANKS, StripeApi, made_since, said
from allsquare.gateways.stripe.forms import Value
from allsquare.gateways.stripe.objects import NAME
from allsquare.gateways.stripe.requests import DEBITS, page, saved
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
from allsquare.payments.gateway_abilities import EvidenceRequest, Fields, NewsUnavailable, Reader, Sighting

_EXPAND: Final = "payment_intent.latest_charge.balance_transaction"
_NO_SUM: Final = _noop("Stripe cannot take this amount in this currency by this way.")


class StripeGateway:
    """One account at Stripe."""

    name: str = NAME
    label: str = "Stripe"
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.CARD,
            Capability.WALLETS,
            Capability.BANK_DEBIT,
            Capability.SAVED_METHODS,
            Capability.FORGETS,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.WEBHOOKS,
            Capability.HINTS,
            Capability.LOOKUP,
            Capability.HISTORY,
            Capability.REPLAY,
            Capability.CLOSES,
            Capability.EVIDENCE,
            Capability.EMBEDDED,
            Capability.IN_PERSON,
            Capability.TIPS,
            Capability.KEEPS_AT_READERS,
            Capability.TRANSFERS,
        }
    )
    methods: tuple[MethodKind, ...] = (MethodKind.CARD, MethodKind.BANK_DEBIT, MethodKind.BANK_TRANSFER)
    page_life: timedelta = timedelta(hours=24)  # of a Checkout session that was asked for no other
    settings_schema: tuple[SettingField, ...] = (
        SettingField(
            "api_key", _noop("Secret key"), secret=True, leads=True, help=_noop("Starts with sk_ or rk_")
        ),
        webhook_secret(
            _noop("Starts with whsec_; Stripe shows it when you enter our webhook address there.")
        ),
        *transfers.SETTINGS,
        *element.SETTINGS,
        ADDRESS,
    )
    news_names: frozenset[str] = news.NAMES

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises :class:`FieldErrors` for settings that no request could be made with."""
        self._transfers = checkup.check_settings(settings)
        self._secret = settings.get("webhook_secret", "")
        self._publishable, self._base = element.key_in_use(settings), settings.get("base_url", "")
        self.embeds = bool(self._publishable)
        self.practice = checkup.is_test(settings["api_key"])
        self._api = StripeApi(settings["api_key"], self._base)

    def check(self) -> Checkup:
        """Reads its own account: whether it may charge, and for real or in test mode."""
        return checkup.check(self._api, self._secret, self._publishable)

    def identity(self) -> str | None:
        """Test and live are two: neither knows a charge of the other."""
        return checkup.identity(self._api, practice=self.practice)

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        """Debits where the currency has one, transfers where the business wants them. What an account may really
        charge only Stripe knows."""
        if to_stripe(amount) is None:
            return ()
        code = amount.currency.code
        ways = [MethodKind.CARD]
        if code in DEBITS and not (code == "USD" and country not in ("", "US")):
            ways.append(MethodKind.BANK_DEBIT)
        if self._transfers.takes(code):
            ways.append(MethodKind.BANK_TRANSFER)
        return tuple(ways)

    def start(self, request: ChargeRequest) -> Outcome:
        """A page of Stripe for the payer, or a saved method charged at once."""
        units = to_stripe(request.amount)
        if units is None or request.method not in self.offers(amount=request.amount, country=""):
            return BLANKS.blank(
                Subject.CHARGE,
                Status.NOT_SENT,
                request.key,
                "amount_unsupported",
                _NO_SUM,
            )
        if request.reader:
            return terminal.wake(self._api, request, units)
        if request.method is MethodKind.BANK_TRANSFER:
            told = transfers.ask(self._api, request, units, self._transfers)
            return self._moved(Subject.CHARGE, request.key, told, partial(transfers.read, self._api))
        if request.saved_method:
            told = self._api.post("/v1/payment_intents", request.key, saved(request, units))
            return self._moved(Subject.CHARGE, request.key, told, objects.intent_of)
        if self._publishable and element.takes(request):
            begun = element.begin(self._api, request, units)
            return self._moved(Subject.CHARGE, request.key, begun, element.read)
        told = self._api.post("/v1/checkout/sessions", request.key, page(request, units))
        return self._moved(Subject.CHARGE, request.key, told, objects.session)

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back once."""
        return replace(self._give_back(request), charge_reference=request.charge_reference)

    def _give_back(self, request: RefundRequest) -> Outcome:
        """A charge that is still called by its page is looked up first."""
        intent, units = request.charge_reference, smallest_units(request.amount)
        if not units or units < 0:
            return BLANKS.blank(Subject.REFUND, Status.NOT_SENT, request.key, "amount_unsupported", _NO_SUM)
        if intent.startswith("cs_"):
            shown = self._api.get(f"/v1/checkout/sessions/{quote(intent, safe='')}")
            if isinstance(shown, Trouble) or not shown.good:
                return BLANKS.blank(Subject.REFUND, Status.NOT_SENT, request.key, *said(shown))
            intent = str(shown.body.get("payment_intent") or "")
        fields: dict[str, Value] = {
            "payment_intent": intent,
            "amount": units,
            "metadata": {"attempt": str(request.key), "reason": request.reason[:500]},
            "expand": ["balance_transaction"],
        }
        told = self._api.post("/v1/refunds", request.key, fields)
        return self._moved(Subject.REFUND, request.key, told, objects.refund)

    def look_up(self, *, key: UUID, reference: str, subject: Subject, act: bool = True) -> Outcome:
        """By its name, or by our key among what was made since the key was. ``NOT_SENT`` only when the lists were
        read to their ends."""
        outcome = self._named(subject, reference, key) if reference else self._with_key(subject, key)
        if act and outcome.code in (terminal.LEFT, element.LEFT):
            return self.close(key=key, reference=outcome.reference)
        return element.seal(self._api, outcome) if act else outcome

    def fields(self, reference: str) -> Fields | None:
        """Those of the Payment Element."""
        try:
            return element.fields(self._api, self._publishable, self._base, reference)
        except NONSENSE as problem:
            raise NewsUnavailable(BLANKS.unreadable) from problem

    def _with_key(self, subject: Subject, key: UUID) -> Outcome:
        searches: dict[Subject, list[tuple[str, str, Callable[[Mapping[str, Any]], Outcome]]]] = {
            Subject.CHARGE: [
                ("/v1/checkout/sessions", f"data.{_EXPAND}", objects.session),
                ("/v1/payment_intents", "data.latest_charge.balance_transaction", self._of_intent),
            ],
            Subject.REFUND: [
                ("/v1/refunds", "data.balance_transaction", partial(transfers.given_back, self._api))
            ],
        }
        try:
            for path, expand, read in searches.get(subject, []):
                for item in self._api.pages(path, {"expand[0]": expand, **made_since(key)}):
                    if objects.attempt_of(item) == key:
                        return declines.counted(self._api, item.get("payment_intent", item), read(item))
        except NewsUnavailable as problem:
            return BLANKS.blank(subject, Status.UNKNOWN, key, "no_answer", str(problem))
        except NONSENSE:
            return BLANKS.malformed(subject, key)
        if subject not in searches:
            return BLANKS.needs_reference(subject, key)
        return BLANKS.unheard_of(subject, key)

    def close(self, *, key: UUID, reference: str, part: bool = False) -> Outcome:
        """The page expires, unless its payer was faster. That of a declined card is looked for."""
        try:
            name = reference if reference.startswith("cs_") else self._page_of(reference)
            if not name:
                terminal.take_back(self._api, reference)
                element.take_back(self._api, reference)
                transfers.cancel(self._api, key, reference, part=part)
        except NewsUnavailable as problem:
            return BLANKS.blank(Subject.CHARGE, Status.UNKNOWN, key, "no_answer", str(problem), reference)
        if name:
            path = f"/v1/checkout/sessions/{quote(name, safe='')}/expire"
            told = self._api.post(path, uuid5(key, "close"), {})
            if not isinstance(told, Trouble) and told.good:
                return self._moved(Subject.CHARGE, key, told, objects.session)
        after = self._named(Subject.CHARGE, name or reference, key)
        # It would not close: it may be paid yet.
        return replace(after, status=Status.UNKNOWN) if after.status is Status.ACTION_REQUIRED else after

    def _page_of(self, intent: str) -> str:
        """Raises ``NewsUnavailable``."""
        found = self._api.pages("/v1/checkout/sessions", {"payment_intent": intent})
        return next((str(page["id"]) for page in found), "")

    def readers(self) -> Sequence[Reader]:
        """Those of Terminal. Raises :class:`NewsUnavailable`."""
        try:
            return terminal.readers(self._api)
        except NONSENSE as problem:
            raise NewsUnavailable(BLANKS.unreadable) from problem

    def forget(self, token: str) -> Outcome:
        """Keep a saved method no longer."""
        return forgetting.forget(self._api, token)

    def send_evidence(self, request: EvidenceRequest) -> Outcome:
        """Hand in what shows that a dispute is wrong."""
        return evidence.send(self._api, request)

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        """Check signature and age, then read the envelope."""
        lowered = {name.lower(): value for name, value in headers.items()}
        signature.check(self._secret, lowered.get("stripe-signature", ""), body, received_at)
        return (signature.read(body),)

    def about(self, event: GatewayEvent) -> Hashable:
        """The charge, refund, dispute, payout or saved method."""
        return news.about(event)

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        """Nothing: see :meth:`follow`."""
        return ()

    def follow(self, event: GatewayEvent) -> Sequence[Outcome]:
        """What the event is about, unless it was made by somebody else with the same account."""
        subject = news.subject_of(event.kind)
        try:
            name = news.name_in(event.kind, event.payload, event.object_reference) if subject else ""
        except NONSENSE as problem:
            raise NewsUnavailable(BLANKS.unreadable) from problem
        if subject is None or not name or news.is_anothers(self._api, subject, name):
            return ()
        outcome = self._named(subject, name, None)
        if outcome.status is Status.UNKNOWN:
            if outcome.code == "no_money_moved":
                return ()
            raise NewsUnavailable(outcome.message or outcome.code)
        return (element.seal(self._api, outcome),)

    def since(self, moment: datetime, until: datetime | None = None) -> Iterator[Sighting]:
        """Everything that happened since ``moment``. Raises :class:`HistoryUnavailable`."""
        return history.since(self._api, self._object, moment, until)

    def told(self, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
        """Its news of then once more. Raises :class:`HistoryUnavailable`."""
        return history.told(self._api, first, until)

    # -- asking --------------------------------------------------------------------------------------------

    def _named(self, subject: Subject, reference: str, key: UUID | None) -> Outcome:
        """An object by its name. That it is no longer known says nothing about the money: ``UNKNOWN``."""
        try:
            outcome = self._object(subject, reference)
        except NewsUnavailable as problem:
            return BLANKS.blank(subject, Status.UNKNOWN, key, "no_answer", str(problem), reference)
        except NONSENSE:
            return BLANKS.malformed(subject, key)
        if outcome is None:
            return BLANKS.blank(subject, Status.UNKNOWN, key, "no_money_moved", "", reference)
        return outcome if outcome.key else replace(outcome, key=key)

    def _object(self, subject: Subject, reference: str) -> Outcome | None:
        """Raises ``NewsUnavailable``; ``None`` for a bank's question before which no money moved."""
        name = quote(reference, safe="")
        if subject is Subject.REFUND:
            both = ("balance_transaction", "failure_balance_transaction")
            return transfers.given_back(self._api, self._api.one(f"/v1/refunds/{name}", *both))
        if subject is Subject.METHOD:
            return methods.now(self._api, reference)
        if subject is Subject.DISPUTE:
            return objects.dispute(self._api.one(f"/v1/disputes/{name}"))
        if subject is Subject.PAYOUT:
            found = self._api.one(f"/v1/payouts/{name}", "balance_transaction")
            listed = {"payout": name, "expand[0]": "data.source"}
            # Stripe does not say what is in one that somebody asked for, and refuses the question.
            whole = found.get("automatic") is not False
            return payouts.payout(
                found, list(self._api.pages("/v1/balance_transactions", listed)) if whole else ()
            )
        return methods.with_reference(self._api, self._charge(name))

    def _charge(self, name: str) -> Outcome:
        """By the name of its page or its own. Raises ``NewsUnavailable``."""
        if name.startswith("cs_"):
            page = self._api.one(f"/v1/checkout/sessions/{name}", _EXPAND)
            return declines.counted(self._api, page.get("payment_intent"), objects.session(page))
        if name.startswith("cus_"):
            return self._of_intent(transfers.whole(self._api, name))
        intent = self._api.one(f"/v1/payment_intents/{name}", "latest_charge.balance_transaction")
        return declines.counted(self._api, intent, self._of_intent(intent))

    def _of_intent(self, intent: Mapping[str, Any]) -> Outcome:
        """Raises ``NewsUnavailable``."""
        if terminal.is_at_reader(intent):
            return terminal.reading(self._api, intent)
        if element.is_open(intent):
            return element.reading(intent)
        if transfers.is_transfer(intent):
            return transfers.read(self._api, intent)
        if (
            intent["status"] in ("succeeded", "processing")
            or (intent.get("metadata") or {}).get("via") != "page"
        ):
            return objects.intent_of(intent)
        # A card that was declined on the page may be followed by another one there: the page knows.
        pages = list(
            self._api.pages(
                "/v1/checkout/sessions", {"payment_intent": intent["id"], "expand[0]": f"data.{_EXPAND}"}
            )
        )
        return objects.session(pages[0]) if pages else objects.intent_of(intent)

    def _moved(
        self,
        subject: Subject,
        key: UUID,
        told: Reply | Trouble,
        read: Callable[[Mapping[str, Any]], Outcome],
    ) -> Outcome:
        """What is known of a request that may have moved money."""
        if isinstance(told, Trouble):
            return BLANKS.troubled(subject, key, told)
        if told.good:
            try:
                outcome = read(told.body)
            except NONSENSE:
                return BLANKS.malformed(subject, key)
            return outcome if outcome.key else replace(outcome, key=key)
        error = told.body.get("error")
        kind = error.get("type") if isinstance(error, dict) else None
        code, message = said(told)
        if kind is None or kind == "idempotency_error":
            return BLANKS.blank(subject, Status.UNKNOWN, key, code, message)
        intent = error.get("payment_intent") if isinstance(error, dict) else None
        reference = str(intent.get("id", "")) if isinstance(intent, dict) else ""
        final = told.status == httpx.codes.PAYMENT_REQUIRED or (
            told.status in (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND)
            and (subject is Subject.REFUND or code == "resource_missing")
        )
        if not final:
            about = str(error.get("param") or "") if isinstance(error, dict) else ""
            code, message = why_not(told.status, code, about), kept(_noop("Stripe refused:"), message)
        return BLANKS.blank(
            subject, Status.DECLINED if final else Status.NOT_SENT, key, code, message, reference
        )
