"""Belonging to several organizations: going over to another, and making one more."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.core.errors import NotFound
from allsquare.identity.selectors import memberships_of
from allsquare.onboarding.services.begin_practice import begin_practice
from allsquare.onboarding.services.open_another import open_another
from allsquare.web.console.access import post_only, signed_in
from allsquare.web.console.account.actors import own_actor
from allsquare.web.console.account.forms import AnotherOrganizationForm, guess_from
from allsquare.web.console.forms.errors import attempt


@login_required
def organization_new(request: HttpRequest) -> HttpResponse:
    person = signed_in(request)
    form = AnotherOrganizationForm(
        request.POST if request.method == "POST" else None, guessed=guess_from(request)
    )
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: open_another(
                owner=person,
                organization=form.new_organization(),
                key=form.cleaned_data["key"],
                actor=own_actor(request, person),
            ),
        )
        if made is not None:
            begin_practice(organization=made, owner=person)
            request.session["organization"] = str(made.id)
            messages.success(request, _("%(name)s is ready.") % {"name": made.name})
            return redirect("console:home")
    status = 422 if request.method == "POST" else 200
    return render(request, "account/new_organization.html", {"form": form}, status=status)


@post_only
@login_required
def organization_switch(request: HttpRequest) -> HttpResponse:
    """Remembered by the session alone, so two browsers may stand in two organizations."""
    chosen = request.POST.get("organization", "")
    mine = {str(row.organization_id): row.organization for row in memberships_of(signed_in(request))}
    if chosen not in mine:
        raise NotFound(_("You belong to no such organization."))
    request.session["organization"] = str(UUID(chosen))
    messages.success(request, _("You are in %(name)s now.") % {"name": mine[chosen].name})
    return redirect("console:home")
