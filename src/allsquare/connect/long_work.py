"""What exports and batches have in common: how many may be under way, stopping, going on, and failing for good.

Inside the caller's transaction, by services that have asked for the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from allsquare.connect.models import Batch, Export
from allsquare.connect.states import RESUMABLE, UNDER_WAY, ExportState
from allsquare.core import clock, jobs
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.payments.services.end_inquiry import end_inquiry
from allsquare.payments.services.requeue_inquiry import requeue_inquiry
from allsquare.payments.states import InquiryState
from allsquare.payments.tasks import INQUIRE

#: Of each kind, under way at once in one organization.
MOST: Final = 5

Work = Export | Batch


@dataclass(frozen=True, slots=True)
class Kind:
    """``subject`` names it in the event log, ``argument`` in its job's arguments; events say ``field`` as ``fact``."""

    model: type[Export] | type[Batch]
    subject: str
    argument: str
    fact: str
    field: str


_EXPORT: Final = Kind(Export, "export", "export_id", "list", "list_name")
_BATCH: Final = Kind(Batch, "batch", "batch_id", "act", "act")
#: By the name of the job's task.
_OF_TASK: Final[Mapping[str, Kind]] = {"connect.write_export": _EXPORT, "connect.do_batch": _BATCH}


def one_at_a_time(organization: Organization) -> None:
    """Who else begins long work of the organization waits here, so that the number of those under way holds."""
    Organization.objects.select_for_update(no_key=True).filter(id=organization.id).first()


def is_full(organization: Organization, model: type[Export] | type[Batch]) -> bool:
    """Are as many under way as there may be? To be asked after :func:`one_at_a_time`."""
    return model.objects.filter(organization=organization, state__in=UNDER_WAY).count() >= MOST


def stop(organization: Organization, work: Work, actor: Actor) -> None:
    """One that ended meanwhile, or was stopped before, stays as it is."""
    same = type(work).objects.filter(organization=organization, id=work.id, state__in=UNDER_WAY)
    if same.update(state=ExportState.STOPPED):
        _tell(organization, work, "stopped", actor)


def take_up(organization: Organization, work: Work, actor: Actor) -> bool:
    """Was it stopped, or had it failed? Then a new job is due, and one that failed waits for nobody any more."""
    same = type(work).objects.filter(organization=organization, id=work.id, state__in=RESUMABLE)
    if not same.update(state=ExportState.QUEUED, error=""):
        return False
    _tell(organization, work, "resumed", actor)
    jobs.forget_failed(organization.id, _kind(work).argument, str(work.id))
    return True


def queue_again(organization: Organization, task: str, args: Mapping[str, Any]) -> None:
    """The job that failed will be tried again: what it does, where that is long work, may go on."""
    if task == INQUIRE:
        _ask_again(organization, args)
    work = _work(organization, task, args)
    if work:
        mine = type(work).objects.filter(organization=organization, id=work.id, state=ExportState.FAILED)
        mine.update(state=ExportState.QUEUED, error="")


def give_up(organization: Organization, task: str, args: Mapping[str, Any], *, why: str) -> None:
    """Its job failed to the last try, and it has no other: it stays where it is, with the reason, until a person lets
    it go on."""
    if task == INQUIRE:
        _give_up_asking(organization, args, why)
    work = _work(organization, task, args)
    if work is None or jobs.is_queued(task, _kind(work).argument, str(work.id)):
        return
    mine = type(work).objects.filter(organization=organization, id=work.id, state__in=UNDER_WAY)
    if mine.update(state=ExportState.FAILED, error=why):
        _tell(organization, work, "failed", SYSTEM, error=why)


def _ask_again(organization: Organization, args: Mapping[str, Any]) -> None:
    """One that cannot go on now, since another of its kind is under way, stays where it is."""
    inquiry_id = _id(args.get("inquiry_id"))
    if inquiry_id:
        requeue_inquiry(organization=organization, inquiry_id=inquiry_id)


def _give_up_asking(organization: Organization, args: Mapping[str, Any], why: str) -> None:
    inquiry_id = _id(args.get("inquiry_id"))
    if inquiry_id and not jobs.is_queued(INQUIRE, "inquiry_id", str(inquiry_id)):
        end_inquiry(organization=organization, inquiry_id=inquiry_id, state=InquiryState.FAILED, error=why)


def _tell(organization: Organization, work: Work, what: str, actor: Actor, **more: str) -> None:
    kind = _kind(work)
    facts = {kind.fact: getattr(work, kind.field), **more}
    news = News(f"{kind.subject}.{what}", kind.subject, work.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))


def _kind(work: Work) -> Kind:
    return _EXPORT if isinstance(work, Export) else _BATCH


def _work(organization: Organization, task: str, args: Mapping[str, Any]) -> Work | None:
    """What a job does, where that is long work and still there."""
    kind = _OF_TASK.get(task)
    if kind is None:
        return None
    name = _id(args.get(kind.argument))
    return kind.model.objects.filter(organization=organization, id=name).first() if name else None


def _id(written: object) -> UUID | None:
    try:
        return UUID(str(written))
    except ValueError:
        return None
