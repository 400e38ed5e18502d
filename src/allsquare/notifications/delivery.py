"""Handing a message to the mail server, with every answer sorted into *taken*, *not now* and *never*.

The server is whatever Django's ``EMAIL_BACKEND`` names: SMTP, or a provider's API through anymail.
"""

from __future__ import annotations

import smtplib

from anymail.exceptions import AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.core.mail import EmailMessage, get_connection

from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.notifications.errors import NotDelivered, Refused


def deliver(message: EmailMessage) -> None:
    """Returns when the server took the message. Raises :class:`NotDelivered` or :class:`Refused`.

    A server that takes the message and is cut off before it says so looks like one that did not: SMTP cannot
    promise *exactly once* (RFC 5321, 4.5.3.2.6). The message keeps its Message-ID, by which servers and mail
    programs know the second copy.
    """
    try:
        taken = get_connection(fail_silently=False).send_messages([message])
    except (AnymailRecipientsRefused, AnymailInvalidAddress) as error:
        raise Refused(kept(_noop("The mail provider refuses this recipient."), str(error))) from error
    except smtplib.SMTPException as error:
        raise _sorted(error) from error
    except (OSError, AnymailError) as error:
        raise NotDelivered(kept(_noop("The mail server cannot be reached."), _said(error))) from error
    if not taken:
        raise NotDelivered(_noop("The mail server took nothing and gave no reason."))


def _sorted(error: smtplib.SMTPException) -> NotDelivered | Refused:
    """A reply of 5xx is for good (RFC 5321, 4.2.1) where it is about the recipient or the message. About the
    sender or the sign-in it means that our settings are wrong; those get mended, so the mail waits."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, reason = next(iter(error.recipients.values()))
            if code >= 500:
                return Refused(
                    kept(_noop("The mail server refuses this recipient."), f"{code} {_text(reason)}")
                )
            return NotDelivered(
                kept(_noop("The mail server put the recipient off."), f"{code} {_text(reason)}")
            )
        case smtplib.SMTPDataError() if error.smtp_code >= 500:
            return Refused(
                kept(
                    _noop("The mail server refuses this mail."),
                    f"{error.smtp_code} {_text(error.smtp_error)}",
                )
            )
        case smtplib.SMTPResponseException():
            return NotDelivered(
                kept(
                    _noop("The mail server does not take this mail now."),
                    f"{error.smtp_code} {_text(error.smtp_error)}",
                )
            )
        case _:
            return NotDelivered(kept(_noop("The mail server broke off."), _said(error)))


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
