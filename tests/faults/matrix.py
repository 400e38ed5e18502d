"""Which work dies at which failpoint, at which adapter; and why it does not, where it does not.

Every adapter does every work, and dies at every one of its steps, but for what stands in ``ABSENT`` (a work that an
adapter has not) and ``SKIPPED`` (a step that a work there does not come by). ``test_failpoints`` does all of it, and
fails for a failpoint without a work, for a step at which nothing died, for one that a work comes by and that is not
here, and for a reason that does not hold any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from allsquare.payments.gateway import Capability
from allsquare.payments.registry import ASKS_NOBODY, adapter_class
from tests.faults.works import by_hand, giving_back, hearing, keeping, paying, readers
from tests.faults.works.scene import Do

SETTLING: Final = ("settle.begun", "settle.written", "settle.committed")
ASKING: Final = ("charge.asking", "charge.answered")
PAYING: Final = ("charge.intent_written", "charge.intent_committed", *ASKING, *SETTLING)
REFUNDING: Final = ("refund.intent_written", "refund.intent_committed", "refund.asking", "refund.answered")


@dataclass(frozen=True, slots=True)
class Work:
    """``steps`` are its failpoints. What it comes by as well, as another work at the same adapter does, fits
    ``shared``: nothing dies there once more. Works of one ``room`` are done in one shop, one after another."""

    do: Do
    steps: tuple[str, ...]
    room: str
    shared: tuple[str, ...] = ()


PROVIDERS: Final = {
    "sandbox": "sandbox",
    "stripe": "stripe",
    "stripe_element": "stripe",
    "stripe_transfer": "stripe",
    "gocardless": "gocardless",
    "paypal": "paypal",
}
TILLS: Final = {"offline": "offline", "bank_transfer": "bank_transfer"}
#: The way to pay, as the tests name it, and the adapter that it is of.
ADAPTERS: Final = PROVIDERS | TILLS

WORKS: Final = {
    "pay": Work(paying.pay, PAYING, "paying"),
    "pay and leave": Work(paying.pay_and_leave, PAYING, "paying"),
    "pay several": Work(
        paying.pay_several,
        ("several.intent_written", "several.intent_committed", *ASKING, *SETTLING),
        "paying",
    ),
    "pay another way": Work(
        paying.pay_another_way, ("charge.page_closed",), "paying", ("charge.", "settle.", "taking.")
    ),
    "pay in cash while a page waits": Work(
        paying.pay_in_cash, ("charge.page_closed",), "paying", ("charge.", "settle.", "taking.closed")
    ),
    "take what was agreed": Work(
        paying.take_what_was_agreed, ("taking.begun",), "paying", ("sweep.", "settle.")
    ),
    "give up a page": Work(
        paying.give_up_a_page, ("taking.closed",), "paying", ("sweep.", "settle.", "charge.page_")
    ),
    "sweep a payment that was charged": Work(
        paying.sweep_charged,
        ("sweep.payment_claimed", "sweep.payment_looked_up", *SETTLING),
        "paying",
        ASKING,
    ),
    "sweep a payment that was not sent": Work(
        paying.sweep_not_sent,
        ("sweep.payment_claimed", "sweep.payment_looked_up", *ASKING, *SETTLING),
        "paying",
    ),
    "sell": Work(paying.sell, ("sale.held", "on_account.intent_committed", *ASKING, *SETTLING), "selling"),
    "finish a sale": Work(paying.finish_a_sale, ("sale.issued",), "selling"),
    "move to the next provider": Work(
        paying.move,
        ("charge.move_written", "charge.moved", "charge.asking:2", "charge.answered:2", *SETTLING),
        "moving",
        ("charge.intent_",),
    ),
    "refund": Work(giving_back.refund, (*REFUNDING, *SETTLING), "giving back"),
    "sweep a refund that was given": Work(
        giving_back.sweep_given,
        ("sweep.refund_claimed", "sweep.refund_looked_up", *SETTLING),
        "giving back",
        ("refund.asking", "refund.answered"),
    ),
    "sweep a refund that was not sent": Work(
        giving_back.sweep_not_sent,
        ("sweep.refund_claimed", "sweep.refund_looked_up", "refund.asking", "refund.answered", *SETTLING),
        "giving back",
    ),
    "answer a dispute": Work(giving_back.answer, ("evidence.kept", "evidence.answered"), "giving back"),
    "webhook": Work(
        hearing.webhook,
        (
            "inbox.received",
            "inbox.written",
            "inbox.taken",
            *SETTLING,
            "inbox.settled",
            "inbox.marked",
            "inbox.drained",
        ),
        "hearing",
    ),
    "replay": Work(hearing.replay, ("inbox.written", "inquiry.day_asked"), "hearing"),
    "compare": Work(hearing.compare, (*SETTLING, "inquiry.mended", "inquiry.day_asked"), "hearing"),
    "ask what happened": Work(hearing.ask, ("history.asked", *SETTLING, "history.taken_in"), "hearing"),
    "recover after a restore": Work(
        hearing.recover_after_restore, ("recover.asked", *SETTLING, "recover.taken_in"), "hearing"
    ),
    "charge by agreement": Work(
        keeping.charge_by_agreement, ("autopay.claimed", *PAYING, "autopay.asked"), "keeping"
    ),
    "forget": Work(keeping.forget, ("forget.asking", "forget.answered"), "keeping"),
    "wake a reader": Work(readers.wake, (*PAYING, "terminal.intent_made"), "at readers"),
    "wake a reader for more": Work(
        readers.wake_for_more, (*PAYING, "terminal.customer_made", "terminal.intent_made"), "at readers"
    ),
    "hear what was read": Work(
        readers.hear, ("sweep.payment_claimed", "sweep.payment_looked_up", *SETTLING), "at readers"
    ),
    "count a tip": Work(readers.read_log, ("tip.issued",), "at readers"),
    "write down": Work(by_hand.write_down, ("charge.intent_written", *ASKING, *SETTLING), "by hand"),
    "write down for several": Work(
        by_hand.write_down_for_several, ("several.intent_written", *ASKING, *SETTLING), "by hand"
    ),
    "give back by hand": Work(by_hand.give_back, (*REFUNDING, *SETTLING), "by hand"),
    "sweep what is given back by hand": Work(
        by_hand.sweep_given_back,
        ("sweep.refund_claimed", "sweep.refund_looked_up", "refund.asking", "refund.answered", *SETTLING),
        "by hand",
    ),
    "announce a transfer": Work(by_hand.announce, PAYING, "by hand"),
    "write down a transfer that was announced": Work(by_hand.arrive, SETTLING, "by hand"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """``holds`` is asked of the adapter, as the tests name it: a reason that does not hold hides something."""

    words: str
    holds: Callable[[str], bool]


def capabilities(adapter: str) -> frozenset[Capability]:
    return adapter_class(ADAPTERS[adapter]).capabilities


def _cannot(capability: Capability, words: str) -> Reason:
    return Reason(words, lambda adapter: capability not in capabilities(adapter))


def _is_done(work: str, adapter: str) -> bool:
    return (work, adapter) not in ABSENT


def _another_way_of(which: str, work: str) -> Reason:
    """The same account and adapter: what differs is how a payer pays."""
    return Reason(
        f"as at {which}: only what its payers do differs",
        lambda adapter: ADAPTERS[adapter] == ADAPTERS[which] and _is_done(work, which),
    )


ASKS_NO_ONE: Final = Reason(
    "nobody is asked: see what is done by hand", lambda adapter: bool(capabilities(adapter) & ASKS_NOBODY)
)
HAS_A_PROVIDER: Final = Reason(
    "its provider is asked", lambda adapter: not capabilities(adapter) & ASKS_NOBODY
)
TAKES_AT_ONCE: Final = _cannot(Capability.TAKES, "its provider takes the money by itself")
NO_READERS: Final = _cannot(Capability.IN_PERSON, "it has no readers")
KEEPS_NOTHING: Final = _cannot(Capability.SAVED_METHODS, "it keeps no method")
TAKES_NO_ANSWERS: Final = _cannot(Capability.EVIDENCE, "disputes are not answered through it")
ONE_WAY: Final = Reason(
    "there is one way to pay there: see cash while a page waits",
    lambda adapter: len(adapter_class(ADAPTERS[adapter]).methods) == 1,
)
NOT_AWAITED: Final = _cannot(Capability.AWAITED, "nobody announces what is there")
AWAITED: Final = Reason(
    "it comes after it was announced", lambda adapter: Capability.AWAITED in capabilities(adapter)
)
BY_HAND: Final = tuple(name for name, work in WORKS.items() if work.room == "by hand")

#: Works that an adapter has not.
ABSENT: dict[tuple[str, str], Reason] = {
    **{(name, till): ASKS_NO_ONE for name in WORKS if name not in BY_HAND for till in TILLS},
    **{(name, provider): HAS_A_PROVIDER for name in BY_HAND for provider in PROVIDERS},
    ("announce a transfer", "offline"): NOT_AWAITED,
    ("write down a transfer that was announced", "offline"): NOT_AWAITED,
    ("write down", "bank_transfer"): AWAITED,
    ("write down for several", "bank_transfer"): AWAITED,
    **{
        (work, adapter): TAKES_AT_ONCE
        for work in ("take what was agreed", "give up a page")
        for adapter in ("sandbox", "stripe", "stripe_element", "stripe_transfer")
    },
    **{
        (work, adapter): NO_READERS
        for work in ("wake a reader", "wake a reader for more", "hear what was read", "count a tip")
        for adapter in ("gocardless", "paypal")
    },
    **{
        (name, adapter): _another_way_of("stripe", name)
        for name in (
            *("wake a reader", "wake a reader for more", "hear what was read", "count a tip"),
            *("charge by agreement", "forget", "answer a dispute"),
        )
        for adapter in ("stripe_element", "stripe_transfer")
    },
    ("pay another way", "stripe_element"): _another_way_of("stripe", "pay another way"),
    ("pay another way", "paypal"): ONE_WAY,
    ("charge by agreement", "paypal"): KEEPS_NOTHING,
    ("forget", "paypal"): KEEPS_NOTHING,
    ("answer a dispute", "gocardless"): TAKES_NO_ANSWERS,
}

WOKEN_BY_ONE_CALL: Final = "its readers are woken up by one call"
HINTED: Final = "its news says what changed alone, so each thing is asked about, and no batch is digested"
#: Steps that a work does not come by at an adapter. Whether that is so is seen when it is done without a death.
SKIPPED: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("wake a reader", "sandbox"): (("terminal.intent_made",), WOKEN_BY_ONE_CALL),
    ("wake a reader for more", "sandbox"): (
        ("terminal.customer_made", "terminal.intent_made"),
        WOKEN_BY_ONE_CALL,
    ),
    **{
        ("webhook", adapter): (("inbox.taken", "inbox.drained"), HINTED)
        for adapter in PROVIDERS
        if adapter != "sandbox"
    },
}


def works_at(adapter: str, room: str) -> dict[str, Work]:
    """What is done there."""
    return {name: work for name, work in WORKS.items() if work.room == room and (name, adapter) not in ABSENT}


def steps_of(name: str, adapter: str) -> tuple[str, ...]:
    """Where it dies."""
    skipped, _words = SKIPPED.get((name, adapter), ((), ""))
    return tuple(step for step in WORKS[name].steps if step not in skipped)


#: Each shop in which works are done.
ROOMS: Final = [
    (adapter, room)
    for adapter in ADAPTERS
    for room in dict.fromkeys(work.room for work in WORKS.values())
    if works_at(adapter, room)
]
