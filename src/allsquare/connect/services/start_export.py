"""A person asks for a list as a file."""

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
from allsquare.connect.tasks import write_export
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.idempotency import check_key
from allsquare.core.listing import list_spec, read_query
from allsquare.core.listing.counting import count_rows
from allsquare.core.listing.query import COLUMNS
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

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
    """Queue the job; the same ``key`` again gives the same export. ``parameters`` is the list's address.

    Raises ``PermissionDenied``, ``NotFound``, ``InvalidInput``, :class:`TooManyExports`.
    """
    spec = list_spec(list_name)
    require(organization, actor, Permission(spec.permission))
    check_key(key)
    if file_format not in FORMATS:
        raise InvalidInput(_("Choose CSV or XLSX."), field="format")
    if len(ids) > MOST_CHOSEN:
        raise InvalidInput(_("Choose at most %(most)s rows.") % {"most": MOST_CHOSEN}, field="ids")
    query = read_query(spec, organization, parameters)
    # The job may run beyond midnight, and again after that: the file holds what the list held when it was asked for.
    kept = query.lasting()
    kept[COLUMNS] = [column.name for column in query.columns]
    with transaction.atomic():
        one_at_a_time(organization)
        before = Export.objects.filter(organization=organization, key=key).first()
        if before is not None:
            return before
        if is_full(organization, Export):
            raise TooManyExports(
                _("%(most)s exports are under way. Wait for one or stop one.") % {"most": MOST}
            )
        count = count_rows(query.narrowed(organization))
        export = Export.objects.create(
            organization=organization,
            person_id=UUID(actor.id),
            list_name=spec.name,
            format=file_format,
            parameters=kept,
            ids=[str(name) for name in ids],
            language=get_language() or "en",
            key=key,
            rows_about=len(ids) or count.number,
            is_estimate=not ids and count.estimated,
            created_at=clock.now(organization),
        )
        news = News("export.started", "export", export.id, {"list": spec.name, "format": file_format})
        record(organization_id=organization.id, news=[news], actor=actor, at=export.created_at)
        write_export.defer(organization_id=str(organization.id), export_id=str(export.id))
    return export
