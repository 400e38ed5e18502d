"""Forms of signing up and in. The services check everything again."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, ResetPasswordForm
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from allsquare.core.ids import new_id
from allsquare.onboarding.defaults import Guess, currency_of, guess, zone_of, zones
from allsquare.onboarding.newcomer import NewOrganization
from allsquare.web.console.forms.fields import LANGUAGES, country_choices, currency_choices, time_zone_choices


class OrganizationFields(forms.Form):
    """What a new organization is asked. ``hints`` lets the page follow the browser's time zone."""

    organization = forms.CharField(max_length=200, label=_("Name of the organization"))
    country = forms.ChoiceField(label=_("Country"))
    base_currency = forms.ChoiceField(
        label=_("Currency of the books"), help_text=_("Cannot be changed once something is booked.")
    )
    time_zone = forms.ChoiceField(label=_("Time zone"))
    language = forms.ChoiceField(choices=LANGUAGES, label=_("Language of mails and documents"))

    def __init__(self, *args: Any, guessed: Guess, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices, initial in (
            ("country", country_choices(), guessed.country),
            ("base_currency", currency_choices(), guessed.base_currency),
            ("time_zone", time_zone_choices(), guessed.time_zone),
            ("language", LANGUAGES, guessed.language),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
            self.fields[name].initial = initial

    @property
    def hints(self) -> dict[str, object]:
        """Currency and zone of each country, and the country of each zone."""
        codes = [code for code, _name in country_choices()]
        return {
            "countries": {code: [currency_of(code), zone_of(code)] for code in codes},
            "zones": {zone: country for zone, country in zones().items() if country},
        }

    def new_organization(self) -> NewOrganization:
        data = self.cleaned_data
        return NewOrganization(
            name=data["organization"],
            country=data["country"],
            base_currency=data["base_currency"],
            time_zone=data["time_zone"],
            language=data["language"],
        )


class SignUpForm(OrganizationFields):
    name = forms.CharField(max_length=200, label=_("Your name"))
    email = forms.EmailField(max_length=254, label=_("E-mail address"))
    password = forms.CharField(
        max_length=1000,
        label=_("Password"),
        help_text=_("At least 10 characters. Several words make a good one."),
        widget=forms.PasswordInput(render_value=False),
        strip=False,
    )


class AnotherOrganizationForm(OrganizationFields):
    #: Names the form, so that sending it twice makes one organization.
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, initial=lambda: str(new_id()))


def guess_from(request: HttpRequest) -> Guess:
    """By the ``Accept-Language`` header (RFC 9110, 12.5.4), the best first."""
    weighed = []
    for position, part in enumerate(request.headers.get("Accept-Language", "")[:500].split(",")):
        tag, _semicolon, quality = part.strip().partition(";q=")
        try:
            weighed.append((-float(quality or 1), position, tag))
        except ValueError:
            continue
    return guess(
        [tag for _quality, _position, tag in sorted(weighed) if tag], [code for code, _ in LANGUAGES]
    )


class SignInForm(LoginForm):
    """In our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        if "remember" in self.fields:
            self.fields["remember"].label = _("Stay signed in")


class ForgottenPasswordForm(ResetPasswordForm):
    """In our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
