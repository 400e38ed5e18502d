"""Checking the books: every proof is asked, what is found is kept, and whoever must know is told."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.selectors import organizations
from allsquare.insights.models import BooksAnswer, BooksCheck, BooksFinding
from allsquare.insights.proofs import PROOFS, Result, run
from allsquare.insights.states import UNDER_WAY, CheckState
from allsquare.payments.attention import PROMISE_BROKEN
from allsquare.payments.selectors import open_task
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.services.resolve_attention import resolve_attention

log = logging.getLogger(__name__)

_KEPT: Final = timedelta(days=90)


def run_check(*, check_id: UUID) -> None:
    """To its end, for all organizations; one that has ended stays as it is. Whoever takes over after a kill begins
    anew: answers of two moments do not belong together. The system does this by itself, so no actor is asked for."""
    begun = BooksCheck.objects.filter(id=check_id, state__in=UNDER_WAY)
    if not begun.update(state=CheckState.RUNNING, proofs_done=0, proofs_all=len(PROOFS)):
        return
    BooksAnswer.objects.filter(check_of_id=check_id).delete()
    BooksFinding.objects.filter(check_of_id=check_id).delete()
    try:
        for result in run(PROOFS):
            _keep(check_id, result)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        begun.update(state=CheckState.FAILED, error=why, finished_at=clock.now(None))
        raise
    with transaction.atomic():
        begun.update(state=CheckState.DONE, finished_at=clock.now(None))
        _tell(check_id, organizations())
        BooksCheck.objects.filter(asked_at__lt=clock.now(None) - _KEPT).delete()


@retrying
def _keep(check_id: UUID, result: Result) -> None:
    BooksAnswer.objects.create(
        check_of_id=check_id, proof=result.proof.name, milliseconds=round(result.seconds * 1000)
    )
    known = {str(organization.id) for organization in organizations()}
    BooksFinding.objects.bulk_create(
        BooksFinding(
            check_of_id=check_id,
            organization_id=finding.organization if finding.organization in known else None,
            proof=result.proof.name,
            subject=finding.subject,
            facts=dict(finding.facts),
            in_all=finding.in_all,
        )
        for finding in result.findings
    )
    for finding in result.findings:
        log.error("%s is broken: %s", result.proof.name, result.proof.text(finding.facts))
    BooksCheck.objects.filter(id=check_id).update(proofs_done=F("proofs_done") + 1)


def _tell(check_id: UUID, everybody: Iterable[Organization]) -> None:
    """A task where something is broken, unless one waits already; and none any more where all is well again."""
    for organization in everybody:
        found = BooksFinding.objects.filter(check_of_id=check_id, organization=organization)
        broken = found.values("proof").distinct().count()
        task = open_task(organization, PROMISE_BROKEN)
        if broken and task is None:
            raise_attention(
                organization=organization,
                kind=PROMISE_BROKEN,
                subject=("books_check", check_id),
                data={"number": broken},
                actor=SYSTEM,
            )
        elif not broken and task is not None:
            resolve_attention(organization=organization, task_id=task.id, actor=SYSTEM)
