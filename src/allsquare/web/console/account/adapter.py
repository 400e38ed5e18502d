"""Sign-in by django-allauth."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext as _

from allsquare.core.errors import AllsquareError


class MailServerDown(AllsquareError):
    """The mail with the link could not be handed over."""

    code = "mail_server_down"
    status = 503


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up but our own, and a plain sentence when the mail server is down."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Of allauth's own form, which makes no organization. Ours asks ``onboarding.claim``."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> Any:
        """Raises :class:`MailServerDown`; the same for known and unknown addresses, since both get a mail."""
        try:
            return super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            raise MailServerDown(
                _("The mail server cannot be reached, so no link was sent. Try again in a few minutes.")
            ) from error
