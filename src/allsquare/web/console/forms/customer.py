"""Entering a customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from allsquare.customers.models import Customer
from allsquare.customers.selectors import customer_groups
from allsquare.identity.models import Organization
from allsquare.web.console.forms.fields import LANGUAGES, WholeField, country_choices, currency_choices
from allsquare.web.console.forms.once import OnceForm, filled_in


class CustomerForm(OnceForm):
    """The service checks everything again, and more (tax numbers)."""

    name = forms.CharField(max_length=200, label=_("Name"))
    kind = forms.ChoiceField(
        choices=[("company", _("Company")), ("person", _("Person"))], label=_("Kind"), required=False
    )
    contact_name = forms.CharField(max_length=200, required=False, label=_("Contact person"))
    email = forms.EmailField(
        required=False, label=_("E-mail"), help_text=_("Mails go here unless a contact is to get them.")
    )
    phone = forms.CharField(max_length=40, required=False, label=_("Phone"))
    street = forms.CharField(max_length=200, required=False, label=_("Street and number"))
    postal_code = forms.CharField(max_length=20, required=False, label=_("Postal code"))
    city = forms.CharField(max_length=100, required=False, label=_("City"))
    region = forms.CharField(max_length=100, required=False, label=_("Region"))
    country = forms.ChoiceField(label=_("Country"))
    tax_id = forms.CharField(
        max_length=40, required=False, label=_("Tax number"), help_text=_("For example DE136695976.")
    )
    language = forms.ChoiceField(choices=LANGUAGES, label=_("Language of mails and documents"))
    currency = forms.ChoiceField(label=_("Currency"))
    group_id = forms.ChoiceField(label=_("Group"), required=False)
    payment_days = WholeField(
        required=False,
        min_value=0,
        max_value=365,
        label=_("Days to pay"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = country_choices()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["currency"].choices = currency_choices()  # type: ignore[attr-defined]  # as above
        self.fields["country"].initial = organization.country
        self.fields["language"].initial = organization.language
        self.fields["currency"].initial = organization.base_currency
        groups = [(str(group.id), group.name) for group in customer_groups(organization)]
        self.fields["group_id"].choices = [("", _("None")), *groups]  # type: ignore[attr-defined]  # as above
        self.has_groups = bool(groups)
        self.fields["payment_days"].help_text = _("Empty: %(days)s, as for everybody.") % {
            "days": organization.payment_days
        }

    def to_change(self) -> dict[str, Any]:
        """Without a choice of kind it is a company."""
        given = super().to_change()
        group = UUID(given["group_id"]) if given["group_id"] else None
        return {**given, "kind": given["kind"] or "company", "group_id": group}


def values_of(customer: Customer) -> dict[str, object]:
    return {name: getattr(customer, name) for name in filled_in(CustomerForm)}
