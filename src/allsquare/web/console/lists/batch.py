"""Doing something to chosen rows: asked first in a dialog that says how many and how much, then done row by row. A few
are done before the page answers; many by a job, whose progress is a page of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.connect.errors import TooManyBatches
from allsquare.connect.models import Batch
from allsquare.connect.selectors import batch_by_key, count_batch, get_batch
from allsquare.connect.services.run_batch import run_batch
from allsquare.connect.services.start_batch import MOST_CHOSEN, start_batch
from allsquare.connect.services.start_export import start_export
from allsquare.connect.states import BatchState
from allsquare.core.errors import FieldErrors, InvalidInput, NotFound
from allsquare.core.ids import new_id
from allsquare.core.listing import ListSpec, Row, read_places, read_query, read_rows
from allsquare.core.money import Money
from allsquare.identity.permissions import require
from allsquare.web.console.access import ConsoleRequest
from allsquare.web.console.lists.acts import Act
from allsquare.web.console.lists.looks import Look

#: Up to here whoever pressed the button waits for the last row.
FEW: Final = 25
#: Titles that the dialog lists.
_LISTED: Final = 30


def act(request: ConsoleRequest, spec: ListSpec, look: Look, name: str) -> HttpResponse:
    """Without a key it asks; with the key that the dialog gave it acts, once for each key."""
    found = look.act(name)
    if found is None:
        raise InvalidInput(_("This list cannot do that."), field="do")
    require(request.access.organization, request.access.actor, found.permission)
    key = request.POST.get("key", "")
    before = batch_by_key(request.access.organization, key) if key else None
    if before is not None:  # pressed twice: whatever became of the rows meanwhile, this press has been heard
        return _told(request, look, found, before)
    ids = _every(request, spec) if request.POST.get("every") else chosen(request)
    rows = _rows(request, spec, ids)
    if not key:
        return _asked(request, spec, look, found, rows, gone=len(ids) - len(rows))
    return _done(request, spec, look, found, ids, rows, key)


def chosen(request: ConsoleRequest) -> list[UUID]:
    """The rows with a tick, in the order of the page. Raises ``InvalidInput``."""
    texts = list(dict.fromkeys(",".join(request.POST.getlist("ids")).split(",")))
    try:
        ids = [UUID(text) for text in texts if text]
    except ValueError:
        raise InvalidInput(_("Nothing is known by one of these ids."), field="ids") from None
    if not ids:
        raise InvalidInput(_("Choose at least one row first."), field="ids")
    if len(ids) > MOST_CHOSEN:
        raise _too_many()
    return ids


def _too_many() -> InvalidInput:
    return InvalidInput(_("Choose at most %(most)s rows at once.") % {"most": MOST_CHOSEN}, field="ids")


def _every(request: ConsoleRequest, spec: ListSpec) -> list[UUID]:
    """All rows of the list as it stands, in its order. Raises ``InvalidInput``."""
    organization = request.access.organization
    query = read_query(spec, organization, parse_qs(request.POST.get("back", "")[:6_000], max_num_fields=200))
    places = read_places(organization, query, limit=MOST_CHOSEN + 1)
    if len(places) > MOST_CHOSEN:
        raise _too_many()
    return [place.id for place in places]


def _rows(request: ConsoleRequest, spec: ListSpec, ids: Sequence[UUID]) -> list[Row]:
    """Those that are there still. Raises ``NotFound`` where none is."""
    organization = request.access.organization
    rows = read_rows(organization, read_query(spec, organization, {}), ids)
    if not rows:
        raise NotFound(_("None of the rows is there any more. Nothing was done."))
    return rows


def title_of(spec: ListSpec, row: Row) -> str:
    """What the row is called: the column that cannot be put away, else the next that says something."""
    values = (str(column.value(row) or "") for column in sorted(spec.columns, key=lambda c: not c.fixed))
    return next((value for value in values if value), str(row.id))


def _asked(
    request: ConsoleRequest,
    spec: ListSpec,
    look: Look,
    found: Act,
    rows: list[Row],
    *,
    gone: int = 0,
    **more: object,
) -> HttpResponse:
    """``gone`` of the chosen rows are not there any more: they are told, and asked for no longer."""
    unfit = found.unfit(request.access.organization, rows)
    fit = [row for row in rows if row.id not in unfit]
    context = {
        "spec": spec,
        "look": look,
        "act": found,
        "ids": ",".join(str(row.id) for row in rows),
        "titles": [title_of(spec, row) for row in fit[:_LISTED]],
        "unlisted": max(len(fit) - _LISTED, 0),
        "unfit": [(title_of(spec, row), unfit[row.id]) for row in rows if row.id in unfit],
        "gone": gone,
        "staying": gone + len(rows) - len(fit),
        "sums": _sums(spec, found, fit),
        "nothing": not fit,
        "question": str(found.question % {"number": len(fit)}),
        "key": str(new_id()),
        "back": request.POST.get("back", ""),
        **more,
    }
    dialog = request.headers.get("HX-Request") == "true"
    template = "console/lists/_ask.html" if dialog else "console/lists/ask.html"
    return render(request, template, context, status=422 if more else 200)


def _sums(spec: ListSpec, found: Act, rows: Sequence[Row]) -> list[Money]:
    """What the rows come to, in each currency."""
    column = spec.column(found.sums)
    if column is None:
        return []
    sums: dict[str, list[Money]] = defaultdict(list)
    for row in rows:
        value = column.value(row)
        if isinstance(value, Money):
            sums[value.currency.code].append(value)
    return [sum(parts[1:], start=parts[0]) for _code, parts in sorted(sums.items())]


def _done(
    request: ConsoleRequest,
    spec: ListSpec,
    look: Look,
    found: Act,
    ids: list[UUID],
    rows: list[Row],
    key: str,
) -> HttpResponse:
    """A row that went since the question was asked is in the batch too: its act says what it finds."""
    organization = request.access.organization
    titles = {row.id: title_of(spec, row) for row in rows}
    try:
        batch = start_batch(
            organization=organization,
            act=found.does,
            list_name=spec.name,
            rows=[(name, titles.get(name) or _("A row that is not there any more")) for name in ids],
            given={"reason": request.POST.get("reason", "")},
            key=key,
            back=request.POST.get("back", "")[:6_000],
            at_once=len(ids) <= FEW,
            actor=request.access.actor,
        )
    except FieldErrors as error:
        error_words = error.errors.get("reason", error.message)
        gone, reason = len(ids) - len(rows), request.POST.get("reason", "")
        return _asked(request, spec, look, found, rows, gone=gone, reason=reason, reason_error=error_words)
    except TooManyBatches as error:
        messages.error(request, error.message)
        return redirect(f"{look.url}?{request.POST.get('back', '')}")
    if len(ids) <= FEW:
        with suppress(OperationalError):  # what was put off is its job's, and its page says what waits
            run_batch(organization=organization, batch_id=batch.id)
    return _told(request, look, found, batch)


def _told(request: ConsoleRequest, look: Look, found: Act, batch: Batch) -> HttpResponse:
    """Back to the list where all is done, else to the page of the batch."""
    organization = request.access.organization
    batch = get_batch(organization, batch.id)
    count = count_batch(organization, batch)
    if batch.state != BatchState.DONE or count.refused:
        return redirect("console:batch", batch.id)
    messages.success(request, str(found.done % {"number": count.done}))
    return redirect(f"{look.url}?{batch.back}")


def export(request: ConsoleRequest, spec: ListSpec, look: Look, what: str) -> HttpResponse:
    """``csv`` or ``xlsx`` of the list as it stands, or of the chosen rows (``csv-chosen`` …); to its progress."""
    file_format, _dash, some = what.partition("-")
    start_export(
        organization=request.access.organization,
        list_name=spec.name,
        parameters=parse_qs(request.POST.get("back", "")[:6_000], max_num_fields=200),
        file_format=file_format,
        key=request.POST.get("export_key", ""),
        ids=chosen(request) if some and not request.POST.get("every") else (),
        actor=request.access.actor,
    )
    url = reverse("console:export_list")
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)
