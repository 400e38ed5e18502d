"""Mails: what went out, what waits, what failed and why."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.core.errors import Conflict
from allsquare.core.selectors import events_of
from allsquare.core.words import shown
from allsquare.identity.permissions import Permission
from allsquare.notifications import selectors as notifications
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.kinds import PERSONAL, MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.services.leave_unsent import leave_unsent
from allsquare.notifications.services.resend import resend
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.send import AddedForm, SendForm
from allsquare.web.console.issuing import LETTER_POLICY
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline
from allsquare.web.ui.csp import allow


@staff(Permission.VIEW_SALES)
def mail_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "mails")


@staff(Permission.VIEW_SALES)
def held_mails(request: ConsoleRequest) -> HttpResponse:
    """What waits for a person after a restore."""
    return listing(request, "held_mails")


@staff(Permission.VIEW_SALES)
def mail(request: ConsoleRequest, mail_id: UUID) -> HttpResponse:
    organization = request.access.organization
    found = notifications.get_mail(organization, mail_id)
    context = {
        "mail": found,
        "form": SendForm(initial={"recipient": found.recipient}, auto_id="again_%s"),
        "is_personal": MailKind(found.kind) in PERSONAL,
        "timeline": timeline(
            events_of(organization.id, [found.id]), here=request.path, added=added_words([found])
        ),
    }
    response = render(request, "console/mails/mail.html", context)
    allow(response, "frame-src", "'self'")
    return response


def added_words(mails: Iterable[Mail]) -> dict[UUID, str]:
    """What people added to these mails, for the timeline: the log itself does not keep it."""
    found = {}
    for each in mails:
        copies = _("Copy to %(addresses)s.") % {"addresses": ", ".join(each.copies)} if each.copies else ""
        note = f"“{each.note}”" if each.note else ""
        if copies or note:
            found[each.id] = " ".join(part for part in (copies, note) if part)
    return found


@staff(Permission.VIEW_SALES)
def mail_letter(request: ConsoleRequest, mail_id: UUID) -> HttpResponse:
    """What the mail says, for the frame in its page."""
    organization = request.access.organization
    found = notifications.get_mail(organization, mail_id)
    try:
        html = notifications.preview(organization, found).html
    except NothingToSay as error:
        response = HttpResponse(shown(error.message), content_type="text/plain; charset=utf-8")
    else:
        response = HttpResponse(html)
    response["Content-Security-Policy"] = LETTER_POLICY
    return response


@post_only
@staff(Permission.SEND_MAIL, keeps_form=True)
def mail_resend(request: ConsoleRequest, mail_id: UUID) -> HttpResponse:
    """To the same address or another one. A double click sends one. The dialog posts here; after an error it is a
    page, which keeps what was typed."""
    organization, actor = request.access.organization, request.access.actor
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = SendForm(typed)
    again = (
        attempt(form, lambda: resend(organization=organization, mail_id=mail_id, actor=actor, **form.added))
        if request.method == "POST" and form.is_valid()
        else None
    )
    if again is None:
        found = notifications.get_mail(organization, mail_id)
        return not_sent(request, form, about=found.subject, back_url=reverse("console:mail", args=[mail_id]))
    messages.success(request, _("The mail is on its way to %(recipient)s.") % {"recipient": again.recipient})
    return redirect("console:mail", again.id)


def not_sent(request: ConsoleRequest, form: AddedForm, *, about: str, back_url: str) -> HttpResponse:
    """Why, with all that was typed; or that alone, where the session ended before it was sent."""
    context = {"form": form, "about": about, "back_url": back_url}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/mails/send.html", context, status=status)


@post_only
@staff(Permission.SEND_MAIL)
def mail_leave(request: ConsoleRequest, mail_id: UUID) -> HttpResponse:
    """One that a restore held, and that arrived before."""
    try:
        leave_unsent(organization=request.access.organization, mail_id=mail_id, actor=request.access.actor)
    except Conflict as error:
        messages.error(request, shown(error.message))
    else:
        messages.success(request, _("The mail is left unsent."))
    return redirect("console:mail", mail_id)
