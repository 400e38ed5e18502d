"""May a stranger sign up? By default only the first one: see docs/decisions/0005."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.core.transactions import serialize
from allsquare.identity.selectors import has_organizations
from allsquare.onboarding.errors import SignUpClosed


def sign_up_is_open() -> bool:
    """``always``, ``never``, or ``first``: until the installation has an organization."""
    mode = settings.ALLSQUARE_OPEN_SIGN_UP
    return mode == "always" or (mode == "first" and not has_organizations())


def require_open() -> None:
    """For a transaction that signs somebody up: of two first visitors the second waits here, and is then refused.
    Raises :class:`SignUpClosed`."""
    if settings.ALLSQUARE_OPEN_SIGN_UP == "first":
        serialize("sign-up")
    if not sign_up_is_open():
        raise SignUpClosed(_("People come by invitation here. Ask an owner or administrator to invite you."))
