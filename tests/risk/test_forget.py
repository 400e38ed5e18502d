"""What identifies payers is forgotten when its time is over."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.risk.due import organizations_that_remember
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import Rules
from allsquare.risk.services.change_rules import change_rules
from allsquare.risk.services.forget import forget
from tests import factories


def remembered(organization: Organization, *, days: int, payment_id: UUID | None) -> RiskAssessment:
    return RiskAssessment.objects.create(
        organization=organization,
        customer=factories.make_customer(organization),
        payment_id=payment_id,
        link_id=new_id(),
        currency="EUR",
        amount_minor=100,
        score=30,
        action="challenge" if payment_id else "block",
        reasons=[{"rule": "declined_payer", "seen": 5, "limit": 5, "points": 30}],
        address_mark=b"a",
        mail_mark=b"m",
        card_mark=b"c",
        buyer_country="DE",
        card_country="BR",
        created_at=clock.now(organization) - timedelta(days=days),
    )


def test_marks_go_and_the_score_stays(organization: Organization) -> None:
    old = remembered(organization, days=91, payment_id=new_id())
    young = remembered(organization, days=89, payment_id=new_id())
    assert forget(organization=organization) == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.address_mark, old.mail_mark, old.card_mark) == (None, None, None)
    assert (old.buyer_country, old.card_country, old.score) == ("", "", 30)
    assert young.forgotten_at is None
    assert bytes(young.address_mark or b"") == b"a"
    assert forget(organization=organization) == 0


def test_what_was_blocked_goes_as_a_whole(organization: Organization) -> None:
    remembered(organization, days=91, payment_id=None)
    assert forget(organization=organization) == 1
    assert not RiskAssessment.objects.filter(organization=organization).exists()


def test_each_organization_has_its_own_time(organization: Organization) -> None:
    other = factories.make_organization()
    change_rules(organization=other, rules=Rules(), keep_days=7, actor=SYSTEM)
    for each in (organization, other):
        remembered(each, days=8, payment_id=new_id())
    assert {each.id for each in organizations_that_remember()} >= {organization.id, other.id}
    assert [forget(organization=each) for each in (organization, other)] == [0, 1]
    assert other.id not in {each.id for each in organizations_that_remember()}
