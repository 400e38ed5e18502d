from __future__ import annotations

import pytest

from allsquare.onboarding.first_steps import Step, first_steps
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def done(world: World) -> list[Step]:
    return [step for step, is_done in first_steps(world.organization).steps if is_done]


def test_steps_are_told_from_facts() -> None:
    world = World()
    assert done(world) == [Step.CUSTOMER]
    assert first_steps(world.organization).next is Step.COMPANY
    world.organization.street, world.organization.city = "Kai 1", "Kiel"
    world.organization.logo_type = "image/png"
    world.draft()
    assert done(world) == [Step.COMPANY, Step.LOGO, Step.CUSTOMER]
    invoice = world.issued()
    assert first_steps(world.organization).next is Step.PAYMENT
    world.paid(invoice)
    assert done(world) == list(Step)
    assert first_steps(world.organization).next is None


def test_what_others_did_does_not_count() -> None:
    busy, idle = World(), World()
    busy.paid(busy.issued())
    assert done(idle) == [Step.CUSTOMER]
