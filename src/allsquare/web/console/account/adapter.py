"""What django-allauth asks us while somebody signs in."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import clock
from allsquare.core.errors import AllsquareError
from allsquare.identity.models import Person
from allsquare.identity.services.end_sessions import end_sessions
from allsquare.identity.services.tell_of_person import tell_of_person
from allsquare.web.console.account import devices, presence
from allsquare.web.console.account.actors import own_actor
from allsquare.web.console.account.lockout import LockedOut, Tries, count_try, free
from allsquare.web.ui.client import client_address

#: What allauth would mail about by itself is an event of ours: the event and its data.
_CHANGES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "account/email/password_changed": ("person.password_changed", {}),
    "account/email/password_reset": ("person.password_changed", {}),
    "account/email/password_set": ("person.password_changed", {}),
    "mfa/email/totp_activated": ("person.second_factor_added", {"factor": "totp"}),
    "mfa/email/totp_deactivated": ("person.second_factor_removed", {"factor": "totp"}),
    "mfa/email/webauthn_added": ("person.second_factor_added", {"factor": "webauthn"}),
    "mfa/email/webauthn_removed": ("person.second_factor_removed", {"factor": "webauthn"}),
    "mfa/email/recovery_codes_generated": ("person.second_factor_added", {"factor": "recovery_codes"}),
}
#: Seconds for which a sign-in just made is proof enough to change second factors.
_FRESH: Final = 300


class MailServerDown(AllsquareError):
    """The mail with the link could not be handed over."""

    code = "mail_server_down"
    status = 503


class AccountAdapter(DefaultAccountAdapter):
    """Our lockout, our event log, no sign-up but our own, and a plain sentence when the mail server is down."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("E-mail address and password do not belong together."),
        "too_many_login_attempts": gettext_lazy("Too many tries. Wait five minutes and try again."),
    }
    _tries: Tries | None = None

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Of allauth's own form, which makes no organization. Ours asks ``onboarding.claim``."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or "unknown"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try. The answer to too many is the same whether somebody has this address or not."""
        try:
            self._tries = count_try(request, str(credentials.get("email", "")))
        except LockedOut as error:
            sentence = _(
                "Too many tries. Wait %(minutes)s min and try again, or choose a new password by mail."
            ) % {"minutes": error.minutes}
            raise ValidationError(sentence, code="too_many_login_attempts") from error

    def _rollback_login_failed_rl_usage(self) -> None:
        """allauth calls this when the password was right."""
        if self._tries is not None:
            self._tries.give_back()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """allauth calls this when a new password was chosen by mail."""
        free(request, str(credentials.get("email", "")))

    def login(self, request: HttpRequest, user: Any) -> None:
        """Django gives the session a new key here. A first sign-in is in no new device: it is the only one."""
        first, known = user.last_login is None, devices.is_known(request, user)
        super().login(request, user)
        presence.arrive(request, user)
        tell_of_person(
            person=user,
            kind="person.signed_in",
            data={"device": devices.device_name(request), "new_device": not (known or first)},
            actor=own_actor(request, user),
        )

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who signed in a moment ago."""
        request = self.request
        records = get_authentication_records(request, request.user) if request else []
        fresh = bool(records) and clock.now(None).timestamp() - records[-1]["at"] < _FRESH
        return not fresh and bool(super().is_reauthentication_required(app=app, **kwargs))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """An event instead; who follows the log writes the mail. A new password ends all other sessions."""
        if template_prefix not in _CHANGES or not isinstance(user, Person):
            return
        kind, data = _CHANGES[template_prefix]
        request = self.request
        actor = own_actor(request, user)
        facts: dict[str, object] = {"device": devices.device_name(request), **data}
        tell_of_person(person=user, kind=kind, data=facts, actor=actor)
        if kind == "person.password_changed":
            mine = request.user == user
            if mine:  # Django gave this session another key
                presence.note(request, user)
            end_sessions(person=user, actor=actor, keep=str(request.session.session_key) if mine else "")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> Any:
        """Raises :class:`MailServerDown`; the same for known and unknown addresses, since both get a mail."""
        try:
            return super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            raise MailServerDown(
                _("The mail server cannot be reached, so no link was sent. Try again in a few minutes.")
            ) from error
