"""Asking about many: the time of the next question, and what is not asked about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.ids import new_id
from allsquare.identity.roles import Role
from allsquare.payments.errors import HasEnded, PaymentUnknown, RefundUnknown
from allsquare.payments.gateway import Subject
from allsquare.payments.models import Payment
from allsquare.payments.services.ask_soon import ask_soon
from tests.factories import make_organization
from tests.web.console.world import World


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_what_is_open_is_due_now(world: World) -> None:
    payment = world.paid(world.issued())
    later = clock.now(None) + timedelta(hours=5)
    Payment.objects.filter(id=payment.id).update(state="unknown", next_check_at=later)
    for _time in range(2):
        ask_soon(organization=world.organization, subject=Subject.CHARGE, subject_id=payment.id, actor=SYSTEM)
    payment.refresh_from_db()
    assert payment.next_check_at is not None
    assert payment.next_check_at < later


def test_what_has_ended_stays_as_it_is(world: World) -> None:
    payment = world.paid(world.issued())
    with pytest.raises(HasEnded):
        ask_soon(organization=world.organization, subject=Subject.CHARGE, subject_id=payment.id, actor=SYSTEM)


def test_what_is_elsewhere_is_unknown(world: World) -> None:
    payment = world.paid(world.issued())
    other = make_organization(name="Somebody Else")
    with pytest.raises(PaymentUnknown):
        ask_soon(organization=other, subject=Subject.CHARGE, subject_id=payment.id, actor=SYSTEM)
    with pytest.raises(RefundUnknown):
        ask_soon(organization=other, subject=Subject.REFUND, subject_id=new_id(), actor=SYSTEM)


def test_a_viewer_may_not(world: World) -> None:
    viewer = Actor(
        ActorKind.PERSON, str(new_id()), "V", role=Role.VIEWER, organization_id=world.organization.id
    )
    with pytest.raises(PermissionDenied):
        ask_soon(organization=world.organization, subject=Subject.CHARGE, subject_id=new_id(), actor=viewer)
