"""Accepting an invitation: as somebody new, as somebody who is signed in, and not as somebody else."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from allsquare.identity.models import Invitation, Membership, Person
from allsquare.identity.roles import Role
from allsquare.identity.selectors import invitation_by_token, person_of
from allsquare.identity.services.accept_invitation import accept_invitation
from allsquare.identity.services.join_as_new_person import join_as_new_person
from allsquare.web.console.forms.errors import attempt
from allsquare.web.ui.client import client_address


class JoinForm(forms.Form):
    """The service checks everything again."""

    name = forms.CharField(max_length=200, label=gettext_lazy("Your name"))
    password = forms.CharField(
        max_length=1000,
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("At least 10 characters. Several words make a good one."),
        widget=forms.PasswordInput(render_value=False),
        strip=False,
    )


@never_cache
@sensitive_post_parameters("password")
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """A link that cannot be used says the same whatever the reason."""
    refused = ratelimit.consume_or_429(request, action="signup")
    if refused is not None:
        return refused
    found = invitation_by_token(token)
    if found is None:
        return render(request, "account/invitation_over.html", status=404)
    person = request.user
    if isinstance(person, Person):
        return _as_themselves(request, found, token, person)
    if person_of(found.email) is not None:
        return _known(request, found)
    return _as_new(request, found, token)


def _as_themselves(request: HttpRequest, found: Invitation, token: str, person: Person) -> HttpResponseBase:
    wrong = person.email != found.email
    if request.method == "POST" and not wrong:
        membership = accept_invitation(token=token, person=person, **_where(request))
        return _welcome(request, membership)
    context = {**_said(found), "wrong": wrong, "person": person}
    return render(request, "account/invitation.html", context)


def _known(request: HttpRequest, found: Invitation) -> HttpResponseBase:
    """They sign in first, and come back here."""
    if request.method == "POST":
        return redirect_to_login(request.path)
    return render(request, "account/invitation.html", {**_said(found), "known": True})


def _as_new(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        membership = attempt(
            form, lambda: join_as_new_person(token=token, **form.cleaned_data, **_where(request))
        )
        if membership is not None:
            get_adapter(request).login(request, membership.person)
            return _welcome(request, membership)
    status = 422 if request.method == "POST" else 200
    return render(request, "account/invitation.html", {**_said(found), "form": form}, status=status)


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session["organization"] = str(membership.organization_id)
    messages.success(request, _("Welcome to %(name)s.") % {"name": membership.organization.name})
    return redirect("console:home")


def _said(found: Invitation) -> dict[str, object]:
    return {"invitation": found, "organization_name": found.organization.name, "role": Role(found.role).label}


def _where(request: HttpRequest) -> dict[str, str]:
    return {"address": client_address(request), "request": request.META["ALLSQUARE_REQUEST_ID"]}
