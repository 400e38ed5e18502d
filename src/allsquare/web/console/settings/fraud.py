"""Rules against fraud, for how long payers are remembered, and the lists of blocked and allowed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allsquare.core.currencies import currency
from allsquare.customers.selectors import customers_in
from allsquare.identity.permissions import Permission
from allsquare.risk.models import USUAL_DAYS, RiskEntry
from allsquare.risk.rules import Rules
from allsquare.risk.selectors import find_settings, list_entries
from allsquare.risk.services.add_entry import add_entry
from allsquare.risk.services.change_rules import change_rules
from allsquare.risk.services.remove_entry import remove_entry
from allsquare.risk.settings import rules_of
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fraud import LEVELS, EntryForm, RulesForm


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def rules(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    found = find_settings(organization)
    stored = rules_of(found) if found else Rules()
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    start = {
        **{name: getattr(stored, name) for name in LEVELS},
        "keep_days": found.keep_days if found else USUAL_DAYS,
    }
    form = RulesForm(stored, currency(organization.base_currency), typed, initial=start)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: change_rules(
                organization=organization,
                rules=form.chosen(),
                keep_days=form.cleaned_data["keep_days"],
                actor=request.access.actor,
            ),
        )
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("console:settings_fraud")
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/fraud.html", {"form": form}, status=status)


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def lists(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = EntryForm(typed)
    if request.method == "POST" and form.is_valid():
        added = attempt(
            form,
            lambda: add_entry(organization=organization, actor=request.access.actor, **form.cleaned_data),
        )
        if added is not None:
            _say_listed(request, added)
            return redirect("console:settings_fraud_lists")
    verdicts = RiskEntry.Verdict
    context = {
        "form": form,
        "lists": [
            (verdicts.BLOCKED, _("Blocked"), list_entries(organization, verdicts.BLOCKED)),
            (verdicts.ALLOWED, _("Allowed"), list_entries(organization, verdicts.ALLOWED)),
        ],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/fraud_lists.html", context, status=status)


def _say_listed(request: ConsoleRequest, added: RiskEntry) -> None:
    """Whoever blocks a country hears whom of their own they turn away."""
    turned_away = 0
    if (added.kind, added.verdict) == (RiskEntry.Kind.COUNTRY, RiskEntry.Verdict.BLOCKED):
        turned_away = customers_in(request.access.organization, added.shown)
    if turned_away:
        words = ngettext(
            "%(what)s is on the list. %(number)s customer of yours is there and cannot pay by a link any more.",
            "%(what)s is on the list. %(number)s customers of yours are there and cannot pay by a link any more.",
            turned_away,
        )
        messages.warning(request, words % {"what": added.shown, "number": turned_away})
    else:
        messages.success(request, _("%(what)s is on the list.") % {"what": added.shown})


@post_only
@staff(Permission.MANAGE_SETTINGS)
def entry_remove(request: ConsoleRequest, listed_id: UUID) -> HttpResponse:
    remove_entry(organization=request.access.organization, entry_id=listed_id, actor=request.access.actor)
    messages.success(request, _("It is off the list."))
    return redirect("console:settings_fraud_lists")
