"""What a saved view may be called."""

from __future__ import annotations

from django.utils.translation import gettext as _

from allsquare.core.errors import InvalidInput


def checked_name(text: str) -> str:
    """Raises ``InvalidInput``."""
    name = " ".join(text.split())
    if not name or len(name) > 60 or not name.isprintable():
        raise InvalidInput(_("Give the view a name of up to 60 characters."), field="name")
    return name
