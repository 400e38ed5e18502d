"""New rows for the outbox, not yet kept."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from allsquare.core import clock
from allsquare.core.words import gettext_noop as _noop
from allsquare.identity.models import Organization
from allsquare.notifications.compose import new_message_id
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail

#: RFC 5321, 4.5.3.1.3, less the angle brackets.
_LONGEST = 254


def is_address(text: str) -> bool:
    """Could a mail server take this as a recipient?"""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= _LONGEST


def draft(
    organization: Organization,
    kind: MailKind,
    *,
    subject: tuple[str, UUID],
    recipient: str,
    language: str,
    invoice_id: UUID | None = None,
    payment_id: UUID | None = None,
    customer_id: UUID | None = None,
    repeat: int = 0,
    copies: Sequence[str] = (),
    note: str = "",
) -> Mail:
    """A mail about the document ``subject`` (table and id). To an address that is none it is born failed, so that
    a person sees that somebody was not told."""
    mail = Mail(
        organization=organization,
        kind=kind,
        subject_type=subject[0],
        subject_id=subject[1],
        repeat=repeat,
        invoice_id=invoice_id,
        payment_id=payment_id,
        customer_id=customer_id,
        recipient=recipient[:_LONGEST],
        copies=list(copies),
        note=note,
        language=language,
        created_at=clock.now(organization),
        next_try_at=clock.now(None),
    )
    mail.message_id = new_message_id(mail.id)
    if not is_address(recipient):
        mail.state, mail.next_try_at = Mail.State.FAILED, None
        mail.error = _noop("This is not an e-mail address. Correct it and send the mail again.")
    return mail
