from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, ActorKind, gateway_actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.selectors import list_events
from allsquare.identity.details import OrganizationDetails
from allsquare.identity.models import Organization, Person
from allsquare.identity.selectors import get_organization, membership_of
from allsquare.identity.services.create_organization import create_organization
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def created(owner: Person, actor: Actor = SYSTEM, details: OrganizationDetails | None = None) -> Organization:
    return create_organization(
        name="Söhne",
        country="DE",
        base_currency="EUR",
        time_zone="Europe/Berlin",
        language="de",
        owner=owner,
        actor=actor,
        **(details or {}),
    )


def test_an_organization_is_made_with_its_owner() -> None:
    owner = make_person()
    bank: OrganizationDetails = {"iban": "DE89 3704 0044 0532 0130 00", "bic": "cobadeff", "payment_days": 14}
    stored = get_organization(created(owner, details=bank).id)
    assert (stored.iban, stored.bic, stored.payment_days) == ("DE89370400440532013000", "COBADEFF", 14)
    membership = membership_of(owner, stored.id)
    assert membership is not None
    assert (membership.organization_id, membership.role) == (stored.id, "owner")
    [event] = list_events(stored.id)
    assert (event.kind, event.data) == ("organization.created", {"name": "Söhne", "owner": str(owner.id)})


def test_a_rehearsal_begins_in_its_own_time() -> None:
    ahead = created(make_person(), details={"clock_offset": timedelta(days=100)})
    assert ahead.created_at - clock.now(None) > timedelta(days=99)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(FieldErrors) as caught:
        create_organization(
            name="",
            country="ZZ",
            base_currency="DM",
            time_zone="Bonn",
            language="",
            owner=make_person(),
            actor=SYSTEM,
            email="no",
            tax_id="DE1",
            iban="DE1",
            bic="X",
        )
    assert caught.value.errors.keys() == {
        *("name", "country", "base_currency", "time_zone", "language", "email", "iban", "bic")
    }  # whose tax number it would be is not known without a country


@pytest.mark.parametrize(
    "wrong", [{"tax_id": "DE1"}, {"payment_days": -1}, {"clock_offset": timedelta(days=-1)}]
)
def test_one_wrong_detail_is_refused(wrong: OrganizationDetails) -> None:
    owner = make_person()
    with pytest.raises(FieldErrors) as caught:
        created(owner, details=wrong)
    assert caught.value.errors.keys() == wrong.keys()
    assert membership_of(owner, None) is None


def test_people_make_organizations_for_themselves_only() -> None:
    owner, other = make_person(), make_person()
    assert created(owner, Actor(ActorKind.PERSON, str(owner.id), "Ada")).name == "Söhne"
    for stranger in (Actor(ActorKind.PERSON, str(other.id), "Eve"), gateway_actor("sandbox")):
        with pytest.raises(PermissionDenied):
            created(owner, stranger)
