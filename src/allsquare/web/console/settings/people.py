"""People: who is a member in which role, and who is invited."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core.clock import now
from allsquare.core.selectors import events_of
from allsquare.identity.permissions import Permission
from allsquare.identity.roles import Role
from allsquare.identity.selectors import get_member, list_members, open_invitations
from allsquare.identity.services.change_role import change_role
from allsquare.identity.services.invite_member import invite_member
from allsquare.identity.services.remove_member import remove_member
from allsquare.identity.services.resend_invitation import resend_invitation
from allsquare.identity.services.withdraw_invitation import withdraw_invitation
from allsquare.web.console import kept_form
from allsquare.web.console.access import Access, ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import Choices
from allsquare.web.console.forms.once import OnceForm
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline


class RoleForm(forms.Form):
    """Only owners are offered to make owners."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, access: Access, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _offered(access)  # type: ignore[attr-defined]  # a ChoiceField


class InviteForm(OnceForm, RoleForm):
    email = forms.EmailField(max_length=254, label=gettext_lazy("E-mail address"))
    field_order = ("email", "role")


def _offered(access: Access) -> Choices:
    roles = [role for role in Role if role is not Role.OWNER or access.actor.role == Role.OWNER]
    return [(role.value, role.label) for role in roles]


@staff(Permission.MANAGE_PEOPLE, keeps_form=True)
def people(request: ConsoleRequest) -> HttpResponse:
    """The list, and the form that invites."""
    organization, actor = request.access.organization, request.access.actor
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = InviteForm(request.access, typed, initial={"role": Role.BILLING_CLERK.value})
    if request.method == "POST" and form.is_valid():
        given = form.to_make()
        given["role"] = Role(given["role"])
        made = attempt(form, lambda: invite_member(organization=organization, actor=actor, **given))
        if made is not None:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": made.email})
            return redirect("console:settings_people")
    context = {
        "form": form,
        "members": list_members(organization),
        "invitations": open_invitations(organization),
        "now": now(None),
        "required": organization.second_factor_roles,
        "me": actor.id,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/people.html", context, status=status)


@staff(Permission.MANAGE_PEOPLE)
def members(request: ConsoleRequest) -> HttpResponse:
    """The members to search, filter and export, where they are more than a page shows well."""
    return listing(request, "members")


@staff(Permission.MANAGE_PEOPLE, keeps_form=True)
def member(request: ConsoleRequest, membership_id: UUID) -> HttpResponse:
    """One member: change the role, or remove them."""
    organization, actor = request.access.organization, request.access.actor
    found = get_member(organization, membership_id)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = RoleForm(request.access, typed, initial={"role": found.role})
    if request.method == "POST" and form.is_valid():
        role = Role(form.cleaned_data["role"])
        changed = attempt(
            form,
            lambda: change_role(
                organization=organization, membership_id=membership_id, role=role, actor=actor
            ),
        )
        if changed is not None:
            said = {"name": str(changed.person), "role": role.label}
            messages.success(request, _("%(name)s has the role %(role)s now.") % said)
            return redirect("console:settings_people")
    events = events_of(organization.id, [found.id, found.person_id], limit=50)
    context = {"form": form, "member": found, "timeline": timeline(events, here=request.path)}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/member.html", context, status=status)


@post_only
@staff(Permission.MANAGE_PEOPLE)
def member_remove(request: ConsoleRequest, membership_id: UUID) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    gone = remove_member(organization=organization, membership_id=membership_id, actor=actor)
    messages.success(request, _("%(name)s is no longer a member.") % {"name": str(gone.person)})
    return redirect("console:settings_people")


@post_only
@staff(Permission.MANAGE_PEOPLE)
def invitation_resend(request: ConsoleRequest, invitation_id: UUID) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    sent = resend_invitation(organization=organization, invitation_id=invitation_id, actor=actor)
    messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": sent.email})
    return redirect("console:settings_people")


@post_only
@staff(Permission.MANAGE_PEOPLE)
def invitation_withdraw(request: ConsoleRequest, invitation_id: UUID) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    gone = withdraw_invitation(organization=organization, invitation_id=invitation_id, actor=actor)
    messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": gone.email})
    return redirect("console:settings_people")
