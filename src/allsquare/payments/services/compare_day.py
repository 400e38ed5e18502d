"""A day at a provider is compared with what is known here, object by object; what differs is written down, and mended
through the door where that was asked for.

Lists are old when they have been read. So what seems to differ is asked for once more by its own name, and read here
once more, before it is written down. Asking never moves money at the provider, mending neither.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby, islice
from typing import Final, cast
from uuid import UUID

from django.db import OperationalError, transaction

from allsquare.core import clock, failpoints
from allsquare.core.actor import SYSTEM, gateway_actor
from allsquare.core.checks import cleaned
from allsquare.core.errors import INDIGESTIBLE, AllsquareError
from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.comparing import Kind, Said, differences, said_by_provider
from allsquare.payments.counterparts import PAGE, Counterparts, Known, unnamed
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.gateway_abilities import HistoryGateway, Sighting
from allsquare.payments.models import Difference, GatewayAccount, Inquiry
from allsquare.payments.registry import adapter
from allsquare.payments.services.make_anew import make_anew
from allsquare.payments.services.settle import settle

log = logging.getLogger(__name__)

#: Where an object has no key of ours.
_NO_KEY: Final = UUID(int=0)
#: What cannot be asked for by its name says nothing of whether it is there.
_CANNOT_SAY: Final = frozenset({"no_reference", "no_money_moved"})


def compare_day(*, organization: Organization, inquiry: Inquiry, first: datetime, until: datetime) -> int:
    """How many objects the provider has of then. The system does this by itself, for whoever was allowed to ask.

    Raises :class:`HistoryUnavailable`.
    """
    require(organization, SYSTEM, Permission.SETTLE)
    day = _Day(organization, inquiry)
    # A provider's clock may be ahead of ours: what it lists as later than now belongs to the last piece.
    to_now = until >= inquiry.ends_at >= inquiry.asked_at
    for page in _in_pages(day.speaker.since(first, None if to_now else until)):
        day.compare(page)
    for known in unnamed(organization, inquiry.gateway_account, first, until, day.named):
        day.look_for(known)
    return day.seen


class _Day:
    """The work of one call."""

    def __init__(self, organization: Organization, inquiry: Inquiry) -> None:
        self.organization, self.inquiry = organization, inquiry
        self.account: GatewayAccount = inquiry.gateway_account
        self.speaker = cast(HistoryGateway, adapter(self.account))
        self.seen = 0
        self.named: set[UUID] = set()

    def compare(self, page: Sequence[Sighting]) -> None:
        known_here = self._counterparts([sighting.outcome for sighting in page])
        for sighting in page:
            outcome = sighting.outcome
            known = known_here.of(outcome)
            if known is None and not known_here.concern_us(outcome):
                continue
            self.seen += 1
            if known is not None:
                self.named.add(known.id)
            if differences(known.said if known else None, said_by_provider(outcome)):
                self._look_again(sighting, known)

    def look_for(self, known: Known) -> None:
        """An object of ours that the provider's list did not name: it may stand under another day there."""
        outcome = self.speaker.look_up(
            key=known.key or _NO_KEY, reference=known.reference, subject=known.subject, act=False
        )
        if outcome.status in (Status.UNKNOWN, Status.NOT_SENT):
            if outcome.code not in _CANNOT_SAY:
                self._missing_there(known, outcome)
            return
        self.seen += 1
        found = self._again(Sighting(replace(outcome, key=known.key)))
        self._write(found, self._differs(found))

    def _missing_there(self, known: Known, outcome: Outcome) -> None:
        """Raises ``HistoryUnavailable`` when it is the provider that is away."""
        if outcome.status is Status.UNKNOWN:
            next(self.speaker.since(clock.now(None)), None)
        blank = Outcome(known.subject, Status.UNKNOWN, self.account.gateway, reference=known.reference)
        self._keep(blank, known, Kind.MISSING_THERE, mended=False, reason=shown(outcome.message))

    def _look_again(self, sighting: Sighting, known: Known | None) -> None:
        outcome = sighting.outcome
        key = outcome.key or (known.key if known else None)
        now = self.speaker.look_up(
            key=key or _NO_KEY, reference=outcome.reference, subject=outcome.subject, act=False
        )
        if now.status is not Status.UNKNOWN:
            sighting = replace(sighting, outcome=replace(now, key=key))
        found = self._again(sighting)
        self._write(found, self._differs(found))

    def _again(self, sighting: Sighting) -> tuple[Sighting, Known | None]:
        return sighting, self._counterparts([sighting.outcome]).of(sighting.outcome)

    def _differs(self, found: tuple[Sighting, Known | None]) -> list[Difference.Kind]:
        sighting, known = found
        return differences(known.said if known else None, said_by_provider(sighting.outcome))

    def _write(self, found: tuple[Sighting, Known | None], kinds: Sequence[Difference.Kind]) -> None:
        if not kinds:
            return
        sighting, known = found
        reason = ""
        if self.inquiry.mend:
            reason = self._mend(sighting, known)
            after = self._again(sighting)
            left = self._differs(after)
            if known is None:
                known = after[1]
        else:
            left = list(kinds)
        for kind in kinds:
            stays = kind in left or (kind is Kind.MISSING_HERE and bool(left))
            said = reason if stays else ""
            ours = None if kind is Kind.MISSING_HERE else found[1]
            self._keep(sighting.outcome, ours, kind, mended=not stays, reason=said, about=known)

    def _mend(self, sighting: Sighting, known: Known | None) -> str:
        """Through the door, as its webhook would have come. Why it cannot be, if so."""
        outcome = sighting.outcome
        try:
            with transaction.atomic():
                if known is None and outcome.subject is Subject.CHARGE and outcome.key:
                    make_anew(
                        organization=self.organization,
                        gateway_account=self.account,
                        sighting=sighting,
                        key=outcome.key,
                        actor=SYSTEM,
                    )
                settle(
                    organization=self.organization,
                    gateway_account=self.account,
                    outcomes=[outcome],
                    actor=gateway_actor(self.account.gateway),
                )
        except OperationalError:
            raise
        except INDIGESTIBLE as error:
            log.exception("%s %s could not be mended", outcome.subject, outcome.reference)
            return cleaned(
                error.message if isinstance(error, AllsquareError) else f"{type(error).__name__}: {error}"
            )
        failpoints.reached("inquiry.mended")
        return ""

    def _keep(
        self,
        outcome: Outcome,
        ours: Known | None,
        kind: Difference.Kind,
        *,
        mended: bool,
        reason: str,
        about: Known | None = None,
    ) -> None:
        """Once, however often a day is asked for; what was mended before a kill stays so."""
        theirs = said_by_provider(outcome)
        known = about or ours
        Difference.objects.update_or_create(
            organization=self.organization,
            inquiry=self.inquiry,
            subject=outcome.subject,
            reference=outcome.reference or str(outcome.key or (known.id if known else "")),
            kind=kind,
            defaults={
                "subject_id": known.id if known else None,
                "payment_id": known.payment_id if known else None,
                "ours": _facts(ours.said if ours else None),
                "theirs": _facts(theirs),
                "mended": mended,
                "reason": reason,
            },
        )

    def _counterparts(self, outcomes: Sequence[Outcome]) -> Counterparts:
        return Counterparts(self.organization, self.account, outcomes)


def _facts(said: Said | None) -> dict[str, str | int | None]:
    return said.facts() if said else {}


def _in_pages(listed: Iterator[Sighting]) -> Iterator[list[Sighting]]:
    """Of one subject each: a refund is looked at when its charge was, and perhaps mended."""
    for _subject, some in groupby(listed, key=lambda sighting: sighting.outcome.subject):
        while page := list(islice(some, PAGE)):
            yield page
