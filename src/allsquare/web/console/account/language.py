"""The language switch: of the pages before signing in, and of the person's menu."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.i18n import set_language

from allsquare.web.console.access import post_only


@post_only
def choose(request: HttpRequest) -> HttpResponse:
    """``language`` is remembered by this browser; ``next`` is the page of ours to go back to."""
    return set_language(request)
