"""Signing up: a person, their organization and its open books in one form."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from allsquare.onboarding.claim import sign_up_is_open
from allsquare.onboarding.errors import SignUpClosed
from allsquare.onboarding.services import sign_up as service
from allsquare.onboarding.services.begin_practice import begin_practice
from allsquare.web.console.account.forms import SignUpForm, guess_from
from allsquare.web.console.forms.errors import attempt
from allsquare.web.ui.client import client_address


@never_cache
@sensitive_post_parameters("password")
def sign_up(request: HttpRequest) -> HttpResponse:
    """Whoever is signed in makes another organization in its own form."""
    if request.user.is_authenticated:
        return redirect("account_new_organization")
    refused = ratelimit.consume_or_429(request, action="signup")
    if refused is not None:
        return refused
    if request.method != "POST" and not sign_up_is_open():
        return _closed(request)
    form = SignUpForm(request.POST if request.method == "POST" else None, guessed=guess_from(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = attempt(
                form,
                lambda: service.sign_up(
                    email=form.cleaned_data["email"],
                    name=form.cleaned_data["name"],
                    password=form.cleaned_data["password"],
                    organization=form.new_organization(),
                    address=client_address(request),
                    request=request.META["ALLSQUARE_REQUEST_ID"],
                ),
            )
        except SignUpClosed:
            return _closed(request)
        if made is not None:
            person, organization = made
            begin_practice(organization=organization, owner=person)
            get_adapter(request).login(request, person)
            request.session["organization"] = str(organization.id)
            return redirect("console:home")
    status = 422 if request.method == "POST" else 200
    return render(request, "account/signup.html", {"form": form}, status=status)


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "account/signup_closed.html", status=403 if request.method == "POST" else 200)
