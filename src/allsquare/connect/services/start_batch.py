"""A person asks for the same act for many chosen rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from allsquare.connect.errors import TooManyBatches
from allsquare.connect.long_work import MOST, is_full, one_at_a_time
from allsquare.connect.models import Batch, BatchRow
from allsquare.connect.selectors import batch_by_key
from allsquare.connect.tasks import do_batch
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import batch_act
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.idempotency import check_key
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

#: Rows of one batch; whoever wants more does it twice.
MOST_CHOSEN: Final = 1_000
#: Seconds in which a caller has done the rows itself.
_GRACE: Final = 60


def start_batch(
    *,
    organization: Organization,
    act: str,
    list_name: str,
    rows: Sequence[tuple[UUID, str]],
    given: Mapping[str, str],
    key: str,
    actor: Actor,
    back: str = "",
    at_once: bool = False,
) -> Batch:
    """Write down what is to be done to each of ``rows`` (id and what it is called) and queue the job. The same ``key``
    again gives the same batch, whatever came with it. With ``at_once`` the caller runs it itself, and the job comes
    later, for the case that the caller dies.

    Raises ``PermissionDenied``, ``NotFound``, ``InvalidInput``, ``FieldErrors``, :class:`TooManyBatches`.
    """
    found = batch_act(act)
    require(organization, actor, Permission(found.permission))
    check_key(key)
    if not 0 < len(rows) <= MOST_CHOSEN:
        raise InvalidInput(_("Choose from 1 to %(most)s rows.") % {"most": MOST_CHOSEN}, field="ids")
    with transaction.atomic():
        one_at_a_time(organization)
        before = batch_by_key(organization, key)
        if before is not None:
            return before
        if is_full(organization, Batch):
            raise TooManyBatches(
                _("%(most)s acts on many rows are under way. Wait for one or stop one.") % {"most": MOST}
            )
        batch = Batch.objects.create(
            organization=organization,
            person_id=UUID(actor.id),
            act=act,
            list_name=list_name,
            back=back,
            given=found.check(given),
            address=actor.address,
            request=actor.request,
            language=get_language() or "en",
            key=key,
            created_at=clock.now(organization),
        )
        BatchRow.objects.bulk_create(
            BatchRow(organization=organization, batch=batch, place=place, subject_id=name, title=title[:200])
            for place, (name, title) in enumerate(rows)
        )
        news = News("batch.started", "batch", batch.id, {"act": act, "rows": len(rows)})
        record(organization_id=organization.id, news=[news], actor=actor, at=batch.created_at)
        wait = _GRACE if at_once else 0
        do_batch.configure(schedule_in={"seconds": wait}).defer(
            organization_id=str(organization.id), batch_id=str(batch.id)
        )
    return batch
