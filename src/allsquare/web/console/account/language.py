"""The language switch: before signing in it is kept by the browser, afterwards by the person too."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.i18n import set_language

from allsquare.identity.models import Person
from allsquare.identity.services.change_person import change_person
from allsquare.web.console.access import post_only
from allsquare.web.console.account.actors import own_actor


@post_only
def choose(request: HttpRequest) -> HttpResponse:
    """``language`` is one of ours, or nothing changes; ``next`` is the page of ours to go back to."""
    language, person = request.POST.get("language", ""), request.user
    if isinstance(person, Person) and language in dict(settings.LANGUAGES):
        change_person(person=person, name=str(person), language=language, actor=own_actor(request, person))
    return set_language(request)
