"""Sessions of a person are ended, elsewhere or everywhere."""

from __future__ import annotations

from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils.translation import gettext as _

from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.transactions import retrying
from allsquare.identity.models import Person, PersonSession
from allsquare.identity.services.tell_of_person import tell_of_person


@retrying
def end_sessions(*, person: Person, actor: Actor, keep: str = "", session_id: UUID | None = None) -> int:
    """All of the person's sessions but the one whose key is ``keep``, or only ``session_id``; returns how many.

    People end their own alone. A session that is over already is no error.
    """
    own = actor.kind is ActorKind.PERSON and actor.id == str(person.id)
    if not own and actor.kind is not ActorKind.SYSTEM:
        raise PermissionDenied(_("You can end your own sessions only."))
    ending = PersonSession.objects.filter(person=person).exclude(session_key=keep)
    if session_id is not None:
        ending = ending.filter(id=session_id)
    keys = list(ending.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    PersonSession.objects.filter(person=person, session_key__in=keys).delete()
    if keys:
        tell_of_person(person=person, kind="person.sessions_ended", data={"count": len(keys)}, actor=actor)
    return len(keys)
