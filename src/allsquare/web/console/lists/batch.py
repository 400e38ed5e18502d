"""Doing something to chosen rows: asked first in a dialog that says how many, then done row by row, and told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allsquare.connect.services.start_export import start_export
from allsquare.core import clock
from allsquare.core.errors import AllsquareError, InvalidInput, NotFound
from allsquare.core.idempotency import Answer, once
from allsquare.core.ids import new_id
from allsquare.core.listing import ListSpec, Row, read_query, read_rows
from allsquare.identity.permissions import require
from allsquare.web.console.access import ConsoleRequest
from allsquare.web.console.lists.acts import Act
from allsquare.web.console.lists.looks import Look

#: Rows of one page; whoever wants more exports them or narrows the list.
MOST: Final = 200


def act(request: ConsoleRequest, spec: ListSpec, look: Look, name: str) -> HttpResponse:
    """Without a key it asks; with the key that the dialog gave it acts, once for each key."""
    found = look.act(name)
    if found is None:
        raise InvalidInput(_("This list cannot do that."), field="do")
    require(request.access.organization, request.access.actor, found.permission)
    ids = chosen(request)
    key = request.POST.get("key", "")
    if not key:
        return _asked(request, spec, look, found, ids)
    return _done(request, spec, look, found, ids, key)


def chosen(request: ConsoleRequest) -> list[UUID]:
    """The rows with a tick, in the order of the page. Raises ``InvalidInput``."""
    texts = list(dict.fromkeys(request.POST.getlist("ids")))
    try:
        ids = [UUID(text) for text in texts]
    except ValueError:
        raise InvalidInput(_("Nothing is known by one of these ids."), field="ids") from None
    if not ids:
        raise InvalidInput(_("Choose at least one row first."), field="ids")
    if len(ids) > MOST:
        raise InvalidInput(_("Choose at most %(most)s rows at once.") % {"most": MOST}, field="ids")
    return ids


def _rows(request: ConsoleRequest, spec: ListSpec, ids: Sequence[UUID]) -> list[Row]:
    """Raises ``NotFound`` where one is not the organization's."""
    organization = request.access.organization
    rows = read_rows(organization, read_query(spec, organization, {}), ids)
    if len(rows) != len(ids):
        raise NotFound(_("One of the rows is not there any more. Nothing was done."))
    return rows


def title_of(spec: ListSpec, row: Row) -> str:
    """What the row is called: the column that cannot be put away, else the next that says something."""
    values = (str(column.value(row) or "") for column in sorted(spec.columns, key=lambda c: not c.fixed))
    return next((value for value in values if value), str(row.id))


def _asked(request: ConsoleRequest, spec: ListSpec, look: Look, found: Act, ids: list[UUID]) -> HttpResponse:
    rows = [(row.id, title_of(spec, row)) for row in _rows(request, spec, ids)]
    context = {
        "spec": spec,
        "look": look,
        "act": found,
        "rows": rows,
        "question": str(found.question(len(rows))),
        "key": str(new_id()),
        "back": request.POST.get("back", ""),
    }
    dialog = request.headers.get("HX-Request") == "true"
    template = "console/lists/_ask.html" if dialog else "console/lists/ask.html"
    return render(request, template, context)


def _done(
    request: ConsoleRequest, spec: ListSpec, look: Look, found: Act, ids: list[UUID], key: str
) -> HttpResponse:
    rows = _rows(request, spec, ids)
    organization = request.access.organization

    def work() -> Answer:
        return {"rows": [_one(request, found, row.id, title_of(spec, row)) for row in rows]}

    answer, _repeated = once(
        organization_id=organization.id,
        operation=f"console.{spec.name}.{found.name}",
        key=key,
        given={"ids": [str(name) for name in ids]},
        at=clock.now(organization),
        work=work,
    )
    return _told(request, look, found, answer["rows"])  # type: ignore[arg-type]  # as work() made it


def _one(request: ConsoleRequest, found: Act, name: UUID, title: str) -> dict[str, object]:
    """One row by its own service: what it refuses leaves the others as they are."""
    try:
        with transaction.atomic():
            words = found.run(request.access.organization, request.access.actor, name)
    except AllsquareError as error:
        return {"id": str(name), "title": title, "done": False, "words": error.message}
    return {"id": str(name), "title": title, "done": True, "words": words}


def _told(request: ConsoleRequest, look: Look, found: Act, rows: list[dict[str, object]]) -> HttpResponse:
    failed = [row for row in rows if not row["done"]]
    back = f"{look.url}?{request.POST.get('back', '')}"
    done = len(rows) - len(failed)
    words = ngettext("%(label)s: %(number)s row done.", "%(label)s: %(number)s rows done.", done) % {
        "label": found.label,
        "number": done,
    }
    if not failed:
        messages.success(request, words)
        return redirect(back)
    context = {"look": look, "act": found, "rows": rows, "failed": failed, "words": words, "back_url": back}
    return render(request, "console/lists/told.html", context)


def export(request: ConsoleRequest, spec: ListSpec, look: Look, what: str) -> HttpResponse:
    """``csv`` or ``xlsx`` of the list as it stands, or of the chosen rows (``csv-chosen`` …); to its progress."""
    file_format, _dash, some = what.partition("-")
    start_export(
        organization=request.access.organization,
        list_name=spec.name,
        parameters=parse_qs(request.POST.get("back", "")[:6_000], max_num_fields=200),
        file_format=file_format,
        key=request.POST.get("export_key", ""),
        ids=chosen(request) if some else (),
        actor=request.access.actor,
    )
    url = reverse("console:export_list")
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)
