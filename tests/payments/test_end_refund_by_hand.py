"""A refund of which its provider never says the end: a colleague says it, and the provider may say it after all."""

from __future__ import annotations

import pytest

from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.comparing import Kind, differences, said_by_provider, said_here_of_refund
from allsquare.payments.errors import (
    HasEnded,
    InvalidPayment,
    NotLeftOpen,
    ProviderAnswers,
    RefundTooHigh,
    RefundUnknown,
)
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount, Payment, Refund
from tests import factories
from tests.payments.by_hand import days_go_by, end_refund, hear_of_refund, refunding
from tests.payments.flows import balances, paid, take
from tests.payments.makers import ScriptedGateway, eur, open_tasks, refund_outcome
from tests.square import assert_all_square


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    return paid(organization, customer, account, fee=100)


@pytest.fixture
def refund(organization: Organization, payment: Payment) -> Refund:
    """Of 60.00, asked for three weeks ago, and the provider is silent since."""
    return waiting(organization, payment)


def waiting(organization: Organization, payment: Payment, reference: str = "") -> Refund:
    made = refunding(payment, 6000, reference=reference)
    days_go_by(organization, 21)
    made.organization = organization
    return made


def tasks(organization: Organization) -> list[str]:
    return [task.kind for task in open_tasks(organization)]


def test_it_did_not_go_and_its_sum_is_free(
    organization: Organization, payment: Payment, refund: Refund
) -> None:
    ended = end_refund(refund, went=False, key="k")
    end_refund(refund, went=False, key="k", answer=None)
    payment.refresh_from_db()
    assert (ended.state, ended.by_hand, payment.left_minor) == ("failed", True, 10000)
    assert tasks(organization) == [], "whoever says so knows it"
    told = Event.objects.get(organization_id=organization.id, kind="refund.not_gone_by_hand")
    assert told.data["reason"] == "Their support says so."
    assert_all_square()


def test_it_went_and_is_booked(organization: Organization, payment: Payment, refund: Refund) -> None:
    ended = end_refund(refund, went=True)
    payment.refresh_from_db()
    assert (ended.state, ended.by_hand, payment.refunded_minor) == ("succeeded", True, 6000)
    assert balances(organization)["clearing"] == 3900
    assert_all_square()


def test_who_may_not_give_back_may_not_end_it(organization: Organization, refund: Refund) -> None:
    with pytest.raises(PermissionDenied):
        end_refund(refund, True, answer=None, actor=factories.member_actor(organization, Role.BILLING_CLERK))
    accountant = factories.member_actor(organization, Role.ACCOUNTANT)
    assert end_refund(refund, True, actor=accountant).state == "succeeded"


def test_another_organization_finds_nothing(refund: Refund) -> None:
    refund.organization = factories.make_organization()
    with pytest.raises(RefundUnknown):
        end_refund(refund, True, answer=None)


def test_what_cannot_be_is_refused(organization: Organization, payment: Payment, refund: Refund) -> None:
    with pytest.raises(InvalidPayment):
        end_refund(refund, True, answer=None, reason="")
    payment.organization = organization
    young = refunding(payment, 1000)
    with pytest.raises(NotLeftOpen):
        end_refund(young, True, answer=None)
    hear_of_refund(refund, reference="re_1")
    with pytest.raises(NotLeftOpen):
        end_refund(refund, False, answer=None)
    assert not ScriptedGateway.looked_up


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.DECLINED])
def test_what_the_provider_answers_counts(organization: Organization, refund: Refund, status: Status) -> None:
    with pytest.raises(ProviderAnswers):
        end_refund(refund, True, answer=refund_outcome(status, reference="re_1"))
    refund.refresh_from_db()
    assert (refund.state, refund.by_hand) == (
        "succeeded" if status is Status.SUCCEEDED else "failed",
        False,
    )
    assert_all_square()


@pytest.mark.parametrize("status", [Status.PENDING, Status.NOT_SENT])
def test_while_the_provider_answers_nobody_ends_it(refund: Refund, status: Status) -> None:
    with pytest.raises(ProviderAnswers):
        end_refund(refund, True, answer=refund_outcome(status))


@pytest.mark.parametrize("named", ["", "re_1"])
@pytest.mark.parametrize("keyed", [True, False])
def test_news_of_what_went_is_no_second_refund(
    organization: Organization, payment: Payment, named: str, keyed: bool
) -> None:
    refund = waiting(organization, payment, named)
    end_refund(refund, went=True)
    for _time in range(2):
        key = refund.id if keyed else None
        hear_of_refund(refund, key=key, reference="re_1", amount=eur(6000), fee=eur(0))
    assert (refund.reference, refund.by_hand) == ("re_1", False)
    assert Refund.objects.filter(organization=organization).count() == 1
    assert tasks(organization) == []
    assert_all_square()


def test_news_that_comes_twice_at_once_is_no_second_refund(
    organization: Organization, payment: Payment, refund: Refund
) -> None:
    end_refund(refund, went=True)
    news = refund_outcome(reference="re_1", amount=eur(6000), fee=eur(0), charge_reference=payment.reference)
    take(payment.gateway_account, news, news)
    assert [row.reference for row in Refund.objects.filter(organization=organization)] == ["re_1"]
    assert_all_square()


