"""The sign-in page with the doors beside it: signing up, passkeys, single sign-on."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView

from allsquare.onboarding.claim import sign_up_is_open


class SignInView(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "sign_up_is_open": sign_up_is_open()}


sign_in = SignInView.as_view()
