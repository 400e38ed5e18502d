"""Groups of customers, which rules can be made for."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from allsquare.customers.errors import GroupInUse, GroupUnknown
from allsquare.customers.selectors import group_sizes
from allsquare.customers.services.name_group import LONGEST, name_group
from allsquare.customers.services.remove_group import remove_group
from allsquare.identity.permissions import Permission
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt


class GroupForm(forms.Form):
    name = forms.CharField(
        max_length=LONGEST, label=gettext_lazy("Name"), help_text=gettext_lazy("Such as Wholesale.")
    )


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def group_list(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = GroupForm(typed)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        made = attempt(
            form, lambda: name_group(organization=organization, name=name, actor=request.access.actor)
        )
        if made is not None:
            messages.success(
                request, _("%(name)s is there. Choose it in the customers' records.") % {"name": made.name}
            )
            return redirect("console:customer_group_list")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "groups": group_sizes(organization)}
    return render(request, "console/settings/groups.html", context, status=status)


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def group_edit(request: ConsoleRequest, group_id: UUID) -> HttpResponse:
    organization = request.access.organization
    found = next((group for group, _size in group_sizes(organization) if group.id == group_id), None)
    if found is None:
        raise GroupUnknown(_("There is no such group of customers."))
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = GroupForm(typed, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        renamed = attempt(
            form,
            lambda: name_group(
                organization=organization, name=name, group_id=group_id, actor=request.access.actor
            ),
        )
        if renamed is not None:
            messages.success(request, _("%(name)s is saved.") % {"name": renamed.name})
            return redirect("console:customer_group_list")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "group": found}
    return render(request, "console/settings/group_edit.html", context, status=status)


@post_only
@staff(Permission.MANAGE_SETTINGS)
def group_remove(request: ConsoleRequest, group_id: UUID) -> HttpResponse:
    try:
        left = remove_group(
            organization=request.access.organization, group_id=group_id, actor=request.access.actor
        )
    except GroupInUse as error:
        messages.error(request, error.message)
        return redirect("console:customer_group_list")
    said = ngettext(
        "The group is gone. %(n)s customer is in none now.",
        "The group is gone. %(n)s customers are in none now.",
        left,
    )
    messages.success(request, said % {"n": left})
    return redirect("console:customer_group_list")
