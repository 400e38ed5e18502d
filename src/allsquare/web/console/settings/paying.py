"""What payers may do by themselves on the pay page: pay a part, several invoices together, or on account."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.identity.permissions import Permission
from allsquare.identity.services.change_organization import change_organization
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import WholeField


class PayingForm(forms.Form):
    """The service checks everything again."""

    part_payments = forms.BooleanField(
        required=False,
        label=gettext_lazy("Customers may pay an invoice in parts"),
        help_text=gettext_lazy("One invoice may say otherwise: on its page, under “More”."),
    )
    least_part_percent = WholeField(
        min_value=1,
        max_value=100,
        label=gettext_lazy("Smallest part, in percent of the invoice"),
        help_text=gettext_lazy("Many small payments cost many fees. The last part may be smaller."),
    )
    several_invoices = forms.BooleanField(
        required=False,
        label=gettext_lazy("Customers may pay several invoices together"),
        help_text=gettext_lazy(
            "From the page of one invoice they have a link mailed to them that shows all that is open."
        ),
    )
    on_account = forms.BooleanField(
        required=False,
        label=gettext_lazy("Customers may pay on account"),
        help_text=gettext_lazy(
            "More than is open, or without an invoice. What is over is kept as their credit, and can pay a later "
            "invoice."
        ),
    )


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def paying(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    stored = {name: getattr(organization, name) for name in PayingForm.base_fields}
    form = PayingForm(typed, initial=stored)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: change_organization(
                organization=organization, actor=request.access.actor, **form.cleaned_data
            ),
        )
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("console:settings_paying")
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/paying.html", {"form": form}, status=status)
