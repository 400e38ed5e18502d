"""The shared components: ``{% load ui %}``. The README of ``allsquare.web.ui`` shows each of them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.forms.boundfield import BoundWidget
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from allsquare.core.money import Money
from allsquare.web.ui import formats
from allsquare.web.ui.assets import asset
from allsquare.web.ui.icons import icon_svg
from allsquare.web.ui.markup import escaped
from allsquare.web.ui.parts import TimelineItem
from allsquare.web.ui.states import look

register = template.Library()

_LEVEL_ICONS = {
    "info": "info-circle",
    "success": "circle-check",
    "warning": "alert-triangle",
    "danger": "alert-circle",
}
_NOTHING = format_html('<span class="text-secondary">{}</span>', "–")
# What an HTML pattern (a JavaScript regular expression with the v flag) lets us escape, and nothing more.
_PATTERN_SYNTAX = re.compile(r"([\\^$.*+?()\[\]{}|/])")
# Django's message levels, in Tabler's words.
_LEVELS = {"debug": "info", "error": "danger"}


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """A decorative icon; the words beside it carry the meaning."""
    return icon_svg(name, classes=classes)


@register.simple_tag
def script(name: str, blocking: bool = False) -> SafeString:
    """A script of ours with its integrity hash. ``blocking`` is for the theme script alone: it runs before
    the first paint so that a dark page does not flash white."""
    address, integrity = asset(name)
    defer = "" if blocking else " defer"
    if not integrity:
        return format_html('<script src="{}"{}></script>', address, defer)
    return format_html('<script src="{}" integrity="{}"{}></script>', address, integrity, defer)


@register.simple_tag
def stylesheet(name: str) -> SafeString:
    """A stylesheet of ours with its integrity hash."""
    address, integrity = asset(name)
    if not integrity:
        return format_html('<link rel="stylesheet" href="{}">', address)
    return format_html('<link rel="stylesheet" href="{}" integrity="{}">', address, integrity)


@register.simple_tag
def brand_stylesheet(colour: str) -> SafeString | str:
    """The organization's colour (``#rrggbb``) over ours; nothing where it has none."""
    if not colour:
        return ""
    return format_html(
        '<link rel="stylesheet" href="{}">', reverse("ui:brand", args=[colour.removeprefix("#")])
    )


@register.simple_tag
def state_badge(kind: str, state: str) -> SafeString:
    """The state of an invoice, payment, mail … as colour, icon and word."""
    how = look(kind, state)
    words = f"{icon_svg(how.icon)}<span>{escaped(how.label)}</span>"
    return SafeString(f'<span class="state state-{escaped(how.tone)}">{words}</span>')


@register.simple_tag
def money(value: Money | None, classes: str = "") -> SafeString:
    """An amount with its currency, in figures that line up. ``None`` shows a dash."""
    if value is None:
        return _NOTHING
    negative = "money-negative " if value.minor < 0 else ""
    return SafeString(
        f'<span class="money {negative}{escaped(classes)}">{escaped(formats.amount(value))}</span>'
    )


@register.simple_tag(takes_context=True)
def dt(context: Context, value: datetime | None, style: str = "both") -> SafeString:
    """An instant in the organization's zone. ``style``: ``both``, ``exact`` or ``relative``."""
    if value is None:
        return _NOTHING
    return _moment(formats.instant(value, context.get("organization")), style)


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | None, style: str = "exact") -> SafeString:
    """A calendar date (due date, booking date). ``style``: ``exact``, ``relative`` or ``both``."""
    if value is None:
        return _NOTHING
    return _moment(formats.calendar_day(value, context.get("organization")), style)


def _moment(shown: formats.Shown, style: str) -> SafeString:
    if style == "exact":
        text = escaped(shown.exact)
    elif style == "relative":
        text = escaped(shown.relative)
    elif style == "both":
        relative = escaped(shown.relative)
        text = f'{escaped(shown.exact)} <span class="dt-relative text-secondary">{relative}</span>'
    else:
        raise ValueError(style)
    return SafeString(
        f'<time class="dt" datetime="{shown.machine}" title="{escaped(shown.full)}">{text}</time>'
    )


