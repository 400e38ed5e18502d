"""The roles that a person can have in an organization."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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
        return str(LABELS[self])


LABELS: Final[Mapping[Role, Promise]] = {
    Role.OWNER: _("Owner"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.ACCOUNTANT: _("Accountant"),
    Role.BILLING_CLERK: _("Billing clerk"),
    Role.SALES: pgettext_lazy("role", "Sales"),
    Role.SUPPORT: _("Support"),
    Role.VIEWER: _("Viewer"),
}
