"""What a provider lists from a time of which a restored backup knows nothing goes through the door.

A payment that the backup does not know is made anew from what our own request had told the provider (attempt, invoice,
customer), under the old attempt's id. So its invoice is paid, and nobody can be asked for that money again.
"""

from __future__ import annotations

import logging
from typing import Final
from uuid import uuid5

from django.db import OperationalError, transaction

from allsquare.core.actor import SYSTEM
from allsquare.core.checks import cleaned
from allsquare.core.errors import INDIGESTIBLE
from allsquare.identity.models import Organization
from allsquare.payments.attention import LOST_CHARGE, facts_of
from allsquare.payments.errors import OutcomeUnmatched
from allsquare.payments.gateway import Status, Subject
from allsquare.payments.gateway_abilities import Sighting
from allsquare.payments.models import GatewayAccount, PaymentAttempt
from allsquare.payments.services.make_anew import make_anew
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.services.settle import settle

log = logging.getLogger(__name__)

#: An attempt that ended without money need not be known.
_WITHOUT_MONEY: Final = frozenset({Status.DECLINED, Status.NOT_SENT})


def take_sighting(*, organization: Organization, gateway_account: GatewayAccount, sighting: Sighting) -> None:
    """One object. What cannot be taken in becomes a task for a person, and the rest flows on. The system does this by
    itself, so no actor is asked for."""
    outcome = sighting.outcome
    try:
        with transaction.atomic():
            if outcome.subject is Subject.CHARGE and not _is_here(organization, gateway_account, sighting):
                return
            settle(
                organization=organization, gateway_account=gateway_account, outcomes=[outcome], actor=SYSTEM
            )
    except OperationalError:
        raise
    except INDIGESTIBLE as error:
        if isinstance(error, OutcomeUnmatched) and outcome.subject is not Subject.CHARGE:
            return  # of a charge that is not ours, or that has its own task already
        log.exception("%s %s could not be taken in", outcome.subject, outcome.reference)
        subject = outcome.key or uuid5(gateway_account.id, cleaned(outcome.reference))
        raise_attention(
            organization=organization,
            kind=LOST_CHARGE,
            subject=("gateway_account", subject),
            data=facts_of(gateway_account.label, sighting),
            actor=SYSTEM,
        )


def _is_here(organization: Organization, account: GatewayAccount, sighting: Sighting) -> bool:
    """Whether there is a payment for it, now; not for a charge that somebody else made with the same account."""
    key = sighting.outcome.key
    if key is None:
        return False
    if PaymentAttempt.objects.filter(organization=organization, id=key).exists():
        return True
    if sighting.outcome.status in _WITHOUT_MONEY:
        return False
    make_anew(organization=organization, gateway_account=account, sighting=sighting, key=key, actor=SYSTEM)
    return True
