"""A form that makes something new, and makes one of it however often it is sent."""

from __future__ import annotations

from typing import Any

from django import forms

from allsquare.web.console.forms.money import new_key


class OnceForm(forms.Form):
    """Carries a key that is made with the page. The service keeps it: the same form again is the same request."""

    key = forms.CharField(
        max_length=100,
        required=False,
        initial=new_key,
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
    )

    def to_make(self) -> dict[str, Any]:
        """What a service takes that makes one; the key is not that of a program that chose the same."""
        key = self.cleaned_data["key"]
        return {**self.to_change(), "key": f"console:{key}" if key else ""}

    def to_change(self) -> dict[str, Any]:
        """What a service takes that changes the one that is there: again is the same there anyway."""
        return {name: value for name, value in self.cleaned_data.items() if name != "key"}


def filled_in(form: type[OnceForm]) -> list[str]:
    """The names of what people fill in."""
    return [name for name in form.base_fields if name != "key"]
