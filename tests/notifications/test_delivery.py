from __future__ import annotations

import smtplib
from unittest.mock import Mock

import pytest
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.core.mail import EmailMessage

from allsquare.notifications.delivery import deliver
from allsquare.notifications.errors import NotDelivered, Refused

MESSAGE = EmailMessage("Subject", "Text", "a@example.com", ["b@example.com"])
SEND = "django.core.mail.backends.locmem.EmailBackend.send_messages"


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"b@example.com": (550, b"No such mailbox")}),
        smtplib.SMTPDataError(554, b"Not wanted"),
        AnymailRecipientsRefused("suppressed"),
    ],
)
def test_what_is_about_this_mail_is_for_good(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(SEND, Mock(side_effect=error))
    with pytest.raises(Refused):
        deliver(MESSAGE)


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"b@example.com": (450, b"Greylisted")}),
        smtplib.SMTPDataError(451, b"Later"),
        smtplib.SMTPSenderRefused(550, b"Not your domain", "a@example.com"),
        smtplib.SMTPAuthenticationError(535, b"Wrong password"),
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
        smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."),
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError(),
        AnymailAPIError("the provider is down"),
    ],
)
def test_what_is_about_the_server_or_our_settings_waits(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(SEND, Mock(side_effect=error))
    with pytest.raises(NotDelivered) as raised:
        deliver(MESSAGE)
    assert raised.value.message.rstrip(": ")[-1] not in ":(", "the reason is missing"


def test_a_backend_that_takes_nothing_did_not_deliver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SEND, Mock(return_value=0))
    with pytest.raises(NotDelivered):
        deliver(MESSAGE)


def test_a_message_that_was_taken_raises_nothing(mailoutbox: list[EmailMessage]) -> None:
    deliver(MESSAGE)
    assert [message.subject for message in mailoutbox] == [MESSAGE.subject]