@register.inclusion_tag("ui/parts/copyable.html")
def copyable(value: object, label: str = "", short: bool = False) -> dict[str, object]:
    """A machine id, small, with a button that copies it whole; ``short`` shows its last eight characters."""
    text = str(value)
    return {"value": text, "shown": f"…{text[-8:]}" if short and len(text) > 12 else text, "label": label}


@register.filter
def card_month(expires: str) -> str:
    """``2030-12`` as it stands on a card."""
    year, _dash, month = expires.partition("-")
    return f"{month}/{year}" if month else expires


@register.simple_block_tag
def page_header(
    content: str,
    title: str,
    kind: str = "",
    state: str = "",
    subtitle: str = "",
) -> str:
    """Title with state; the block holds the page's actions, one alone of them filled (``btn-primary``)."""
    return render_to_string(
        "ui/parts/page_header.html",
        {"title": title, "kind": kind, "state": state, "subtitle": subtitle, "actions": content},
    )


@register.simple_tag
def breadcrumbs(*trail: str) -> SafeString:
    """Label and address in turn, last this page's label: ``{% breadcrumbs "Invoices" url "INV-7" %}``."""
    pairs = list(itertools.zip_longest(trail[::2], trail[1::2]))
    return SafeString(render_to_string("ui/parts/breadcrumbs.html", {"crumbs": pairs}))


@register.simple_block_tag
def key_values(content: str) -> str:
    """A list of facts; the block holds ``{% kv %}`` blocks."""
    return format_html('<dl class="datagrid">{}</dl>', content)


@register.simple_block_tag
def kv(content: str, label: str) -> str:
    """One fact: its name and, as the block, its value."""
    return format_html(
        '<div class="datagrid-item"><dt class="datagrid-title">{}</dt>'
        '<dd class="datagrid-content">{}</dd></div>',
        label,
        content,
    )


@register.simple_block_tag
def card(content: str, title: str = "", flush: bool = False, actions: str = "") -> str:
    """A titled section. ``flush`` lets a table reach the card's edges."""
    context = {"title": title, "flush": flush, "actions": actions, "content": content}
    return render_to_string("ui/parts/card.html", context)


@register.simple_block_tag
def data_table(content: str, caption: str, stack: bool = False, sticky: bool = True) -> str:
    """A table with an (unseen) caption; the block holds ``<thead>`` and ``<tbody>``.

    It scrolls inside itself on a phone; with ``stack`` each row becomes a small card instead, for which
    every ``<td>`` carries ``data-label``.
    """
    return render_to_string(
        "ui/parts/data_table.html",
        {"content": content, "caption": caption, "stack": stack, "sticky": sticky},
    )


@register.inclusion_tag("ui/parts/pagination.html", takes_context=True)
def pagination(
    context: Context,
    next: str | None = None,
    previous: str | None = None,
    count: int | None = None,
    estimated: bool = False,
) -> dict[str, object]:
    """Keyset pages: the cursors become ``?after=`` and ``?before=``, other filters in the address stay."""
    return {
        "request": context.get("request"),
        "next": next,
        "previous": previous,
        "count": count,
        "estimated": estimated,
    }


@register.simple_block_tag
def empty_state(
    content: str, title: str, icon: str = "inbox", action_label: str = "", action_url: str = ""
) -> str:
    """What a list says when it is empty: why, and the one action that fills it."""
    context = {
        "title": title,
        "icon": icon,
        "action_label": action_label,
        "action_url": action_url,
        "content": content,
    }
    return render_to_string("ui/parts/empty_state.html", context)


@register.simple_block_tag
def alert(content: str, level: str = "info", title: str = "") -> str:
    """A notice: ``info``, ``success``, ``warning`` or ``danger``. The last two are read out at once."""
    level = _LEVELS.get(level, level)
    context = {"level": level, "icon": _LEVEL_ICONS[level], "title": title, "content": content}
    return render_to_string("ui/parts/alert.html", context)


