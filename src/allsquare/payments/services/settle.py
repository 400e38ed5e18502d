"""The one door: every way that money arrives or goes back becomes an ``Outcome`` and passes here.

An API answer, a webhook, a matched bank line, cash, an import: nothing else may mark anything paid. Payment,
allocation, invoice, journal entry, customer credit and events commit together or not at all. A single
outcome is a batch of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from allsquare.core import failpoints
from allsquare.core.actor import Actor
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, may, require
from allsquare.payments.gateway import Outcome, Subject
from allsquare.payments.models import GatewayAccount
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.charges import settle_charges
from allsquare.payments.settlement.disputes import settle_disputes
from allsquare.payments.settlement.locked import LockedPayment
from allsquare.payments.settlement.methods import settle_methods
from allsquare.payments.settlement.payouts import settle_payouts
from allsquare.payments.settlement.refunds import settle_refunds
from allsquare.payments.settlement.writing import written
from allsquare.payments.signs import note_signs


def settle(
    *,
    organization: Organization,
    gateway_account: GatewayAccount,
    outcomes: Sequence[Outcome],
    actor: Actor,
    joining: bool = False,
    current: bool = False,
) -> list[LockedPayment]:
    """Take in what became of requests, in one transaction of a fixed number of set-based statements. Returns the
    payments whose charges the outcomes speak of, as they are now.

    Repeated and late outcomes change nothing. All or none of the batch is taken: errors of
    ``payments.errors`` (``OutcomeUnmatched``, ``OutcomeTooEarly``, ``OutcomeContradicts``) name the one in the way.
    A deadlock or serialization failure is tried again; that never calls a provider, since no call is made here.
    ``current`` says that the provider was asked a moment ago how each thing is now, so that what it says is no late
    news. ``joining`` says that the caller's transaction ends with this: it is committed here, and tried again by the
    caller.
    """
    # Starting a payment, or giving it back, brings its own outcome, so whoever may do that may settle it.
    if not any(may(organization, actor, each) for each in (Permission.PAY, Permission.REFUND)):
        require(organization, actor, Permission.SETTLE)
    if not outcomes:
        return []
    if not joining:
        note_signs(organization, outcomes)
    work = partial(_settle, organization, gateway_account, outcomes, actor, current=current)
    payments = work() if joining else retried(work)
    failpoints.reached("settle.committed")
    return payments


def _settle(
    organization: Organization,
    account: GatewayAccount,
    outcomes: Sequence[Outcome],
    actor: Actor,
    *,
    current: bool,
) -> list[LockedPayment]:
    by_subject: dict[Subject, list[Outcome]] = {subject: [] for subject in Subject}
    for outcome in outcomes:
        by_subject[outcome.subject].append(outcome)
    failpoints.reached("settle.begun")
    begin = partial(Batch.begin, organization=organization, account=account, actor=actor, current=current)
    charges = by_subject.pop(Subject.CHARGE)
    # Charges first: a refund or dispute in the same batch may need them. Each room writes its facts before the
    # next one reads, so that later rooms see them.
    payments: list[LockedPayment] = []
    if charges:
        with written(committing=len(charges) == len(outcomes)):
            batch = begin()
            payments = settle_charges(batch, charges)
            _write(batch)
    if any(by_subject.values()):
        batch = begin()
        rooms = {
            Subject.REFUND: settle_refunds,
            Subject.DISPUTE: settle_disputes,
            Subject.PAYOUT: settle_payouts,
            Subject.METHOD: settle_methods,
        }
        for subject, settle_some in rooms.items():
            if by_subject[subject]:
                settle_some(batch, by_subject[subject])
                with written(committing=False):
                    _write(batch)
    return payments


def _write(batch: Batch) -> None:
    batch.write()
    failpoints.reached("settle.written")
