"""The contract between Allsquare and a payment provider.

An adapter is a class with the calls of :class:`Gateway`, declared in ``ALLSQUARE_GATEWAYS`` by dotted name; it imports
this module, ``gateway_abilities`` and ``core``, never models. Every call is made outside any database transaction.
Card numbers never pass through here: fields are hosted by the provider, Allsquare keeps its token, brand, last four
and expiry.

Two rules make "never charged twice, never lost" possible:

* ``key`` of a request is the committed attempt's id; the adapter sends it as the provider's idempotency
  key **and** as metadata (``attempt``), so that anything the provider says can be led back to the attempt.
* An adapter never raises for what the network or the provider does. It answers ``NOT_SENT`` only when
  the request surely never reached the provider, and ``UNKNOWN`` whenever it cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from allsquare.core.checks import MOST_WORDS, cleaned
from allsquare.core.money import Money

#: The code of what was not sent because the provider does not accept our keys, or not for that: somebody has to enter
#: them anew.
KEYS_REFUSED: Final = "keys_refused"
#: The code of what was not sent because the provider did not like something of this one request, such as the mail
#: address that its payer typed: others it takes as before.
REQUEST_REFUSED: Final = "request_refused"


class Capability(StrEnum):
    """What a provider can do, so that pages offer only what works."""

    CARD = "card"
    BANK_DEBIT = "bank_debit"
    PAYPAL = "paypal"
    RECORDED = "recorded"  # a person writes down money that already arrived
    AWAITED = "awaited"  # the payer sends it by themselves: see ``AwaitingGateway``
    SAVED_METHODS = "saved_methods"
    FORGETS = "forgets"  # it can be told to keep a method no longer: see ``ForgettingGateway``
    REFUND = "refund"
    PARTIAL_REFUND = "partial_refund"
    WEBHOOKS = "webhooks"
    LOOKUP = "lookup"
    HINTS = "hints"  # its news names what changed, and no more: see ``HintingGateway``
    CLOSES = "closes"  # a page that was not paid on can be taken back: see ``ClosingGateway``
    TAKES = "takes"  # its payers agree, and the money is taken by us alone: see ``TakingGateway``
    HISTORY = "history"  # it lists what happened: see ``HistoryGateway``
    LAGS = "lags"  # what it lists is behind what happens: see ``LaggingGateway``
    REPLAY = "replay"  # it lists the news that it sent: see ``ReplayingGateway``
    MOVEMENTS = "movements"  # it lists what else moves its account: see ``MovementGateway``
    EVIDENCE = "evidence"  # disputes are answered through it: see ``EvidenceGateway``
    EMBEDDED = "embedded"  # its fields can stand in a page of ours: see ``EmbeddingGateway``
    IN_PERSON = "in_person"  # cards are held to its readers in the shop: see ``InPersonGateway``
    TIPS = "tips"  # its readers ask for a tip, where a request says so
    KEEPS_AT_READERS = "keeps_at_readers"  # a card held to one can be kept, where a request says so
    TRANSFERS = "transfers"  # payers send money to an account that it keeps for them: see ``TransferGateway``
    WALLETS = "wallets"  # Apple Pay and Google Pay stand beside the card, where the payer's device has them
    PRACTICE = "practice"  # no real money moves: what rehearsals take money with


class MethodKind(StrEnum):
    """How the payer pays, in the field's words."""

    CARD = "card"
    BANK_DEBIT = "bank_debit"
    BANK_TRANSFER = "bank_transfer"
    PAYPAL = "paypal"
    CASH = "cash"
    CHEQUE = "cheque"


class Status(StrEnum):
    """What is known of one request to a provider."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    ACTION_REQUIRED = "action_required"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class Subject(StrEnum):
    """What an outcome speaks of."""

    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    METHOD = "method"  # a saved method: changed by its bank (succeeded), or kept no longer (declined)


class DisputeStage(StrEnum):
    OPENED = "opened"
    WON = "won"
    LOST = "lost"


def _cleaned(words: object, **most: int) -> None:
    """The provider's own words, as they can be kept: money must not be lost for want of a word about it."""
    for name, length in most.items():
        text = getattr(words, name)
        if text:
            object.__setattr__(words, name, cleaned(text, length))


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """A payment method as the provider keeps it for us. ``token`` is the provider's name for it, ``mandate`` what a
    payer's bank calls their permission to debit, as far as the provider tells."""

    token: str
    kind: MethodKind
    brand: str = ""
    last_four: str = ""
    expires: str = ""  # "YYYY-MM"
    mandate: str = ""

    def __post_init__(self) -> None:
        _cleaned(self, brand=40, last_four=4, expires=7, mandate=60)


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """Ask for ``amount``. ``key`` is the attempt's id; ``return_url`` is where the payer comes back to."""

    key: UUID
    amount: Money
    method: MethodKind
    description: str
    return_url: str
    customer_email: str = ""
    customer_name: str = ""
    saved_method: str = ""
    save_method: bool = False
    reader: str = ""  # to which the payer holds their card, in the shop
    tips: bool = False  # the reader asks for a tip first; otherwise none does: see ``Capability.TIPS``
    language: str = "en"
    received_on: date | None = None
    note: str = ""
    organization: str = ""  # whose it is (an id): told where the provider keeps more than the three below
    challenge: bool = False  # the payer's bank is to make sure who pays (3-D Secure), where it can be asked
    #: ``attempt``, ``invoice``, ``customer`` (ids): of them a payment is made anew after a restore. Three at most.
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give ``amount`` of the charge ``charge_reference`` back. ``key`` is the refund's id."""

    key: UUID
    charge_reference: str
    amount: Money
    reason: str = ""


