"""Who mails come from, and whether they go out at all."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core.errors import AllsquareError
from allsquare.identity.permissions import Permission
from allsquare.identity.services.change_organization import change_organization
from allsquare.notifications.compose import own_address
from allsquare.notifications.errors import NotDelivered, Refused, TooManyTests
from allsquare.notifications.services.send_test_mail import send_test_mail
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, signed_in, staff
from allsquare.web.console.forms.errors import attempt


class MailForm(forms.Form):
    """The service checks everything again."""

    mail_name = forms.CharField(
        max_length=100,
        required=False,
        label=gettext_lazy("Name of the sender"),
        help_text=gettext_lazy("Empty: the name of the organization."),
    )
    reply_to = forms.CharField(
        max_length=254,
        required=False,
        label=gettext_lazy("Answers go to"),
        help_text=gettext_lazy("Empty: the e-mail address of the organization."),
    )


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def mail_settings(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    stored = {"mail_name": organization.mail_name, "reply_to": organization.reply_to}
    form = MailForm(typed, initial=stored)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: change_organization(
                organization=organization, actor=request.access.actor, **form.cleaned_data
            ),
        )
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("console:settings_mail")
    context = {
        "form": form,
        "own_address": own_address(),
        "smtp": settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"),
        "backend": settings.EMAIL_BACKEND,
        "host": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "user_name": settings.EMAIL_HOST_USER,
        "has_password": bool(settings.EMAIL_HOST_PASSWORD),
        "encrypted": settings.EMAIL_USE_TLS,
        "mine": signed_in(request).email,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/mail.html", context, status=status)


@post_only
@staff(Permission.MANAGE_SETTINGS)
def mail_test(request: ConsoleRequest) -> HttpResponse:
    """To the address with which the person signs in: nobody else is written to."""
    mine = signed_in(request).email
    try:
        send_test_mail(organization=request.access.organization, recipient=mine, actor=request.access.actor)
    except (NotDelivered, Refused, TooManyTests) as error:
        messages.error(request, _sentence(error))
    else:
        messages.success(request, _("The mail server took a mail to %(address)s.") % {"address": mine})
    return redirect("console:settings_mail")


def _sentence(error: AllsquareError) -> str:
    return _("The test mail did not go out. %(said)s") % {"said": error.message}
