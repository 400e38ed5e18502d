"""Fields of all forms: amounts, figures, codes. Figures are typed with a point and no other separators, since a
guess at a comma could be wrong by a factor of a thousand; where the reader's language writes decimals with a comma, a
comma is no guess."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from zoneinfo import available_timezones

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from allsquare.core.checks import countries
from allsquare.core.currencies import current_currencies
from allsquare.core.formatting import locale_of
from allsquare.web.ui.formats import language
from allsquare.web.ui.typed import with_point

Choices = list[tuple[str, str]]

#: In place of Django's "Ensure this value is greater than or equal to".
_LIMITS: Final = {
    "min_value": _("It must be %(limit_value)s or more."),
    "max_value": _("It must be %(limit_value)s or less."),
}


def figure_text(value: Decimal, *, places: int = 0) -> str:
    """``value`` as people type it: no empty decimals, but at least ``places`` of them."""
    plain = value.normalize() + 0
    exponent = plain.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{plain:.{max(decimals, places)}f}"


class FigureField(forms.DecimalField):
    """A quantity, price or percentage as :class:`~decimal.Decimal`."""

    default_error_messages = {
        "invalid": _("Write it like 1234.50."),
        **_LIMITS,
    }

    def __init__(self, *, places: int = 0, **kwargs: Any) -> None:
        """``places``: decimals that are shown at least, as people write prices."""
        self.places = places
        # Not type=number: browsers keep what they cannot read to themselves, and turn a wheel into money.
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """``1e9`` is a number to Python; to a clerk it is a slip of the finger."""
        if isinstance(value, str) and "e" in value.lower():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(with_point(value) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        """Without the empty decimals of a database column."""
        return figure_text(value, places=self.places) if isinstance(value, Decimal) else value


class WholeField(forms.IntegerField):
    """A count, such as days or digits."""

    default_error_messages = {
        "invalid": _("Write a whole number, like 14."),
        **_LIMITS,
    }


class DateField(forms.DateField):
    """A calendar date, by the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        # Browsers want ISO 8601 in the attribute, whatever the language of the page.
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)


def currency_choices(*, blank: str = "") -> Choices:
    """Every currency in which a new document can be written; ``blank`` labels the choice of none."""
    first: Choices = [("", blank)] if blank else []
    names = locale_of(language()).currencies
    return first + [
        (known.code, f"{known.code} · {names.get(known.code, known.name)}") for known in current_currencies()
    ]


def country_choices() -> Choices:
    """By their names in the reader's language."""
    names = Locale.parse(language(), sep="-").territories
    return sorted(((code, names.get(code, code)) for code in countries()), key=lambda pair: pair[1])


def time_zone_choices() -> Choices:
    """Zones of places; the old names without one are left out."""
    return [
        (name, name.replace("_", " "))
        for name in sorted(available_timezones())
        if "/" in name or name == "UTC"
    ]


#: Languages whose mails and documents are written; others would get English words.
LANGUAGES: Choices = [("en", "English"), ("de", "Deutsch")]
