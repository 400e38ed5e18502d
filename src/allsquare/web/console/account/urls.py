"""Addresses of a person's own: those of allauth that we draw, by name, and ours.

They are listed one by one, so that a door of allauth that nobody looked at stays shut.
"""

from __future__ import annotations

from allauth.account import views as allauth
from allauth.socialaccount import views as social
from django.urls import include, path, re_path

from allsquare.web.console.account import (
    help,
    invitations,
    language,
    organizations,
    profile,
    second_factors,
    sign_in,
    sign_up,
)

urlpatterns = [
    path("language/", language.choose, name="set_language"),
    path("login/", sign_in.sign_in, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("signup/", sign_up.sign_up, name="account_signup"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("invitations/<str:token>/", invitations.invitation, name="account_invitation"),
    path("me/", profile.profile, name="account_profile"),
    path("me/sessions/end/", profile.sessions_end, name="account_sessions_end"),
    path("me/sessions/<uuid:session_id>/end/", profile.session_end, name="account_session_end"),
    path("help/", help.account_help, name="account_help"),
    path("2fa/", second_factors.factors, name="mfa_index"),
    path("2fa/totp/activate/", second_factors.activate, name="mfa_activate_totp"),
    path("2fa/", include("allauth.mfa.urls")),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("sso/canceled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("sso/error/", social.login_error, name="socialaccount_login_error"),
    path("organizations/new/", organizations.organization_new, name="account_new_organization"),
    path("organizations/switch/", organizations.organization_switch, name="account_switch_organization"),
]
