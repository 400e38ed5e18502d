"""The sign-in page with the doors beside it: signing up, passkeys, single sign-on."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.http import HttpResponse

from allsquare.onboarding.claim import sign_up_is_open
from allsquare.web.console.account.single_sign_on import allow_provider


class SignInView(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "sign_up_is_open": sign_up_is_open(),
            "single_sign_on": settings.ALLSQUARE_OIDC_NAME,
        }

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().render_to_response(context, **kwargs)
        allow_provider(response)
        return response


sign_in = SignInView.as_view()
