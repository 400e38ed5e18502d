"""Somebody who will sign in."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from allsquare.core.errors import FieldErrors
from allsquare.core.transactions import retrying
from allsquare.identity.models import Person


@retrying
def create_person(*, email: str, name: str, password: str) -> Person:
    """A person belongs to nobody until they are made a member. Raises ``FieldErrors``."""
    errors: dict[str, str] = {}
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        errors["email"] = _("This is not an e-mail address.")
    if Person.objects.filter(email=address).exists():
        errors["email"] = _("Somebody signs in with this address already.")
    try:
        validate_password(password, user=Person(email=address, name=name))
    except ValidationError as error:
        errors["password"] = " ".join(error.messages)
    if errors:
        raise FieldErrors(errors)
    return Person.objects.create_user(address, password, name=name.strip())
