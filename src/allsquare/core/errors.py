"""The one family of errors that people and programs may see.

Every package derives its errors from :class:`AllsquareError`, so that the web layer maps them in one
place: ``code`` is stable and for programs, ``message`` is one sentence for people (what happened, what it
means for the money, what to do), ``status`` is the HTTP status.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import DatabaseError
from django.utils.translation import gettext as _


class AllsquareError(Exception):
    """Base of every error that Allsquare raises on purpose.

    ``details`` carries facts for the log and the API (never secrets). ``field`` names the input that was
    wrong, when one was.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, field: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details


#: What may be raised by whoever reads one thing of many that came from elsewhere (an event, a piece of news, a
#: provider's answer): it is left aside, and the others go on. A deadlock or a lost connection (``OperationalError``) is
#: the fault of no thing, so it is caught before.
INDIGESTIBLE: Final = (
    AllsquareError,
    DatabaseError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class InvalidInput(AllsquareError):
    """A value that a person or program gave cannot be used; ``field`` says which."""

    code = "invalid_input"
    status = 422


class NotFound(AllsquareError):
    """There is no such thing, or it belongs to somebody else: the same answer for both."""

    code = "not_found"
    status = 404


class Conflict(AllsquareError):
    """The thing is in a state in which this cannot be done."""

    code = "conflict"
    status = 409


class PermissionDenied(AllsquareError):
    """The actor's role does not allow this."""

    code = "permission_denied"
    status = 403


class IllegalTransition(Conflict):
    """A state machine was asked for a step that it does not have."""

    code = "illegal_transition"


class FieldErrors(InvalidInput):
    """Several inputs were wrong; ``errors`` maps each field to its sentence."""

    code = "invalid_fields"

    def __init__(self, errors: dict[str, str]) -> None:
        sentences = " ".join(errors.values())
        super().__init__(_("Some fields need another look: %(what)s") % {"what": sentences}, errors=errors)
        self.errors = errors
