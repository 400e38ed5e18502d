"""Payment links: the list, one link with what it sold, and its poster."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from allsquare.core.errors import Conflict, InvalidInput
from allsquare.core.selectors import events_of
from allsquare.core.transfers import address_code
from allsquare.identity.permissions import Permission
from allsquare.selling.addresses import link_url
from allsquare.selling.details import mark_of_link
from allsquare.selling.errors import LinkChanged
from allsquare.selling.models import PaymentLink
from allsquare.selling.selectors import (
    figures_of,
    get_link,
    latest_sales,
    units_left,
    why_closed,
)
from allsquare.selling.services.keep_link import keep_link
from allsquare.selling.services.switch_link import switch_link
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import blame
from allsquare.web.console.forms.payment_link import PaymentLinkForm, price_words, values_of
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline


@staff(Permission.VIEW_SALES)
def payment_link_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "payment_links")


@staff(Permission.VIEW_SALES)
def payment_link(request: ConsoleRequest, link_id: UUID) -> HttpResponse:
    organization = request.access.organization
    found = get_link(organization, link_id)
    context = {
        "link": found,
        "url": link_url(found),
        "closed": why_closed(organization, found),
        "left": units_left(organization, found),
        "figures": figures_of(organization, found),
        "sales": latest_sales(organization, found),
        "price": price_words(found),
        "timeline": timeline(events_of(organization.id, [found.id], limit=50), here=request.path),
    }
    return render(request, "console/payment_links/link.html", context)


@staff(Permission.EDIT_ITEMS, keeps_form=True)
def payment_link_new(request: ConsoleRequest) -> HttpResponse:
    return _edit(request, None)


@staff(Permission.EDIT_ITEMS, keeps_form=True)
def payment_link_edit(request: ConsoleRequest, link_id: UUID) -> HttpResponse:
    return _edit(request, get_link(request.access.organization, link_id))


def _edit(request: ConsoleRequest, found: PaymentLink | None) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = PaymentLinkForm(organization, typed, initial=values_of(found) if found else None)
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, found, form)
        if saved is not None:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("console:payment_link", saved.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "console/payment_links/edit.html", {"link": found, "form": form}, status=status)


def _saved(request: ConsoleRequest, found: PaymentLink | None, form: PaymentLinkForm) -> PaymentLink | None:
    """``None`` when something must be mended first; the form then says what."""
    try:
        return _save(request, found, form.to_change() if found else form.to_make())
    except LinkChanged as error:
        # Saving a second time overwrites on purpose: the form now carries the mark of what it would overwrite.
        theirs = get_link(request.access.organization, found.id) if found else None
        form.data = {**dict(form.data.items()), "seen": mark_of_link(theirs) if theirs else ""}
        advice = _(
            "Nothing of yours is lost: it stands here. Saving again puts it in the place of the other."
        )
        form.add_error(None, f"{error.message} {advice}")
    except (InvalidInput, Conflict) as error:
        blame(form, error)
    return None


def _save(request: ConsoleRequest, found: PaymentLink | None, details: Any) -> PaymentLink:
    return keep_link(
        organization=request.access.organization,
        actor=request.access.actor,
        link_id=found.id if found else None,
        **details,
    )


@post_only
@staff(Permission.EDIT_ITEMS)
def payment_link_switch(request: ConsoleRequest, link_id: UUID) -> HttpResponse:
    """Closes it, or opens it again."""
    sells = request.POST.get("sells") == "yes"
    link = switch_link(
        organization=request.access.organization, link_id=link_id, sells=sells, actor=request.access.actor
    )
    said = _("%(name)s sells again.") if sells else _("%(name)s is closed: nothing more is sold by it.")
    messages.success(request, said % {"name": link.name})
    return redirect("console:payment_link", link_id)


@staff(Permission.VIEW_SALES)
def payment_link_poster(request: ConsoleRequest, link_id: UUID) -> HttpResponse:
    """One page to print and hang up: what, how much, and the code to scan."""
    found = get_link(request.access.organization, link_id)
    url = link_url(found)
    code = mark_safe(address_code(url))  # noqa: S308  # drawn by us: squares, and none of its text
    context = {"link": found, "url": url, "code": code, "price": price_words(found)}
    return render(request, "console/payment_links/poster.html", context)
