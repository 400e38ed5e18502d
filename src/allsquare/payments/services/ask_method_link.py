"""A customer wants to change their saved methods: a link goes to the address that the business knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.formatting import spoken_language
from allsquare.core.ids import new_token, token_digest
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require, require_own
from allsquare.payments.models import MethodLink

#: Long enough for a slow mail, too short to be found in an old one.
GOOD_FOR: Final = timedelta(hours=1)


@transaction.atomic
def ask_method_link(*, organization: Organization, customer_id: UUID, actor: Actor) -> MethodLink:
    """The mail follows from the event. Whoever asks learns nothing: the link is in the mail alone. Old links of the
    customer end here, and what is long over is taken away."""
    require(organization, actor, Permission.MANAGE_METHODS)
    require_own(actor, customer_id)
    token, now = new_token(), clock.now(None)
    MethodLink.objects.filter(organization=organization, customer_id=customer_id).delete()
    link = MethodLink.objects.create(
        organization=organization,
        customer_id=customer_id,
        token_hash=token_digest(token),
        token=token,
        language=spoken_language(),
        created_at=now,
        expires_at=now + GOOD_FOR,
    )
    news = News(
        "method_link.asked", "method_link", link.id, {"customer": str(customer_id), "language": link.language}
    )
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return link
