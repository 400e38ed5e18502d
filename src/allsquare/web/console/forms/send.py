"""What a person adds to a mail: to whom it goes besides, and words of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from allsquare.core.errors import InvalidInput
from allsquare.customers.selectors import contacts_of
from allsquare.identity.models import Organization
from allsquare.notifications.added import LONGEST_NOTE, addresses_in, note_of
from allsquare.notifications.selectors import last_copies

#: Suggestions are a help, not a list.
_MOST_SUGGESTED = 8


class AddedForm(forms.Form):
    """``suggested`` are addresses with a tick to set; others are typed. The service checks them all."""

    suggested = forms.MultipleChoiceField(
        required=False, label=_("Copy to"), widget=forms.CheckboxSelectMultiple
    )
    copies = forms.CharField(
        max_length=1_000,
        required=False,
        label=_("Copy to other addresses"),
        help_text=_("Commas between several."),
    )
    # How long it may be is asked of what is kept: here each new line is two characters.
    note = forms.CharField(
        required=False,
        label=_("Personal message"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_NOTE}),
        help_text=_("It stands in the mail after the greeting, as you write it."),
    )

    def __init__(self, suggestions: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if suggestions:
            self.fields["suggested"].choices = list(suggestions)  # type: ignore[attr-defined]  # a field of choices
        else:
            del self.fields["suggested"]
            self.fields["copies"].label = lazystr(_("Copy to"))

    def clean_note(self) -> str:
        try:
            return note_of(self.cleaned_data["note"])
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from None

    @property
    def added(self) -> dict[str, Any]:
        """For a service, after :meth:`is_valid`."""
        typed = addresses_in(self.cleaned_data["copies"])
        return {
            "copies": [*self.cleaned_data.get("suggested", []), *typed],
            "note": self.cleaned_data["note"],
        }


class SendForm(AddedForm):
    """A mail that a person sends by hand. The service checks the address."""

    recipient = forms.CharField(max_length=1_000, required=False, label=_("To"), widget=forms.EmailInput)
    field_order = ("recipient", "copies", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__([], *args, **kwargs)

    @property
    def added(self) -> dict[str, Any]:
        return {"recipient": self.cleaned_data["recipient"], **super().added}


def suggestions(
    organization: Organization, customer_id: Any, recipients: Sequence[str]
) -> list[tuple[str, str]]:
    """Who might want a copy: whoever got the last one, then the customer's contacts; nobody who gets the mail."""
    names = {
        contact.email.lower(): (contact.email, f"{contact.name} <{contact.email}>")
        for contact in contacts_of(organization, customer_id)
        if contact.email
    }
    last = {address.lower(): (address, address) for address in last_copies(organization, customer_id)}
    found = {**last, **names}
    order = [*last, *(address for address in names if address not in last)]
    taken = {address.lower() for address in recipients}
    return [found[address] for address in order if address not in taken][:_MOST_SUGGESTED]
