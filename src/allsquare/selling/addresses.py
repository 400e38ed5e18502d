"""Where something is bought."""

from __future__ import annotations

from django.conf import settings

from allsquare.selling.models import PaymentLink


def link_url(link: PaymentLink) -> str:
    """What is printed and sent."""
    return f"{settings.BASE_URL}/buy/{link.token}/"
