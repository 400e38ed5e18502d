"""The adapter of the sandbox, a provider for trying things out that is spoken to over HTTP only.

What may be concluded from an answer, for requests that move money:

* no connection: the request surely did not arrive (``NOT_SENT``);
* anything else that is not an answer in the provider's own form (a broken connection, a time-out, a 5xx,
  a proxy's page): it may have arrived (``UNKNOWN``);
* 402, or a refusal that would be the same another time: ``DECLINED``; nothing was charged;
* every other refusal in the provider's form (a wrong key, a currency it does not know): it did nothing
  (``NOT_SENT``).
"""

from __future__ import annotations

import weakref
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid5

import httpx
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

from allsquare.core.errors import FieldErrors
from allsquare.core.money import Money
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways.sandbox import history
from allsquare.gateways.sandbox.objects import BLANKS, NAME, NAMES, READERS, read, read_event, reader
from allsquare.gateways.sandbox.replies import Answer, Trouble, ask
from allsquare.gateways.shared import NONSENSE, is_address, trusted, why_not
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
from allsquare.payments.gateway_abilities import (
    EvidenceRequest,
    HistoryUnavailable,
    NewsUnavailable,
    Reader,
    Sighting,
)

TIMEOUT: Final = 10.0
"""Seconds to wait for an answer, when the settings do not say otherwise."""
TOLERANCE: Final = timedelta(seconds=300)
"""How old, or how far ahead, a webhook may be when it arrives (Standard Webhooks specification)."""

_FINAL_REFUSALS = frozenset(
    {
        "saved_method_unknown",
        "refund_exceeds_charge",
        "charge_not_refundable",
        "charge_not_found",
        "currency_mismatch",
    }
)
_KEY_REUSED = "idempotency_key_reused"  # an earlier request has this key, and that one may have charged


