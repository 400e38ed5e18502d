"""The fixed sentences of mails to people about their account: see ``words`` for those about business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWords:
    """``{…}`` stand for ``organization``, ``by`` (who did it), ``role`` and ``day``."""

    invitation_subject: str
    invitation_text: str
    invitation_how: str
    invitation_until: str
    invitation_button: str
    invitation_unasked: str
    role: str
    when: str
    device: str
    address: str
    by: str
    was_you: str
    was_not_you: str
    account_button: str
    heading: str
    news: Mapping[str, tuple[str, str]]  # subject and sentence by kind of event


_ENGLISH: Final = PeopleWords(
    invitation_subject="{by} invites you to {organization}",
    invitation_text="{by} invites you to work in {organization}, as {role}.",
    invitation_how="Open the link, choose a password if you have none yet, and you are in.",
    invitation_until="The link works once, until {day}.",
    invitation_button="Accept the invitation",
    invitation_unasked="You know nobody there? Then do nothing: without you nothing happens.",
    role="Role",
    when="When",
    device="Device",
    address="Network address",
    by="By",
    was_you="Was it you? Then all is well.",
    was_not_you="If not, choose a new password at once: that ends all other sessions.",
    account_button="Look at your account",
    heading="Your account",
    news={
        "person.signed_in": (
            "New sign-in to your account",
            "Somebody signed in to your account in a new browser.",
        ),
        "person.password_changed": ("Your password was changed", "The password of your account was changed."),
        "person.second_factor_added": (
            "A second factor was added",
            "A second factor was added to your account.",
        ),
        "person.second_factor_removed": (
            "A second factor was removed",
            "A second factor was removed from your account.",
        ),
        "member.role_changed": (
            "Your role in {organization} is now {role}",
            "{by} changed your role in {organization}: you are {role} now.",
        ),
        "member.removed": (
            "You are no longer a member of {organization}",
            "{by} removed you from {organization}. What you did there stays in its records.",
        ),
    },
)

_GERMAN: Final = PeopleWords(
    invitation_subject="{by} lädt Sie zu {organization} ein",
    invitation_text="{by} lädt Sie ein, bei {organization} mitzuarbeiten, als {role}.",
    invitation_how="Öffnen Sie den Link, wählen Sie ein Passwort, falls Sie noch keines haben, und Sie sind dabei.",
    invitation_until="Der Link gilt einmal, bis zum {day}.",
    invitation_button="Einladung annehmen",
    invitation_unasked="Sie kennen dort niemanden? Dann tun Sie nichts: Ohne Sie geschieht nichts.",
    role="Rolle",
    when="Wann",
    device="Gerät",
    address="Netzadresse",
    by="Durch",
    was_you="Waren Sie das? Dann ist alles gut.",
    was_not_you="Wenn nicht, wählen Sie sofort ein neues Passwort: Das beendet alle anderen Sitzungen.",
    account_button="Zu Ihrem Konto",
    heading="Ihr Konto",
    news={
        "person.signed_in": (
            "Neue Anmeldung in Ihrem Konto",
            "Jemand hat sich in einem neuen Browser in Ihrem Konto angemeldet.",
        ),
        "person.password_changed": (
            "Ihr Passwort wurde geändert",
            "Das Passwort Ihres Kontos wurde geändert.",
        ),
        "person.second_factor_added": (
            "Ein zweiter Faktor kam hinzu",
            "Zu Ihrem Konto kam ein zweiter Faktor hinzu.",
        ),
        "person.second_factor_removed": (
            "Ein zweiter Faktor wurde entfernt",
            "Von Ihrem Konto wurde ein zweiter Faktor entfernt.",
        ),
        "member.role_changed": (
            "Ihre Rolle bei {organization} ist jetzt {role}",
            "{by} hat Ihre Rolle bei {organization} geändert: Sie sind jetzt {role}.",
        ),
        "member.removed": (
            "Sie gehören nicht mehr zu {organization}",
            "{by} hat Sie aus {organization} entfernt. Was Sie dort getan haben, bleibt in den Unterlagen.",
        ),
    },
)

#: Roles within German sentences; in English they are called what they are called.
_GERMAN_ROLES: Final = {
    "owner": "Inhaber",
    "administrator": "Administrator",
    "accountant": "Buchhalter",
    "billing_clerk": "Rechnungssachbearbeiter",
    "sales": "Vertrieb",
    "support": "Kundendienst",
    "viewer": "Leser",
}


def people_words(language: str) -> PeopleWords:
    return _GERMAN if language == "de" else _ENGLISH


def role_name(role: str, language: str) -> str:
    return _GERMAN_ROLES.get(role, role) if language == "de" else role.replace("_", " ")
