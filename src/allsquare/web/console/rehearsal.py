"""What a rehearsal can do: let time pass, and end in the real organization; and the first steps on the home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.billing import selectors as billing
from allsquare.billing.errors import LinkUnknown
from allsquare.billing.links import pay_url
from allsquare.core import clock
from allsquare.core.formatting import format_date
from allsquare.identity.models import Organization, Person
from allsquare.identity.permissions import Permission
from allsquare.identity.roles import Role
from allsquare.identity.services.hide_first_steps import hide_first_steps
from allsquare.identity.services.move_clock import Stride
from allsquare.onboarding.first_steps import Step, first_steps
from allsquare.onboarding.services.connect_practice_provider import connect_practice_provider
from allsquare.onboarding.services.move_time import move_time
from allsquare.onboarding.services.start_for_real import start_for_real
from allsquare.web.console.access import Access, ConsoleRequest, post_only, staff
from allsquare.web.ui.formats import language


@post_only
@staff(Permission.MANAGE_SETTINGS)
def clock_move(request: ConsoleRequest) -> HttpResponse:
    """``stride`` is ``day``, ``week`` or ``month``; ``seen`` the offset (seconds) that the page showed."""
    organization = request.access.organization
    stride, seen = request.POST.get("stride", ""), request.POST.get("seen", "")
    moved = timedelta(0)
    if stride in list(Stride) and seen.isascii() and seen.isdecimal() and len(seen) < 12:
        moved = move_time(
            organization=organization,
            stride=Stride(stride),
            seen=timedelta(seconds=int(seen)),
            actor=request.access.actor,
        )
    day = format_date(clock.today(organization), language(), "full")
    if moved:
        messages.success(request, _("It is %(day)s now.") % {"day": day})
    else:
        messages.info(request, _("The clock was moved already: it is %(day)s.") % {"day": day})
    return redirect(_back(request))


def _back(request: ConsoleRequest) -> str:
    """The page on which the button stood."""
    wanted = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if ours else reverse("console:home")


@post_only
@staff(Permission.MANAGE_SETTINGS)
def practice_connect(request: ConsoleRequest) -> HttpResponse:
    made = connect_practice_provider(organization=request.access.organization, actor=request.access.actor)
    messages.success(request, _("%(name)s is connected: pay an invoice yourself.") % {"name": made.label})
    return redirect("console:gateway_list")


@staff(Permission.MANAGE_SETTINGS)
def start_real(request: ConsoleRequest) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    is_owner = actor.role == Role.OWNER
    if request.method == "POST" and not organization.rehearsal:  # pressed twice: the first press led here
        return redirect("console:home")
    if request.method == "POST" and is_owner:
        owner = cast(Person, request.user)
        real = start_for_real(organization=organization, owner=owner, actor=actor)
        request.session["organization"] = str(real.id)
        messages.success(
            request, _("This is %(name)s for real. The rehearsal is still there.") % {"name": real.name}
        )
        return redirect("console:home")
    return render(request, "console/rehearsal/start_real.html", {"is_owner": is_owner})


@post_only
@staff(Permission.MANAGE_SETTINGS)
def first_steps_hide(request: ConsoleRequest) -> HttpResponse:
    hide_first_steps(organization=request.access.organization, actor=request.access.actor)
    return redirect("console:home")


@dataclass(frozen=True, slots=True)
class ShownStep:
    label: Promise
    why: Promise
    url: str
    done: bool
    is_next: bool


_WORDS: Final = {
    Step.COMPANY: (
        gettext_lazy("Your company"),
        gettext_lazy("Address and e-mail, as they stand on invoices."),
    ),
    Step.LOGO: (
        gettext_lazy("Your logo"),
        gettext_lazy("On invoices, mails and the page where customers pay."),
    ),
    Step.CUSTOMER: (gettext_lazy("The first customer"), gettext_lazy("Yourself will do, to begin with.")),
    Step.INVOICE: (gettext_lazy("The first invoice"), gettext_lazy("Write it, issue it, and see the mail.")),
    Step.PAYMENT: (
        gettext_lazy("Pay it yourself"),
        gettext_lazy("Open the link as your customer would, and watch the books."),
    ),
}
_PAGES: Final = {
    Step.COMPANY: "console:settings_organization",
    Step.LOGO: "console:settings_branding",
    Step.CUSTOMER: "console:customer_new",
    Step.INVOICE: "console:invoice_new",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The card: its steps, and how far they are."""

    items: list[ShownStep]

    @property
    def done(self) -> int:
        return sum(step.done for step in self.items)

    @property
    def total(self) -> int:
        return len(self.items)


def shown_first_steps(access: Access) -> Shown | None:
    """For the card on the home page: nothing once every step is done or it was put away, or for somebody who cannot
    go these steps."""
    organization = access.organization
    if organization.first_steps_hidden or not access.may(Permission.MANAGE_SETTINGS):
        return None
    found = first_steps(organization)
    if found.next is None:
        return None
    return Shown(
        [
            ShownStep(
                *_WORDS[step], url=_url(organization, step, done), done=done, is_next=step is found.next
            )
            for step, done in found.steps
        ]
    )


def _url(organization: Organization, step: Step, done: bool) -> str:
    if step is not Step.PAYMENT:
        return reverse(_PAGES[step])
    payable = [] if done else billing.list_invoices(organization, state="open", limit=1)
    if not payable:
        return reverse("console:invoice_list")
    try:
        return pay_url(organization, payable[0])
    except LinkUnknown:
        return reverse("console:invoice", args=[payable[0].id])
