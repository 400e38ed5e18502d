"""People as themselves, without a role anywhere."""

from __future__ import annotations

from django.http import HttpRequest

from allsquare.core.actor import Actor, ActorKind
from allsquare.identity.models import Person
from allsquare.web.ui.client import client_address


def own_actor(request: HttpRequest, person: Person) -> Actor:
    """Who changes their own account, or whom something happens to at sign-in."""
    return Actor(
        ActorKind.PERSON,
        str(person.id),
        str(person),
        address=client_address(request),
        request=request.META["ALLSQUARE_REQUEST_ID"],
    )
