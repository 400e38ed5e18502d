"""A provider that does not answer, and does so again: one mail each, which asks nobody for a decision."""

from __future__ import annotations

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization, Person
from allsquare.notifications.compose import preview
from allsquare.notifications.kinds import MailKind
from allsquare.payments.attention import GATEWAY_DOWN
from allsquare.payments.health import outage
from allsquare.payments.models import GatewayAccount
from allsquare.payments.services.bring_back import bring_back
from allsquare.payments.services.raise_attention import raise_attention
from tests.notifications.makers import read_all


@pytest.mark.parametrize(
    ("language", "down", "back"),
    [
        ("en", "Scripted does not answer", "Scripted answers again"),
        ("de", "Scripted antwortet nicht", "Scripted antwortet wieder"),
    ],
)
def test_administrators_hear_once_of_each(
    organization: Organization, account: GatewayAccount, owner: Person, language: str, down: str, back: str
) -> None:
    Person.objects.filter(id=owner.id).update(language=language)
    since = clock.now(None)
    GatewayAccount.objects.filter(organization=organization).update(down_since=since, probe_at=since)
    for _ in range(2):
        raise_attention(
            organization=organization,
            kind=GATEWAY_DOWN,
            subject=("gateway_outage", outage(account.id, since)),
            data={"provider": account.label, "number": 3},
            actor=SYSTEM,
        )
    assert bring_back(organization=organization, account_id=account.id, actor=SYSTEM)
    assert not bring_back(organization=organization, account_id=account.id, actor=SYSTEM)
    mails = read_all(organization)
    assert [mail.kind for mail in mails] == [MailKind.ATTENTION] * 2
    letters = [preview(organization, mail)[0] for mail in mails]
    assert sorted(letter.subject for letter in letters) == sorted([down, back])
    assert all(letter.figure == "Scripted" for letter in letters)
