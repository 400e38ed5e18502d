"""The first asking of a payment: its account, and the next one where it surely was not reached."""

from __future__ import annotations

from allsquare.core.actor import Actor
from allsquare.identity.models import Organization
from allsquare.payments.asking import call, take_in
from allsquare.payments.health import TROUBLED, Turn, is_trouble
from allsquare.payments.models import Payment, PaymentAttempt
from allsquare.payments.services.bring_back import bring_back
from allsquare.payments.services.move_payment import move_payment
from allsquare.payments.services.note_trouble import note_trouble


def ask_in_turn(
    *,
    organization: Organization,
    payment: Payment,
    attempt: PaymentAttempt,
    turn: Turn,
    actor: Actor,
) -> None:
    """Send the attempt to the payment's account, once; ``payment`` then has what became of it. Where nothing goes wrong
    this costs no statement more than asking without a turn.

    Only whoever has just made the attempt calls this: what is asked for again stays where it is (``asking.ask``).
    """
    probing, spares = turn.probing, list(turn.spares)
    while True:
        account = payment.gateway_account
        outcome = call(payment, attempt)
        moved = None
        if spares:
            to = spares.pop(0)
            moved = move_payment(
                organization=organization,
                payment=payment,
                attempt=attempt,
                outcome=outcome,
                to=to,
                actor=actor,
            )
        if moved is None:
            take_in(organization=organization, payment=payment, outcome=outcome, actor=actor)
        if is_trouble(outcome.status, outcome.code):
            note_trouble(
                organization=organization,
                account=account,
                payment_id=payment.id,
                attempt_id=attempt.id,
                outcome=outcome,
                probing=probing,
                actor=actor,
            )
        elif probing and outcome.status not in TROUBLED:  # our own refusal says nothing of the provider
            bring_back(organization=organization, account_id=account.id, actor=actor)
        if moved is None:
            return
        attempt, probing = moved, False
