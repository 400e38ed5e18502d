"""People change what they are called and which language they read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import checks
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.transactions import retrying
from allsquare.identity.models import Person


@retrying
def change_person(*, person: Person, name: str, language: str, actor: Actor) -> Person:
    """``language`` may be empty: that of the organization. Nobody changes somebody else. Raises ``FieldErrors``."""
    if actor.kind is ActorKind.PERSON and actor.id != str(person.id):
        raise PermissionDenied(_("You can change your own account only."))
    person.name, person.language = name, language
    checks.tidy(
        person,
        {
            "name": checks.needed(gettext_lazy("Your name is needed.")),
            "language": lambda tag: checks.language(tag) if tag else "",
        },
    )
    person.save(update_fields=["name", "language"])
    return person
