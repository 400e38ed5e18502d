"""Whoever made a payment that was refused is turned away from now on."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.risk.models import RiskAssessment, RiskEntry
from allsquare.risk.putting import put

K = RiskEntry.Kind
YEAR: Final = timedelta(days=365)


@retrying
def block_marks(
    *, organization: Organization, assessment: RiskAssessment, mail: str, card: str, actor: Actor
) -> list[RiskEntry]:
    """Mail address and card, as far as they are still known; ``mail`` and ``card`` say what people read of them. Not
    the network address: a whole office or a mobile network may stand behind it. Nobody typed them, so they end."""
    require(organization, actor, Permission.REFUND)
    known = ((K.MAIL, assessment.mail_mark, mail), (K.CARD, assessment.card_mark, card))
    return [
        put(
            organization=organization,
            verdict=RiskEntry.Verdict.BLOCKED,
            kind=kind,
            found=bytes(found),
            shown=shown[:254],
            note="",
            actor=actor,
            until=clock.now(organization) + YEAR,
        )
        for kind, found, shown in known
        if found
    ]
