"""What a provider may be able to do besides: a protocol for each capability that needs calls of its own, with what they
take and give. A part of the contract (see ``gateway``)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from allsquare.core.checks import cleaned
from allsquare.core.money import Money
from allsquare.payments.gateway import Gateway, GatewayEvent, MethodKind, Outcome, Subject


@dataclass(frozen=True, slots=True)
class TransferAccount:
    """Where payers send money by themselves. ``other`` describes the account where there is no IBAN."""

    holder: str
    iban: str = ""
    bic: str = ""
    other: str = ""


class AwaitingGateway(Gateway, Protocol):
    """A provider with ``Capability.AWAITED``: it can only wait. What it starts is ``PENDING`` until a bank line or a
    person says that the money came, blocks no other way to pay, and is given up after ``wait``."""

    account: TransferAccount
    wait: timedelta


class ClosingGateway(Gateway, Protocol):
    """A provider with ``Capability.CLOSES``: the page to which a payer was led can be closed before they pay on it, so
    that it is not paid beside another one. ``page_life`` is how long whoever was led to one can pay there: after that
    it leads nowhere, and is closed by whoever meets it."""

    page_life: timedelta

    def close(self, *, key: UUID, reference: str) -> Outcome:
        """What the charge is after that: given up (``DECLINED``, code ``canceled``), or what the payer made of it
        before. ``UNKNOWN`` when the page may be open still. Repeats do no harm."""


class TransferGateway(ClosingGateway, Protocol):
    """A provider with ``Capability.TRANSFERS``: it keeps an account for each transfer, tells when money comes to it,
    and has it then as it has any other payment. Beside it stands no bank line of the business; payouts contain it."""

    def close(self, *, key: UUID, reference: str, part: bool = False) -> Outcome:
        """One of which a part came is closed only where ``part`` says so: that is ``left`` with the provider."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An object as the provider's own list has it now. Of a charge it says what was ``asked`` by which ``method``,
    whatever became of it, and the ``labels`` that our request gave (``ChargeRequest.metadata``)."""

    outcome: Outcome
    asked: Money | None = None
    method: MethodKind | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


class HistoryUnavailable(Exception):
    """The list could not be read to its end. A part of it must not pass for the whole."""


class HistoryGateway(Gateway, Protocol):
    """A provider with ``Capability.HISTORY``: it is asked each hour for what a lost webhook should have told, and after
    a restore for what the backup does not know."""

    def since(self, moment: datetime, until: datetime | None = None) -> Iterator[Sighting]:
        """Every charge, refund, dispute and payout that was made or has changed since ``moment``, once, as it is now:
        charges, then refunds, disputes and payouts. More than that does no harm; less would charge somebody twice. With
        ``until``, those that were made or changed before it, so that a long time can be gone through piece by piece;
        where the provider has forgotten what changed, those that were made then. Raises :class:`HistoryUnavailable`."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Until when ``since`` surely names ``everything``, and until when the money of ``payers``: charges, refunds and
    disputes."""

    everything: datetime
    payers: datetime


class LaggingGateway(HistoryGateway, Protocol):
    """A provider with ``Capability.LAGS``: its list is behind what happens. What is not in it yet is no proof that
    nothing happened: nobody is charged again on the strength of it."""

    def reaches(self) -> Reach:
        """Asked before ``since``. Raises :class:`HistoryUnavailable`."""


#: Characters of what a movement was for.
_LONGEST_TEXT: Final = 200


class MovementKind(StrEnum):
    """What moves an account at a provider beside charges, refunds, disputes and payouts."""

    FEE = "fee"  # of the account
    SPENT = "spent"  # paid to somebody from the balance
    BANK = "bank"  # topped up from the bank, or sent there otherwise than by a payout
    EXCHANGE = "exchange"  # one side of a currency exchange
    ADJUSTMENT = "adjustment"  # interest, and what the provider put right


@dataclass(frozen=True, slots=True)
class ListedMovement:
    """``amount`` is what it moved the account by, in its currency; below zero, it went. ``text`` are the provider's
    words for it as they can be kept; where it has none, its name."""

    reference: str
    kind: MovementKind
    amount: Money
    happened_at: datetime
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", cleaned(self.text, _LONGEST_TEXT).strip() or self.reference)


class MovementGateway(Gateway, Protocol):
    """A provider with ``Capability.MOVEMENTS``: it lists what moves its account and is no charge, refund, dispute nor
    payout. Nothing of it is booked by itself: what for, and against which account, no provider knows."""

    def movements(self, first: datetime, until: datetime) -> Iterator[ListedMovement]:
        """What surely is one and has come to its end, from ``first`` to ``until``: each once, oldest first. What may be
        about a charge of ours is left out. Raises :class:`HistoryUnavailable`."""


class ReplayingGateway(Gateway, Protocol):
    """A provider with ``Capability.REPLAY``: the news that it sent by webhook can be asked for once more."""

    def told(self, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
        """What it told from ``first`` to ``until``, each under the name that its webhook had, page by page and in any
        order. A provider forgets its news some time: then there is less. Raises :class:`HistoryUnavailable`."""


class NewsUnavailable(Exception):
    """What the news is about could not be read now; it is asked for again."""


class HintingGateway(Gateway, Protocol):
    """A provider with ``Capability.HINTS``: its webhooks name an object without all that must be booked (its fee, its
    payments), so ``outcomes`` is empty and the object is asked for. Not in a transaction, and from many threads."""

    def about(self, event: GatewayEvent) -> Hashable:
        """The object that is asked for. Of events with the same one only the newest is followed, since the answer is
        the same for all. ``None`` where an event must be followed by itself. Asks nobody, and raises nothing."""

    def follow(self, event: GatewayEvent) -> Sequence[Outcome]:
        """What the event is about, as it is now. Empty for what means nothing to us or is not ours. Raises
        :class:`NewsUnavailable`."""


MayTake = Callable[[UUID], bool]
"""May the money of this attempt be taken now? Asked in the moment before, and whoever hears yes takes it at once. Which
payments are ours and open stands in the database: whoever asks from a thread of their own waits for its answer."""


def always(_attempt: UUID) -> bool:
    """For whoever asks about what is no payment of ours."""
    return True


def never(_attempt: UUID) -> bool:
    """For whoever only looks."""
    return False


class TakingGateway(ClosingGateway, HintingGateway, Protocol):
    """A provider with ``Capability.TAKES``: its payers agree on its page, and no money moves before we take it. So
    it is we who decide that it is not taken beside another payment: ``may_take`` does, and where it says no, the charge
    is ``ACTION_REQUIRED`` as if its payer had not agreed yet. ``close`` is asked when nobody takes any more, so that
    what was agreed to and not taken is given up. It closes without a word to the provider where that knows no closing.
    """

    def look_up(
        self, *, key: UUID, reference: str, subject: Subject, act: bool = True, may_take: MayTake = always
    ) -> Outcome: ...

    def follow(self, event: GatewayEvent, *, may_take: MayTake = always) -> Sequence[Outcome]: ...


class ForgettingGateway(Gateway, Protocol):
    """A provider with ``Capability.FORGETS``: it keeps saved methods until it is told not to."""

    def forget(self, token: str) -> Outcome:
        """Keep ``token`` no longer, and end its mandate. ``SUCCEEDED`` also when it was not kept (any more);
        ``NOT_SENT`` and ``UNKNOWN`` are asked again; ``DECLINED`` is a refusal that a person must look at."""


@dataclass(frozen=True, slots=True)
class Reader:
    """In the shop, ``is_busy`` while it waits for a card."""

    reference: str
    label: str
    is_online: bool
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """What a page of ours needs to show a provider's own fields for one charge. ``driver`` names the script of ours
    that knows them, ``script`` is where the provider's own is loaded from. ``key`` is no secret; ``secret`` opens this
    one charge, is for its payer alone, and is kept nowhere. ``sources`` is what the Content-Security-Policy of that
    page must allow besides, by directive. Of a try that failed before, ``code`` and ``message`` say why."""

    driver: str
    script: str
    key: str
    secret: str = field(repr=False)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    code: str = ""
    message: str = ""


class EmbeddingGateway(ClosingGateway, Protocol):
    """A provider with ``Capability.EMBEDDED``: where its account is set so, its fields stand in a page of ours. Such a
    charge is ``ACTION_REQUIRED`` without a ``redirect``, also after a decline, as long as it may be tried again."""

    embeds: bool  # is this account set so?

    def fields(self, reference: str) -> Fields | None:
        """Asked for whenever the page opens. ``None`` when nothing can be entered (any more): ``look_up`` says what
        became of it. Raises :class:`NewsUnavailable`."""


class InPersonGateway(ClosingGateway, Protocol):
    """A provider with ``Capability.IN_PERSON``: a card is held to a reader of its. ``start`` of a request with a
    ``reader`` wakes that one up, and is ``ACTION_REQUIRED`` without a ``redirect`` while it waits; one that is
    unplugged or busy is ``NOT_SENT``. Where no card was read and nothing waits there any more, ``look_up`` gives it up
    (``act``): nobody may stand there when it wakes up again. ``close`` takes it back from the reader."""

    def readers(self) -> Sequence[Reader]:
        """All that the account has, in a fixed order. Raises :class:`NewsUnavailable`."""


class EvidenceKind(StrEnum):
    """What a file shows. Banks ask for each by itself."""

    RECEIPT = "receipt"  # the order, invoice or receipt
    CORRESPONDENCE = "correspondence"  # what business and payer wrote to each other
    DELIVERY = "delivery"  # that goods were sent and arrived
    SERVICE = "service"  # that a service was given
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    name: str
    media_type: str
    data: bytes
    kind: EvidenceKind = EvidenceKind.OTHER


@dataclass(frozen=True, slots=True)
class EvidenceRequest:
    """Answer a dispute, once and for good, with one file of each kind at most. ``key`` is our answer's id."""

    key: UUID
    dispute_reference: str
    text: str
    files: tuple[EvidenceFile, ...] = ()


class EvidenceGateway(Gateway, Protocol):
    """A provider with ``Capability.EVIDENCE``: what shows that a dispute is wrong goes to the bank through it."""

    def send_evidence(self, request: EvidenceRequest) -> Outcome:
        """``DECLINED``: it does not take it, and says why. Asking again under the key hands nothing in twice."""
