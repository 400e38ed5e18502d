"""Inputs and selects drawn without templates: an editor has a thousand options, and Django renders a template and two
more within it for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.safestring import SafeString

from allsquare.web.ui.markup import escaped

_FOLDER: Final = "django/forms/widgets"


class Renderer(DjangoTemplates):
    """Django's own, with the same markup for what there is most of."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> Any:
        draw = _DRAWN.get(template_name)
        if draw is None:
            return super().render(template_name, context, request)
        return SafeString(draw(context["widget"]))


def _input(widget: Mapping[str, Any]) -> str:
    value = "" if widget["value"] is None else f' value="{escaped(widget["value"])}"'
    name = escaped(widget["name"])
    return f'<input type="{escaped(widget["type"])}" name="{name}"{value}{_attributes(widget)}>'


def _select(widget: Mapping[str, Any]) -> str:
    groups = "".join(_group(name, options) for name, options, _index in widget["optgroups"])
    return f'<select name="{escaped(widget["name"])}"{_attributes(widget)}>{groups}\n</select>'


def _group(name: Any, options: Iterable[Mapping[str, Any]]) -> str:
    inner = "".join(
        f'\n<option value="{escaped(option["value"])}"{_attributes(option)}>{escaped(option["label"])}</option>'
        for option in options
    )
    return f'\n<optgroup label="{escaped(name)}">{inner}\n</optgroup>' if name else inner


def _attributes(widget: Mapping[str, Any]) -> str:
    return "".join(
        f" {escaped(name)}" if value is True else f' {escaped(name)}="{escaped(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


_INPUTS: Final = ("date", "email", "hidden", "number", "text", "url")
_DRAWN: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    f"{_FOLDER}/select.html": _select,
    **{f"{_FOLDER}/{name}.html": _input for name in _INPUTS},
}
