"""Logo and colour: what customers see of the organization on invoices, mails and the page where they pay."""

from __future__ import annotations

import base64
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.billing.logo import printable_type
from allsquare.core import colours
from allsquare.core.errors import InvalidInput
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.identity.services.change_logo import MAX_LOGO, change_logo
from allsquare.identity.services.change_organization import change_organization
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt


class BrandingForm(forms.Form):
    """The services check everything again."""

    logo = forms.FileField(
        required=False,
        allow_empty_file=True,
        label=gettext_lazy("Logo"),
        help_text=gettext_lazy("PNG, JPEG or SVG, at most 200 kB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/svg+xml"}),
    )
    remove_logo = forms.BooleanField(required=False, label=gettext_lazy("Remove the logo"))
    brand_color = forms.CharField(
        max_length=7,
        required=False,
        label=gettext_lazy("Colour"),
        help_text=gettext_lazy("Like #1f5fcd. Empty: the blue of Allsquare."),
    )

    def __init__(self, *args: Any, has_logo: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_logo:
            del self.fields["remove_logo"]

    def clean_logo(self) -> bytes | None:
        """Never more of a file than a logo can have."""
        given = self.cleaned_data.get("logo")
        if given is None:
            return None
        if given.size > MAX_LOGO:
            told = {"size": given.size // 1000, "most": MAX_LOGO // 1000}
            raise forms.ValidationError(
                _("The picture has %(size)s kB; %(most)s are enough for a logo.") % told
            )
        return bytes(given.read())

    def ask_logo_again(self) -> None:
        """Nothing was saved, and browsers forget the file that was chosen."""
        if self.files.get("logo") and "logo" not in self.errors:
            self.add_error(
                "logo", _("Choose the picture again: nothing was saved, and a page keeps no files.")
            )

    def shown_colour(self) -> str:
        """What is typed, as far as it is a colour; else the one that is stored."""
        try:
            return colours.tidy(str(self["brand_color"].value() or ""))
        except InvalidInput:
            return str(self.initial["brand_color"])


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def branding(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    form = BrandingForm(
        request.POST if request.method == "POST" else kept_form.take(request),
        request.FILES if request.method == "POST" else None,
        has_logo=bool(organization.logo_type),
        initial={"brand_color": organization.brand_color},
    )
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: _save(request, form))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("console:settings_branding")
    if request.method == "POST":
        form.ask_logo_again()
    context = {"form": form, "logo_url": logo_data(organization), **_preview(form.shown_colour())}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/branding.html", context, status=status)


def _save(request: ConsoleRequest, form: BrandingForm) -> bool:
    """The colour is checked before anything is kept, the logo before it is kept."""
    organization, actor = request.access.organization, request.access.actor
    data = form.cleaned_data["logo"]
    media_type = printable_type(data) if data else ""
    change_organization(organization=organization, actor=actor, brand_color=form.cleaned_data["brand_color"])
    if data or form.cleaned_data.get("remove_logo"):
        change_logo(organization=organization, data=data or b"", media_type=media_type, actor=actor)
    return True


def logo_data(organization: Organization) -> str:
    """The logo inside the page's own address, where it can run and load nothing."""
    if not organization.logo_type:
        return ""
    return f"data:{organization.logo_type};base64,{base64.b64encode(bytes(organization.logo)).decode()}"


def _preview(colour: str) -> dict[str, object]:
    """What the preview says of a colour: on white it may have to be darker for words."""
    return {
        "brand_color": colour,
        "brand_class": f"brand-{colour.removeprefix('#')}" if colour else "",
        "is_darkened": bool(colour) and colours.on_light(colour) != colour,
        "dark_ink": bool(colour) and colours.ink_on(colour) != colours.WHITE,
    }


@staff(Permission.MANAGE_SETTINGS)
def branding_preview(request: ConsoleRequest) -> HttpResponse:
    """``?brand_color=`` as far as it is one, while somebody types."""
    try:
        colour = colours.tidy(request.GET.get("brand_color", ""))
    except InvalidInput:
        return HttpResponse(status=204)
    context = {"logo_url": logo_data(request.access.organization), **_preview(colour)}
    return render(request, "console/settings/_brand_preview.html", context)
