"""What the API says no with."""

from __future__ import annotations


class ApiError(Exception):
    """A request that is refused before anything was done; nothing of it is kept.

    ``code`` is stable and for programs, ``message`` a sentence for people, ``field`` the input that was
    wrong. A card that is declined is not an error but an answer (402) that is kept.
    """

    def __init__(self, status: int, code: str, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field


def invalid(field: str, code: str, message: str) -> ApiError:
    return ApiError(422, code, message, field=field)


def conflict(code: str, message: str) -> ApiError:
    return ApiError(409, code, message)


def missing(noun: str, name: str) -> ApiError:
    """Somebody else's object and no object get the same answer."""
    return ApiError(404, f"{noun}_not_found", f"There is no {noun} {name!r} in this account.")
