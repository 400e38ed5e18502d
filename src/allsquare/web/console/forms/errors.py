"""What a service refuses goes to the field that it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.utils.translation import gettext as _

from allsquare.core.errors import AllsquareError, Conflict, FieldErrors, InvalidInput
from allsquare.core.idempotency import KeyReused

T = TypeVar("T")


def attempt(form: forms.Form, work: Callable[[], T]) -> T | None:
    """Do ``work``; what it refuses becomes an error of ``form`` and the answer ``None``. Other errors pass."""
    try:
        return work()
    except (InvalidInput, Conflict) as error:
        blame(form, error)
        return None


def blame(form: forms.Form, error: AllsquareError) -> None:
    """Each sentence at its field, or at the top where the form has no such field."""
    if isinstance(error, KeyReused):
        form.add_error(
            None, _("This form was sent before with other entries, and those stand. Open the page anew.")
        )
        return
    sentences = error.errors if isinstance(error, FieldErrors) else {error.field or "": error.message}
    for name, sentence in sentences.items():
        form.add_error(name if name in form.fields else None, sentence)


def blame_too(form: forms.Form, check: Callable[[], object]) -> None:
    """What the form itself refused was no reason not to look at the rest: all that is wrong is told in one round.
    ``check`` writes nothing. Of a field that is wrong already no more is said."""
    try:
        check()
    except FieldErrors as error:
        for name, sentence in error.errors.items():
            if name not in form.errors:
                form.add_error(name if name in form.fields else None, sentence)


def typed_in(form: forms.Form, name: str) -> str:
    """As far as the form takes it, else as it came."""
    return str(form.cleaned_data.get(name, form.data.get(name, "")) or "")


def said(form: forms.Form) -> str:
    """All that is wrong, for a page that shows no form."""
    return " ".join(str(text) for texts in form.errors.values() for text in texts)
