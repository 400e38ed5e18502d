"""Letters to people: invitations, and what happened to their account."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings

from allsquare.core.actor import ActorKind
from allsquare.core.formatting import format_date, format_instant
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Button, Letter
from allsquare.notifications.letters.parts import letter
from allsquare.notifications.letters.people_words import people_words, role_name


def invitation(facts: Facts) -> Letter:
    """The link in it is a key: see ``compose.preview``, which shows none."""
    words, invited, event = people_words(facts.words.language), facts.invitation, facts.event
    if invited is None or event is None:
        raise NothingToSay("This invitation is over, so nothing was sent.")
    said = {
        "organization": facts.organization.name,
        "by": event.actor_label,
        "role": role_name(str(invited.role), facts.words.language),
        "day": format_date(invited.expires_at.date(), facts.language),
    }
    return letter(
        facts,
        subject=words.invitation_subject.format(**said),
        figure_label=words.role,
        figure=said["role"],
        paragraphs=(words.invitation_text.format(**said), words.invitation_how),
        button=Button(words.invitation_button, facts.invitation_url, facts.words.button_fails),
        small=(words.invitation_until.format(**said), words.invitation_unasked),
    )


def security(facts: Facts) -> Letter:
    """What happened, when, from where and by whom, and what to do if it was somebody else."""
    words, event = people_words(facts.words.language), facts.event
    if event is None or event.kind not in words.news:
        raise NothingToSay("What this mail was to tell of is not there any more. Nothing was sent.")
    subject, sentence = words.news[event.kind]
    said = {
        "organization": facts.organization.name,
        "by": event.actor_label,
        "role": role_name(str(event.data.get("role") or ""), facts.words.language),
    }
    own = event.kind.startswith("person.")
    by = event.actor_label if not own or event.actor_kind != ActorKind.PERSON else ""
    return letter(
        facts,
        subject=subject.format(**said),
        figure_label=words.heading,
        figure="",
        paragraphs=(sentence.format(**said),),
        rows=(
            (
                words.when,
                format_instant(event.at, facts.language, ZoneInfo(facts.organization.time_zone)),
            ),
            (words.device, str(event.data.get("device") or "")),
            (words.address, event.address if own else ""),
            (words.by, by),
        ),
        button=Button(words.account_button, f"{settings.BASE_URL}/accounts/me/", facts.words.button_fails),
        small=(words.was_you, words.was_not_you) if own else (),
    )
