from __future__ import annotations

from django.utils import translation

from allsquare.core.words import kept, shown

REFUSED = "The mail server refuses this recipient."


def test_what_is_kept_is_shown_in_the_readers_language_with_others_words_as_they_are() -> None:
    text = kept(REFUSED, "550 5.1.1\nNo such  mailbox")
    assert text == f"{REFUSED}\n550 5.1.1 No such mailbox"
    with translation.override("de"):
        assert shown(text) == "Der Mailserver lehnt diesen Empfänger ab. 550 5.1.1 No such mailbox"
    with translation.override("en"):
        assert shown(text) == f"{REFUSED} 550 5.1.1 No such mailbox"


def test_nothing_stays_nothing() -> None:
    with translation.override("de"):  # where gettext answers "" with the head of the catalogue
        assert shown("") == shown("\n") == kept("", " ") == ""
