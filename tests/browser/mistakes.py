"""Forms as they come back to whoever filled them in wrongly, for every form that a page has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.test import Client

from tests.browser.pages import WHOLE, Found
from tests.undone import undone
from tests.web.console.forms_on_pages import PageForm, forms_in


@dataclass(frozen=True, slots=True)
class Mistake:
    """The page that came back from ``address``."""

    route: str
    address: str
    page: bytes


def mistakes(client: Client, found: Found) -> Iterator[Mistake]:
    """What each kind of form among ``found`` says to nonsense, or else to nothing at all. Nothing of it stays."""
    known: set[tuple[object, ...]] = set()
    for page, content in found.pages.items():
        for form in forms_in(page, content):
            kind = (form.route, *sorted(name.rstrip("0123456789-") for name in form.fields))
            if form.typed and kind not in known:
                known.add(kind)
                yield from _refusal(client, form)


def _refusal(client: Client, form: PageForm) -> Iterator[Mistake]:
    for data in (_nonsense(form), _nothing(form)):
        with undone():
            answer = client.post(form.action, data)
        if answer.status_code in (200, 400, 409, 422) and WHOLE in answer.content:
            yield Mistake(form.route, form.action, answer.content)
            return
    yield Mistake(form.route, "", b"")


def _nonsense(form: PageForm) -> Mapping[str, object]:
    return {
        **{each.name: each.values for each in form.fields.values() if each.values},
        **{
            each.name: "@ \N{SKULL AND CROSSBONES} -1,x"
            for each in form.fields.values()
            if each.kind not in KEPT
        },
    }


def _nothing(form: PageForm) -> Mapping[str, object]:
    return {
        each.name: each.values if each.kind in KEPT else ""
        for each in form.fields.values()
        if each.kind not in KEPT or each.values
    }


#: What people do not type.
KEPT: Final = ("hidden", "checkbox", "radio", "select", "file")
