"""What the reception refuses."""

from __future__ import annotations

from allsquare.core.errors import AllsquareError


class SignUpClosed(AllsquareError):
    """Strangers may not make an organization in this installation."""

    code = "sign_up_closed"
    status = 403
