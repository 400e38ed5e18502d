"""My account: name, language, what protects it, and where it is signed in."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from allsquare.identity.selectors import has_second_factor, memberships_of, sessions_of
from allsquare.identity.services.change_person import change_person
from allsquare.identity.services.end_sessions import end_sessions
from allsquare.web.console.access import post_only, signed_in
from allsquare.web.console.account.actors import own_actor
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import LANGUAGES


class ProfileForm(forms.Form):
    """The service checks everything again."""

    name = forms.CharField(max_length=200, label=gettext_lazy("Your name"))
    language = forms.ChoiceField(
        choices=[("", gettext_lazy("As the organization")), *LANGUAGES],
        required=False,
        label=gettext_lazy("Language of the console and of mails to you"),
    )


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    person = signed_in(request)
    typed = request.POST if request.method == "POST" else None
    form = ProfileForm(typed, initial={"name": person.name, "language": person.language})
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: change_person(person=person, actor=own_actor(request, person), **form.cleaned_data),
        )
        if saved is not None:
            messages.success(request, _("Your account is saved."))
            return redirect("account_profile")
    context = {
        "form": form,
        "person": person,
        "memberships": memberships_of(person),
        "has_second_factor": has_second_factor(person),
        "has_password": person.has_usable_password(),
        "sessions": sessions_of(person),
        "current": request.session.session_key,
    }
    return render(request, "account/profile.html", context, status=422 if request.method == "POST" else 200)


@post_only
@login_required
def session_end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Another of one's own; this one ends by signing out."""
    person = signed_in(request)
    _end(
        request,
        end_sessions(
            person=person, actor=own_actor(request, person), session_id=session_id, keep=_this(request)
        ),
    )
    return redirect("account_profile")


@post_only
@login_required
def sessions_end(request: HttpRequest) -> HttpResponse:
    """All but this one."""
    person = signed_in(request)
    _end(request, end_sessions(person=person, actor=own_actor(request, person), keep=_this(request)))
    return redirect("account_profile")


def _this(request: HttpRequest) -> str:
    return str(request.session.session_key)


def _end(request: HttpRequest, count: int) -> None:
    if count:
        sentence = ngettext("%(count)s session is ended.", "%(count)s sessions are ended.", count)
        messages.success(request, sentence % {"count": count})
    else:
        messages.info(request, _("There was no other session."))