#: The code of an outcome that a person told, who looked at a provider that does not answer (``payments.by_hand``).
SAID_BY_PERSON: Final = "said_by_person"
#: As above, of a refund of which no money goes: what is taken back was entered by a person, and never came.
TAKEN_BACK: Final = "taken_back_by_person"
#: The code of a refund that ``SUCCEEDED`` as far as the business goes, and that the provider holds for its payer.
HELD: Final = "held_for_payer"
#: The name of a payout's item that is no object: what rounding the others left.
ROUNDING: Final = "rounding"


class ItemKind(StrEnum):
    """What a line of a payout is about. Charges, refunds and disputes are somebody's: ours where we know them, else of
    whoever uses the same account there."""

    UNTOLD = ""  # the provider does not say
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    PAYOUT = "payout"  # one that came back
    FEE = "fee"  # a cost of the account, which is in the payout's ``fee``
    OWN = "own"  # the account's own money that moved: a reserve, money put onto it, what rounding left
    ELSEWHERE = "elsewhere"  # of a business that is done with the same account and never through us


@dataclass(frozen=True, slots=True)
class PayoutItem:
    """One line of a payout: which provider object, and what it adds (minor units, fee taken off). ``charge_reference``
    leads from a refund or dispute to its charge, where the provider says it. ``fee_minor`` is what of the payout's
    ``fee`` was taken off this line."""

    reference: str
    net_minor: int
    kind: ItemKind = ItemKind.UNTOLD
    charge_reference: str = ""
    fee_minor: int = 0


@dataclass(frozen=True, slots=True)
class Converted:
    """What the provider put onto its own account (below zero: took from it) where that is kept in another currency than
    the charge: ``net``, after the ``fee``, where it took that in this currency too."""

    net: Money
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class Signs:
    """What the provider noticed of a card that was tried: its own ``score`` (0 nothing speaks against it, 100 surely
    not its owner), a ``fingerprint`` that is the same whenever this card is used, and the ``country`` of its bank."""

    score: int | None = None
    fingerprint: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class TransferInstructions:
    """How a payer sends by themselves what is ``remaining`` of a charge, to an account that the provider keeps for
    them. ``rows`` are what they copy into their bank's form: a label in English, of which a page makes its reader's
    word, and a text; with ``iban`` a code to scan is drawn of them. ``url`` is the provider's own page about it."""

    remaining: Money
    rows: tuple[tuple[str, str], ...]
    reference: str = ""
    holder: str = ""
    iban: str = ""
    bic: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        _cleaned(self, reference=140, holder=140, iban=34, bic=11)
        kept = tuple((label, cleaned(text, 140)) for label, text in self.rows if text)
        object.__setattr__(self, "rows", kept)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request, or what a provider reports on its own. ``key`` is our attempt's (charge) or refund's
    id where it is known; ``reference`` is the provider's name of the object. ``amount`` is what was really captured,
    refunded, disputed or paid out; ``fee`` is what the provider kept for itself (for a refund: negative when a part of
    the fee came back; for a dispute: all that the case cost so far, less what came back, at every stage, so that the
    first news names it; for a payout: what was told with no payment that it contains), in the same currency. A payout
    that is ``DECLINED`` came back or, with the code ``canceled``, was called off. ``redirect`` is where the payer goes
    when action is required: nowhere for a reader, nor where the provider's fields stand in a page of ours.
    ``charge_reference`` leads from a refund or dispute to its charge. ``happened_at`` is the provider's time. Of a
    payout that may be sent again under the same name after it came back, and has no time of that, ``seen_at`` says when
    it was read. A dispute can be answered until ``evidence_by``, unless it ``is_answered``. News of a saved method has
    its token for ``reference``, and ``method`` as it is now, whose ``token`` is another where the provider keeps it
    under another name from now on. ``converted`` is empty unless the provider turned the money into another currency:
    what it booked, of a dispute for each time that it took or gave the sum; of a refund that failed what came back; of
    a payout what arrives at our bank.

    A charge that the payer sends by themselves has ``instructions`` while some of it is to come: it is
    ``ACTION_REQUIRED`` until the first part came, then ``PENDING``. ``left`` is what came beside such a charge, too
    much or too late, or back from a refund that nobody took (``HELD``): it lies with the provider, and nothing here has
    it. ``tip`` is what of ``amount`` the payer gave beyond what was asked for, at a reader. ``declines`` is how many
    cards were declined for it so far, as far as the provider tells: its page may stay open for the next one."""

    subject: Subject
    status: Status
    gateway: str
    reference: str = ""
    key: UUID | None = None
    amount: Money | None = None
    fee: Money | None = None
    redirect: str = ""
    code: str = ""
    message: str = ""
    charge_reference: str = ""
    dispute_stage: DisputeStage | None = None
    method: SavedMethod | None = None
    happened_at: datetime | None = None
    seen_at: datetime | None = None
    evidence_by: datetime | None = None
    is_answered: bool = False
    expected_on: date | None = None
    received_on: date | None = None
    payout_items: tuple[PayoutItem, ...] = ()
    signs: Signs | None = None
    converted: tuple[Converted, ...] = ()
    instructions: TransferInstructions | None = None
    left: Money | None = None
    tip: Money | None = None
    declines: int = 0

    def __post_init__(self) -> None:
        if self.code or self.message:
            _cleaned(self, code=60, message=MOST_WORDS)


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One event of a delivery whose signature is good. ``external_id`` is the provider's id of the event, the same for
    every repeat; ``object_reference`` names the object so that news of one object stay in order."""

    external_id: str
    kind: str
    object_reference: str
    payload: Mapping[str, object]
    occurred_at: datetime | None = None


