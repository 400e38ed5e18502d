"""A dispute of which its provider never says the end: a colleague says it, and the provider may say it after all."""

from __future__ import annotations

import pytest

from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.errors import (
    DisputeUnknown,
    HasEnded,
    InvalidPayment,
    NotLeftOpen,
    ProviderAnswers,
)
from allsquare.payments.gateway import DisputeStage
from allsquare.payments.models import Dispute, GatewayAccount, Payment
from tests import factories
from tests.payments.by_hand import days_go_by, disputed, end_dispute, hear_of_case
from tests.payments.flows import balances, paid
from tests.payments.makers import dispute_outcome, eur, open_tasks, usd
from tests.square import assert_all_square

OPENED, WON, LOST = DisputeStage.OPENED, DisputeStage.WON, DisputeStage.LOST


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    return paid(organization, customer, account)


@pytest.fixture
def dispute(organization: Organization, payment: Payment) -> Dispute:
    """Over 40.00 of 100.00, opened long ago."""
    opened = disputed(payment)
    days_go_by(organization, 100)
    opened.organization = organization
    return opened


def tasks(organization: Organization) -> set[str]:
    return {task.kind for task in open_tasks(organization)}


@pytest.mark.parametrize(
    ("lost", "state", "clearing"),
    [(None, "won", 8500), (eur(4000), "lost", 4500), (eur(1000), "lost", 7500)],
)
def test_it_ends_as_a_colleague_saw_it(
    organization: Organization,
    payment: Payment,
    dispute: Dispute,
    lost: Money | None,
    state: str,
    clearing: int,
) -> None:
    ended = end_dispute(dispute, lost, key="k")
    end_dispute(dispute, lost, key="k")
    payment.refresh_from_db()
    assert (ended.state, ended.by_hand, balances(organization)["clearing"]) == (state, True, clearing)
    assert payment.disputed_minor == (lost.minor if lost else 0)
    told = Event.objects.get(organization_id=organization.id, kind=f"dispute.{state}_by_hand")
    assert told.data["reason"] == "Their support says so."
    assert_all_square()


def test_what_may_not_be_is_refused(organization: Organization, payment: Payment, dispute: Dispute) -> None:
    with pytest.raises(PermissionDenied):
        end_dispute(dispute, None, actor=factories.member_actor(organization, Role.SALES))
    with pytest.raises(InvalidPayment):
        end_dispute(dispute, None, reason="")
    for lost in (eur(0), eur(4001), usd(4000)):
        with pytest.raises(InvalidPayment):
            end_dispute(dispute, lost)
    dispute.organization = factories.make_organization()
    with pytest.raises(DisputeUnknown):
        end_dispute(dispute, None)


def test_before_its_time_and_after_its_end_the_provider_counts(
    organization: Organization, payment: Payment
) -> None:
    opened = disputed(payment)
    days_go_by(organization, 89)
    opened.organization = organization
    with pytest.raises(NotLeftOpen):
        end_dispute(opened, None)
    days_go_by(organization, 2)
    hear_of_case(payment, LOST)
    with pytest.raises(NotLeftOpen):
        end_dispute(opened, None)


@pytest.mark.parametrize("stage", list(DisputeStage))
def test_what_the_provider_answers_counts(
    organization: Organization, payment: Payment, dispute: Dispute, stage: DisputeStage
) -> None:
    answer = dispute_outcome(stage, reference="dp_1", amount=eur(4000), charge_reference=payment.reference)
    with pytest.raises(ProviderAnswers):
        end_dispute(dispute, None, answer=answer)
    dispute.refresh_from_db()
    assert (dispute.state, dispute.by_hand) == (stage.value, False)
    assert_all_square()


@pytest.mark.parametrize("stage", [WON, LOST])
@pytest.mark.parametrize("lost", [None, eur(4000)])
def test_the_provider_says_it_after_all(
    organization: Organization,
    payment: Payment,
    dispute: Dispute,
    stage: DisputeStage,
    lost: Money | None,
) -> None:
    """The same, or the other: that it is lost counts too, though it is no answer of a moment ago."""
    end_dispute(dispute, lost)
    for _time in range(2):
        hear_of_case(payment, stage)
    dispute.refresh_from_db()
    payment.refresh_from_db()
    assert (dispute.state, dispute.by_hand) == (stage.value, False)
    assert payment.disputed_minor == (0 if stage is WON else 4000)
    assert balances(organization)["clearing"] == (8500 if stage is WON else 4500)
    assert_all_square()


def test_another_sum_than_was_said_is_a_task(
    organization: Organization, payment: Payment, dispute: Dispute
) -> None:
    end_dispute(dispute, eur(1000))
    hear_of_case(payment, LOST, 4000)
    assert "not_taken_in" in tasks(organization)
    assert_all_square()


def test_whoever_was_wrong_can_correct_it_once(
    organization: Organization, payment: Payment, dispute: Dispute
) -> None:
    end_dispute(dispute, None)
    with pytest.raises(NotLeftOpen):
        end_dispute(dispute, None)
    assert end_dispute(dispute, eur(4000)).state == "lost"
    with pytest.raises(HasEnded):
        end_dispute(dispute, None)
    assert "not_taken_in" not in tasks(organization)
    assert_all_square()


def test_a_correction_hears_the_provider_first(
    organization: Organization, payment: Payment, dispute: Dispute
) -> None:
    end_dispute(dispute, None)
    answer = dispute_outcome(WON, reference="dp_1", amount=eur(4000), charge_reference=payment.reference)
    with pytest.raises(ProviderAnswers):
        end_dispute(dispute, eur(4000), answer=answer)
    dispute.refresh_from_db()
    assert (dispute.state, dispute.by_hand) == ("won", False)
