"""What was caught: a list, one mail, and its HTML in a frame in which nothing can run.

A mail is what somebody else wrote, so its HTML is an answer of its own with a policy of its own: no script, no
form, nothing loaded from anywhere; links open in a new window.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from allsquare.web.caught import mailbox
from allsquare.web.caught.mailbox import CaughtMail, CaughtUnknown
from allsquare.web.ui.csp import SELF, allow

#: Mails on the list; the newest are what one looks for.
SHOWN: Final = 200

_FRAME_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


@require_safe
def caught_list(request: HttpRequest) -> HttpResponse:
    """Newest first."""
    mails = mailbox.caught(_directory())
    return render(request, "caught/list.html", {"mails": mails[:SHOWN], "count": len(mails)})


@require_safe
def caught_mail(request: HttpRequest, mail_id: str) -> HttpResponse:
    """One mail: headers, files, and its two bodies."""
    mail = _mail(mail_id)
    headers = [
        (name, str(mail.message[name])) for name in ("From", "To", "Reply-To", "Date") if mail.message[name]
    ]
    response = render(request, "caught/mail.html", {"mail": mail, "headers": headers})
    allow(response, "frame-src", SELF)
    return response


@require_safe
def caught_html(request: HttpRequest, mail_id: str) -> HttpResponse:
    """The HTML body as a mail program would show it."""
    mail = _mail(mail_id)
    html = mail.html
    for name, picture in mail.pictures.items():
        data = base64.b64encode(picture.content).decode()
        html = html.replace(f"cid:{name}", f"data:{picture.media_type};base64,{data}")
    html = re.sub(r"(<head[^>]*>)", r'\1<base target="_blank">', html, count=1)
    return HttpResponse(html, headers={"Content-Security-Policy": _FRAME_POLICY})


@require_safe
def caught_source(request: HttpRequest, mail_id: str) -> FileResponse:
    """The mail as it came over the wire."""
    mail = _mail(mail_id)
    return FileResponse(
        mail.path.open("rb"), content_type="message/rfc822", as_attachment=True, filename=f"{mail.id}.eml"
    )


@require_safe
def caught_file(request: HttpRequest, mail_id: str, place: int) -> HttpResponse:
    """An attached file, counted from 0; always saved, never shown on our own address."""
    files = _mail(mail_id).attachments
    if place >= len(files):
        raise CaughtUnknown(_("This mail has no such file."))
    file = files[place]
    response = HttpResponse(file.content, content_type=file.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=file.name
    )
    return response


def _mail(mail_id: str) -> CaughtMail:
    return mailbox.get(_directory(), mail_id)


def _directory() -> Path:
    return Path(settings.ALLSQUARE_CAUGHT_MAIL_DIR)
