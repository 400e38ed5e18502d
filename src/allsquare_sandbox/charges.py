"""Charges: from the request to the end. Every change of state is a conditional update, so that two
payers with the same page open cannot pay twice.

    requires_action → succeeded | failed | canceled      (a card, with or without 3-D Secure)
    requires_action → pending → succeeded | failed       (a bank debit)
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from allsquare_sandbox import disputes, events, readers, resources
from allsquare_sandbox.cards import SCENARIOS, Aftermath, Challenge, Form, Scenario
from allsquare_sandbox.entries import book
from allsquare_sandbox.errors import conflict, invalid, missing
from allsquare_sandbox.records import Charge, ChargeStatus, Method, SavedMethod, Stage
from allsquare_sandbox.store import Work, new_id
from allsquare_sandbox.times import stamp

PAYER_HAS = timedelta(hours=24)
"""How long a payment page stays open."""


@dataclass(frozen=True, slots=True)
class Order:
    """A checked request for a charge. ``amount`` in minor units."""

    amount: int
    currency: str
    method: Method
    description: str
    return_url: str
    customer_email: str
    customer_name: str
    metadata: Mapping[str, str]
    save_method: bool
    saved_method: str
    challenge: bool
    idempotency_key: str
    reader: str = ""
    tips: bool = False


def create(work: Work, order: Order) -> Charge:
    """Begin a charge. With a saved method it is tried at once; else the payer has to come to the page, or hold their
    card to the reader."""
    if order.reader:
        readers.check(work, order.reader)
    saved = _saved(work, order) if order.saved_method else None
    name = new_id("ch")
    work.add(
        "charge",
        id=name,
        status=ChargeStatus.REQUIRES_ACTION,
        stage=Stage.DETAILS,
        amount=order.amount,
        currency=order.currency,
        method=order.method,
        description=order.description,
        return_url=order.return_url,
        customer_email=order.customer_email,
        customer_name=order.customer_name,
        metadata=json.dumps(dict(order.metadata), sort_keys=True),
        attempt=order.metadata.get("attempt", ""),
        idempotency_key=order.idempotency_key,
        save_method=order.save_method,
        reader=order.reader,
        asks_for_tip=order.tips,
        challenge=order.challenge,
        created_at=work.stamp,
        due_at=stamp(work.now + (readers.WAITS if order.reader else PAYER_HAS)),
    )
    if saved is None:
        return get(work, name)
    _use(work, name, SCENARIOS[saved.scenario], expires=saved.expires, token=saved.token)
    return _attempt(work, get(work, name), saved=True)


def get(work: Work, name: str) -> Charge:
    row = work.db.execute(
        "SELECT * FROM charge WHERE id = ? AND account_id = ?", [name, work.account.id]
    ).fetchone()
    if row is None:
        raise missing("charge", name)
    return Charge.of(row)


def whose(db: sqlite3.Connection, name: str) -> str:
    """The account of a charge: a payer who comes with a page's address carries no key."""
    row = db.execute("SELECT account_id FROM charge WHERE id = ?", [name]).fetchone()
    if row is None:
        raise missing("charge", name)
    return str(row["account_id"])


def pay(work: Work, name: str, form: Form) -> Charge:
    """The payer gave good details of a card or bank account."""
    charge = get(work, name)
    if form.scenario is None:
        raise invalid(
            "number", "unknown_test_number", "Only the sandbox's test cards and accounts work here."
        )
    if charge.status != ChargeStatus.REQUIRES_ACTION or charge.stage != Stage.DETAILS:
        return charge
    _use(work, name, form.scenario, expires=form.expires)
    return _attempt(work, get(work, name), saved=False)


def add_tip(work: Work, name: str, tip: int) -> None:
    """The payer gives something on top before the card is read. It is asked of the bank together with the rest, and
    stays on a charge that is declined then."""
    changed = work.db.execute(
        "UPDATE charge SET tip = ?, amount = amount + ? WHERE id = ? AND account_id = ?"
        " AND status = ? AND asks_for_tip = 1 AND tip = 0",
        [tip, tip, name, work.account.id, ChargeStatus.REQUIRES_ACTION],
    ).rowcount
    if not changed:
        raise conflict("no_tip_asked", "The reader asks for no tip.")


def answer_challenge(work: Work, name: str, *, approved: bool) -> Charge:
    """The payer answered the 3-D Secure challenge."""
    charge = get(work, name)
    if charge.status != ChargeStatus.REQUIRES_ACTION or charge.stage != Stage.CHALLENGE:
        return charge
    if not approved or SCENARIOS[charge.scenario].challenge is Challenge.FAILS:
        return fail(work, charge, "authentication_failed", "The bank could not confirm that it is you.")
    return _decide(work, charge, saved=bool(charge.token))


def cancel(work: Work, name: str, *, code: str = "canceled") -> Charge:
    """The payer (or the merchant, or time) gave up before paying. A charge that has ended stays as it is."""
    message = "The payment was canceled before a card was read."
    if not get(work, name).reader:
        late = "The payment page was open for too long."
        message = late if code == "expired" else "The payer left without paying."
    changed = work.db.execute(
        "UPDATE charge SET status = ?, failure_code = ?, failure_message = ?, due_at = ''"
        " WHERE id = ? AND account_id = ? AND status = ?",
        [ChargeStatus.CANCELED, code, message, name, work.account.id, ChargeStatus.REQUIRES_ACTION],
    ).rowcount
    charge = get(work, name)
    if changed:
        _tell(work, charge)
    return charge


