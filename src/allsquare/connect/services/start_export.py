"""A person asks for a list, or the statement of a customer, as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from allsquare.connect.errors import TooManyExports
from allsquare.connect.long_work import MOST, is_full, one_at_a_time
from allsquare.connect.models import Export
from allsquare.connect.sources.kinds import permission_of, source
from allsquare.connect.tasks import write_export
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.idempotency import check_key
from allsquare.identity.models import Organization
from allsquare.identity.permissions import require

FORMATS: Final = ("csv", "xlsx")
#: Chosen rows; whoever wants more filters.
MOST_CHOSEN: Final = 1_000


def start_export(
    *,
    organization: Organization,
    list_name: str,
    parameters: Mapping[str, Sequence[str]],
    file_format: str,
    key: str,
    actor: Actor,
    ids: Sequence[UUID] = (),
) -> Export:
    """Queue the job; the same ``key`` again gives the same export. ``parameters`` is the list's address, or
    what ``StatementSource`` asks for.

    Raises ``PermissionDenied``, ``NotFound``, ``InvalidInput``, :class:`TooManyExports`.
    """
    require(organization, actor, permission_of(list_name))
    check_key(key)
    if file_format not in FORMATS:
        raise InvalidInput(_("Choose CSV or XLSX."), field="format")
    if len(ids) > MOST_CHOSEN:
        raise InvalidInput(_("Choose at most %(most)s rows.") % {"most": MOST_CHOSEN}, field="ids")
    asked = source(organization, list_name, parameters, ids)
    with transaction.atomic():
        one_at_a_time(organization)
        before = Export.objects.filter(organization=organization, key=key).first()
        if before is not None:
            return before
        if is_full(organization, Export):
            raise TooManyExports(
                _("%(most)s exports are under way. Wait for one or stop one.") % {"most": MOST}
            )
        count = asked.count()
        export = Export.objects.create(
            organization=organization,
            person_id=UUID(actor.id),
            list_name=list_name,
            format=file_format,
            parameters=asked.kept(),
            ids=[str(name) for name in ids],
            language=get_language() or "en",
            key=key,
            rows_about=count.number,
            is_estimate=count.estimated,
            created_at=clock.now(organization),
        )
        news = News("export.started", "export", export.id, {"list": list_name, "format": file_format})
        record(organization_id=organization.id, news=[news], actor=actor, at=export.created_at)
        write_export.defer(organization_id=str(organization.id), export_id=str(export.id))
    return export
