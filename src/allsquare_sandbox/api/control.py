"""``/control``: what no real provider offers. Make it misbehave, move its clock, play the payer and the
banks.

With the account's own key, and for this account only.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from allsquare_sandbox import (
    accounts,
    cards,
    charges,
    disputes,
    events,
    methods,
    mischief,
    payouts,
    refunds,
    resources,
    timeline,
)
from allsquare_sandbox.api.endpoint import Answer, Call
from allsquare_sandbox.cards import Form
from allsquare_sandbox.errors import conflict, invalid
from allsquare_sandbox.mischief import Kind, MischiefOrder, Scope
from allsquare_sandbox.records import Charge, Method, Stage


def order_mischief(call: Call) -> Answer:
    """``{"kind": …, "scope": "moves", "count": 1 | 0 for until cleared, "probability": 1, "seed": 1, …}``"""
    fields = call.fields
    count = fields.whole("count", lowest=0, highest=1_000_000, default=1)
    order = MischiefOrder(
        kind=fields.choice("kind", Kind),
        scope=fields.choice("scope", Scope, default=Scope.MOVES),
        remaining=count or None,
        probability=fields.number("probability", lowest=0, highest=1, default=1),
        seconds=fields.number("seconds", lowest=0, highest=600, default=3),
        copies=fields.whole("copies", lowest=2, highest=100, default=2),
        seed=fields.whole("seed", lowest=0, highest=2**31, default=1),
    )
    fields.done()
    with call.store.work(call.account.id) as work:
        return Answer(resources.mischief(mischief.place(work, order)), 201)


def list_mischief(call: Call) -> Answer:
    with call.store.reading() as db:
        return Answer(
            {
                "object": "list",
                "data": [resources.mischief(each) for each in mischief.listed(db, call.account.id)],
            }
        )


def clear_mischief(call: Call) -> Answer:
    with call.store.work(call.account.id) as work:
        return Answer({"cleared": mischief.clear(work, call.names.get("id", ""))})


def move_clock(call: Call) -> Answer:
    """``{"days": 3}``, ``{"hours": …}``, ``{"seconds": …}`` or ``{"to": "2027-01-31T00:00:00Z"}``."""
    fields = call.fields
    to = fields.text("to", default="", longest=40)
    by = timedelta(
        days=fields.whole("days", lowest=0, highest=3660, default=0),
        hours=fields.whole("hours", lowest=0, highest=100_000, default=0),
        seconds=fields.whole("seconds", lowest=0, highest=10**9, default=0),
    )
    fields.done()
    with call.store.work(call.account.id) as work:
        if to:
            timeline.set_to(work, _instant(to))
        else:
            timeline.move(work, by)
        return Answer({"clock": work.stamp})


def pay_charge(call: Call) -> Answer:
    """Play the payer without the page: ``{"number": card or IBAN, "approve": true}``."""
    fields = call.fields
    scenario = cards.by_number(fields.text("number", longest=60))
    approve = fields.flag("approve", default=True)
    fields.done()
    with call.store.work(call.account.id) as work:
        charge = charges.get(work, call.names["id"])
        if scenario is None or (scenario in cards.CARDS) != (charge.method == Method.CARD):
            raise invalid("number", "unknown_test_number", f"This is not a test number for {charge.method}.")
        if charge.stage == Stage.DETAILS:
            expires = f"{work.now.year + 3}-12" if charge.method == Method.CARD else ""
            charge = charges.pay(work, charge.id, Form(scenario=scenario, expires=expires))
        if charge.stage == Stage.CHALLENGE:
            charge = charges.answer_challenge(work, charge.id, approved=approve)
        return _charge(call, charge)


def settle_charge(call: Call) -> Answer:
    """A pending debit clears now."""
    with call.store.work(call.account.id) as work:
        return _charge(call, charges.clear_debit(work, call.names["id"]))


def bounce_charge(call: Call) -> Answer:
    """A pending debit bounces now."""
    fields = call.fields
    code = fields.text("code", default="insufficient_funds", longest=60)
    message = fields.text("message", default="The account had insufficient funds for the debit.")
    fields.done()
    with call.store.work(call.account.id) as work:
        return _charge(call, charges.clear_debit(work, call.names["id"], bounce=(code, message)))


def replace_method(call: Call) -> Answer:
    """The bank replaces a saved card: ``{"number": test card, "expires": "2031-05", "new_token": false}``; or moves a
    debit to another account: ``{"number": test IBAN}``."""
    fields = call.fields
    scenario = cards.by_number(fields.text("number", longest=60))
    expires = fields.text("expires", default="", longest=7)
    new_token = fields.flag("new_token", default=False)
    fields.done()
    with call.store.work(call.account.id) as work:
        kind = methods.get(work, call.names["token"]).kind
        if scenario is None or (scenario in cards.CARDS) != (kind == Method.CARD):
            raise invalid("number", "unknown_test_number", f"This is not a test number for {kind}.")
        if (kind == Method.CARD) != bool(expires):
            raise invalid(
                "expires", "field_invalid", "A card has an expiry such as 2031-05, a debit has none."
            )
        made = methods.replace(work, call.names["token"], scenario, expires=expires, new_token=new_token)
        return Answer(resources.saved_method(made))


def end_method(call: Call) -> Answer:
    """The payer or their bank ends it, and the merchant hears of it."""
    with call.store.work(call.account.id) as work:
        return Answer(resources.saved_method(methods.remove(work, call.names["token"])))


def dispute_charge(call: Call) -> Answer:
    fields = call.fields
    reason = fields.text("reason", default="fraudulent", longest=60)
    fields.done()
    with call.store.work(call.account.id) as work:
        made = disputes.open_dispute(work, charges.get(work, call.names["id"]), reason=reason)
        return Answer(resources.dispute(made), 201)


def win_dispute(call: Call) -> Answer:
    return _close(call, won=True)


def lose_dispute(call: Call) -> Answer:
    return _close(call, won=False)


def settle_refund(call: Call) -> Answer:
    with call.store.work(call.account.id) as work:
        return Answer(resources.refund(refunds.settle(work, call.names["id"])))


def fail_refund(call: Call) -> Answer:
    """Pending or already succeeded: the payer's bank sends it back."""
    with call.store.work(call.account.id) as work:
        return Answer(resources.refund(refunds.fail(work, call.names["id"])))


