"""Addresses that a payment link opens."""

from __future__ import annotations

from django.urls import path

from allsquare.web.portal.buy import ended, views

app_name = "buy"

urlpatterns = [
    path("<str:token>/", views.page, name="page"),
    path("<str:token>/logo", views.logo, name="logo"),
    path("<str:token>/sale/<str:mark>/", ended.page, name="sale"),
]