def test_its_fee_is_told_where_the_provider_gave_some_back(
    organization: Organization, refund: Refund
) -> None:
    end_refund(refund, went=True)
    hear_of_refund(refund, reference="re_1", amount=eur(6000), fee=eur(-50))
    (task,) = open_tasks(organization)
    assert (task.kind, "€0.50" in task.text) == ("came_otherwise", True)


@pytest.mark.parametrize("named", ["", "re_1"])
def test_it_failed_after_all(organization: Organization, payment: Payment, named: str) -> None:
    refund = waiting(organization, payment, named)
    end_refund(refund, went=True)
    hear_of_refund(refund, Status.DECLINED, reference="re_1")
    assert (refund.state, refund.by_hand, tasks(organization)) == ("failed", False, ["refund_came_back"])
    assert balances(organization)["customer_credit"] == -6000
    assert_all_square()


@pytest.mark.parametrize("named", ["", "re_1"])
def test_it_went_after_all(organization: Organization, payment: Payment, named: str) -> None:
    """Though the provider has it under the name under which it was said to have failed."""
    refund = waiting(organization, payment, named)
    end_refund(refund, went=False)
    hear_of_refund(refund, reference="re_1", amount=eur(6000), fee=eur(0))
    payment.refresh_from_db()
    assert (refund.state, refund.by_hand, payment.refunded_minor) == ("succeeded", False, 6000)
    assert_all_square()


def test_it_went_after_all_when_its_sum_was_given_back_another_way(
    organization: Organization, payment: Payment, refund: Refund
) -> None:
    end_refund(refund, went=False)
    again = refunding(payment, 6000)
    hear_of_refund(again, reference="re_2", amount=eur(6000), fee=eur(0))
    hear_of_refund(refund, reference="re_1", amount=eur(6000), fee=eur(0))
    assert (refund.state, refund.by_hand, tasks(organization)) == ("failed", False, ["second_refund"])
    assert_all_square()


def test_that_it_did_not_go_the_provider_says_too(organization: Organization, refund: Refund) -> None:
    end_refund(refund, went=False)
    hear_of_refund(refund, Status.PENDING, reference="re_1")
    assert refund.by_hand, "that is no end"
    hear_of_refund(refund, Status.DECLINED, reference="re_1")
    assert (refund.state, refund.by_hand) == ("failed", False)
    with pytest.raises(NotLeftOpen):
        end_refund(refund, True, answer=None)


def test_whoever_was_wrong_can_correct_it(
    organization: Organization, payment: Payment, refund: Refund
) -> None:
    end_refund(refund, went=False)
    with pytest.raises(NotLeftOpen):
        end_refund(refund, went=False, answer=None)
    assert end_refund(refund, went=True).state == "succeeded"
    assert end_refund(refund, went=False).state == "failed"
    assert balances(organization)["customer_credit"] == -6000
    with pytest.raises(NotLeftOpen):
        end_refund(refund, went=True, answer=None)
    hear_of_refund(refund, reference="re_1", amount=eur(6000), fee=eur(0))
    assert tasks(organization) == ["not_taken_in"], "it has its two entries"
    assert_all_square()


def test_a_correction_gives_no_more_back_than_there_is(
    organization: Organization, payment: Payment, refund: Refund
) -> None:
    end_refund(refund, went=False)
    again = refunding(payment, 6000)
    with pytest.raises(RefundTooHigh):
        end_refund(refund, went=True)
    hear_of_refund(again, Status.DECLINED, reference="re_2")
    assert end_refund(refund, went=True).state == "succeeded"
    assert_all_square()


def test_a_correction_hears_the_provider_first(organization: Organization, refund: Refund) -> None:
    end_refund(refund, went=True)
    with pytest.raises(ProviderAnswers):
        end_refund(refund, went=False, answer=refund_outcome(reference="re_1", amount=eur(6000)))
    refund.refresh_from_db()
    assert (refund.state, refund.reference, refund.by_hand) == ("succeeded", "re_1", False)


def test_comparing_with_the_provider_sees_what_it_did_not_say_yet(refund: Refund) -> None:
    end_refund(refund, went=True)
    refund.refresh_from_db()
    news = refund_outcome(key=refund.id, reference="re_1", amount=eur(6000))
    assert differences(said_here_of_refund(refund), said_by_provider(news)) == [Kind.STATE]
    take(refund.payment.gateway_account, news)
    refund.refresh_from_db()
    assert differences(said_here_of_refund(refund), said_by_provider(news)) == []


def test_two_cannot_say_two_things(refund: Refund, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second was asked for before the first was written."""
    name = "allsquare.payments.services.end_refund_by_hand._ask"
    monkeypatch.setattr(name, lambda *given: None)
    end_refund(refund, went=True, answer=None)
    Refund.objects.filter(id=refund.id).update(by_hand=False)
    with pytest.raises(HasEnded):
        end_refund(refund, went=False, answer=None)
