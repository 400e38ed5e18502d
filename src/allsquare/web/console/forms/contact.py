"""Entering the people to speak to, and noting things down."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from allsquare.customers.models import Contact
from allsquare.customers.services.add_note import LONGEST_NOTE
from allsquare.web.console.forms.fields import LANGUAGES
from allsquare.web.console.forms.money import new_key
from allsquare.web.console.forms.once import OnceForm, filled_in


class ContactForm(OnceForm):
    """Who gets which mails is said here."""

    name = forms.CharField(max_length=200, label=_("Name"))
    position = forms.CharField(
        max_length=100,
        required=False,
        label=_("Position"),
        help_text=_("For example accounts payable, or owner."),
    )
    email = forms.EmailField(required=False, label=_("E-mail"))
    phone = forms.CharField(max_length=40, required=False, label=_("Phone"))
    language = forms.ChoiceField(
        choices=[("", _("As the customer")), *LANGUAGES], required=False, label=_("Language of mails")
    )
    gets_invoices = forms.BooleanField(required=False, label=_("Gets invoices"))
    gets_receipts = forms.BooleanField(required=False, label=_("Gets receipts, reminders and statements"))


def values_of(contact: Contact) -> dict[str, object]:
    return {name: getattr(contact, name) for name in filled_in(ContactForm)}


class NoteForm(forms.Form):
    """Kept as it is typed. The hidden key makes a form that is sent twice one note."""

    text = forms.CharField(
        max_length=LONGEST_NOTE,
        strip=False,
        label=_("Note"),
        help_text=_("Only for staff. A note stays as it is written; a correction is a new note."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    pinned = forms.BooleanField(required=False, label=_("Show first on the customer's page"))
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    @classmethod
    def fresh(cls, **kwargs: Any) -> NoteForm:
        return cls(initial={"key": new_key()}, **kwargs)
