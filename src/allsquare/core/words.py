"""Marking texts for translation in adapters, which know no Django; and sentences that are kept.

What is kept in the database is English and is translated when it is shown, so each line of it is either a whole
sentence of ours, marked by :func:`gettext_noop`, or somebody else's words (a mail server's, a provider's).
"""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy, gettext_noop

__all__ = ["gettext", "gettext_lazy", "gettext_noop", "kept", "shown"]


def kept(*parts: str) -> str:
    """Sentences and others' words as one text to keep."""
    return "\n".join(" ".join(part.split()) for part in parts if part.strip())


def shown(text: str) -> str:
    """What was :func:`kept`, in the language of whoever reads."""
    look_up = gettext  # by another name: it marks nothing here
    return " ".join(look_up(line) for line in text.splitlines() if line)
