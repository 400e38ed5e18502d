"""The roles that a person can have in an organization."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    ACCOUNTANT = "accountant"
    BILLING_CLERK = "billing_clerk"
    SALES = "sales"
    SUPPORT = "support"
    VIEWER = "viewer"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()
