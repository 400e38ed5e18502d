"""``/live/``: a stream of news, and the same by asking for pages that get no stream."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from allsquare.core import tail
from allsquare.identity.permissions import Permission
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.live.rights import Listener
from allsquare.web.console.live.stream import TaskStream, ThreadStream
from allsquare.web.console.live.topics import EVERYTHING, tell

#: No proxy may hold back or keep what is meant for one person now.
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@staff(Permission.VIEW_SALES)
def live(request: ConsoleRequest) -> HttpResponseBase:
    """Server-sent events ``hello``, ``news``, ``beat``, ``end``. ``?since=`` is where the page was made, and the
    header ``Last-Event-ID`` (a browser that comes again by itself) is newer."""
    since = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    kind = TaskStream if isinstance(request, ASGIRequest) else ThreadStream
    stream = kind(_listener(request), _permissions(request), since)
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=_HEADERS)


@staff(Permission.VIEW_SALES)
def live_news(request: ConsoleRequest) -> HttpResponse:
    """What is new since ``?since=``, once, and the place to ask from next time."""
    organization_id = request.access.organization.id
    news = tail.since(request.GET.get("since", ""), organization_id=organization_id)
    told = EVERYTHING if news.too_much else tell(news.happenings, _permissions(request))
    answer = {"place": news.place, "organization": str(organization_id), **told.plain()}
    return JsonResponse(answer, headers=_HEADERS)


def _listener(request: ConsoleRequest) -> Listener:
    return Listener(
        person_id=UUID(request.access.actor.id),
        organization_id=request.access.organization.id,
        session_key=request.session.session_key or "",
    )


def _permissions(request: ConsoleRequest) -> frozenset[Permission]:
    return frozenset(each for each in Permission if request.access.may(each))
