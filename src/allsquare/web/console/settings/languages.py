"""Which language the organization speaks."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.identity.permissions import Permission
from allsquare.identity.services.change_organization import change_organization
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import LANGUAGES


class LanguageForm(forms.Form):
    language = forms.ChoiceField(
        choices=LANGUAGES,
        label=gettext_lazy("Language of the organization"),
        help_text=gettext_lazy("New customers get it, until you choose another for them."),
    )


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def language_settings(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = LanguageForm(typed, initial={"language": organization.language})
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: change_organization(
                organization=organization, actor=request.access.actor, **form.cleaned_data
            ),
        )
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("console:settings_languages")
    context = {"form": form, "languages": settings.LANGUAGES}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/languages.html", context, status=status)
