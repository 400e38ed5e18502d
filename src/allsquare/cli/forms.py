"""A browser without JavaScript, as small as the walkthrough needs it: pages, links, forms, cookies, redirects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin

import httpx

from allsquare.core.errors import AllsquareError


class PageSurprise(AllsquareError):
    """A page is not what a customer would expect there."""

    code = "page_surprise"


@dataclass(slots=True)
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    """What the radio buttons of a field offer."""
    repeats: dict[str, list[str]] = field(default_factory=dict)
    """What else a field sends that is there several times: boxes with ticks of one name."""

    def take_input(self, name: str, attributes: Mapping[str, str]) -> None:
        """An ``input`` that is not disabled."""
        kind = attributes.get("type", "text")
        if kind == "radio":
            self.choices.setdefault(name, []).append(attributes.get("value", "on"))
        if kind in ("checkbox", "radio"):
            if "checked" in attributes:
                self._add(name, attributes.get("value", "on"))
        elif kind not in ("submit", "button", "image", "reset", "file"):
            self._add(name, attributes.get("value", ""))

    def _add(self, name: str, value: str) -> None:
        if name in self.fields:
            self.repeats.setdefault(name, []).append(value)
        else:
            self.fields[name] = value

    def sent(self, values: Mapping[str, str]) -> dict[str, str | list[str]]:
        """What a browser sends once ``values`` are typed."""
        several = {name: [self.fields[name], *more] for name, more in self.repeats.items()}
        return {**self.fields, **several, **values}


class _Forms(HTMLParser):
    """Collects the forms of a page with the values that a browser would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(a.get("action", ""), a.get("method", "get").lower())
            self.forms.append(self._form)
        if self._form is None:
            return
        name = a.get("name", "")
        if tag == "input" and name and "disabled" not in a:
            self._form.take_input(name, a)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in a or self._select not in self._form.fields):
            self._form.fields[self._select] = a.get("value", "")
        elif tag == "textarea":
            self._area = name
            self._form.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area:
            if self._form is not None:  # HTML: a line break right after the tag is not part of the text
                self._form.fields[self._area] = self._form.fields[self._area].removeprefix("\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._form is not None and self._area:
            self._form.fields[self._area] += data


@dataclass(slots=True)
class Page:
    """What came back at the end of all redirects."""

    response: httpx.Response
    forms: list[Form]
    text: str

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        parser = _parse(response)
        return cls(response, parser.forms, " ".join(" ".join(parser.text).split()))

    @property
    def url(self) -> str:
        return str(self.response.url)

    def find_form(self, *, to: str = "", having: str = "") -> Form | None:
        """The first form whose action contains ``to`` and that has the field ``having``."""
        for form in self.forms:
            if to in form.action and (not having or having in form.fields or having in form.choices):
                return form
        return None

    def form(self, *, to: str = "", having: str = "") -> Form:
        """The same. Raises :class:`PageSurprise` when there is none."""
        found = self.find_form(to=to, having=having)
        if found is None:
            raise PageSurprise(f"{self.url} has no form {to or having!r}. It says: {self.text[:300]}")
        return found


class Browser:
    """Cookies are kept; redirects are followed like a browser follows them."""

    def __init__(self) -> None:
        self._http = httpx.Client(follow_redirects=True, timeout=30.0, trust_env=False)

    def open(self, url: str) -> Page:
        return self._page(self._http.get(url))

    def download(self, url: str) -> bytes:
        response = self._http.get(url)
        if response.status_code != 200:
            raise PageSurprise(f"{url} answered {response.status_code}.")
        return response.content

    def submit(self, page: Page, *, to: str = "", having: str = "", **values: str) -> Page:
        """Fill and send the form whose action contains ``to`` and that has the field ``having``."""
        form = page.form(to=to, having=having)
        target = urljoin(page.url, form.action or page.url)
        data = form.sent(values)
        if form.method == "get":
            return self._page(self._http.get(target, params=data))
        return self._page(self._http.post(target, data=data, headers={"Referer": page.url}))

    def _page(self, response: httpx.Response) -> Page:
        if response.status_code >= 400:
            raise PageSurprise(f"{response.url} answered {response.status_code}: {_text(response)[:300]}")
        return Page.of(response)

    def close(self) -> None:
        self._http.close()


def _parse(response: httpx.Response) -> _Forms:
    parser = _Forms()
    parser.feed(response.text)
    return parser


def _text(response: httpx.Response) -> str:
    return " ".join(" ".join(_parse(response).text).split())
