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


def said(form: forms.Form) -> str:
    """All that is wrong, for a page that shows no form."""
    return " ".join(str(text) for texts in form.errors.values() for text in texts)
