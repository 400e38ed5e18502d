"""The fixed sentences of mails about saved payment methods: see ``words`` for the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedWords:
    """``{…}`` stand for ``seller``, ``number``, ``amount``, ``day``, ``method`` (*Visa ending 4242*), ``month``."""

    link_subject: str
    link_heading: str
    link_text: str
    link_button: str
    link_until: str
    link_unasked: str

    expiring_subject: str
    expiring_heading: str
    expiring_text: str
    expiring_what: str
    expires: str


_ENGLISH: Final = SavedWords(
    link_subject="Your saved payment methods at {seller}",
    link_heading="Saved payment methods",
    link_text="Here you see which cards and bank accounts are saved for {seller}, choose which comes first, and remove "
    "them.",
    link_button="See saved payment methods",
    link_until="The link works for one hour. It is meant for you alone: whoever has it can change your methods.",
    link_unasked="You did not ask for this? Then do nothing. Somebody opened an invoice of yours and pressed a button; "
    "they see no more than a card's last four digits, and can change nothing.",
    expiring_subject="Your {method} ends in {month}",
    expiring_heading="Ends soon",
    expiring_text="Your {method}, which is saved for paying {seller}, is good until the end of {month}.",
    expiring_what="You need do nothing now. When you pay your next invoice, enter the new card and let it be saved. "
    "Many banks tell us of a new card by themselves; then it is changed already.",
    expires="Good until",
)
_GERMAN: Final = SavedWords(
    link_subject="Ihre gespeicherten Zahlungsmittel bei {seller}",
    link_heading="Gespeicherte Zahlungsmittel",
    link_text="Hier sehen Sie, welche Karten und Bankkonten für {seller} gespeichert sind, wählen, welches davon "
    "zuerst kommt, und entfernen sie.",
    link_button="Gespeicherte Zahlungsmittel ansehen",
    link_until="Der Link gilt eine Stunde. Er ist nur für Sie bestimmt: Wer ihn hat, kann Ihre Zahlungsmittel ändern.",
    link_unasked="Sie haben das nicht angefordert? Dann tun Sie nichts. Jemand hat eine Ihrer Rechnungen geöffnet und "
    "einen Knopf gedrückt; zu sehen sind dort nur die letzten vier Ziffern einer Karte, zu ändern ist nichts.",
    expiring_subject="Ihre {method} läuft im {month} ab",
    expiring_heading="Läuft bald ab",
    expiring_text="Ihre {method}, gespeichert für Zahlungen an {seller}, gilt bis Ende {month}.",
    expiring_what="Sie müssen jetzt nichts tun. Geben Sie bei Ihrer nächsten Rechnung die neue Karte ein und lassen "
    "Sie sie speichern. Viele Banken melden uns eine neue Karte von selbst; dann ist sie schon ausgetauscht.",
    expires="Gültig bis",
)


def saved_words(language: str) -> SavedWords:
    """By ISO 639-1; English for a language without words of its own."""
    return _GERMAN if language == "de" else _ENGLISH
