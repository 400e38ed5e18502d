"""A customer wants to change their saved methods, or to see and pay all that is open: a link goes to the address that
the business knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.formatting import spoken_language
from allsquare.core.ids import new_token, token_digest
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require, require_own
from allsquare.payments.models import MethodLink

Purpose = MethodLink.Purpose

#: Long enough for a slow mail, too short to be found in an old one. What is open is looked at again the day after, when
#: a transfer is made.
GOOD_FOR: Final[Mapping[MethodLink.Purpose, timedelta]] = {
    Purpose.METHODS: timedelta(hours=1),
    Purpose.OPEN: timedelta(days=1),
}
_NEWS: Final[Mapping[MethodLink.Purpose, str]] = {
    Purpose.METHODS: "method_link.asked",
    Purpose.OPEN: "open_link.asked",
}


@retrying
def ask_method_link(
    *,
    organization: Organization,
    customer_id: UUID,
    actor: Actor,
    purpose: MethodLink.Purpose = Purpose.METHODS,
) -> MethodLink:
    """The mail follows from the event. Whoever asks learns nothing: the link is in the mail alone. Old links of the
    customer to saved methods end here, and what is long over is taken away; a link to what is open lives its day, since
    somebody may be paying by it."""
    require(organization, actor, Permission.MANAGE_METHODS)
    require_own(actor, customer_id)
    token, now = new_token(), clock.now(None)
    old = MethodLink.objects.filter(organization=organization, customer_id=customer_id, purpose=purpose)
    (old.filter(expires_at__lte=now) if purpose is Purpose.OPEN else old).delete()
    link = MethodLink.objects.create(
        organization=organization,
        customer_id=customer_id,
        purpose=purpose,
        token_hash=token_digest(token),
        token=token,
        language=spoken_language(),
        created_at=now,
        expires_at=now + GOOD_FOR[purpose],
    )
    facts: Data = {"customer": str(customer_id), "language": link.language}
    news = News(_NEWS[purpose], "method_link", link.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return link
