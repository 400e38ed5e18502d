"""Pure: our labels as PayPal's one field for them (``custom_id``, 127 characters), and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

_NAMES: Final = {"attempt": "a", "invoice": "i", "customer": "c"}
#: What stands for an invoice where a payment is for more than one.
_SEVERAL: Final = "several"
_LETTERS: Final = {letter: name for name, letter in _NAMES.items()}


def spelled(labels: Mapping[str, str]) -> str:
    """Ids without their dashes: three of them fit."""
    return ".".join(
        f"{_NAMES[name]}{_bare(value)}" for name, value in labels.items() if name in _NAMES and value
    )


def read(text: object) -> dict[str, str]:
    """Nothing, for what somebody else wrote."""
    if not isinstance(text, str):
        return {}
    found = {}
    for part in text.split("."):
        name = _LETTERS.get(part[:1])
        try:
            found[name or ""] = _SEVERAL if part == f"i{_SEVERAL}" else str(UUID(part[1:]))
        except ValueError:
            return {}
    return {} if "" in found else found


def attempt_of(text: object) -> UUID | None:
    """Our own key; ``None`` when the object was made by somebody else with the same account."""
    attempt = read(text).get("attempt")
    return UUID(attempt) if attempt else None


def _bare(value: str) -> str:
    return value.replace("-", "")
