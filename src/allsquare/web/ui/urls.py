"""Addresses of the shared layer: only the gallery, and that only while developing."""

from __future__ import annotations

from django.urls import path

from allsquare.web.ui import gallery

app_name = "ui"
urlpatterns = [
    path("gallery", gallery.gallery, name="gallery"),
    path("gallery/payer", gallery.payer, name="gallery_payer"),
    path("gallery/error/<int:status>", gallery.error, name="gallery_error"),
]
