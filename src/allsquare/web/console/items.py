"""Items: products and services with their prices."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.catalog.models import Item
from allsquare.catalog.selectors import get_item
from allsquare.catalog.services.archive_item import archive_item
from allsquare.catalog.services.change_item import change_item
from allsquare.catalog.services.create_item import create_item
from allsquare.core.selectors import events_of
from allsquare.identity.permissions import Permission
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.item import ItemForm, values_of
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline


@staff(Permission.VIEW_SALES)
def item_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "items")


@staff(Permission.EDIT_ITEMS, keeps_form=True)
def item_new(request: ConsoleRequest) -> HttpResponse:
    return _edit(request, None)


@staff(Permission.EDIT_ITEMS, keeps_form=True)
def item_edit(request: ConsoleRequest, item_id: UUID) -> HttpResponse:
    return _edit(request, get_item(request.access.organization, item_id))


def _edit(request: ConsoleRequest, found: Item | None) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = ItemForm(organization, typed, initial=values_of(found) if found else None)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: _save(request, found, form))
        if saved is not None:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("console:item_list")
    context = {
        "item": found,
        "form": form,
        "timeline": timeline(events_of(organization.id, [found.id], limit=50), here=request.path)
        if found
        else [],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/items/edit.html", context, status=status)


def _save(request: ConsoleRequest, found: Item | None, form: ItemForm) -> Item:
    organization, actor = request.access.organization, request.access.actor
    if found is None:
        return create_item(organization=organization, actor=actor, **form.to_make())
    return change_item(organization=organization, item_id=found.id, actor=actor, **form.to_change())


@post_only
@staff(Permission.EDIT_ITEMS)
def item_archive(request: ConsoleRequest, item_id: UUID) -> HttpResponse:
    found = archive_item(
        organization=request.access.organization, item_id=item_id, actor=request.access.actor
    )
    messages.success(request, _("%(name)s is archived and no longer offered.") % {"name": found.name})
    return redirect("console:item_list")
