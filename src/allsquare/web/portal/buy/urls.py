"""Addresses that a payment link opens."""

from __future__ import annotations

from django.urls import path

from allsquare.web.portal.buy import ended, views

app_name = "buy"

urlpatterns = [
    path("<slug:token>/", views.page, name="page"),
    path("<slug:token>/logo", views.logo, name="logo"),
    path("<slug:token>/sale/<slug:mark>/", ended.page, name="sale"),
    path("<slug:token>/sale/<slug:mark>/enter", ended.enter, name="enter"),
]
