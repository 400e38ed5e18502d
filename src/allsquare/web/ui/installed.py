"""The console as an app on the home screen: its manifest, and the worker that says when there is no connection."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """By the Web Application Manifest (W3C)."""
    facts = {
        "id": "/",
        "name": "Allsquare",
        "short_name": "Allsquare",
        "description": _("Invoices, payments and books that agree."),
        "lang": get_language() or "en",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#1f6feb",
        "icons": [
            {"src": static("ui/icon-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": static("ui/icon-512.png"), "sizes": "512x512", "type": "image/png"},
            {
                "src": static("ui/icon-maskable.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }
    return JsonResponse(facts, content_type="application/manifest+json")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What the worker shows while the server cannot be reached: nothing of anybody's money is in it."""
    return render(request, "ui/offline.html")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """It keeps one page and its looks, and never an answer of the server: figures of yesterday would be lies."""
    kept = [
        reverse("ui:offline"),
        static("ui/app.css"),
        static("vendor/tabler.css"),
        static("ui/favicon.svg"),
    ]
    version = hashlib.sha256("".join(kept).encode()).hexdigest()[:12]
    context = {"kept": kept, "offline": kept[0], "version": version}
    response = render(request, "ui/worker.js", context, content_type="text/javascript; charset=utf-8")
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"
    return response
