"""What a provider lists is taken in, or somebody is told. The list itself is a provider of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.attention import NOT_TAKEN_IN
from allsquare.payments.errors import OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import Capability, DisputeStage, Outcome, Status, Subject
from allsquare.payments.gateway_abilities import Sighting
from allsquare.payments.models import Attention, GatewayAccount, InboxEvent, Payment
from allsquare.payments.services import ask_history as room
from allsquare.payments.states import InboxState
from tests.payments import flows

MINE = "ch_mine"


class Lister:
    """Says what it is told to, and keeps what came through the door."""

    capabilities = frozenset({Capability.HISTORY})

    def __init__(self) -> None:
        self.list: list[Outcome] = []
        self.failure: Exception | None = None
        self.refused: dict[str, Exception] = {}
        self.taken: list[str] = []
        self.since_when: list[datetime] = []

    def since(self, moment: datetime, until: datetime | None = None) -> Iterator[Sighting]:
        self.since_when.append(moment)
        if self.failure:
            raise self.failure
        for outcome in self.list:
            yield Sighting(outcome)

    def settle(self, *, outcomes: Sequence[Outcome], **_more: object) -> None:
        for outcome in outcomes:
            if outcome.reference in self.refused:
                raise self.refused[outcome.reference]
        self.taken += [outcome.reference for outcome in outcomes]


@pytest.fixture
def lister(monkeypatch: pytest.MonkeyPatch) -> Lister:
    made = Lister()
    monkeypatch.setattr(room, "adapter", lambda _account: made)
    monkeypatch.setattr(room, "settle", made.settle)
    return made


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    """Of whose charge we know the name."""
    found = flows.started(organization, customer, account)
    Payment.objects.filter(id=found.id).update(reference=MINE)
    return found


@pytest.fixture
def ask(organization: Organization, account: GatewayAccount) -> Callable[[], bool]:
    def again() -> bool:
        GatewayAccount.objects.filter(id=account.id).update(history_due_at=None)
        mine = GatewayAccount.objects.get(id=account.id)
        return room.ask_history(organization=organization, gateway_account=mine)

    return again


def dispute(stage: DisputeStage = DisputeStage.OPENED, *, of: str = MINE, name: str = "dp_1") -> Outcome:
    return Outcome(
        subject=Subject.DISPUTE,
        status=Status.SUCCEEDED,
        gateway="sandbox",
        reference=name,
        charge_reference=of,
        amount=Money(1000, currency("EUR")),
        dispute_stage=stage,
    )


def tasks(organization: Organization) -> int:
    return Attention.objects.filter(organization=organization, kind=NOT_TAKEN_IN).count()


def test_a_list_that_cannot_be_read_ends_the_question_and_not_the_worker(
    lister: Lister, ask: Callable[[], bool], account: GatewayAccount
) -> None:
    lister.failure = AttributeError("metadata")
    assert not ask()
    assert GatewayAccount.objects.get(id=account.id).history_until is None


def test_each_question_begins_before_the_last_one_ended(
    lister: Lister, ask: Callable[[], bool], account: GatewayAccount
) -> None:
    assert ask()
    answered = GatewayAccount.objects.get(id=account.id).history_until
    assert answered is not None
    assert ask()
    assert lister.since_when[1] == answered - room.OVERLAP
    assert timedelta(minutes=30) <= room.OVERLAP


def test_what_cannot_be_taken_in_is_told_once_for_each_thing_that_happened(
    lister: Lister, ask: Callable[[], bool], payment: Payment, organization: Organization
) -> None:
    lister.list = [dispute(name="dp_0"), dispute()]
    lister.refused = {"dp_1": ValueError("no")}
    assert ask()
    assert "dp_0" in lister.taken
    assert ask()
    assert tasks(organization) == 1
    Attention.objects.update(resolved_at=clock.now(None))
    lister.list = [dispute(DisputeStage.LOST)]
    assert ask()
    assert tasks(organization) == 2


@pytest.mark.parametrize(("state", "told"), [(InboxState.DONE, 1), (InboxState.PARKED, 0)])
def test_a_webhook_about_it_tells_only_while_it_is_not_done(
    lister: Lister,
    ask: Callable[[], bool],
    payment: Payment,
    organization: Organization,
    state: InboxState,
    told: int,
) -> None:
    InboxEvent.objects.create(
        organization=organization,
        gateway_account=payment.gateway_account,
        external_id="ev_1",
        kind="dispute.opened",
        object_reference="dp_1",
        payload={},
        state=state,
        received_at=clock.now(None),
        next_try_at=clock.now(None),
    )
    lister.list, lister.refused = [dispute(DisputeStage.LOST)], {"dp_1": ValueError("no")}
    assert ask()
    assert tasks(organization) == told


def test_what_comes_too_early_is_asked_for_again(
    lister: Lister,
    ask: Callable[[], bool],
    payment: Payment,
    organization: Organization,
    account: GatewayAccount,
) -> None:
    lister.list, lister.refused = [dispute()], {"dp_1": OutcomeTooEarly("not yet")}
    assert not ask()
    assert tasks(organization) == 0
    assert GatewayAccount.objects.get(id=account.id).history_until is None
    lister.refused = {}
    assert ask()
    assert lister.taken == ["dp_1"]


def test_what_is_ours_and_matches_nothing_is_told(
    lister: Lister, ask: Callable[[], bool], payment: Payment, organization: Organization
) -> None:
    lister.list, lister.refused = [dispute()], {"dp_1": OutcomeUnmatched("nothing")}
    assert ask()
    assert tasks(organization) == 1


def test_a_refund_of_a_charge_whose_answer_was_lost_is_ours(
    lister: Lister, ask: Callable[[], bool], payment: Payment
) -> None:
    Payment.objects.filter(id=payment.id).update(reference=None)
    charge = Outcome(
        subject=Subject.CHARGE,
        status=Status.SUCCEEDED,
        gateway="sandbox",
        reference="ch_late",
        key=payment.attempts.get().id,
    )
    lister.list = [charge, dispute(of="ch_late")]
    assert ask()
    assert lister.taken == ["ch_late", "dp_1"]


def test_what_others_do_with_the_account_never_comes_to_the_door(
    lister: Lister, ask: Callable[[], bool], payment: Payment
) -> None:
    lister.list = [dispute(of="ch_theirs", name="dp_theirs"), dispute()]
    lister.list.append(
        Outcome(
            subject=Subject.CHARGE,
            status=Status.SUCCEEDED,
            gateway="sandbox",
            reference="ch_theirs",
            key=new_id(),
            happened_at=clock.now(None) - timedelta(minutes=1),
        )
    )
    assert ask()
    assert lister.taken == ["dp_1"]
