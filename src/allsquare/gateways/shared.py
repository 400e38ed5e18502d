"""What adapters have in common beside the contract. All else each says for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ssl import SSLContext
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.core.remote import Trouble
from allsquare.core.words import gettext as _
from allsquare.core.words import gettext_noop as _noop
from allsquare.payments.gateway import (
    KEYS_REFUSED,
    REQUEST_REFUSED,
    ChargeRequest,
    GatewayEvent,
    Outcome,
    SettingField,
    SignatureInvalid,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import HistoryUnavailable, NewsUnavailable, Sighting

NONSENSE: Final = (ArithmeticError, AttributeError, InvalidInput, LookupError, TypeError, ValueError)
"""What comes of reading an answer that makes no sense."""
_ORDER: Final = (Subject.CHARGE, Subject.REFUND, Subject.DISPUTE, Subject.PAYOUT, Subject.METHOD)


@cache
def trusted() -> SSLContext:
    """Whom the certificates of providers are checked by: a long list, read once and not for each account."""
    return httpx.create_ssl_context()


def webhook_secret(explanation: str) -> SettingField:
    """Not required: it exists only after our address was entered at the provider."""
    return SettingField(
        "webhook_secret", _noop("Webhook secret"), secret=True, required=False, help=explanation
    )


ADDRESS: Final = SettingField(
    "base_url",
    _noop("Address"),
    required=False,
    address=True,
    help=_noop("Leave it empty, unless a server of your own stands in for the provider."),
)


def check_settings(settings: Mapping[str, str], errors: Mapping[str, str]) -> None:
    """Raises :class:`FieldErrors` for what the adapter found, and for an ``ADDRESS`` that is none."""
    found = dict(errors)
    address = settings.get("base_url", "")
    if address and not is_address(address):
        found["base_url"] = _("Give an address that starts with https://, or leave it empty.")
    if found:
        raise FieldErrors(found)


def is_address(text: str) -> bool:
    """Of a server that can be asked."""
    try:
        httpx.URL(text)
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (httpx.InvalidURL, ValueError):
        return False


def is_secret(text: str) -> bool:
    """Something that can stand in a header, and was copied without what is around it."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def made_at(key: UUID) -> datetime | None:
    """A key of version 7 (RFC 9562) carries its time."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC) if key.version == 7 else None


def not_before(key: UUID) -> datetime | None:
    """When what ``key`` stands for was made at the earliest, whichever of the clocks that had a say is an hour off.
    There is no latest: where a provider was away for hours, it is asked again after hours."""
    made = made_at(key)
    return made and made - timedelta(hours=2)


def spelled(moment: datetime) -> str:
    """An instant in UTC, to the millisecond, as filters of lists want it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def no_amount(gateway: str, request: ChargeRequest) -> Outcome:
    """The answer to whoever asks for nothing, or for less."""
    return Outcome(
        Subject.CHARGE,
        Status.NOT_SENT,
        gateway,
        key=request.key,
        code="amount_unsupported",
        message=_noop("An amount must be above zero."),
    )


def why_not(status: int, code: str, about: str = "") -> str:
    """The code of a charge that was refused by an answer with this status of HTTP. ``about`` is the part of the request
    that the provider did not like, where it names one."""
    if status in (401, 403):
        return KEYS_REFUSED
    return REQUEST_REFUSED if about else code


def in_ascii(mail: str) -> str:
    """A mail address as every provider takes it: the host as the name system has it (IDNA). Payers may type another,
    and would be refused for it."""
    name, at, host = mail.rpartition("@")
    try:
        return f"{name.encode('ascii').decode()}{at}{host.encode('idna').decode()}"
    except UnicodeError:
        return ""


@dataclass(frozen=True, slots=True)
class Blanks:
    """Outcomes of ``gateway`` about which only their status is known. ``unreadable`` says that its answer made no
    sense."""

    gateway: str
    unreadable: str

    def blank(
        self, subject: Subject, status: Status, key: UUID | None, code: str, message: str, reference: str = ""
    ) -> Outcome:
        return Outcome(
            subject=subject,
            status=status,
            gateway=self.gateway,
            reference=reference,
            key=key,
            code=code,
            message=message,
        )

    def malformed(self, subject: Subject, key: UUID | None) -> Outcome:
        return self.blank(subject, Status.UNKNOWN, key, "malformed_answer", self.unreadable)

    def troubled(self, subject: Subject, key: UUID | None, trouble: Trouble) -> Outcome:
        """Of a request that may have moved money."""
        status = Status.UNKNOWN if trouble.sent else Status.NOT_SENT
        return self.blank(subject, status, key, trouble.code, trouble.message)

    def unheard_of(self, subject: Subject, key: UUID) -> Outcome:
        """The provider looked, and knows nothing under our key."""
        message = _noop("The provider never heard of this request.")
        return self.blank(subject, Status.NOT_SENT, key, "unheard_of", message)

    def needs_reference(self, subject: Subject, key: UUID) -> Outcome:
        """Nothing of this kind is known by our key."""
        return self.blank(
            subject, Status.UNKNOWN, key, "no_reference", _noop("Only its reference finds this.")
        )


def in_order(label: str, read: Callable[[], Iterable[Sighting]]) -> Iterator[Sighting]:
    """What ``read`` finds: charges, then what followed from them. Raises ``HistoryUnavailable`` unless all of it could
    be read."""
    try:
        sightings = list(read())
    except NewsUnavailable as problem:
        raise HistoryUnavailable(str(problem)) from problem
    except NONSENSE as problem:
        raise HistoryUnavailable(f"The list of {label} cannot be read: {problem!r}") from problem
    for subject in _ORDER:
        yield from (sighting for sighting in sightings if sighting.outcome.subject is subject)


def as_told(
    label: str, news: Iterable[Mapping[str, Any]], event: Callable[[Mapping[str, Any]], GatewayEvent]
) -> Iterator[GatewayEvent]:
    """Each piece of ``news``, as its webhook told it. Raises ``HistoryUnavailable`` where it cannot be had or read."""
    try:
        yield from map(event, news)
    except NewsUnavailable as problem:
        raise HistoryUnavailable(str(problem)) from problem
    except (SignatureInvalid, *NONSENSE) as problem:
        raise HistoryUnavailable(f"The events of {label} cannot be read: {problem!r}") from problem
