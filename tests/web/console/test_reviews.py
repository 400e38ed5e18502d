"""The page of a payment that the rules held: the score with its reasons, and what a person decides."""

from __future__ import annotations

import pytest
from django.test import Client

from allsquare.identity.permissions import ROLE_PERMISSIONS, Permission
from allsquare.identity.roles import Role
from allsquare.payments.gateway import Gateway, Outcome, RefundRequest, Status, Subject
from allsquare.payments.models import Attention, Payment, Refund
from allsquare.payments.registry import adapter_class
from allsquare.risk.models import RiskAssessment, RiskEntry
from tests.web.console.world import World


@pytest.fixture
def payment(world: World) -> Payment:
    return world.paid(world.issued())


def test_the_page_says_the_score_and_why(world: World, owner: Client, payment: Payment) -> None:
    world.held(payment)
    page = owner.get(f"/payments/{payment.id}/").content.decode()
    assert "40 of 100 points" in page
    assert "The payment provider gives it 85 of 100 points." in page
    assert f'action="/payments/{payment.id}/release/"' in page
    assert f'action="/payments/{payment.id}/refuse/"' in page


def test_a_payment_that_nobody_judged_says_nothing_of_it(owner: Client, payment: Payment) -> None:
    assert "Fraud check" not in owner.get(f"/payments/{payment.id}/").content.decode()


def test_released_from_its_page(world: World, owner: Client, payment: Payment) -> None:
    world.held(payment)
    page = owner.post(f"/payments/{payment.id}/release/", follow=True).content.decode()
    assert "The payment is released." in page
    assert "Released" in page
    assert RiskAssessment.objects.get(organization=world.organization).verdict == "released"
    assert not Attention.objects.filter(organization=world.organization, resolved_at=None).exists()


def test_refused_and_given_back_from_its_page(world: World, owner: Client, payment: Payment) -> None:
    world.held(payment)
    page = owner.post(f"/payments/{payment.id}/refuse/", {"block": "1"}, follow=True).content.decode()
    assert "The payment is refused." in page
    (given_back,) = Refund.objects.filter(organization=world.organization)
    assert given_back.amount_minor == payment.captured_minor
    assert RiskAssessment.objects.get(organization=world.organization).verdict == "refused"
    assert "is on the list" not in page
    blocked = RiskEntry.objects.filter(organization=world.organization, verdict="blocked")
    assert sorted(blocked.values_list("kind", flat=True)) == ["card", "mail"]


def test_what_was_decided_already_is_said_on_its_page(world: World, owner: Client, payment: Payment) -> None:
    world.held(payment)
    owner.post(f"/payments/{payment.id}/release/")
    page = owner.post(f"/payments/{payment.id}/refuse/", follow=True).content.decode()
    assert "Somebody may have been faster." in page
    assert not Refund.objects.filter(organization=world.organization).exists()


def test_it_is_not_ticked_off_on_the_first_page(world: World, owner: Client, payment: Payment) -> None:
    world.held(payment)
    task = Attention.objects.get(organization=world.organization)
    home = owner.get("/").content.decode()
    assert f"look-{task.id}" in home
    assert f"act-{task.id}" not in home
    assert owner.post(f"/attention/{task.id}/resolve/").status_code == 409


def test_a_clerk_releases_and_does_not_refuse(world: World, payment: Payment) -> None:
    world.held(payment)
    clerk = world.client(Role.BILLING_CLERK)
    page = clerk.get(f"/payments/{payment.id}/").content.decode()
    assert "release-dialog" in page
    assert "refuse-dialog" not in page
    assert clerk.post(f"/payments/{payment.id}/refuse/").status_code == 403
    assert world.client(Role.VIEWER).post(f"/payments/{payment.id}/release/").status_code == 403


@pytest.mark.parametrize("refused", [False, True])
def test_who_may_give_money_back_and_not_write_it_down_refuses_and_does_not_release(
    world: World, payment: Payment, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    may = frozenset({Permission.VIEW_SALES, Permission.REFUND})
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.SUPPORT, may)
    world.held(payment)
    task = Attention.objects.get(organization=world.organization)
    if refused:
        Attention.objects.filter(id=task.id).update(data={**task.data, "refused": True})
    somebody = world.client(Role.SUPPORT)
    page = somebody.get(f"/payments/{payment.id}/").content.decode()
    assert 'commandfor="refuse-dialog" command="show-modal"' in page
    assert f'action="/payments/{payment.id}/refuse/"' in page
    assert "release-dialog" not in page
    assert f"/attention/{task.id}/resolve/" not in page
    assert somebody.post(f"/payments/{payment.id}/release/").status_code == 403
    assert "The payment is refused." in (
        somebody.post(f"/payments/{payment.id}/refuse/", follow=True).content.decode()
    )


def test_what_could_not_be_given_back_is_said_and_tried_again_from_its_page(
    world: World, owner: Client, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.held(payment)

    def fails(gateway: Gateway, request: RefundRequest) -> Outcome:
        return Outcome(Subject.REFUND, Status.DECLINED, payment.gateway, key=request.key)

    with monkeypatch.context() as broken:
        broken.setattr(adapter_class(payment.gateway), "refund", fails)
        page = owner.post(f"/payments/{payment.id}/refuse/", follow=True).content.decode()
    assert "did not give the money back" in page
    assert "its money is not on its way back" in page
    assert "release-dialog" not in page
    assert f'action="/payments/{payment.id}/refuse/"' in page
    assert f'action="/attention/{Attention.objects.get(organization=world.organization).id}/resolve/"' in page
    page = owner.post(f"/payments/{payment.id}/refuse/", follow=True).content.decode()
    assert "The payment is refused." in page
    assert "its money is not on its way back" not in page
