"""Sending a statement of account, and writing it into a file."""

from __future__ import annotations

from typing import Any

from django import forms

from allsquare.core.errors import FieldErrors
from allsquare.web.console.forms.fields import DateField


class StatementForm(forms.Form):
    """All of it is hidden behind one button; the key makes a form that is sent twice one mail."""

    start = DateField()
    end = DateField()
    key = forms.CharField(max_length=100)

    def given(self) -> dict[str, Any]:
        """Raises ``FieldErrors``: nobody typed this, so there is no form to show it at."""
        if not self.is_valid():
            raise FieldErrors({name: " ".join(map(str, errors)) for name, errors in self.errors.items()})
        return self.cleaned_data


class StatementExportForm(StatementForm):
    """The button that was pressed says the ``format``; which there are, the service knows."""

    format = forms.CharField(max_length=10)
