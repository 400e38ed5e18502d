"""Links are keys, so they stay out of the logs."""

from __future__ import annotations

import logging
import re

_LINK = re.compile(
    r"(/(?:pay/methods|pay(?!/methods/)|accounts/invitations|accounts/password/reset/key)/)[^/\s?\"']+"
)


#: What a provider adds to the address to which a payer comes back.
_SECRET = re.compile(r"(secret=)[^&\s\"']+")


class WithoutLinks(logging.Filter):
    """Takes the secret out of every address of a pay page, an invitation or a new password, and the key to a
    payment at its provider, before a handler writes the line."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "secret=" in message:
            message = _SECRET.sub(r"\1…", message)
            record.msg, record.args = message, None
        if "/pay/" in message or "/accounts/" in message:
            record.msg, record.args = _LINK.sub(r"\1…", message), None
        return True