class SandboxGateway:
    """One account at one sandbox. Safe to use from many threads; keeps its connections."""

    name: str = NAME
    label: str = _noop("Sandbox (no real money)")
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.CARD,
            Capability.BANK_DEBIT,
            Capability.SAVED_METHODS,
            Capability.FORGETS,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.WEBHOOKS,
            Capability.LOOKUP,
            Capability.CLOSES,
            Capability.HISTORY,
            Capability.REPLAY,
            Capability.EVIDENCE,
            Capability.IN_PERSON,
            Capability.TIPS,
            Capability.KEEPS_AT_READERS,
            Capability.PRACTICE,
        }
    )
    methods: tuple[MethodKind, ...] = (MethodKind.CARD, MethodKind.BANK_DEBIT)
    page_life: timedelta = timedelta(days=30)  # its pages stay open until they are closed
    practice: bool = True
    settings_schema: tuple[SettingField, ...] = (
        SettingField("base_url", _noop("Address"), address=True, help=_noop("Such as http://127.0.0.1:9090")),
        SettingField("api_key", _noop("API key"), secret=True, leads=True),
        SettingField(
            "webhook_secret", _noop("Webhook secret"), secret=True, help=_noop("Starts with whsec_")
        ),
        SettingField(
            "timeout", _noop("Seconds to wait for an answer"), required=False, help=_noop("By default 10.")
        ),
    )
    news_names: frozenset[str] = NAMES

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises :class:`FieldErrors` for settings that no request could be made with."""
        _check(settings)
        self._webhook_secret = settings.get("webhook_secret", "")
        self._http = httpx.Client(
            base_url=settings["base_url"],
            headers={"Authorization": f"Bearer {settings['api_key']}"},
            timeout=httpx.Timeout(float(settings.get("timeout") or TIMEOUT), connect=3.0),
            verify=trusted(),
            trust_env=False,  # a sandbox is on this machine: no proxy stands between
        )
        weakref.finalize(self, self._http.close)  # adapters come and go with their settings

    def check(self) -> Checkup:
        """Reads its own account, and compares where the news goes signed by which secret."""
        told = ask(self._http, "GET", "/v1/account")
        if isinstance(told, Trouble):
            return Checkup(False, told.message, "base_url")
        if told.http_status == httpx.codes.UNAUTHORIZED:
            return Checkup(
                False, kept(_noop("The sandbox does not know this API key."), told.message), "api_key"
            )
        if told.code:
            return Checkup(False, told.message, "api_key")
        if told.body.get("webhook_secret") != self._webhook_secret:
            return Checkup(
                False, _noop("The sandbox signs its webhooks with another secret."), "webhook_secret"
            )
        if not told.body.get("webhook_url"):
            return Checkup(
                False, _noop("The sandbox does not know where to send its webhooks. Give it the address.")
            )
        return Checkup(True, kept(_noop("The sandbox answers as:"), str(told.body.get("name", ""))))

    def identity(self) -> str | None:
        """The account that the sandbox opened."""
        told = ask(self._http, "GET", "/v1/account")
        if isinstance(told, Trouble) or told.code or not told.body.get("id"):
            return None
        return str(told.body["id"])

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        return self.methods

    def start(self, request: ChargeRequest) -> Outcome:
        """Ask for money once."""
        told = ask(
            self._http,
            "POST",
            "/v1/charges",
            key=request.key,
            json={
                "amount": request.amount.minor,
                "currency": request.amount.currency.code,
                "method": request.method,
                "description": request.description[:500],
                "return_url": request.return_url,
                "customer": {"email": request.customer_email, "name": request.customer_name[:200]},
                "metadata": {**request.metadata, "attempt": str(request.key)},
                "save_method": request.save_method,
                "saved_method": request.saved_method,
                **({"challenge": True} if request.challenge else {}),
                **({"reader": request.reader} if request.reader else {}),
                **({"tips": True} if request.tips else {}),
            },
        )
        return self._outcome_of_move(Subject.CHARGE, request.key, told)

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back once."""
        told = ask(
            self._http,
            "POST",
            "/v1/refunds",
            key=request.key,
            json={
                "charge": request.charge_reference,
                "amount": request.amount.minor,
                "currency": request.amount.currency.code,
                "reason": request.reason[:500],
                "metadata": {"attempt": str(request.key)},
            },
        )
        outcome = self._outcome_of_move(Subject.REFUND, request.key, told)
        return replace(outcome, charge_reference=request.charge_reference)

    def readers(self) -> Sequence[Reader]:
        """Those of this account. Raises :class:`NewsUnavailable`."""
        told = ask(self._http, "GET", "/v1/readers")
        if isinstance(told, Trouble) or told.code:
            raise NewsUnavailable(told.message)
        try:
            return [reader(each) for each in told.body["data"]]
        except NONSENSE as problem:
            raise NewsUnavailable(BLANKS.unreadable) from problem

    def forget(self, token: str) -> Outcome:
        """Keep a saved method no longer."""
        told = ask(self._http, "DELETE", f"/v1/methods/{quote(token, safe='')}")
        if not isinstance(told, Trouble) and told.http_status in (httpx.codes.OK, httpx.codes.NOT_FOUND):
            return BLANKS.blank(Subject.METHOD, Status.SUCCEEDED, None, "", "", token)
        status = Status.UNKNOWN if isinstance(told, Trouble) else Status.DECLINED
        return BLANKS.blank(Subject.METHOD, status, None, told.code, told.message, token)

    def look_up(self, *, key: UUID, reference: str, subject: Subject, act: bool = True) -> Outcome:
        """What became of an earlier request? ``NOT_SENT`` only when the provider answers that it never
        heard of ``key``. That it no longer knows a ``reference`` it once gave says nothing about the money:
        ``UNKNOWN``."""
        shelf = f"/v1/{subject}s"
        if reference:
            told = ask(self._http, "GET", f"{shelf}/{quote(reference, safe='')}")
        elif subject in (Subject.CHARGE, Subject.REFUND):
            told = ask(self._http, "GET", shelf, params={"attempt": str(key)})
        else:
            told = Trouble(sent=True, code="no_reference", message=_noop("Only its reference finds this."))
        if isinstance(told, Trouble):
            return BLANKS.blank(subject, Status.UNKNOWN, key, told.code, told.message)
        if told.code:
            return BLANKS.blank(subject, Status.UNKNOWN, key, told.code, told.message, reference)
        if reference:
            return read(subject, told.body, key=key)
        found = told.body.get("data")
        if not isinstance(found, list):
            return BLANKS.malformed(subject, key)
        if not found:
            return BLANKS.blank(
                subject,
                Status.NOT_SENT,
                key,
                "unheard_of",
                _noop("The provider never heard of this request."),
            )
        return read(subject, found[0], key=key)

    def send_evidence(self, request: EvidenceRequest) -> Outcome:
        """With its files as base64. A refusal in the provider's form stays one; all else is asked again."""
        told = ask(
            self._http,
            "POST",
            f"/v1/disputes/{quote(request.dispute_reference, safe='')}/evidence",
            key=request.key,
            json={
                "text": request.text,
                "files": [
                    {
                        "name": each.name,
                        "media_type": each.media_type,
                        "content": b64encode(each.data).decode(),
                    }
                    for each in request.files
                ],
            },
        )
        name = request.dispute_reference
        if isinstance(told, Trouble):
            status = Status.UNKNOWN if told.sent else Status.NOT_SENT
            return BLANKS.blank(Subject.DISPUTE, status, request.key, told.code, told.message, name)
        status = Status.SUCCEEDED if not told.code else Status.DECLINED
        if told.http_status == httpx.codes.UNAUTHORIZED:
            status = Status.NOT_SENT
        return BLANKS.blank(Subject.DISPUTE, status, request.key, told.code, told.message, name)

    def close(self, *, key: UUID, reference: str) -> Outcome:
        """The charge is canceled, unless its payer was faster."""
        told = ask(
            self._http, "POST", f"/v1/charges/{quote(reference, safe='')}/cancel", key=uuid5(key, "close")
        )
        if isinstance(told, Trouble) or told.code:
            return BLANKS.blank(Subject.CHARGE, Status.UNKNOWN, key, told.code, told.message, reference)
        return read(Subject.CHARGE, told.body, key=key)

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        """Check signature and age by the Standard Webhooks specification, then read the envelope."""
        try:
            envelope = Webhook(self._webhook_secret).verify(body, dict(headers))
        except EmptyWebhookSecretError:
            raise SignatureInvalid(_("No webhook secret is set, so nothing can be believed.")) from None
        except (
            WebhookVerificationError,
            ValueError,
        ) as problem:  # ValueError: not base64, not UTF-8, not JSON
            raise SignatureInvalid(str(problem)) from problem
        lowered = {name.lower(): value for name, value in headers.items()}
        sent_at = datetime.fromtimestamp(float(lowered["webhook-timestamp"]), UTC)
        if abs(received_at - sent_at) > TOLERANCE:
            raise SignatureInvalid(_("The delivery is too old, or its time is ahead of ours."))
        return (read_event(lowered["webhook-id"], envelope),)

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        """What the event says of the one object that it is about."""
        noun = event.kind.partition(".")[0]
        if noun not in READERS:
            return ()
        outcome = read(Subject(noun), event.payload.get("data"))
        if outcome.status is Status.UNKNOWN:
            return (replace(outcome, reference=event.object_reference),)
        return (replace(outcome, happened_at=event.occurred_at),)

    def since(self, moment: datetime, until: datetime | None = None) -> Iterator[Sighting]:
        """Everything that happened since ``moment``. Raises :class:`HistoryUnavailable`."""
        return history.since(self._page, moment, until)

    def told(self, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
        """Its news of then once more. Raises :class:`HistoryUnavailable`."""
        return history.told(self._page, first, until)

    def _page(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        told = ask(self._http, "GET", path, params=query)
        if isinstance(told, Trouble) or told.code:
            raise HistoryUnavailable(told.message)
        return told.body

    def _outcome_of_move(self, subject: Subject, key: UUID, told: Answer | Trouble) -> Outcome:
        """What is known of a request that may have moved money."""
        if isinstance(told, Trouble):
            status = Status.UNKNOWN if told.sent else Status.NOT_SENT
            return BLANKS.blank(subject, status, key, told.code, told.message)
        if told.http_status == httpx.codes.PAYMENT_REQUIRED:
            refused = read(subject, told.body.get(subject.value), key=key)
            return replace(refused, status=Status.DECLINED, code=told.code, message=told.message)
        if not told.code:
            return read(subject, told.body, key=key)
        if told.code == _KEY_REUSED:
            return BLANKS.blank(subject, Status.UNKNOWN, key, told.code, told.message)
        if told.code in _FINAL_REFUSALS:
            return BLANKS.blank(subject, Status.DECLINED, key, told.code, told.message)
        code = why_not(told.http_status, told.code)
        return BLANKS.blank(
            subject, Status.NOT_SENT, key, code, kept(_noop("The sandbox refused:"), told.message)
        )


def _check(settings: Mapping[str, str]) -> None:
    errors: dict[str, str] = {}
    address = settings.get("base_url", "")
    if not is_address(address):
        errors["base_url"] = _("Give the sandbox's address, such as http://127.0.0.1:9090.")
    api_key = settings.get("api_key", "")
    if not api_key or not api_key.isascii() or not api_key.isprintable() or api_key != api_key.strip():
        errors["api_key"] = _("Give the API key as the sandbox printed it, without spaces.")
    wait = settings.get("timeout", "")
    if wait and not (wait.isascii() and wait.replace(".", "", 1).isdigit() and 0 < float(wait) <= 120):
        errors["timeout"] = _("Give a number of seconds from 1 to 120.")
    if errors:
        raise FieldErrors(errors)
