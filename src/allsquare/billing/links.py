"""Pay links: 128 random bits, found by their hash, kept encrypted so that a mail can be sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.billing.errors import LinkUnknown
from allsquare.billing.models import Invoice, PayLink
from allsquare.core import rows
from allsquare.core.ids import new_token, token_digest
from allsquare.identity.models import Organization


def make_links(organization: Organization, invoices: Sequence[Invoice], at: datetime) -> None:
    """One link for each invoice, inside the issuing transaction, by ``core.bulk``."""
    links = []
    for invoice in invoices:
        token = new_token()
        links.append(
            PayLink(
                organization=organization,
                invoice=invoice,
                token_hash=token_digest(token),
                token=token,
                created_at=at,
            )
        )
    rows.insert(links)


def pay_url(organization: Organization, invoice: Invoice) -> str:
    """The address at which the invoice is paid. Raises :class:`LinkUnknown` when it has no link (a draft)."""
    link = (
        PayLink.objects.filter(organization=organization, invoice=invoice, revoked_at__isnull=True)
        .order_by("-created_at", "-id")
        .first()
    )
    if link is None:
        raise LinkUnknown(_("This invoice has no pay link."))
    return f"{settings.BASE_URL}/pay/{link.token}/"
