"""A restore holds the mails that waited when the backup was taken: most of them were sent soon after it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from allsquare.core.words import gettext_noop as _noop
from allsquare.notifications.models import Mail

MAY_HAVE_BEEN_SENT: Final = _noop(
    "A backup was restored, and this mail may have been sent before that. Send it if it did not arrive."
)


def hold(mail: Mail) -> Mail:
    """Not queued, but kept for a person to decide."""
    if mail.state == Mail.State.QUEUED:
        mail.state, mail.next_try_at, mail.error = Mail.State.HELD, None, MAY_HAVE_BEEN_SENT
    return mail


def hold_mails(_taken_at: datetime) -> None:
    """Called in the transaction that ends the restore, for all organizations."""
    Mail.objects.filter(state__in=[Mail.State.QUEUED, Mail.State.SENDING]).update(
        state=Mail.State.HELD, next_try_at=None, error=MAY_HAVE_BEEN_SENT
    )
