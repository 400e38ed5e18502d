"""Which language a page speaks: the browser's, where the whole door speaks it.

A door without a full catalogue stays in English: half a page in another language is worse than none of it.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class LanguageMiddleware(LocaleMiddleware):
    """Django's, but only for the addresses in ``TRANSLATED_PATHS``."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(tuple(settings.TRANSLATED_PATHS)):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
