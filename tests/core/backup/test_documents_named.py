"""Whatever is kept in the document store is in a backup: its name stands in a field called ``sha256``."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings


def test_every_field_that_names_a_document_is_known() -> None:
    named = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name == "sha256"
    }
    assert named == set(settings.ALLSQUARE_DOCUMENT_FIELDS)
