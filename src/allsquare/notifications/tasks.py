"""Background jobs of this package."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from allsquare.identity.selectors import get_organization
from allsquare.notifications.services.send import send


# Below PDFs and other jobs: a mail server that stalls must not hold those up.
@app.task(name="notifications.send_mail", queue="mail", priority=-10)
def send_mail(organization_id: str, mail_id: str) -> None:
    """Send one mail. Not tried again by the job queue: ``retry_due`` knows when."""
    send(organization=get_organization(UUID(organization_id)), mail_id=UUID(mail_id))
