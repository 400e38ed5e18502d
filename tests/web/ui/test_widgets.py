"""What is drawn without templates is what Django's own templates draw."""

from __future__ import annotations

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from allsquare.web.ui.widgets import Renderer

NASTY = "\"><script>alert('x')</script>&amp;"
CHOICES = [
    ("", "–"),
    (1, NASTY),
    (NASTY, gettext_lazy("Invoices")),
    ("safe", mark_safe("<b>bold</b>")),
    ("Group " + NASTY, [("a", "A"), ("b", "B & C")]),
]


class Everything(forms.Form):
    text = forms.CharField(max_length=20, help_text="Help", initial=NASTY)
    empty = forms.CharField(required=False)
    number = forms.IntegerField(min_value=0, initial=1234567)
    amount = forms.DecimalField(initial="12.50")
    email = forms.EmailField(initial="a@b.example")
    url = forms.URLField(initial="https://example.com/?a=1&b=2", assume_scheme="https")
    day = forms.DateField(initial="2026-01-31")
    hidden = forms.CharField(widget=forms.HiddenInput, initial=0)
    disabled = forms.CharField(
        disabled=True, widget=forms.TextInput(attrs={"data-x": NASTY, "hidden": False})
    )
    one = forms.ChoiceField(choices=CHOICES, initial=NASTY)
    many = forms.MultipleChoiceField(choices=CHOICES, initial=["a", "1"])
    notes = forms.CharField(widget=forms.Textarea, initial=NASTY)
    radio = forms.ChoiceField(choices=CHOICES[:3], widget=forms.RadioSelect)


@pytest.mark.parametrize("name", sorted(Everything.base_fields))
def test_every_widget_is_the_same_as_by_templates(name: str) -> None:
    def drawn(renderer: DjangoTemplates) -> str:
        field = Everything(renderer=renderer)[name]
        return " ".join(field.as_widget(attrs={"class": "form-control", "aria-label": NASTY}).split())

    ours = drawn(Renderer())
    assert ours == drawn(DjangoTemplates())
    assert "<script>" not in ours
