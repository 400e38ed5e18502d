"""Reading of request bodies: each field by name, with an error that names the field and the remedy."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlsplit

from allsquare_sandbox.errors import ApiError, invalid
from allsquare_sandbox.money import exponent

LARGEST_BODY = 64 * 1024
LARGEST_EVIDENCE = 8 * 1024 * 1024
LARGEST_AMOUNT = 10**15
Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """A JSON object. What is asked for is checked; what nobody asked for is refused by :meth:`done`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._asked: set[str] = set()

    @classmethod
    def of_body(cls, body: bytes, *, largest: int = LARGEST_BODY) -> Fields:
        if len(body) > largest:
            raise ApiError(413, "body_too_large", f"A body may have {largest} bytes.")
        try:
            values = json.loads(body or b"{}")
        except ValueError:
            raise ApiError(400, "body_malformed", "The body is not JSON.") from None
        if not isinstance(values, dict):
            raise ApiError(400, "body_malformed", "The body must be a JSON object.")
        return cls(values)

    def has(self, name: str) -> bool:
        self._asked.add(name)
        return self._values.get(name) is not None

    def text(self, name: str, *, default: str | None = None, longest: int = 500) -> str:
        """``default`` of ``None`` means that the field is required."""
        value = self._take(name, default)
        if not isinstance(value, str) or len(value) > longest or (default is None and not value):
            raise invalid(name, "field_invalid", f"{name} must be a text of at most {longest} characters.")
        return value

    def whole(self, name: str, *, lowest: int, highest: int, default: int | None = None) -> int:
        value = self._take(name, default)
        if type(value) is not int or not lowest <= value <= highest:
            raise invalid(name, "field_invalid", f"{name} must be a whole number from {lowest} to {highest}.")
        return value

    def number(self, name: str, *, lowest: float, highest: float, default: float) -> float:
        """For seconds and probabilities only; money is whole."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
            raise invalid(name, "field_invalid", f"{name} must be a number from {lowest:g} to {highest:g}.")
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise invalid(name, "field_invalid", f"{name} must be true or false.")
        return value

    def choice(self, name: str, choices: type[Choice], *, default: Choice | None = None) -> Choice:
        value = self._take(name, default)
        try:
            return choices(value)
        except ValueError:
            allowed = ", ".join(choices)
            raise invalid(name, "field_invalid", f"{name} must be one of: {allowed}.") from None

    def files(self, name: str = "files") -> list[dict[str, object]]:
        """``[{"name", "media_type", "content" in base64}]``, as what is kept of them: size and fingerprint."""
        value = self._take(name, [])
        kinds = ("application/pdf", "image/png", "image/jpeg")
        try:
            found = [
                (str(each["name"]), each["media_type"], b64decode(each["content"], validate=True))
                for each in value
            ]
        except (KeyError, TypeError, ValueError):
            found = [("", "", b"")]
        if any(not title or kind not in kinds or not data for title, kind, data in found):
            raise invalid(
                name, "field_invalid", f"{name} must be PDF, PNG or JPEG files with name and content."
            )
        return [
            {"name": title, "media_type": kind, "size": len(data), "sha256": sha256(data).hexdigest()}
            for title, kind, data in found
        ]

    def amount(self, name: str = "amount") -> int:
        return self.whole(name, lowest=1, highest=LARGEST_AMOUNT)

    def currency(self, name: str = "currency") -> str:
        code = self.text(name, longest=3)
        if exponent(code) is None:
            raise invalid(
                name, "currency_unknown", f"{code!r} is not a currency code of ISO 4217 in capitals."
            )
        return code

    def url(self, name: str, *, default: str | None = None) -> str:
        value = self.text(name, default=default, longest=2000)
        if value == default:
            return value
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or any(mark.isspace() for mark in value):
            raise invalid(
                name, "field_invalid", f"{name} must be an address that starts with http:// or https://."
            )
        return value

    def labels(self, name: str = "metadata") -> dict[str, str]:
        """At most 20 short texts by name."""
        value = self._take(name, {})
        good = isinstance(value, dict) and len(value) <= 20
        if not good or not all(
            isinstance(text, str) and len(key) <= 40 and len(text) <= 500 for key, text in value.items()
        ):
            raise invalid(
                name, "field_invalid", f"{name} must hold at most 20 texts of at most 500 characters."
            )
        return dict(value)

    def group(self, name: str) -> Fields:
        value = self._take(name, {})
        if not isinstance(value, dict):
            raise invalid(name, "field_invalid", f"{name} must be an object.")
        return Fields(value)

    def done(self) -> None:
        """Refuse fields that nobody asked for: a misspelt one would otherwise be ignored in silence."""
        unknown = sorted(set(self._values) - self._asked)
        if unknown:
            raise invalid(unknown[0], "field_unknown", f"There is no field {unknown[0]!r} here.")

    def _take(self, name: str, default: Any) -> Any:
        self._asked.add(name)
        value = self._values.get(name)
        if value is None:
            if default is None:
                raise invalid(name, "field_required", f"{name} is required.")
            return default
        return value
