"""What somebody was typing when the session ended comes back after the sign-in."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

_KEY = "kept_form"
#: Characters; an invoice of a hundred long lines has fewer.
_LONGEST = 60_000


def keep(request: HttpRequest) -> None:
    """Put the posted form aside. Sessions go on through a sign-in, so it is there afterwards."""
    typed = request.POST.copy()
    typed.pop("csrfmiddlewaretoken", None)
    data = typed.urlencode()
    if len(data) <= _LONGEST:
        request.session[_KEY] = {"path": request.path, "data": data}


def take(request: HttpRequest) -> QueryDict | None:
    """What was put aside for this page, once."""
    kept = request.session.get(_KEY)
    if request.method != "GET" or not kept or kept["path"] != request.path:
        return None
    del request.session[_KEY]
    return QueryDict(kept["data"])
