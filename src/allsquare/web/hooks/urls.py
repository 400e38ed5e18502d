"""Addresses of webhooks, as providers are told them."""

from __future__ import annotations

from django.urls import path

from allsquare.web.hooks.gateways import deliver

app_name = "hooks"

urlpatterns = [path("<slug:gateway>/<uuid:account_id>/", deliver, name="gateway")]
