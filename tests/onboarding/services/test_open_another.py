from __future__ import annotations

from dataclasses import replace

import pytest

from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.identity.models import Organization, Person
from allsquare.onboarding.newcomer import NewOrganization
from allsquare.onboarding.services.open_another import open_another
from tests.factories import make_person

pytestmark = pytest.mark.django_db

NEW = NewOrganization("Second House", "FR", "EUR", "Europe/Paris", "en")


def own(person: Person) -> Actor:
    return Actor(ActorKind.PERSON, str(person.id), str(person))


def test_sent_twice_it_makes_one_and_another_key_another() -> None:
    person = make_person()
    first, again, second = (
        open_another(owner=person, organization=NEW, key=key, actor=own(person)) for key in ("a", "a", "b")
    )
    assert first == again != second
    assert Organization.objects.count() == 2
    with pytest.raises(KeyReused):
        open_another(owner=person, organization=replace(NEW, name="Third"), key="a", actor=own(person))


def test_nobody_makes_one_for_somebody_else() -> None:
    with pytest.raises(PermissionDenied):
        open_another(owner=make_person(), organization=NEW, key="a", actor=own(make_person()))
    assert not Organization.objects.exists()
