"""Choosing from more than a list can hold: ``{% load combobox %}``. The README of ``allsquare.web.ui`` shows both."""

from __future__ import annotations

from django import template
from django.forms import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from allsquare.web.ui.templatetags.ui import input_attrs

register = template.Library()


@register.inclusion_tag("ui/parts/combobox.html")
def combobox(
    field: BoundField,
    search: str,
    include: str = "",
    create: str = "",
    create_label: str = "",
    plain: bool = True,
    **attrs: str | bool,
) -> dict[str, object]:
    """A choice field that asks the server while somebody types (WAI-ARIA combobox with a list).

    ``search`` answers ``?q=`` with ``{"options": [{"value", "label", "hint", …}], "more": bool}``; ``include`` is a
    selector of fields that are sent along. ``create`` is the id of a ``{% create_dialog %}`` that enters a new one,
    ``create_label`` what is offered then. Where no script runs it is a select of the field's own choices;
    ``plain=False`` leaves that out, for rows that only scripts make.
    """
    value = field.value()
    chosen = "" if value is None else str(value)
    return {
        "field": field,
        "value": chosen,
        "label": _label(field, chosen) if chosen else "",
        "required": field.field.required,
        "search": search,
        "include": include,
        "create": create,
        "create_label": create_label,
        "plain": plain,
        "select": field.as_widget(attrs=input_attrs(field, check=False, extra=attrs)) if plain else "",
        "invalid": bool(field.errors),
        "attrs": {name.replace("_", "-"): value for name, value in attrs.items()},
    }


def _label(field: BoundField, chosen: str) -> str:
    choices = getattr(field.field, "choices", ())
    return next((str(label) for value, label in choices if str(value) == chosen), "")


@register.simple_block_tag(takes_context=True)
def create_dialog(context: Context, content: str, id: str, title: str, action: str, button: str = "") -> str:
    """Enters something new from inside a combobox, without leaving the page. The block holds the fields, the hidden
    ``key`` among them; ``action`` answers 201 with ``{"option": {…}, "key": "the next one"}`` or 422 with
    ``{"message": …, "errors": {field: sentence}}``."""
    return render_to_string(
        "ui/parts/create_dialog.html",
        {
            "id": id,
            "title": title,
            "action": action,
            "button": button or _("Enter"),
            "content": content,
            "csrf_token": context.get("csrf_token"),
        },
    )
