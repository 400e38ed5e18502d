"""Somebody or something is let through from now on, or turned away."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from allsquare.core import checks
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.risk.errors import InvalidEntry
from allsquare.risk.marks import mark, plain
from allsquare.risk.models import RiskEntry
from allsquare.risk.putting import put
from allsquare.risk.settings import settings_of

K = RiskEntry.Kind
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@retrying
def add_entry(
    *, organization: Organization, verdict: str, kind: str, value: str, note: str = "", actor: Actor
) -> RiskEntry:
    """``value`` as a person types it. What is on a list already moves to the one that is asked for now. A card has no
    name that could be typed: see ``block_marks``. Raises :class:`InvalidEntry` naming the field."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    if verdict not in RiskEntry.Verdict.values:
        raise InvalidEntry({"verdict": _("Choose a list.")})
    if kind not in _CHECKS:
        raise InvalidEntry({"kind": _("Choose what it is.")})
    try:
        tidy = _CHECKS[kind](plain(kind, checks.storable(value.strip())))
        said = checks.storable(note.strip())[:200]
    except InvalidInput as problem:
        raise InvalidEntry({"value": problem.message}) from problem
    secret = settings_of(organization).secret
    return put(
        organization=organization,
        verdict=verdict,
        kind=kind,
        found=mark(secret, kind, tidy),
        shown=tidy,
        note=said,
        actor=actor,
    )


def _mail(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise InvalidInput(_("This is not an e-mail address. Write it like name@example.com.")) from None
    return text


def _domain(text: str) -> str:
    if len(text) > 253 or not _DOMAIN.fullmatch(text):
        raise InvalidInput(_("This is not a domain. Write it like example.com."))
    return text


def _address(text: str) -> str:
    """One, or the /64 of a household: payers are compared with nothing wider, so that would never be found."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise InvalidInput(_("This is not a network address. Write it like 203.0.113.7.")) from None
    if network.prefixlen != (32 if network.version == 4 else 64):
        raise InvalidInput(
            _("Only single addresses and the /64 of an IPv6 address can stand here. Add each by itself.")
        )
    return text


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    K.MAIL: _mail,
    K.DOMAIN: _domain,
    K.ADDRESS: _address,
    K.COUNTRY: checks.country,
}
