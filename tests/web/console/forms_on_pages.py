"""Every form on every page of the console, read as a browser reads it, so that a new one cannot be forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import resolve

from tests.browser.pages import member_pages
from tests.web.console.world import World

#: What people type into.
_TYPED: Final = ("text", "email", "tel", "url", "search", "")


@dataclass(slots=True)
class Field:
    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    #: Of a select or of radio buttons.
    options: list[str] = field(default_factory=list)
    required: bool = False

    @property
    def is_typed(self) -> bool:
        return self.kind in (*_TYPED, "textarea")


@dataclass(slots=True)
class PageForm:
    """``page`` is the address on which it stands, ``action`` the one to which it is sent."""

    page: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)
    #: Name and value of each button that sends it.
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def route(self) -> str:
        return resolve(urlsplit(self.action).path).view_name

    @property
    def typed(self) -> list[Field]:
        return [each for each in self.fields.values() if each.is_typed]

    def filled(self, **given: str) -> dict[str, list[str] | str]:
        """As somebody sends it who fills in what is empty, with words that fit there."""
        data: dict[str, list[str] | str] = {}
        for each in self.fields.values():
            values = [value for value in each.values if value.strip()] or _sample(each)
            if values:
                data[each.name] = values
        return {**data, **given}


#: What may stay empty, and is not just any word.
_LEFT_EMPTY: Final = (
    "bic",
    "brand_color",
    "copies",
    "discount_percent",
    "iban",
    "least",
    "least_minor",
    "most_minor",
    "payment_days",
    "reply_to",
    "suggested",
    "tax_id",
    "timeout",
    "tips",
)


def _sample(each: Field) -> list[str]:
    if each.kind in ("hidden", "checkbox") or each.name in _LEFT_EMPTY or each.name.startswith("quantity-"):
        return []
    if each.kind == "password" or each.name == "base_url":
        return ["http://127.0.0.1:1" if each.name == "base_url" else "whsec_c2VjcmV0"]
    if each.options:
        return [next((option for option in each.options if option), "")]
    if each.kind in ("number", "tel") or any(
        word in each.name for word in ("price", "amount", "rate", "percent")
    ):
        return ["7"]
    if each.kind == "email" or each.name in ("email", "recipient", "value"):
        return ["somebody.new@example.com"]
    return ["Sample"] if each.is_typed else []


class _Reader(HTMLParser):
    """Fields outside of a form that name it by ``form=`` belong to it as well."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._area: Field | None = None
        self._select: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.page, given.get("action", ""))
            self._form = PageForm(self.page, action)
            if given.get("method", "").lower() == "post":
                self.forms.append(self._form)
        if self._form is None:
            return
        name = given.get("name", "")
        if tag == "button" and given.get("type", "submit") == "submit":
            self._form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and name:
            self._input(self._form, name, given, attrs)
        elif tag == "textarea" and name:
            self._area = self._form.fields.setdefault(name, Field(name, "textarea"))
        elif tag == "select" and name:
            self._select = self._form.fields.setdefault(name, Field(name, "select"))
        elif tag == "option" and self._select is not None:
            self._select.options.append(given.get("value", ""))
            if any(attr == "selected" for attr, _value in attrs):
                self._select.values.append(given.get("value", ""))

    def _input(
        self, form: PageForm, name: str, given: dict[str, str], attrs: list[tuple[str, str | None]]
    ) -> None:
        kind, value = given.get("type", "text").lower(), given.get("value", "")
        found = form.fields.setdefault(name, Field(name, kind))
        if kind in ("checkbox", "radio"):
            if kind == "radio":
                found.options.append(value)
            if any(attr == "checked" for attr, _value in attrs):
                found.values.append(value or "on")
        else:
            found.values.append(value)

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.values = ["".join(self._area.values) + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None


def forms_in(page: str, content: bytes) -> list[PageForm]:
    reader = _Reader(page)
    reader.feed(content.decode())
    return reader.forms


def forms_on(client: Client, page: str) -> list[PageForm]:
    return forms_in(page, client.get(page).content)


def forms_of(world: World, client: Client) -> list[PageForm]:
    """One of each kind: by where it stands, where it goes, and what is in it."""
    found: dict[tuple[object, ...], PageForm] = {}
    for page, content in member_pages(world, client).pages.items():
        for form in forms_in(page, content):
            path = urlsplit(form.action).path
            known = (path, *sorted(form.fields), *form.buttons)
            found.setdefault(known, form)
    return list(found.values())
