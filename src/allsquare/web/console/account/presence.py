"""Sessions that people can see and end: written down at sign-in, and every few minutes of use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from allsquare.core import clock
from allsquare.identity.models import Person
from allsquare.identity.services.note_session import note_session
from allsquare.web.console.account import devices
from allsquare.web.ui.client import client_address

_KEY: Final = "noted_at"
#: Seconds between two notes: "last used" is right to five minutes, and a busy clerk writes twelve rows an hour.
_PAUSE: Final = 300
_ARRIVED: Final = "_arrived"


def arrive(request: HttpRequest, person: Person) -> None:
    """Somebody just signed in: note it now, and give the browser its mark with the answer."""
    setattr(request, _ARRIVED, person)
    note(request, person)


class PresenceMiddleware:
    """Belongs behind the authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Whoever has no session is not looked up: pay pages stay without a query for it.
        if request.session.get("_auth_user_id") and _seconds() - request.session.get(_KEY, 0) > _PAUSE:
            person = request.user
            if isinstance(person, Person):
                note(request, person)
        response = self.get_response(request)
        arrived: Person | None = getattr(request, _ARRIVED, None)
        if arrived is not None:
            devices.remember(request, response, arrived)
        return response


def note(request: HttpRequest, person: Person) -> None:
    """Where and when the session of ``request`` was used last; also when it got another key."""
    if not request.session.session_key:
        request.session.save()
    note_session(
        person=person,
        session_key=str(request.session.session_key),
        device=devices.device_name(request),
        address=client_address(request),
    )
    request.session[_KEY] = _seconds()


def _seconds() -> int:
    return int(clock.now(None).timestamp())
