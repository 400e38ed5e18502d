"""What is asked of a new organization."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """See ``identity.models.Organization`` for the fields."""

    name: str
    country: str
    base_currency: str
    time_zone: str
    language: str

    def facts(self) -> dict[str, Any]:
        return asdict(self)