def clear_debit(work: Work, name: str, *, bounce: tuple[str, str] | None = None) -> Charge:
    """The banks' answer to a pending debit: its money, or ``bounce`` (code, message)."""
    charge = get(work, name)
    if charge.status != ChargeStatus.PENDING:
        raise conflict(
            "charge_not_pending", f"This charge is {charge.status}; only a pending debit can clear or bounce."
        )
    if bounce is not None:
        return fail(work, charge, *bounce)
    return _succeed(work, charge)


def fail(work: Work, charge: Charge, code: str, message: str) -> Charge:
    """End without money."""
    work.db.execute(
        "UPDATE charge SET status = ?, failure_code = ?, failure_message = ?, due_at = '' WHERE id = ?",
        [ChargeStatus.FAILED, code, message, charge.id],
    )
    charge = get(work, charge.id)
    _tell(work, charge)
    return charge


def _saved(work: Work, order: Order) -> SavedMethod:
    row = work.db.execute(
        "SELECT * FROM saved_method WHERE token = ? AND account_id = ? AND removed_at = ''",
        [order.saved_method, work.account.id],
    ).fetchone()
    if row is None:
        raise invalid(
            "saved_method",
            "saved_method_unknown",
            "There is no such saved payment method; it may be removed.",
        )
    saved = SavedMethod.of(row)
    if saved.kind != order.method:
        raise invalid(
            "saved_method",
            "saved_method_unknown",
            f"The saved method is a {saved.kind}, not a {order.method}.",
        )
    return saved


def _use(work: Work, name: str, scenario: Scenario, *, expires: str, token: str = "") -> None:
    work.db.execute(
        "UPDATE charge SET scenario = ?, brand = ?, last_four = ?, expires = ?, token = ? WHERE id = ?",
        [scenario.name, scenario.brand, scenario.last_four, expires, token, name],
    )


def _attempt(work: Work, charge: Charge, *, saved: bool) -> Charge:
    """Details are known: let the payer's bank ask, or decide."""
    scenario = SCENARIOS[charge.scenario]
    if charge.method == Method.BANK_DEBIT:
        return _submit_debit(work, charge)
    if (scenario.challenge is not Challenge.NONE or charge.challenge) and not charge.reader:
        work.db.execute("UPDATE charge SET stage = ? WHERE id = ?", [Stage.CHALLENGE, charge.id])
        return get(work, charge.id)
    return _decide(work, charge, saved=saved)


def _decide(work: Work, charge: Charge, *, saved: bool) -> Charge:
    scenario = SCENARIOS[charge.scenario]
    decline = scenario.decline
    if saved and scenario.decline_saved[0]:
        decline = scenario.decline_saved
    if not decline[0] and charge.expires < work.stamp[:7]:
        decline = SCENARIOS["expired"].decline
    if decline[0]:
        return fail(work, charge, *decline)
    return _succeed(work, charge)


def _submit_debit(work: Work, charge: Charge) -> Charge:
    """A debit is handed to the banks and waits for their answer."""
    _save(work, charge)
    work.db.execute(
        "UPDATE charge SET status = ?, due_at = ? WHERE id = ?",
        [ChargeStatus.PENDING, stamp(work.now + timedelta(days=work.account.debit_days)), charge.id],
    )
    charge = get(work, charge.id)
    _tell(work, charge)
    return charge


def _succeed(work: Work, charge: Charge) -> Charge:
    """The money is there: book it, tell of it, and let happen what the test card is for."""
    if charge.method == Method.CARD:
        _save(work, charge)
    fee = work.account.fee(charge.method, charge.amount)
    work.db.execute(
        "UPDATE charge SET status = ?, fee = ?, succeeded_at = ?, due_at = '' WHERE id = ?",
        [ChargeStatus.SUCCEEDED, fee, work.stamp, charge.id],
    )
    available = work.now + timedelta(days=work.account.settlement_days)
    book(work, "charge", charge.id, charge.currency, charge.amount, fee=fee, available=available)
    charge = get(work, charge.id)
    _tell(work, charge)
    if SCENARIOS[charge.scenario].aftermath is Aftermath.DISPUTED:
        disputes.open_dispute(work, charge, reason="fraudulent")
    return get(work, charge.id)


def _save(work: Work, charge: Charge) -> None:
    """Keep the card or mandate when that was asked for and it can be; the charge then carries its token."""
    if not charge.save_method or charge.token or not SCENARIOS[charge.scenario].can_be_kept:
        return
    token = new_id("pm")
    work.add(
        "saved_method",
        token=token,
        kind=charge.method,
        scenario=charge.scenario,
        brand=charge.brand,
        last_four=charge.last_four,
        expires=charge.expires,
        created_at=work.stamp,
    )
    work.db.execute("UPDATE charge SET token = ? WHERE id = ?", [token, charge.id])


def _tell(work: Work, charge: Charge) -> None:
    events.record(work, f"charge.{charge.status}", charge.id, resources.charge(charge, base_url=""))
