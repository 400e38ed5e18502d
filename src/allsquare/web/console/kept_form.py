"""What somebody was typing when the session ended comes back after the sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core import ratelimit
from allsquare.core.networks import neighbourhood
from allsquare.web.ui.client import client_address

_KEY: Final = "kept_form"
#: Characters; an invoice of five hundred lines has a fifth of it.
LONGEST: Final = 1_000_000
#: Longer than this is no form that a person filled in by hand in one go.
_LONG: Final = 60_000
#: Long ones, and those of whoever has no session: strangers may not fill the database.
_COUNTED: Final = ratelimit.Limit("kept_form", most=60, within=timedelta(hours=1))

#: What is not kept, and what is then said.
_LOST: Final = {
    "all": _lazy("What you typed was too much to be kept while you were signed out. Enter it again."),
    "secrets": _lazy("Secrets are not kept while you are signed out. Enter them again; the rest is here."),
    "files": _lazy("Files are not kept while you are signed out. Choose them again; the rest is here."),
}


def keep(request: HttpRequest, secrets: Iterable[str] = ()) -> None:
    """Put the posted form aside, without its ``secrets``. Sessions go on through a sign-in, so it is there then. For a
    stranger beyond the limit no session is begun at all."""
    typed = request.POST.copy()
    typed.pop("csrfmiddlewaretoken", None)
    hidden = [any(typed.pop(name, [])) for name in secrets]
    data, lost = typed.urlencode(), []
    known = _has_session(request)
    counted = len(data) > _LONG or not known
    within = not counted or ratelimit.take(_COUNTED, neighbourhood(client_address(request)))
    if not within and not known:
        return
    if len(data) > LONGEST or not within:
        data, lost = "", ["all"]
    else:
        lost += ["secrets"] if any(hidden) else []
        lost += ["files"] if request.FILES else []
    request.session[_KEY] = {"path": request.path, "data": data, "lost": lost}


def _has_session(request: HttpRequest) -> bool:
    """One of ours that goes on: a cookie that somebody made up is none."""
    request.session.get(_KEY)  # it is looked up only now
    return request.session.session_key is not None


def waits(request: HttpRequest, *, at: str = "") -> bool:
    """Was something put aside for this page, or for the one ``at`` another address?"""
    kept = request.session.get(_KEY)
    return request.method == "GET" and kept is not None and kept["path"] == (at or request.path)


def take(request: HttpRequest, *, at: str = "") -> QueryDict | None:
    """What was put aside, once; what of it could not be kept is said."""
    if not waits(request, at=at):
        return None
    kept = request.session.pop(_KEY)
    for what in kept["lost"]:
        messages.warning(request, str(_LOST[what]))
    return QueryDict(kept["data"]) if "all" not in kept["lost"] else None
