"""A clearing account for what one gateway account owes us."""

from __future__ import annotations

from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.ledger.chart import CLEARING_FIRST_CODE, AccountRole
from allsquare.ledger.models import Account


@retrying
def open_clearing_account(*, organization: Organization, gateway_account_id: UUID, label: str) -> UUID:
    """The id of the account, made on the first call. An inner service of adding a gateway account."""
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # one number at a time
    detail = str(gateway_account_id)
    role = AccountRole.CLEARING
    found = Account.objects.filter(organization=organization, role=role, detail=detail).first()
    if found is None:
        taken = set(Account.objects.filter(organization=organization).values_list("code", flat=True))
        code = next(str(n) for n in range(CLEARING_FIRST_CODE, 10**6) if str(n) not in taken)
        found = Account.objects.create(
            organization=organization,
            code=code,
            name=_clearing(organization, label),
            kind="asset",
            role=role,
            detail=detail,
        )
    return found.id


def _clearing(organization: Organization, label: str) -> str:
    """The books speak the organization's language, whoever opens the account."""
    with translation.override(organization.language):
        return _("Clearing %(provider)s") % {"provider": label}
