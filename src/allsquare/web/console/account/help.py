"""Help on the pages of an account. Whoever cannot sign in needs it most, so it is open to anybody: the texts are no
secret."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from allsquare.web.console.help.texts import text
from allsquare.web.console.help.topics import topic_of
from allsquare.web.ui.formats import language


def account_help(request: HttpRequest) -> HttpResponse:
    return render(request, "account/help.html", {"text": text(topic_of(request.path), language())})
