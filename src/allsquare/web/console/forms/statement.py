"""Sending a statement of account, and writing it into a file."""

from __future__ import annotations

from typing import Any

from django import forms

from allsquare.core.errors import FieldErrors
from allsquare.web.console.forms.fields import DateField
from allsquare.web.console.forms.send import AddedForm


class _SpanForm(forms.Form):
    """Hidden behind one button; the key makes a form that is sent twice one mail, or one file."""

    start = DateField(widget=forms.HiddenInput)
    end = DateField(widget=forms.HiddenInput)
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)


class StatementMailForm(_SpanForm, AddedForm):
    """The days, and what the person adds to the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__([], *args, **kwargs)

    def days(self) -> dict[str, Any]:
        """For a service, after ``is_valid``."""
        return {name: self.cleaned_data[name] for name in ("start", "end")}


class StatementExportForm(_SpanForm):
    """The button that was pressed says the ``format``; which there are, the service knows."""

    format = forms.CharField(max_length=10)

    def given(self) -> dict[str, Any]:
        """Raises ``FieldErrors``: nobody typed this, so there is no form to show it at."""
        if not self.is_valid():
            raise FieldErrors({name: " ".join(map(str, errors)) for name, errors in self.errors.items()})
        return self.cleaned_data
