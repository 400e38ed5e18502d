"""Second factors by django-allauth: encrypted at rest, and every code counts once."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import segno
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base import forms
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import encryption
from allsquare.core.transactions import retrying
from allsquare.identity.models import Person
from allsquare.identity.selectors import second_factor_missing

#: In ``Authenticator.data``: the time step of the newest code that was used.
_LAST_STEP = "last_step"


class SecondFactors(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy(
            "This code is wrong, too old, or was used already. Wait for the next one."
        ),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """Dark on white with a quiet zone, whatever the page's colours: phones read no other."""
        out = BytesIO()
        segno.make(url, error="m").save(out, kind="svg", scale=5, border=3, light="#fff", xmldecl=False)
        return out.getvalue().decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)s") % {"number": count + 1}


def step_of(secret: str, code: str) -> int | None:
    """The time step (RFC 6238, 4.2) whose code this is, the newest first; ``None`` for a wrong one."""
    for step in sorted(yield_hotp_counters_from_time(), reverse=True):
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            return step
    return None


@retrying
def use_code(authenticator: Authenticator, code: str) -> bool:
    """Is ``code`` right, and newer than every code used before? RFC 6238, 5.2: a code is accepted once. The row is
    locked meanwhile, so of two processes with the same code one is refused."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    step = step_of(encryption.decrypt(row.data["secret"]), code)
    if step is None or step <= row.data.get(_LAST_STEP, -1):
        return False
    row.data[_LAST_STEP] = step
    row.save(update_fields=["data"])
    return True


class _OnceForm(forms.BaseAuthenticateForm):
    """allauth remembers used codes for one step only, and our phones may be one step off."""

    def clean_code(self) -> str:
        clear = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        for found in Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN):
            totp = found.type == Authenticator.Type.TOTP
            if use_code(found, code) if totp else found.wrap().validate_code(code):
                found.refresh_from_db()
                found.user = self.user
                self.authenticator = found
                clear()
                return code
        raise get_adapter().validation_error("incorrect_code")


class AuthenticateForm(_OnceForm, forms.AuthenticateForm):
    """At sign-in."""


class ReauthenticateForm(_OnceForm, forms.ReauthenticateForm):
    """Before second factors are changed."""


class ActivateForm(ActivateTOTPForm):
    """The code that switches the app on does not sign in afterwards."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = gettext_lazy("Code of the app")
        self.fields["code"].widget.attrs = {
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "placeholder": "",
        }


class ActivateView(ActivateTOTPView):
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        made = Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.TOTP).first()
        if made is not None:
            use_code(made, form.cleaned_data["code"])
        return response


activate = ActivateView.as_view()


class AddPasskeyForm(AddWebAuthnForm):
    """A key that signs in alone is what most people want of a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext_lazy("Name")
        passwordless = self.fields["passwordless"]
        passwordless.initial = True
        passwordless.label = gettext_lazy("Sign in with it without a password")
        passwordless.help_text = gettext_lazy("The device then asks for finger, face or PIN each time.")


class FactorsView(IndexView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """``needed_by``: the organization that asks for a second factor which the person does not have."""
        person = self.request.user
        asking = second_factor_missing(person) if isinstance(person, Person) else None
        return {**super().get_context_data(**kwargs), "needed_by": asking}


factors = FactorsView.as_view()