def make_payouts(call: Call) -> Answer:
    """Pay out the whole balance now, of ``currency`` or of all."""
    fields = call.fields
    wanted = fields.currency() if fields.has("currency") else ""
    fields.done()
    with call.store.work(call.account.id) as work:
        made = [
            payouts.pay_out(work, currency, everything=True)
            for currency in ([wanted] if wanted else payouts.currencies_owed(work))
        ]
        shown = [payouts.shown(work.db, payout) for payout in made if payout]
        if not shown:
            raise conflict("nothing_to_pay_out", "There is no balance above zero to pay out.")
        return Answer({"object": "list", "data": shown}, 201)


def fail_payout(call: Call) -> Answer:
    """The merchant's bank sends it back."""
    with call.store.work(call.account.id) as work:
        return Answer(payouts.shown(work.db, payouts.fail(work, call.names["id"])))


def resend_event(call: Call) -> Answer:
    if not call.account.webhook_url:
        raise conflict("webhook_url_missing", "This account has no webhook endpoint to send to.")
    with call.store.work(call.account.id) as work:
        return Answer({"delivery": events.send_again(work, call.names["id"])}, 201)


def reset(call: Call) -> Answer:
    """Forget everything but the account and its settings."""
    with call.store.writing() as db:
        accounts.reset(db, call.account.id)
    return Answer({"reset": True})


def _charge(call: Call, charge: Charge) -> Answer:
    return Answer(resources.charge(charge, base_url=call.base_url))


def _close(call: Call, *, won: bool) -> Answer:
    with call.store.work(call.account.id) as work:
        return Answer(resources.dispute(disputes.close(work, call.names["id"], won=won)))


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("to", "field_invalid", "to must be an instant such as 2027-01-31T00:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