class SignatureInvalid(Exception):
    """The delivery is not from the provider, or too old, or we hold no secret to check it with."""


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of an adapter's settings form."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    leads: bool = False  # another value may be another account at the provider: see ``Gateway.identity``
    address: bool = False  # of a server that we speak to: the operator's hosts alone
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # value and words; the first is what stands there at first
    suggest: str = ""  # what the organization says of itself under this name stands there at first


@dataclass(frozen=True, slots=True)
class Checkup:
    """What trying an account's settings found: one sentence, and the setting to look at where one is wrong. With those
    of ``practice`` no real money moves."""

    works: bool
    message: str
    field: str = ""
    practice: bool = False

    def __post_init__(self) -> None:
        _cleaned(self, message=MOST_WORDS)


class Gateway(Protocol):
    """A provider. One instance is one account at the provider, made from its (decrypted) settings."""

    name: str
    label: str
    capabilities: frozenset[Capability]
    methods: tuple[MethodKind, ...]
    settings_schema: tuple[SettingField, ...]
    #: Under which names its news says what it is about, as far as the adapter reads it there: ids, codes and instants.
    #: What stands under others is of no use a year later, and may name a payer.
    news_names: frozenset[str]
    practice: bool  # with these settings no real money moves, whatever the provider is

    def __init__(self, settings: Mapping[str, str]) -> None: ...

    def check(self) -> Checkup:
        """Try the settings without moving money. Never raises for what the network or the provider does."""

    def identity(self) -> str | None:
        """Which account at the provider these settings lead to, the same for every key of it, and another for practice
        than for real. ``None`` when the provider does not say; "" where there is none. Never raises for what the
        network or the provider does."""

    def offers(self, *, amount: Money, country: str) -> tuple[MethodKind, ...]:
        """Which of the methods can take ``amount`` from a payer in ``country`` (ISO 3166; "" when unknown). Pure: the
        pay page asks whenever it is shown."""

    def start(self, request: ChargeRequest) -> Outcome:
        """Ask for money once."""

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back once."""

    def look_up(self, *, key: UUID, reference: str, subject: Subject, act: bool = True) -> Outcome:
        """What became of an earlier request? ``NOT_SENT`` when the provider never heard of ``key``, or holds no more
        than a page under it that nobody was led to: asking again is safe, and gives that one. Where the payer has done
        their part and the provider waits for ours (to collect, to capture), it is done here, under the key. Where
        somebody only asks (not ``act``), nothing is made, ended or captured at the provider."""

    def parse_webhook(
        self, *, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[GatewayEvent]:
        """Check the signature (raises :class:`SignatureInvalid`) and read what the delivery tells: one event, or as
        many as the provider puts into one, each to be kept and digested by itself."""

    def outcomes(self, event: GatewayEvent) -> Sequence[Outcome]:
        """What the event says. Empty for kinds that mean nothing to us; asks the provider for nothing."""
