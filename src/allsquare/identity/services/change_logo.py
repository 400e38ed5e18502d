"""The organization's logo, as it stands on documents, mails and pages."""

from __future__ import annotations

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

#: Bytes; it is embedded into every document.
MAX_LOGO = 200_000
MEDIA_TYPES = frozenset({"image/png", "image/jpeg", "image/svg+xml"})


@retrying
def change_logo(*, organization: Organization, data: bytes, media_type: str, actor: Actor) -> None:
    """Empty ``data`` removes it; the same picture again changes nothing. Whether the picture can be printed is asked by
    the caller (``billing.logo``).

    Raises ``FieldErrors``. Issued documents keep the logo they were frozen with.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    if data and media_type not in MEDIA_TYPES:
        raise FieldErrors({"logo": _("A logo is a PNG, JPEG or SVG picture.")})
    if len(data) > MAX_LOGO:
        raise FieldErrors(
            {
                "logo": _("The picture has %(size)s kB; %(most)s are enough for a logo.")
                % {"size": len(data) // 1000, "most": MAX_LOGO // 1000}
            }
        )
    row = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    same = data == bytes(row.logo)
    if not same:
        row.logo, row.logo_type = data, media_type if data else ""
        row.save(update_fields=["logo", "logo_type"])
    organization.logo, organization.logo_type = row.logo, row.logo_type
    if same:
        return
    news = News("organization.logo_changed", "organization", organization.id, {"bytes": len(data)})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
