from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.selectors import list_events
from allsquare.identity.models import Organization, Person
from allsquare.ledger.selectors import chart
from allsquare.onboarding.services.set_up_organization import set_up_organization
from allsquare.payments.selectors import gateway_accounts
from allsquare.tax.models import TaxRate
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def set_up(owner: Person, actor: Actor, *, country: str = "DE", **more: Any) -> Organization:
    return set_up_organization(
        owner=owner,
        actor=actor,
        name="Söhne",
        country=country,
        base_currency="EUR",
        time_zone="Europe/Berlin",
        language="de",
        **more,
    )


def rates(organization: Organization) -> dict[str, Decimal]:
    found = TaxRate.objects.filter(organization=organization)
    return {rate.category: rate.percent for rate in found}


def test_a_person_sets_up_their_own_and_every_event_names_them() -> None:
    owner = make_person()
    actor = Actor(ActorKind.PERSON, str(owner.id), str(owner))
    made = set_up(owner, actor)
    assert rates(made) == {"S": 19, "Z": 0}
    first_day = clock.today(made).replace(month=1, day=1)
    assert set(TaxRate.objects.filter(organization=made).values_list("valid_from", flat=True)) == {first_day}
    assert [account.gateway for account in gateway_accounts(made)] == ["offline"]
    assert chart(made).accounts
    events = list_events(made.id)
    assert {event.actor_id for event in events} == {str(owner.id)}
    assert "organization.created" in {event.kind for event in events}


def test_a_country_whose_rate_we_do_not_know_gets_none() -> None:
    assert rates(set_up(make_person(), SYSTEM, country="US")) == {"Z": 0}


def test_rates_that_are_given_count() -> None:
    made = set_up(make_person(), SYSTEM, rates={"S": "7"}, rates_from=date(2001, 2, 3))
    assert rates(made) == {"S": 7}


def test_nobody_sets_one_up_for_somebody_else() -> None:
    stranger = make_person()
    with pytest.raises(PermissionDenied):
        set_up(make_person(), Actor(ActorKind.PERSON, str(stranger.id), str(stranger)))
    assert not Organization.objects.exists()
