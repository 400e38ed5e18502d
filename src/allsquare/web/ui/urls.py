"""Addresses of the shared layer: the server's health, and the gallery while developing."""

from __future__ import annotations

from django.urls import path

from allsquare.web.ui import brand, gallery, installed
from allsquare.web.ui.health import healthy

app_name = "ui"
urlpatterns = [
    path("healthy", healthy, name="healthy"),
    path("brand/<str:colour>.css", brand.stylesheet, name="brand"),
    path("app.webmanifest", installed.manifest, name="manifest"),
    path("offline", installed.offline, name="offline"),
    path("worker.js", installed.worker, name="worker"),
    path("gallery", gallery.gallery, name="gallery"),
    path("gallery/payer", gallery.payer, name="gallery_payer"),
    path("gallery/error/<int:status>", gallery.error, name="gallery_error"),
]
