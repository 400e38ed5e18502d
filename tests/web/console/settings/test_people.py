"""The pages People, Roles and Security."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Invitation, Membership
from allsquare.identity.permissions import ROLE_PERMISSIONS
from allsquare.identity.roles import Role
from allsquare.identity.services.invite_member import invite_member
from allsquare.web.console.settings.roles import SENTENCES
from tests.web.console.world import World

PEOPLE = "console:settings_people"


def test_members_are_listed_and_somebody_is_invited(world: World, owner: Client) -> None:
    world.member(Role.SALES)
    sent = owner.post(reverse(PEOPLE), {"email": "nadia@example.com", "role": "viewer"}, follow=True)
    page = sent.content.decode()
    assert "An invitation is on its way to nadia@example.com." in page
    assert "Sales" in page
    assert "nadia@example.com" in page
    refused = owner.post(reverse(PEOPLE), {"email": "nobody", "role": "viewer"})
    assert refused.status_code == 422
    assert 'id="id_email_error"' in refused.content.decode()


def test_an_administrator_is_not_offered_to_make_owners(world: World) -> None:
    admin = world.client(Role.ADMINISTRATOR)
    assert 'value="owner"' not in admin.get(reverse(PEOPLE)).content.decode()
    answer = admin.post(reverse(PEOPLE), {"email": "a@example.com", "role": "owner"})
    assert answer.status_code == 422
    assert not Invitation.objects.filter(organization=world.organization).exists()


def test_a_role_is_changed_and_counts_at_the_next_click(world: World, owner: Client) -> None:
    clerk = world.client(Role.BILLING_CLERK)
    row = Membership.objects.get(organization=world.organization, role=Role.BILLING_CLERK)
    assert clerk.get(reverse("console:invoice_new")).status_code == 200
    url = reverse("console:settings_member", args=[row.id])
    assert owner.get(url).status_code == 200
    owner.post(url, {"role": "viewer"})
    assert clerk.get(reverse("console:invoice_new")).status_code == 403


def test_who_is_removed_is_out_at_the_next_click(world: World, owner: Client) -> None:
    clerk = world.client(Role.BILLING_CLERK)
    row = Membership.objects.get(organization=world.organization, role=Role.BILLING_CLERK)
    page = owner.post(reverse("console:settings_member_remove", args=[row.id]), follow=True)
    assert "is no longer a member" in page.content.decode()
    assert clerk.get(reverse("console:home")).status_code == 403


def test_the_last_owner_is_told_why_they_stay(world: World, owner: Client) -> None:
    row = Membership.objects.get(organization=world.organization, role=Role.OWNER)
    refused = owner.post(reverse("console:settings_member", args=[row.id]), {"role": "viewer"})
    assert "This is the last owner" in refused.content.decode()
    gone = owner.post(reverse("console:settings_member_remove", args=[row.id]))
    assert gone.status_code == 409


def test_an_invitation_is_sent_again_and_withdrawn(world: World, owner: Client) -> None:
    waiting = invite_member(
        organization=world.organization, email="nadia@example.com", role=Role.VIEWER, actor=SYSTEM
    )
    owner.post(reverse("console:settings_invitation_resend", args=[waiting.id]))
    waiting.refresh_from_db()
    assert waiting.sent == 2
    owner.post(reverse("console:settings_invitation_withdraw", args=[waiting.id]))
    waiting.refresh_from_db()
    assert waiting.withdrawn_at is not None


def test_the_table_of_roles_says_what_services_check(world: World) -> None:
    everything = frozenset().union(*ROLE_PERMISSIONS.values())
    assert set(SENTENCES) == everything
    page = world.client(Role.VIEWER).get(reverse("console:settings_roles"))
    rows = page.context["rows"]
    for (permission, _sentence), (_shown, allowed) in zip(SENTENCES.items(), rows, strict=True):
        assert allowed == [permission in ROLE_PERMISSIONS[role] for role in Role]
    assert "Your role here is <strong>Viewer</strong>" in page.content.decode()


def test_a_billing_clerk_sees_balances_and_no_profit_and_loss() -> None:
    assert Role.BILLING_CLERK in ROLE_PERMISSIONS
    allowed = {permission.value for permission in ROLE_PERMISSIONS[Role.BILLING_CLERK]}
    assert {"view_sales", "issue_invoices", "record_payments"} <= allowed
    assert not {"view_books", "post_journal", "refund", "manage_people"} & allowed


def test_an_owner_asks_roles_for_a_second_factor_and_is_asked_next(world: World, owner: Client) -> None:
    url = reverse("console:settings_security")
    assert "You have none yourself" in owner.get(url).content.decode()
    owner.post(url, {"roles": ["accountant"]})
    assert owner.get(url).status_code == 200
    owner.post(url, {"roles": ["owner", "accountant"]})
    assert owner.get(url)["Location"] == reverse("mfa_index")


@pytest.mark.parametrize("roles", [["nobody"], ["owner", "<script>"]])
def test_made_up_roles_are_refused(roles: list[str], world: World, owner: Client) -> None:
    answer = owner.post(reverse("console:settings_security"), {"roles": roles})
    assert answer.status_code == 422
    world.organization.refresh_from_db()
    assert world.organization.second_factor_roles == []
