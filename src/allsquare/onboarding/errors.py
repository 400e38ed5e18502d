"""What the reception refuses."""

from __future__ import annotations

from allsquare.core.errors import AllsquareError, Conflict


class SignUpClosed(AllsquareError):
    """Strangers may not make an organization in this installation."""

    code = "sign_up_closed"
    status = 403


class PracticeProviderSilent(AllsquareError):
    """The sandbox of this installation cannot be spoken to."""

    code = "practice_provider_silent"
    status = 503


class NoPracticeProvider(Conflict):
    """This installation runs no sandbox."""

    code = "no_practice_provider"
