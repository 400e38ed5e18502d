"""Security: which roles need a second factor, and who may sign up."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.identity.permissions import Permission
from allsquare.identity.roles import LABELS, Role
from allsquare.identity.selectors import has_second_factor, list_members
from allsquare.identity.services.require_second_factor import require_second_factor
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, signed_in, staff
from allsquare.web.console.forms.errors import attempt


class SecondFactorForm(forms.Form):
    roles = forms.MultipleChoiceField(
        choices=[(role.value, label) for role, label in LABELS.items()],
        required=False,
        label=gettext_lazy("Members in these roles need a second factor"),
        help_text=gettext_lazy(
            "Who has none is led to set one up before anything else, from their next click on."
        ),
        widget=forms.CheckboxSelectMultiple,
    )


@staff(Permission.MANAGE_PEOPLE, keeps_form=True)
def security(request: ConsoleRequest) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = SecondFactorForm(typed, initial={"roles": organization.second_factor_roles})
    if request.method == "POST" and form.is_valid():
        chosen = [Role(role) for role in form.cleaned_data["roles"]]
        saved = attempt(
            form, lambda: require_second_factor(organization=organization, roles=chosen, actor=actor)
        )
        if saved is not None:
            messages.success(request, _("The security settings are saved."))
            return redirect("console:settings_security")
    members = list_members(organization)
    context = {
        "form": form,
        "without": [row.membership for row in members if not row.second_factor],
        "members": len(members),
        "mine": has_second_factor(signed_in(request)),
        "sign_up": settings.ALLSQUARE_OPEN_SIGN_UP,
        "single_sign_on": settings.ALLSQUARE_OIDC_NAME,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/security.html", context, status=status)
