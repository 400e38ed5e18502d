"""Lists of blocked and allowed, the rules as the owner sets them, and marks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.risk.errors import EntryUnknown, InvalidEntry, InvalidRules
from allsquare.risk.marks import mark, marks_of
from allsquare.risk.models import RiskEntry, RiskSettings
from allsquare.risk.rules import USUAL, Effect, Rule, Rules, Setting
from allsquare.risk.selectors import list_entries
from allsquare.risk.services.add_entry import add_entry
from allsquare.risk.services.change_rules import change_rules
from allsquare.risk.services.remove_entry import remove_entry
from allsquare.risk.settings import rules_of, settings_of
from tests import factories


def kinds(organization: Organization) -> list[str]:
    events = Event.objects.filter(organization_id=organization.id, kind__startswith="risk")
    return list(events.order_by("id").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("kind", "typed", "shown"),
    [
        ("mail", " Ada@Example.com ", "ada@example.com"),
        ("domain", "@Example.COM", "example.com"),
        ("address", "203.0.113.7", "203.0.113.7"),
        ("address", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("address", "2001:DB8:1:2::/64", "2001:db8:1:2::/64"),
        ("address", "2001:db8:1:2:0::/64", "2001:db8:1:2::/64"),
        ("address", "::ffff:203.0.113.7", "203.0.113.7"),
        ("address", "203.0.113.7/32", "203.0.113.7"),
        ("country", "br", "BR"),
    ],
)
def test_an_entry_is_kept_in_its_one_spelling(
    organization: Organization, kind: str, typed: str, shown: str
) -> None:
    row = add_entry(organization=organization, verdict="blocked", kind=kind, value=typed, actor=SYSTEM)
    assert row.shown == shown
    secret = settings_of(organization).secret
    assert bytes(row.mark) == mark(secret, kind, typed)
    assert kinds(organization) == ["risk_entry.added"]


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("mail", "ada"),
        ("mail", "a\x00b@example.com"),
        ("domain", "example"),
        ("domain", "<script>alert(1)</script>.com"),
        ("address", "300.1.1.1"),
        ("address", "' OR 1=1 --"),
        ("address", "203.0.113.0/24"),
        ("address", "2001:db8::/32"),
        ("address", "2001:db8:1:2::/80"),
        ("country", "Brazil"),
        ("card", "4242424242424242"),
        ("", ""),
    ],
)
def test_what_cannot_be_is_refused_by_name(organization: Organization, kind: str, typed: str) -> None:
    with pytest.raises(InvalidEntry):
        add_entry(organization=organization, verdict="blocked", kind=kind, value=typed, actor=SYSTEM)
    assert not RiskEntry.objects.filter(organization=organization).exists()


def test_the_same_again_changes_nothing_and_the_other_list_takes_it_over(organization: Organization) -> None:
    for verdict in ("blocked", "blocked", "allowed"):
        add_entry(
            organization=organization, verdict=verdict, kind="mail", value="ada@example.com", actor=SYSTEM
        )
    assert not list_entries(organization, "blocked")
    assert [row.shown for row in list_entries(organization, "allowed")] == ["ada@example.com"]
    assert kinds(organization) == ["risk_entry.added", "risk_entry.added"]


def test_an_entry_is_taken_off_once_and_only_by_its_own_organization(organization: Organization) -> None:
    row = add_entry(organization=organization, verdict="blocked", kind="country", value="BR", actor=SYSTEM)
    with pytest.raises(EntryUnknown):
        remove_entry(organization=factories.make_organization(), entry_id=row.id, actor=SYSTEM)
    remove_entry(organization=organization, entry_id=row.id, actor=SYSTEM)
    with pytest.raises(EntryUnknown):
        remove_entry(organization=organization, entry_id=row.id, actor=SYSTEM)
    assert kinds(organization) == ["risk_entry.added", "risk_entry.removed"]


def test_the_events_of_lists_name_nobody(organization: Organization) -> None:
    add_entry(
        organization=organization, verdict="blocked", kind="mail", value="ada@example.com", actor=SYSTEM
    )
    (event,) = Event.objects.filter(organization_id=organization.id, kind="risk_entry.added")
    assert "ada" not in str(event.data)


@pytest.mark.parametrize("role", [Role.BILLING_CLERK, Role.ACCOUNTANT, Role.VIEWER])
def test_rules_and_lists_are_for_those_who_change_settings(organization: Organization, role: Role) -> None:
    clerk = factories.member_actor(organization, role)
    with pytest.raises(PermissionDenied):
        add_entry(organization=organization, verdict="blocked", kind="country", value="BR", actor=clerk)
    with pytest.raises(PermissionDenied):
        change_rules(organization=organization, rules=Rules(), keep_days=90, actor=clerk)


def test_changed_rules_hold_and_the_rest_stays_usual(organization: Organization) -> None:
    rules = Rules({**USUAL, Rule.TRIES_MAIL: Setting(3, Effect.BLOCK)}, 30, 50, 101)
    row = change_rules(organization=organization, rules=rules, keep_days=30, actor=SYSTEM)
    assert row.rules == {"tries_mail": {"limit": 3, "effect": "block"}}
    assert rules_of(settings_of(organization)) == rules
    change_rules(organization=organization, rules=rules, keep_days=30, actor=SYSTEM)
    assert kinds(organization) == ["risk_rules.changed"]


@pytest.mark.parametrize(
    ("rules", "days", "field"),
    [
        (Rules({**USUAL, Rule.TRIES_MAIL: Setting(1, Effect.BLOCK)}), 90, "tries_mail"),
        (Rules({**USUAL, Rule.PROVIDER_SCORE: Setting(101, Effect.REVIEW)}), 90, "provider_score"),
        (Rules({**USUAL, Rule.PROVIDER_SCORE: Setting(75, Effect.BLOCK)}), 90, "provider_score"),
        (Rules(challenge_from=0), 90, "challenge_from"),
        (replace(Rules(), challenge_from=70, review_from=60), 90, "review_from"),
        (Rules(block_from=102), 90, "block_from"),
        (Rules(), 6, "keep_days"),
        (Rules(), 731, "keep_days"),
    ],
)
def test_rules_that_cannot_be_are_refused_by_field(
    organization: Organization, rules: Rules, days: int, field: str
) -> None:
    with pytest.raises(InvalidRules) as problem:
        change_rules(organization=organization, rules=rules, keep_days=days, actor=SYSTEM)
    assert list(problem.value.errors) == [field]
    assert not RiskSettings.objects.filter(organization=organization).exists()


def test_two_organizations_have_different_marks_for_the_same_payer(organization: Organization) -> None:
    secrets = [settings_of(each).secret for each in (organization, factories.make_organization())]
    ours, theirs = (marks_of(s, address="203.0.113.7", mail="a@b.example", country="DE") for s in secrets)
    assert not set(ours.listed) & set(theirs.listed)
    assert marks_of(secrets[0], address="", mail="", country="").listed == []
