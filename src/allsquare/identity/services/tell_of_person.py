"""What happened to a person stands in the log of each organization that they belong to."""

from __future__ import annotations

from allsquare.core.actor import Actor
from allsquare.core.events import News, record_everywhere
from allsquare.core.transactions import retrying
from allsquare.identity.models import Person
from allsquare.identity.selectors import memberships_of


@retrying
def tell_of_person(*, person: Person, kind: str, data: dict[str, object], actor: Actor) -> None:
    """Sign-ins, lockouts, changes of passwords, second factors and sessions.

    ``alert`` is true in one of the logs alone, so that the person gets one mail and not one from each organization;
    without an organization there is no log and no mail.
    """
    homes = [row.organization_id for row in memberships_of(person)]
    record_everywhere(
        organization_ids=homes,
        news=[
            News(kind, "person", person.id, {**data, "alert": place == 0})
            for place, _home in enumerate(homes)
        ],
        actor=actor,
    )
