"""Was it really the payer who looked? "Viewed" is said to the business, so machines and colleagues do not count."""

from __future__ import annotations

import re

from django.http import HttpRequest

from allsquare.identity.models import Organization, Person
from allsquare.identity.selectors import membership_of

#: Headers by which browsers say that they fetch a page that nobody looks at yet (Fetch Metadata; older habits).
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")

#: Mail scanners and messengers that open a link to check it or to show a preview, by what they call themselves.
_MACHINES = re.compile(
    r"bot\b|crawl|spider|preview|prefetch|scanner|facebookexternalhit|whatsapp|slack|skype|discord|embedly"
    r"|safelinks|barracuda|proofpoint|mimecast",
    re.IGNORECASE,
)


def is_a_view(request: HttpRequest, organization: Organization) -> bool:
    """Did a person who is not of the business open the page?"""
    if request.method != "GET" or any(name in request.headers for name in _AHEAD):
        return False
    if _MACHINES.search(request.headers.get("User-Agent", "")):
        return False
    return not _is_colleague(request, organization)


def _is_colleague(request: HttpRequest, organization: Organization) -> bool:
    """Somebody signed in to the console of the organization that asks for the money."""
    person = request.user
    if not isinstance(person, Person):
        return False
    membership = membership_of(person, organization.id)
    return membership is not None and membership.organization_id == organization.id
