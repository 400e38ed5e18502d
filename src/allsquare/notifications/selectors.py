"""Reading mails. The organization comes first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.printing import as_if_issued
from allsquare.identity.models import Organization
from allsquare.notifications import compose
from allsquare.notifications.errors import MailUnknown
from allsquare.notifications.letters.render import as_text
from allsquare.notifications.models import Mail

#: Mails in which copies are looked for: who got none of these is forgotten.
_LOOKED_BACK: Final = 50


@dataclass(frozen=True, slots=True)
class Preview:
    """What a mail says, if it went out now. ``html`` is a whole document: show it in a sandboxed frame."""

    subject: str
    html: str
    text: str


def get_mail(organization: Organization, mail_id: UUID) -> Mail:
    """Raises :class:`MailUnknown`."""
    found = Mail.objects.filter(organization=organization, id=mail_id).first()
    if found is None:
        raise MailUnknown(_("There is no such mail."))
    return found


def list_mails(
    organization: Organization, *, state: str = "", before: UUID | None = None, limit: int = 50
) -> list[Mail]:
    """Newest first; ``before`` is the last id of the page above (keyset)."""
    found = Mail.objects.filter(organization=organization)
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])


def mails_of(organization: Organization, subject_ids: Iterable[UUID]) -> list[Mail]:
    """Mails about these documents (invoices, payments, refunds, tasks), oldest first."""
    found = Mail.objects.filter(organization=organization, subject_id__in=list(subject_ids))
    return list(found.order_by("id")[:200])


def mails_of_customer(organization: Organization, customer_id: UUID, *, limit: int = 20) -> list[Mail]:
    """Mails that went to a customer or tell of them, newest first."""
    found = Mail.objects.filter(organization=organization, customer_id=customer_id)
    return list(found.order_by("-id")[:limit])


def last_copies(organization: Organization, customer_id: UUID) -> list[str]:
    """Who got a copy of the last mail to the customer that had any, among their newest."""
    found = Mail.objects.filter(organization=organization, customer_id=customer_id).order_by("-id")
    newest = found.values_list("copies", flat=True)[:_LOOKED_BACK]
    return next(([str(address) for address in copies] for copies in newest if copies), [])


def preview(organization: Organization, mail: Mail) -> Preview:
    """What ``mail`` says now. Raises :class:`~allsquare.notifications.errors.NothingToSay`."""
    letter, html = compose.preview(organization, mail)
    return Preview(subject=letter.subject, html=html, text=as_text(letter))


def preview_of_draft(organization: Organization, invoice: Invoice, *, number: str, note: str = "") -> Preview:
    """The mail that would follow if ``invoice``, a draft, were issued today as ``number`` with ``note``. Nothing is
    kept, but the row in memory is no longer the draft: read it anew for anything else."""
    letter, html = compose.preview_of_draft(organization, as_if_issued(invoice, number), note=note)
    return Preview(subject=letter.subject, html=html, text=as_text(letter))
