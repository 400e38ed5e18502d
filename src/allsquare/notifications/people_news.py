"""Which news people are to be told about themselves: invitations, and changes of their account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from allsquare.core.models import Event
from allsquare.identity.models import Organization, Person
from allsquare.identity.selectors import people_by_id
from allsquare.notifications.drafts import draft
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail

#: What somebody must hear of even if they did it themselves, because it might have been another.
_OWN: Final = frozenset(
    {
        "person.signed_in",
        "person.password_changed",
        "person.second_factor_added",
        "person.second_factor_removed",
    }
)
_BY_OTHERS: Final = frozenset({"member.role_changed", "member.removed"})


def mails_to_people(organization: Organization, news: Sequence[Event]) -> list[Mail]:
    """In the order of ``news``. Nothing is written. Each mail is about its event, so a repeat makes no second one."""
    concerned = {event.id: who for event in news if (who := _whom(event)) is not None}
    people = people_by_id(set(concerned.values())) if concerned else {}
    mails = []
    for event in news:
        if event.kind == "member.invited":
            mails.append(_about(organization, MailKind.INVITATION, event, str(event.data["email"]), None))
        elif (person := people.get(concerned.get(event.id, event.id))) is not None:
            mails.append(_about(organization, MailKind.SECURITY, event, person.email, person))
    return mails


def _whom(event: Event) -> UUID | None:
    """The person whom the event concerns, when they are to be told."""
    if event.kind in _BY_OTHERS:
        return UUID(str(event.data["person"]))
    # It stands in the log of each of their organizations, and one of those tells them.
    if event.kind not in _OWN or not event.data.get("alert"):
        return None
    known = event.kind == "person.signed_in" and not event.data.get("new_device")
    return None if known else event.subject_id


def _about(
    organization: Organization, kind: MailKind, event: Event, address: str, person: Person | None
) -> Mail:
    language = (person.language if person else "") or organization.language
    return draft(organization, kind, subject=("event", event.id), recipient=address, language=language)
