"""What payers do at a reader: hold a card to it, or walk away."""

from __future__ import annotations

from allsquare_sandbox import charges, readers
from allsquare_sandbox.cards import CARDS, Form, Scenario
from allsquare_sandbox.errors import conflict, invalid
from allsquare_sandbox.records import Charge
from allsquare_sandbox.store import Work


def present(work: Work, name: str, scenario: Scenario | None, tip: int = 0) -> Charge:
    """A card is held to the reader, after ``tip`` was given where it asked for one. Its holder is there, so their bank
    asks nothing more."""
    if scenario is None or scenario not in CARDS:
        raise invalid("number", "unknown_test_number", "This is not a test number for a card.")
    if not readers.get(work, name).online:
        raise conflict("reader_offline", "The reader is not plugged in.")
    form = Form(scenario=scenario, expires=f"{work.now.year + 3}-12")
    charge = _waiting(work, name)
    if tip:
        charges.add_tip(work, charge, tip)
    return charges.pay(work, charge, form)


def walk_away(work: Work, name: str) -> Charge:
    charge = charges.get(work, _waiting(work, name))
    return charges.fail(work, charge, "payer_left", "The payer left before a card was read.")


def _waiting(work: Work, name: str) -> str:
    readers.get(work, name)
    found = readers.busy_with(work, name)
    if not found:
        raise conflict("reader_idle", "The reader waits for no card.")
    return found
