"""How invoices and credit notes are numbered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from allsquare.billing.models import NumberSeries
from allsquare.billing.numbering import CREDIT_NOTES, INVOICES, MAX_WIDTH, written
from allsquare.billing.selectors import is_anything_numbered, number_series
from allsquare.billing.services.change_numbering import change_numbering
from allsquare.core.selectors import events_of
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import WholeField
from allsquare.web.console.timeline import timeline


class NumberingForm(forms.Form):
    """The service checks everything again."""

    begins_with = forms.CharField(
        max_length=20,
        required=False,
        label=gettext_lazy("Begins with"),
        help_text=gettext_lazy(
            "Such as INV- or 2026-. A new year can have a new beginning; the counter goes on."
        ),
    )
    width = WholeField(
        min_value=1, max_value=MAX_WIDTH, label=gettext_lazy("Digits at least"), help_text="4: 0042"
    )
    next_number = WholeField(min_value=1, label=gettext_lazy("Next number"))

    def __init__(self, *args: Any, begun: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if begun:
            del self.fields["next_number"]


@dataclass(frozen=True, slots=True)
class Part:
    """How one kind of document is numbered, with its form."""

    kind: str
    title: str
    form: NumberingForm
    series: NumberSeries
    begun: bool
    preview: str


#: Heading and the sentence after a change, of each kind.
_TITLES: Final = {INVOICES: gettext_lazy("Invoices"), CREDIT_NOTES: gettext_lazy("Credit notes")}
_SAID: Final = {
    INVOICES: gettext_lazy("The next invoice will be %(number)s."),
    CREDIT_NOTES: gettext_lazy("The next credit note will be %(number)s."),
}


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def numbering(request: ConsoleRequest) -> HttpResponse:
    """Two forms, each with its own button; ``kind`` says which was sent."""
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    parts = [_part(organization, kind, typed) for kind in _TITLES]
    if request.method == "POST":
        part = next(each for each in parts if each.form.is_bound)
        if part.form.is_valid() and (saved := _saved(request, part)) is not None:
            number = written(saved.prefix, saved.width, saved.next_number)
            messages.success(request, str(_SAID[part.kind]) % {"number": number})
            return redirect("console:settings_numbering")
    known = [part.series.id for part in parts]
    context = {
        "parts": parts,
        "timeline": timeline(events_of(organization.id, known, limit=20), here=request.path),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/numbering.html", context, status=status)


def _part(organization: Organization, kind: str, typed: QueryDict | None) -> Part:
    """Bound where what was typed is about this kind; about invoices where it does not say."""
    series, begun = number_series(organization, kind), is_anything_numbered(organization, kind)
    stored = {"begins_with": series.prefix, "width": series.width, "next_number": series.next_number}
    mine = typed if typed is not None and _kind(typed) == kind else None
    return Part(
        kind=kind,
        title=str(_TITLES[kind]),
        form=NumberingForm(
            mine, begun=begun, initial=stored, auto_id="id_%s" if kind == INVOICES else f"{kind}_%s"
        ),
        series=series,
        begun=begun,
        preview=written(series.prefix, series.width, series.next_number),
    )


def _kind(typed: QueryDict) -> str:
    return CREDIT_NOTES if typed.get("kind") == CREDIT_NOTES else INVOICES


def _saved(request: ConsoleRequest, part: Part) -> NumberSeries | None:
    given = {"next_number": part.series.next_number, **part.form.cleaned_data}
    return attempt(
        part.form,
        lambda: change_numbering(
            organization=request.access.organization, kind=part.kind, actor=request.access.actor, **given
        ),
    )


@post_only
@staff(Permission.MANAGE_SETTINGS)
def numbering_preview(request: ConsoleRequest) -> HttpResponse:
    """What the next number would be, while somebody types."""
    part = _part(request.access.organization, _kind(request.POST), request.POST)
    preview = ""
    if part.form.is_valid():
        number = part.form.cleaned_data.get("next_number") or part.series.next_number
        preview = written(part.form.cleaned_data["begins_with"], part.form.cleaned_data["width"], number)
    return render(request, "console/settings/_next_number.html", {"preview": preview})
