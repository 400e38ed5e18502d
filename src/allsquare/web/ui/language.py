"""Which language a page speaks.

Who is signed in reads their own language, else that of the organization; everybody else reads what they chose with the
switch (kept in a cookie), else the browser's. Pages of an invoice speak the invoice's (``portal.visit``).
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation


def spoken(tag: str) -> str | None:
    """``tag`` with its region, for sums and dates, where its language is one of ours; else ``None``."""
    try:
        translation.get_supported_language_variant(tag)
    except LookupError:
        return None
    return tag.lower()


def speak(request: HttpRequest, *tags: str) -> None:
    """From here on this request is answered in the first of ``tags`` that we speak; without one all stays as it is."""
    for tag in tags:
        language = spoken(tag) if tag else None
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
            return


class PersonLanguageMiddleware:
    """Speaks the language of the person who is signed in, on error pages too. Belongs behind Django's middlewares for
    the browser's language and for sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        speak(request, getattr(request.user, "language", ""))
        return self.get_response(request)
