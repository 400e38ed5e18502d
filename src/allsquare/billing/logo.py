"""A picture that somebody wants as a logo: which kind it really is, and whether documents can carry it."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.billing.documents.facts import Logo
from allsquare.billing.documents.typeset import typesetter
from allsquare.core.errors import FieldErrors

_HEADS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))


def printable_type(data: bytes) -> str:
    """The media type, told from the picture itself: a name and a browser's word prove nothing. The picture is put on
    a page once, as every document will. Raises ``FieldErrors`` and ``LogoUnreadable``."""
    kind = next((media_type for head, media_type in _HEADS if data.startswith(head)), "")
    if not kind and b"<svg" in data[:2000].lower():
        kind = "image/svg+xml"
    if not kind:
        raise FieldErrors({"logo": _("A logo is a PNG, JPEG or SVG picture.")})
    typesetter(settings.FRONTEND_DIR).check_logo(Logo(data=data, media_type=kind))
    return kind
