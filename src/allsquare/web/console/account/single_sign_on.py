"""Single sign-on by OpenID Connect: for members and for those who were invited, by a proven address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from allsquare.identity.errors import InvitationUnknown
from allsquare.identity.models import Person
from allsquare.identity.selectors import memberships_of
from allsquare.identity.services.join_by_sign_on import join_by_sign_on
from allsquare.web.ui.client import client_address
from allsquare.web.ui.csp import allow


class SingleSignOn(DefaultSocialAccountAdapter):
    """The provider says who somebody is; whether they may come in is said here."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Members pass. Whoever was invited joins now: the provider has proven what the mailed link would prove."""
        person = sociallogin.user if sociallogin.is_existing else None
        if isinstance(person, Person) and memberships_of(person):
            return
        address = next((found.email for found in sociallogin.email_addresses if found.verified), "")
        try:
            joined = join_by_sign_on(
                email=address,
                name=str(_claims(sociallogin).get("name") or ""),
                create=settings.ALLSQUARE_OIDC_CREATE,
                address=client_address(request),
                request=request.META["ALLSQUARE_REQUEST_ID"],
            )
        except InvitationUnknown:
            raise ImmediateHttpResponse(
                render(request, "socialaccount/refused.html", {"address": address}, status=403)
            ) from None
        if not sociallogin.is_existing:
            sociallogin.connect(request, joined)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Whoever comes this far is not known; they were refused above."""
        return False


def _claims(sociallogin: Any) -> dict[str, Any]:
    extra = sociallogin.account.extra_data
    found = extra.get("userinfo") or extra.get("id_token") or extra
    return found if isinstance(found, dict) else {}


def allow_provider(response: HttpResponseBase) -> None:
    """Browsers check ``form-action`` on the redirect that follows the button."""
    if settings.ALLSQUARE_OIDC_SERVER:
        parts = urlsplit(settings.ALLSQUARE_OIDC_SERVER)
        allow(response, "form-action", f"{parts.scheme}://{parts.netloc}", *settings.ALLSQUARE_OIDC_HOSTS)
