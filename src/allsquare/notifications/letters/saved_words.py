"""The fixed sentences of mails about saved payment methods: see ``words`` for the others."""

from __future__ import annotations

from collections.abc import Mapping
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

    open_subject: str
    open_heading: str
    open_text: str
    open_button: str
    open_until: str
    open_unasked: str

    expiring_subject: str
    expiring_heading: str
    expiring_text: str
    expiring_what: str
    expires: str

    planned_subject: str
    planned_heading: str
    planned_text: str
    planned_what: str
    planned_end: str
    on: str

    refused_subject: str
    refused_heading: str
    refused_text: str
    refused_again: str
    refused_over: str
    refused_pay: str
    reasons: Mapping[str, str]  # by the code that providers share; others are not told

    charged: str

    agreed: str  # with {text}, the very words
    agreed_end: str
    mandate: str

    gone_subject: str
    gone_heading: str
    gone_text: str
    gone_other: str  # with {other}, what is charged instead
    gone_none: str


_ENGLISH: Final = SavedWords(
    link_subject="Your saved payment methods at {seller}",
    link_heading="Saved payment methods",
    link_text="Here you see which cards and bank accounts are saved for {seller}, choose which comes first, and remove "
    "them.",
    link_button="See saved payment methods",
    link_until="The link works for one hour. It is meant for you alone: whoever has it can change your methods.",
    link_unasked="You did not ask for this? Then do nothing. Somebody opened an invoice of yours and pressed a button; "
    "they see no more than a card's last four digits, and can change nothing.",
    open_subject="All that is open at {seller}",
    open_heading="What is open",
    open_text="Here you see all invoices of {seller} that are open, choose which you want to pay, and pay them "
    "together.",
    open_button="See what is open",
    open_until="The link works for one day. It is meant for you alone: whoever has it sees what is open, and can pay "
    "it with what you saved.",
    open_unasked="You did not ask for this? Then do nothing. Somebody opened an invoice of yours and pressed a button; "
    "they see nothing of your other invoices.",
    expiring_subject="Your {method} ends in {month}",
    expiring_heading="Ends soon",
    expiring_text="Your {method}, which is saved for paying {seller}, is good until the end of {month}.",
    expiring_what="You need do nothing now. When you pay your next invoice, enter the new card and let it be saved. "
    "Are your invoices charged by themselves? Then choose it with *Change saved payment methods*. "
    "Many banks tell us of a new card by themselves; then it is changed already.",
    expires="Good until",
    planned_subject="{amount} for invoice {number} of {seller} will be charged on {day}",
    planned_heading="Will be charged",
    planned_text="On {day} {seller} charges {amount} for invoice {number} to your {method}, as you agreed.",
    planned_what="You need do nothing. If you pay another way before, nothing is charged.",
    planned_end="To choose another method or to end this, open the invoice and follow *Change saved payment methods*.",
    on="Day",
    refused_subject="{amount} for invoice {number} of {seller} could not be charged",
    refused_heading="Not charged",
    refused_text="{seller} could not charge {amount} for invoice {number}. {reason} Nothing was charged.",
    refused_again="It is tried again on {day}. If you pay before, that is not done.",
    refused_over="It is not tried again. Please pay the invoice yourself.",
    refused_pay="You can pay now, with another card or another way, and save that for next time.",
    reasons={
        "insufficient_funds": "There was not enough money for it.",
        "expired_card": "The card has expired.",
        "account_closed": "The bank account is closed.",
        "debit_refused": "The bank refused the debit.",
        "no_method": "You chose no saved payment method that could be charged: open the invoice and follow *Change "
        "saved payment methods*.",
        "authentication_required": "Your bank wants you to confirm it yourself.",
    },
    charged="It was charged by itself, as you agreed.",
    agreed="When you paid, you let {seller} keep your payment method, and agreed: “{text}”",
    agreed_end="You can end this at any time: open the invoice and follow *Change saved payment methods*.",
    mandate="Mandate",
    gone_subject="Your {method} can no longer be charged for {seller}",
    gone_heading="No longer charged",
    gone_text="Your bank or the payment provider ended your {method}, to which {seller} charges your invoices when "
    "they are due. Nothing was charged.",
    gone_other="From now on they are charged to {other}.",
    gone_none="You need do nothing now. Pay your next invoice with another card or bank account, let it be saved, and "
    "choose it with *Change saved payment methods*; until then nothing is charged by itself.",
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
    open_subject="Ihre offenen Rechnungen bei {seller}",
    open_heading="Was offen ist",
    open_text="Hier sehen Sie alle offenen Rechnungen von {seller}, wählen, welche Sie bezahlen möchten, und bezahlen "
    "sie zusammen.",
    open_button="Ansehen, was offen ist",
    open_until="Der Link gilt einen Tag. Er ist nur für Sie bestimmt: Wer ihn hat, sieht, was offen ist, und kann es "
    "mit Ihren gespeicherten Zahlungsmitteln bezahlen.",
    open_unasked="Sie haben das nicht angefordert? Dann tun Sie nichts. Jemand hat eine Ihrer Rechnungen geöffnet und "
    "einen Knopf gedrückt; von Ihren anderen Rechnungen ist dort nichts zu sehen.",
    expiring_subject="Ihre {method} läuft im {month} ab",
    expiring_heading="Läuft bald ab",
    expiring_text="Ihre {method}, gespeichert für Zahlungen an {seller}, gilt bis Ende {month}.",
    expiring_what="Sie müssen jetzt nichts tun. Geben Sie bei Ihrer nächsten Rechnung die neue Karte ein und lassen "
    "Sie sie speichern. Werden Ihre Rechnungen von selbst eingezogen? Dann wählen Sie sie unter „Gespeicherte "
    "Zahlungsmittel ändern“ aus. Viele Banken melden uns eine neue Karte von selbst; dann ist sie schon ausgetauscht.",
    expires="Gültig bis",
    planned_subject="{amount} für Rechnung {number} von {seller} werden am {day} eingezogen",
    planned_heading="Wird eingezogen",
    planned_text="Am {day} zieht {seller} wie vereinbart {amount} für die Rechnung {number} ein, von: {method}.",
    planned_what="Sie müssen nichts tun. Zahlen Sie vorher auf anderem Weg, wird nichts eingezogen.",
    planned_end="Um ein anderes Zahlungsmittel zu wählen oder dies zu beenden, öffnen Sie die Rechnung und folgen Sie "
    "„Gespeicherte Zahlungsmittel ändern“.",
    on="Tag",
    refused_subject="{amount} für Rechnung {number} von {seller} konnten nicht eingezogen werden",
    refused_heading="Nicht eingezogen",
    refused_text="{seller} konnte {amount} für die Rechnung {number} nicht einziehen. {reason} Nichts wurde belastet.",
    refused_again="Am {day} wird es noch einmal versucht. Zahlen Sie vorher, entfällt das.",
    refused_over="Es wird nicht noch einmal versucht. Bitte bezahlen Sie die Rechnung selbst.",
    refused_pay="Sie können jetzt zahlen, mit einer anderen Karte oder auf anderem Weg, und das für das nächste Mal "
    "speichern.",
    reasons={
        "insufficient_funds": "Die Deckung reichte nicht aus.",
        "expired_card": "Die Karte ist abgelaufen.",
        "account_closed": "Das Bankkonto ist geschlossen.",
        "debit_refused": "Die Bank hat die Lastschrift abgelehnt.",
        "no_method": "Sie haben kein gespeichertes Zahlungsmittel gewählt, das belastet werden könnte: Öffnen Sie die "
        "Rechnung und folgen Sie „Gespeicherte Zahlungsmittel ändern“.",
        "authentication_required": "Ihre Bank verlangt, dass Sie es selbst bestätigen.",
    },
    charged="Der Betrag wurde wie vereinbart von selbst eingezogen.",
    agreed="Beim Bezahlen haben Sie {seller} Ihr Zahlungsmittel speichern lassen und zugestimmt: „{text}“",
    agreed_end="Sie können das jederzeit beenden: Öffnen Sie die Rechnung und folgen Sie „Gespeicherte Zahlungsmittel "
    "ändern“.",
    mandate="Mandat",
    gone_subject="Ihre {method} kann für {seller} nicht mehr belastet werden",
    gone_heading="Wird nicht mehr belastet",
    gone_text="Ihre Bank oder der Zahlungsdienst hat beendet: {method}. Davon zieht {seller} Ihre Rechnungen bei "
    "Fälligkeit ein. Nichts wurde belastet.",
    gone_other="Ab jetzt werden sie hiervon eingezogen: {other}.",
    gone_none="Sie müssen jetzt nichts tun. Bezahlen Sie Ihre nächste Rechnung mit einer anderen Karte oder einem "
    "anderen Konto, lassen Sie es speichern und wählen Sie es unter „Gespeicherte Zahlungsmittel ändern“ aus; bis "
    "dahin wird nichts von selbst eingezogen.",
)


def saved_words(language: str) -> SavedWords:
    """By ISO 639-1; English for a language without words of its own."""
    return _GERMAN if language == "de" else _ENGLISH