@register.inclusion_tag("ui/parts/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, object]:
    """All errors of a form once, at the top, each leading to its field."""
    fields = [form[name] for name in form.fields if form[name].errors]
    hidden = [field for field in fields if field.is_hidden]
    return {
        "form": form,
        "general": [*form.non_field_errors(), *(error for field in hidden for error in field.errors)],
        "fields": [field for field in fields if not field.is_hidden],
    }


@register.inclusion_tag("ui/parts/form_field.html")
def form_field(
    field: BoundField, prefix: str = "", suffix: str = "", **attrs: str | bool
) -> dict[str, object]:
    """Label, input, help and errors of one field. More attributes go to the input: ``autocomplete="email"``
    (write ``data_x`` for ``data-x``). ``prefix`` and ``suffix`` stand in its frame (a currency, %)."""
    widget = field.field.widget
    grouped = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    single = isinstance(widget, CheckboxInput)
    own = input_attrs(field, single or grouped, attrs)
    return {
        "field": field,
        "single": single,
        "grouped": grouped,
        "required": field.field.required and not single,
        "prefix": prefix,
        "suffix": suffix,
        "input": "" if grouped else field.as_widget(attrs=own),
        "choices": _choices(field, own) if grouped else [],
    }


def _choices(field: BoundField, attrs: dict[str, str | bool]) -> list[BoundWidget]:
    """The single inputs of a radio or check-box group, with our attributes on each."""
    widget = field.field.widget
    subwidgets = widget.subwidgets(field.html_name, field.value(), attrs={"id": field.auto_id, **attrs})
    return [BoundWidget(widget, data, field.form.renderer) for data in subwidgets]


def input_attrs(field: BoundField, check: bool, extra: Mapping[str, str | bool]) -> dict[str, str | bool]:
    """Tabler's class for the widget, and what ties the input to its help and errors for screen readers."""
    widget = field.field.widget
    if check:
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    else:
        css = "form-control"
    if field.errors:
        css += " is-invalid"
    own = str(widget.attrs.get("class", ""))
    attrs: dict[str, str | bool] = {"class": f"{own} {css}".strip()}
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    if field.errors:
        described.append(f"{field.auto_id}_error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if isinstance(widget, FileInput):
        attrs.pop("value", None)
    return attrs | {name.replace("_", "-"): value for name, value in extra.items()}


@register.simple_tag
def confirm_button(target: str, label: str, classes: str = "btn") -> SafeString:
    """Opens the ``{% confirm %}`` dialog whose id is ``target``."""
    return format_html(
        '<button type="button" class="{}" commandfor="{}" command="show-modal">{}</button>',
        classes,
        target,
        label,
    )


@register.simple_block_tag(takes_context=True)
def confirm(
    context: Context,
    content: str,
    id: str,
    title: str,
    action: str,
    button: str,
    button_class: str = "btn-danger",
    typed: str = "",
) -> str:
    """A dialog before a dangerous act. The block says in a sentence, in numbers, what will happen, and may
    hold fields; the form posts to ``action``. With ``typed`` the person must type that word first: only for
    what cannot be undone."""
    return render_to_string(
        "ui/parts/confirm.html",
        {
            "id": id,
            "title": title,
            "action": action,
            "button": button,
            "button_class": button_class,
            "typed": typed,
            "typed_pattern": _PATTERN_SYNTAX.sub(r"\\\1", typed),
            "content": content,
            "csrf_token": context.get("csrf_token"),
        },
    )


@register.inclusion_tag("ui/parts/timeline.html", takes_context=True)
def timeline(context: Context, items: Sequence[TimelineItem]) -> dict[str, object]:
    """What happened, newest first as given."""
    return {"items": items, "organization": context.get("organization")}


@register.inclusion_tag("ui/parts/progress.html")
def progress(value: int, maximum: int, label: str) -> dict[str, Any]:
    """How far long work is: ``value`` of ``maximum`` steps."""
    share = min(value, maximum) / maximum if maximum else 0
    return {
        "value": value,
        "maximum": maximum,
        "label": label,
        "text": _("%(done)s of %(all)s") % {"done": value, "all": maximum},
        "percent": round(share * 100),
    }
